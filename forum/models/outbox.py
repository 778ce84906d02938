"""Mail that waits to be sent. Written with the deed that causes it, sent by the worker."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone

# What was sent holds addresses and links for logging in: no longer than one may ask about it.
SENT_KEPT = timedelta(days=7)
FAILED_KEPT = timedelta(days=30)


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def due(self) -> OutgoingMailQuerySet:
        """Mail to be sent now, what has waited longest first.

        What was never tried is due in any case: the clock may have been set back.
        """
        is_due = models.Q(due_at__lte=timezone.now()) | models.Q(attempts=0)
        return self.filter(is_due, sent_at=None, failed_at=None).order_by("due_at")

    def old(self) -> OutgoingMailQuerySet:
        """Mail that was sent, or given up, so long ago that nobody will ask."""
        now = timezone.now()
        return self.filter(
            models.Q(sent_at__lt=now - SENT_KEPT) | models.Q(failed_at__lt=now - FAILED_KEPT)
        )


class OutgoingMail(models.Model):
    """One message, whole. The row lock of the worker that sends it is the claim on it."""

    recipients = models.JSONField()
    sender = models.CharField(max_length=320)
    message = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    # Nothing of it is kept once it was sent, or given up.
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
