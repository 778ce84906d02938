"""Nothing typed is lost: text that could not be taken is kept for the form's next showing."""

from __future__ import annotations

from django.http import HttpRequest

from forum.markup.render import MAX_SOURCE

KEPT = "kept_text"
# The session is a row in the database: a few forms' worth of text, not a store.
FORMS_KEPT = 5
FIELDS = ("title", "source")


def keep_text(request: HttpRequest) -> None:
    """Keep what was typed into the form at this address, for `kept_text` to give back.

    Text over the length limit is kept too, up to 4 times the limit; beyond that it never was a
    post.
    """
    typed = {
        field: request.POST[field][: 4 * MAX_SOURCE] for field in FIELDS if request.POST.get(field)
    }
    if not typed:
        return
    kept = request.session.get(KEPT, {})
    kept.pop(request.path, None)
    kept[request.path] = typed
    request.session[KEPT] = dict(list(kept.items())[-FORMS_KEPT:])


def kept_text(request: HttpRequest) -> dict[str, str]:
    """What was typed at this address and not taken, by field; empty when nothing was."""
    kept: dict[str, dict[str, str]] = request.session.get(KEPT, {})
    return kept.get(request.path, {})


def forget_text(request: HttpRequest) -> None:
    """The text typed at this address was taken."""
    kept = request.session.get(KEPT, {})
    if kept.pop(request.path, None) is not None:
        request.session[KEPT] = kept
