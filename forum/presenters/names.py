"""Lists of names in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MAX_NAMES = 3


def join_with_others(people: Sequence[str]) -> str:
    """Return “brigid, wren and 11 others”; HTML around names is kept."""
    named, others = list(people[:MAX_NAMES]), len(people) - MAX_NAMES
    if others > 0:
        named.append(ngettext("%(count)d other", "%(count)d others", others) % {"count": others})
    return join_names(named)


def join_names(names: Sequence[str]) -> str:
    """Return “brigid, wren and fern”."""
    if len(names) == 1:
        return names[0]
    parts = {"names": ", ".join(names[:-1]), "last": names[-1]}
    return _("%(names)s and %(last)s") % parts
