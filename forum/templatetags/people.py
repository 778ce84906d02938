"""Filters for people."""

from __future__ import annotations

from django import template

from forum.lib.avatars import avatar_colour
from forum.models.ignores import ignored_ids
from forum.models.visibility import Reader

register = template.Library()
register.filter("hue", avatar_colour)


@register.filter
def is_ignored_by(person_id: int, reader: Reader) -> bool:
    """Return whether `reader` ignores the member with that id."""
    return person_id in ignored_ids(reader)
