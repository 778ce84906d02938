"""Storing the mentions of posts."""

from __future__ import annotations

from forum.lib.names import fold_name
from forum.markup.rendered_post import Rendered
from forum.models import Mention, Post, User


def add_mentions(post: Post, rendered: Rendered) -> list[User]:
    """Store the mentions of a new post and return the people named; unknown names stay text."""
    kinds = named_in(rendered)
    if not kinds:
        return []
    people = {
        fold_name(person.username): person for person in User.objects.confirmed().named(kinds)
    }
    named = {name: people[name] for name in kinds if name in people}
    Mention.objects.bulk_create(
        (
            Mention(post=post, person=person, name=name, kind=kinds[name])
            for name, person in named.items()
        ),
        update_conflicts=True,
        unique_fields=["post", "person"],
        update_fields=["name", "kind"],
    )
    return list(named.values())


def replace_mentions(post: Post, rendered: Rendered) -> list[User]:
    """Replace the mentions of `post` with those of its new text; return the people named."""
    people = add_mentions(post, rendered)
    post.mentions.exclude(person__in=people).delete()
    return people


def named_in(rendered: Rendered) -> dict[str, Mention.Kind]:
    """Return the names in a text, folded, each with the kind of mention.

    shown.
    They are in the order of the text: the first one decides how the line “to …” is shown.
    shown.
    """
    kinds = {fold_name(name): Mention.Kind.ADDRESSED for name in rendered.leading}
    for name in rendered.mentions:
        kinds.setdefault(fold_name(name), Mention.Kind.TEXT)
    return kinds
