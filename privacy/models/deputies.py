"""Who stands in for a supervisor, for what and how long."""

from typing import Self
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy.models.people import Membership, User


class DeputyRight(models.TextChoices):
    EVERYTHING = "everything", _("Everything a supervisor of this team decides")
    ONE_APPROVAL = "one_approval", _("The waiting approval of one case only")


class DeputyQuerySet(models.QuerySet["Deputy"]):
    def live(self) -> Self:
        now = timezone.now()
        return self.filter(
            starts_at__lte=now,
            ends_at__gt=now,
            ended_at__isnull=True,
            principal__ends_on__isnull=True,
        ) | self.filter(
            starts_at__lte=now,
            ends_at__gt=now,
            ended_at__isnull=True,
            principal__ends_on__gte=timezone.localdate(),
        )


class Deputy(models.Model):
    """A supervisor of another team decides in her place: on her leave, or, in a ward with one
    supervisor, about the one case that she may not decide herself. Always dated; her rights on
    files come as grants with source ``deputy`` that end on the same day."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    principal = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    stand_in = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    right = models.CharField(
        max_length=15, choices=DeputyRight.choices, default=DeputyRight.EVERYTHING
    )
    # The one record it is about, for one approval only.
    subject_uuid = models.UUIDField(null=True)
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    named_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = DeputyQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="deputy_ends"),
            models.CheckConstraint(
                condition=~Q(principal=F("stand_in")), name="deputy_is_somebody_else"
            ),
            models.CheckConstraint(
                condition=Q(right="everything", subject_uuid__isnull=True)
                | Q(right="one_approval", subject_uuid__isnull=False),
                name="deputy_one_subject",
            ),
        ]
        indexes = [models.Index(fields=["stand_in", "ends_at"], name="deputy_of")]

    def __str__(self) -> str:
        return f"deputy {self.pk}"

    @property
    def is_live(self) -> bool:
        return self.ended_at is None and self.starts_at <= timezone.now() < self.ends_at
