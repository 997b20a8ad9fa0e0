"""A file that leaves: asked with a purpose, perhaps seen by a second person, fetched, gone."""

from uuid import uuid4

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy.codes import reference
from privacy.models.people import Membership, User


class ExportPurpose(models.TextChoices):
    """A closed list: a purpose in free words would be a place for names."""

    SUPERVISION = "supervision", _("Planning the work of the team")
    MEETING = "meeting", _("A meeting of the programme")
    REPORT = "report", _("A report that the programme owes")
    AUDIT = "audit", _("A check of the programme")


class ExportStage(models.TextChoices):
    ASKED = "asked", _("Waits for a second person")
    APPROVED = "approved", _("May be made")
    REFUSED = "refused", _("Refused")
    READY = "ready", _("Ready to be fetched")
    GONE = "gone", _("Deleted after its time")


def export_reference() -> str:
    return reference("XF")


class ExportRequest(models.Model):
    """``params``: codes and dates only. ``file`` is encrypted with a passphrase that was shown once
    and is kept nowhere; it is emptied when its time is over."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    reference = models.CharField(max_length=12, unique=True, default=export_reference)
    kind = models.CharField(max_length=40)
    purpose = models.CharField(max_length=15, choices=ExportPurpose.choices)
    params = models.JSONField(default=dict)
    stage = models.CharField(max_length=10, choices=ExportStage.choices)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    # The job under which she asked: another job of hers does not fetch it.
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    rows = models.PositiveIntegerField()
    needs_second = models.BooleanField()
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    file = models.BinaryField(default=bytes)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["stage", "expires_at"], name="export_stage")]

    def __str__(self) -> str:
        return self.reference
