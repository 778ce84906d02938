"""Mail settings: how soon each kind of notification is mailed to a member."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from forum.models.accounts import User

MONDAY = 0
DAYS = {"daily": 1, "weekly": 7}  # between two digests


class MailSettingsQuerySet(models.QuerySet["MailSettings"]):
    def for_member(self, member: User) -> MailSettings:
        """Return a member's settings; those of everybody else, unsaved, if they chose none."""
        return self.filter(member=member).first() or MailSettings(member=member)


class MailSettings(models.Model):
    """A member's choices. The fields for causes are named after `Notification.Cause`."""

    class Frequency(models.TextChoices):
        NOW = "now", _("At once")
        DAILY = "daily", _("Once a day")
        WEEKLY = "weekly", _("Once a week")
        NEVER = "never", _("Never")

    member = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="mail_settings"
    )
    is_off = models.BooleanField(_("Don’t mail me any notifications"), default=False)
    reply = models.CharField(
        _("Replies to you"), max_length=6, choices=Frequency, default=Frequency.NOW
    )
    mention = models.CharField(
        _("Mentions of you"), max_length=6, choices=Frequency, default=Frequency.NOW
    )
    quote = models.CharField(
        _("Quotes of your posts"), max_length=6, choices=Frequency, default=Frequency.DAILY
    )
    follow = models.CharField(
        _("Posts in what you follow"), max_length=6, choices=Frequency, default=Frequency.DAILY
    )
    own_posts = models.BooleanField(_("Mail me my own posts, too"), default=False)
    hour = models.PositiveSmallIntegerField(_("Time of daily and weekly mail"), default=8)

    objects = MailSettingsQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(hour__lt=24), name="mailsettings_hour")
        ]

    def __str__(self) -> str:
        return f"mail to {self.member_id}"

    def frequency_of(self, cause: str) -> str:
        """Return how soon notifications for that cause are mailed."""
        return self.Frequency.NEVER if self.is_off else str(getattr(self, cause))

    def next_digest(self, frequency: str, *, after: datetime, zone: tzinfo) -> datetime:
        """Return when the next daily or weekly mail is due: at the member's hour, on Mondays."""
        local = after.astimezone(zone)
        at = local.replace(hour=self.hour, minute=0, second=0, microsecond=0)
        if frequency == self.Frequency.WEEKLY:
            at += timedelta(days=(MONDAY - at.weekday()) % DAYS[frequency])
        return at if at > local else at + timedelta(days=DAYS[frequency])


# The fields of `MailSettings` for causes, and what sentences call them.
MAIL_CAUSES = {
    "reply": _("replies to you"),
    "mention": _("mentions of you"),
    "quote": _("quotes of your posts"),
    "follow": _("what you follow"),
}
