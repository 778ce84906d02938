"""Errors for users, each with an HTTP status.

Actions and permissions raise them; `forum.middleware` and the composer show them.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

Text = str | Promise

SHOW_SECONDS_BELOW = 120


class UserError(Exception):
    """An error whose `message` tells the user what is wrong and what to do."""

    status = 400
    retry_after: int | None = None  # seconds
    message: Text = _("This can’t be done.")

    def __init__(self, message: Text | None = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(self.message)

    def __str__(self) -> str:
        return str(self.message)


class LoggedOut(UserError):
    status = 401
    message = _("You aren’t logged in.")


class LoggedOutWhileWriting(LoggedOut):
    message = _("You were logged out while you were writing.")


class NotAllowed(UserError, PermissionDenied):
    status = 403
    message = _("You don’t have permission to do that.")


class Suspended(NotAllowed):
    message = _("Your account is suspended.")


class Conflict(UserError):
    status = 409
    message = _("This was changed in the meantime.")


class AlreadySent(UserError):
    """The same form was already sent with different text; `address` leads to that post."""

    status = 409

    def __init__(self, message: Text, *, address: str) -> None:
        self.address = address
        super().__init__(message)


class Gone(UserError):
    status = 410
    message = _("This is no longer available.")


class Invalid(UserError, ValidationError):  # type: ignore[misc]
    """The input is invalid; `field` names the form field to change."""

    status = 422

    def __init__(self, message: Text, *, field: str = "source") -> None:
        self.field = field
        ValidationError.__init__(self, str(message))
        self.message = message


class Locked(UserError):
    status = 423
    message = _("This thread is locked.")


class RateLimited(UserError):
    """The user does this too often; `retry_after` is in seconds."""

    status = 429
    retry_after: int

    def __init__(self, retry_after: int, message: Text | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message or _retry_message(retry_after))


def _retry_message(seconds: int) -> str:
    """Return the message with the time to wait, in seconds or minutes."""
    if seconds < SHOW_SECONDS_BELOW:
        words = ngettext(
            "You’re doing that too often. Try again in %(count)d second.",
            "You’re doing that too often. Try again in %(count)d seconds.",
            seconds,
        )
        return words % {"count": seconds}
    words = gettext("You’re doing that too often. Try again in %(count)d minutes.")
    return words % {"count": -(-seconds // 60)}


class Busy(UserError):
    status = 503
    retry_after = 5
    message = _("The forum is busy. Please try again.")
