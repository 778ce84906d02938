"""Keeping whom a post names."""

from __future__ import annotations

from forum.markup.render import Rendered
from forum.models import Mention, Post, User


def record_mentions(post: Post, rendered: Rendered) -> None:
    """Make the mentions of `post` exactly those that its text names; unknown names are text."""
    named = named_in(rendered)
    found = {person.username.lower(): person for person in User.objects.named(named)}
    people = {name: found[name] for name in named if name in found}
    post.mentions.exclude(name__in=people).delete()
    Mention.objects.bulk_create(
        (
            Mention(
                post=post,
                person=person,
                name=name,
                kind=named[name],
            )
            for name, person in people.items()
        ),
        update_conflicts=True,
        unique_fields=["post", "person"],
        update_fields=["name", "kind"],
    )


def named_in(rendered: Rendered) -> dict[str, Mention.Kind]:
    """The names in a text, in lower case, and how each is meant.

    In the order of the text: the first one addressed decides how the head of a post is shown.
    """
    kinds = {name.lower(): Mention.Kind.ADDRESSED for name in rendered.leading}
    for name in rendered.mentions:
        kinds.setdefault(name.lower(), Mention.Kind.TEXT)
    return kinds
