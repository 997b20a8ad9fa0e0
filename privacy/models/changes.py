"""A change of a record, in the same transaction as the change."""

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from privacy.models.audit import OnlyAdded
from privacy.models.people import Organisation, User


class ChangeRecord(OnlyAdded):
    """A change of a record, in the same transaction as the change. Codes and ids only."""

    at = models.DateTimeField(default=timezone.now)
    event = models.CharField(max_length=60)
    subject_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    subject_id = models.BigIntegerField()
    actor = models.ForeignKey(User, models.PROTECT, related_name="+")
    role = models.CharField(max_length=30)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    before = models.CharField(max_length=40, blank=True)
    after = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = [models.Index(fields=["subject_type", "subject_id", "at"], name="change_subject")]

    def __str__(self) -> str:
        return f"{self.event} {self.pk}"
