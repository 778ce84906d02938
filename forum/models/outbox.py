"""Mail that waits to be sent. Written with the deed that causes it, sent by the worker."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


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
    error = models.CharField(max_length=500, blank=True)

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
