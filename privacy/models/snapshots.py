"""Counts of one period, frozen: counted once, told the same way for ever."""

from typing import Any
from uuid import uuid4

from django.db import models
from django.utils import timezone

from privacy.models.people import User


class Frozen(models.QuerySet[Any]):
    def update(self, **kwargs: Any) -> int:
        raise TypeError("what was frozen is never changed")

    def delete(self) -> Any:
        raise TypeError("what was frozen is never deleted")


class FrozenModel(models.Model):
    """Written once. ``digest`` = SHA-256 over the canonical JSON of ``payload``."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    payload = models.JSONField()
    digest = models.CharField(max_length=64)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    objects = Frozen.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("what was frozen is never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("what was frozen is never deleted")


class Snapshot(FrozenModel):
    """What was counted of one past period. ``payload`` = {"tables": [{"rows": [[row, column, n],
    …]}, …]}, finest first: counts only, never an id."""

    code = models.CharField(max_length=40)
    starts_on = models.DateField()
    ends_on = models.DateField()
    # The area that was counted; empty = everywhere.
    area_code = models.CharField(max_length=5, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code", "starts_on", "ends_on", "area_code"], name="snapshot_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.starts_on}"


class Publication(FrozenModel):
    """What may be told of a snapshot to one audience: hidden cells are null. Made once, with the
    rule of that day, so that a later rule cannot uncover by comparison what this one hid."""

    snapshot = models.ForeignKey(Snapshot, models.PROTECT, related_name="publications")
    audience = models.CharField(max_length=20)
    rule = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "audience"], name="publication_once")
        ]

    def __str__(self) -> str:
        return f"publication {self.pk}"
