"""Work that must happen after a change."""

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Outbox(models.Model):
    """Work that must happen after a change, written in the same transaction as the change.

    ``lease`` names who works on the row and ``lease_until`` when it may be taken again.
    """

    kind = models.CharField(max_length=60)
    object_id = models.BigIntegerField(null=True)
    # Null = may be promised twice; an empty text would be unique.
    dedupe_key = models.CharField(max_length=120, null=True, unique=True)  # noqa: DJ001
    created_at = models.DateTimeField(default=timezone.now)
    run_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease = models.CharField(max_length=60, blank=True)
    lease_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    # Name of the error class only: messages may quote what a person typed.
    last_error = models.CharField(max_length=120, blank=True)
    gave_up_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["run_at"],
                name="outbox_due",
                condition=Q(done_at__isnull=True, gave_up_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
