"""The button that ignores a person, or stops that."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from forum.models import User
from forum.models.ignores import ignored_ids
from forum.models.visibility import Reader
from forum.permissions import can_ignore


def ignore_forms(person: User, reader: Reader, origin: str = "") -> list[tuple[str, str]]:
    """Return the form that ignores `person`, or stops that, as address and words; if allowed.

    `origin` names the post to return to, for example `p12`; else it is the person’s page.
    """
    if person.pk in ignored_ids(reader):
        route, words = "person-stop-ignoring", _("Stop ignoring %(name)s")
    elif can_ignore(reader, person):
        route, words = "person-ignore", _("Ignore %(name)s")
    else:
        return []
    query = f"?from={origin}" if origin else ""
    return [(reverse(route, args=[person.username]) + query, words % {"name": person.username})]
