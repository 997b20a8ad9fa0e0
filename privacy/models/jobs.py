"""A job that may open keys once: what two persons allowed, and nothing beyond it."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from privacy.models.people import User


class JobGrant(models.Model):
    """The narrow door for the system: one job, for one request, named owners and compartments,
    allowed by two different persons, used once, and only before ``expires_at``."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    job = models.CharField(max_length=40)
    request_type = models.CharField(max_length=60)
    request_uuid = models.UUIDField(unique=True)
    # Owner uuid → codes of compartments, as they stood when the second person agreed.
    owners = models.JSONField()
    first = models.ForeignKey(User, models.PROTECT, related_name="+")
    second = models.ForeignKey(User, models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(first=F("second")), name="job_two_persons")
        ]

    def __str__(self) -> str:
        return f"job grant {self.pk}"
