"""Keeping whom a post names."""

from __future__ import annotations

from forum.markup.render import Rendered
from forum.models import Mention, Post, User


def record_mentions(post: Post, rendered: Rendered) -> None:
    """Make the mentions of `post` exactly those that its text names; unknown names are text."""
    addressed = [name.lower() for name in rendered.leading]
    # In the order of the text: the first one addressed decides how the head of a post is shown.
    names = list(dict.fromkeys(addressed + [name.lower() for name in rendered.mentions]))
    found = {person.username.lower(): person for person in User.objects.named(names)}
    people = {name: found[name] for name in names if name in found}
    post.mentions.exclude(name__in=people).delete()
    Mention.objects.bulk_create(
        (
            Mention(
                post=post,
                person=person,
                name=name,
                kind=Mention.Kind.ADDRESSED if name in addressed else Mention.Kind.TEXT,
            )
            for name, person in people.items()
        ),
        update_conflicts=True,
        unique_fields=["post", "person"],
        update_fields=["name", "kind"],
    )
