"""Outgoing mail: stored in the transaction that causes it, sent by the worker."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone

# Sent mail contains addresses and login links, so it is kept only as long as questions may come.
SENT_KEPT = timedelta(days=7)
FAILED_KEPT = timedelta(days=30)


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def due(self) -> OutgoingMailQuerySet:
        """Return the mail to be sent now, the longest due first.

        Mail that was never tried is always due: the clock may have been set back.
        """
        is_due = models.Q(due_at__lte=timezone.now()) | models.Q(attempts=0)
        return self.filter(is_due, sent_at=None, failed_at=None).order_by("due_at")

    def old(self) -> OutgoingMailQuerySet:
        """Return mail that was sent or given up so long ago that it can be deleted."""
        now = timezone.now()
        return self.filter(
            models.Q(sent_at__lt=now - SENT_KEPT) | models.Q(failed_at__lt=now - FAILED_KEPT)
        )


class OutgoingMail(models.Model):
    """One complete message. A worker claims it by locking its row."""

    recipients = models.JSONField()
    sender = models.CharField(max_length=320)
    message = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    # To be deleted as soon as it was sent or given up: the last message to an erased account.
    is_last = models.BooleanField(default=False)
    error = models.CharField(max_length=500, blank=True)

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(sent_at=None, failed_at=None),
                name="outgoingmail_due",
            )
        ]

    def __str__(self) -> str:
        return ", ".join(self.recipients)
