"""Who opened, listed, was refused what: database "audit", only ever added to."""

from typing import Any

from django.db import models
from django.utils import timezone


class AppendOnly(models.QuerySet[Any]):
    def update(self, **kwargs: Any) -> int:
        raise TypeError("the audit is only ever added to")

    def delete(self) -> Any:
        raise TypeError("the audit is only ever added to")


class AuditEvent(models.Model):
    """Who opened, listed, was refused. In the audit database: a refusal outlives a rollback."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    action = models.CharField(max_length=60)
    result = models.CharField(max_length=20)
    actor_uuid = models.UUIDField(null=True)
    membership_id = models.BigIntegerField(null=True)
    role = models.CharField(max_length=30, blank=True)
    organisation_id = models.BigIntegerField(null=True)
    session = models.CharField(max_length=32, blank=True)
    object_type = models.CharField(max_length=60, blank=True)
    object_uuid = models.UUIDField(null=True, db_index=True)
    compartments = models.CharField(max_length=160, blank=True)
    purpose = models.CharField(max_length=60, blank=True)
    basis_id = models.BigIntegerField(null=True)
    # For lists: how many, and SHA-256 over the sorted ids. One row a list, not one a line.
    count = models.PositiveIntegerField(default=1)
    ids_hash = models.CharField(max_length=64, blank=True)

    objects = AppendOnly.as_manager()

    def __str__(self) -> str:
        return f"{self.action} {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("the audit is only ever added to")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("the audit is only ever added to")
