"""Wrapped data keys and blind indexes: database "keystore", with a backup policy of its own."""

from django.db import models
from django.utils import timezone


class WrappedDataKey(models.Model):
    owner_uuid = models.UUIDField()
    compartment = models.PositiveSmallIntegerField()
    version = models.PositiveSmallIntegerField(default=1)
    kek = models.CharField(max_length=40, db_index=True)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner_uuid", "compartment", "version"], name="data_key_once"
            )
        ]

    def __str__(self) -> str:
        return f"key {self.pk}"


class BlindIndex(models.Model):
    """64-bit keyed hash of a phone or identity number. Never of a name, health or status."""

    label = models.CharField(max_length=40)
    digest = models.BinaryField(max_length=8)
    owner_uuid = models.UUIDField(db_index=True)

    class Meta:
        indexes = [models.Index(fields=["label", "digest"], name="blind_lookup")]
        constraints = [
            models.UniqueConstraint(fields=["label", "owner_uuid"], name="blind_once_per_owner")
        ]

    def __str__(self) -> str:
        return f"index {self.pk}"
