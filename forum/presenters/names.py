"""Lists of names in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

MAX_NAMES = 3


def join_with_others(people: Sequence[str]) -> str:
    """Return “brigid, wren and 11 others”; HTML around names is kept.

    One person more is named instead: “1 other” is no shorter, and often the reader.
    """
    if len(people) <= MAX_NAMES + 1:
        return join_names(people)
    others = _("%(count)d others") % {"count": len(people) - MAX_NAMES}
    return join_names([*people[:MAX_NAMES], others])


def join_names(names: Sequence[str]) -> str:
    """Return “brigid, wren and fern”."""
    if len(names) == 1:
        return names[0]
    parts = {"names": ", ".join(names[:-1]), "last": names[-1]}
    return _("%(names)s and %(last)s") % parts
