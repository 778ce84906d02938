"""Why something was not done: one small family of errors, each with one HTTP status.

Actions and permissions raise them; `forum.middleware` and the composer answer with them.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

Text = str | Promise

SHOW_SECONDS_BELOW = 120


class UserError(Exception):
    """Something was refused; `message` tells the person why, and what to do."""

    status = 400
    retry_after: int | None = None  # seconds
    message: Text = _("That can’t be done.")

    def __init__(self, message: Text | None = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(self.message)

    def __str__(self) -> str:
        return str(self.message)


class LoggedOut(UserError):
    status = 401
    message = _("You aren’t signed in.")


class LoggedOutMeanwhile(LoggedOut):
    message = _("You were signed out while you wrote.")


class NotAllowed(UserError, PermissionDenied):
    status = 403
    message = _("You may not do that.")


class Suspended(NotAllowed):
    message = _("Your account is suspended.")


class Conflict(UserError):
    status = 409
    message = _("It was changed while you looked at it.")


class AlreadySent(UserError):
    """The same form was sent before with other words; `address` leads to those."""

    status = 409

    def __init__(self, message: Text, *, address: str) -> None:
        self.address = address
        super().__init__(message)


class Gone(UserError):
    status = 410
    message = _("That isn’t here any more.")


class Invalid(UserError, ValidationError):  # type: ignore[misc]
    """What was sent can’t be taken as it is; `field` is what of it has to change."""

    status = 422

    def __init__(self, message: Text, *, field: str = "source") -> None:
        self.field = field
        ValidationError.__init__(self, str(message))
        self.message = message


class Locked(UserError):
    status = 423
    message = _("This thread is locked.")


class RateLimited(UserError):
    """Too much at once."""

    status = 429
    retry_after: int

    def __init__(self, retry_after: int, message: Text | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message or _when(retry_after))


def _when(seconds: int) -> str:
    """When one can go on, in the unit that people would name."""
    if seconds < SHOW_SECONDS_BELOW:
        words = ngettext(
            "That was a lot at once. You can go on in %(count)d second.",
            "That was a lot at once. You can go on in %(count)d seconds.",
            seconds,
        )
        return words % {"count": seconds}
    words = gettext("That was a lot at once. You can go on in %(count)d minutes.")
    return words % {"count": -(-seconds // 60)}


class Busy(UserError):
    status = 503
    retry_after = 5
    message = _("The forum is busy here just now. Please try again.")
