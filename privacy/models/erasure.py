"""What stays of a file that was erased, and what the retention schedule has done.

Tombstones live in the key store: a restored backup of the data brings back rows, never the keys,
and what was erased since is known beside the keys that are gone.
"""

from uuid import uuid4

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ErasureBasis(models.TextChoices):
    """Why a file was erased."""

    REQUEST = "request", _("The client asked for it")
    DUTY = "duty", _("There was no reason any more to keep it")
    RETENTION = "retention", _("Its time was over")


class Tombstone(models.Model):
    """One erased file: codes, ids and times; no word of a person. Database "keystore".

    ``epochs`` names the key-encryption keys that had wrapped the destroyed data keys: the erasure
    is final, whatever copy of the key store turns up, when these epochs are destroyed.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=60)
    subject_uuid = models.UUIDField(unique=True)
    reference = models.CharField(max_length=12, db_index=True)
    basis = models.CharField(max_length=10, choices=ErasureBasis.choices)
    asked_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    # Ids of accounts, not rows: another database.
    asked_by_uuid = models.UUIDField(null=True)
    decided_by_uuid = models.UUIDField(null=True)
    legal_basis = models.CharField(max_length=160, blank=True)
    epochs = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    begun_at = models.DateTimeField(default=timezone.now)
    keys_gone_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.reference


class ErasedOwner(models.Model):
    """One owner of keys that died with the file. ``compartments`` empty = all of them; a slip's
    packet dies, its recipient's entries stay that provider's record."""

    tombstone = models.ForeignKey(Tombstone, models.CASCADE, related_name="owners")
    owner_uuid = models.UUIDField(unique=True)
    compartments = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"owner {self.pk}"


class RetentionRun(models.Model):
    """What one rule of the schedule did in one night. Counts only."""

    code = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    begun_at = models.DateTimeField(default=timezone.now, db_index=True)
    finished_at = models.DateTimeField(null=True)
    let_go = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.code} {self.pk}"
