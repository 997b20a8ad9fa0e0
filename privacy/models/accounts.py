"""The life of an account: its one-time codes, what was lost, and changes that two persons make."""

from typing import Self
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy.models.people import Membership, Team, User
from privacy.roles import Role


class CodePurpose(models.TextChoices):
    INVITATION = "invitation", _("Invitation")
    PASSWORD = "password", _("New password")
    FACTOR = "factor", _("New second factor")


class OneTimeCodeQuerySet(models.QuerySet["OneTimeCode"]):
    def live(self) -> Self:
        return self.filter(used_at__isnull=True, expires_at__gt=timezone.now())


class OneTimeCode(models.Model):
    """A code handed over in person. Only its slow hash is kept; it counts once and for a time."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=12, choices=CodePurpose.choices)
    digest = models.CharField(max_length=160)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = OneTimeCodeQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["user", "purpose"], name="one_time_code_user")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"


class RecoveryState(models.TextChoices):
    ASKED = "asked", _("Asked for")
    CONFIRMED = "confirmed", _("Confirmed by a second person")
    ISSUED = "issued", _("Code handed over")
    REFUSED = "refused", _("Refused")


class Recovery(models.Model):
    """A lost password or second factor: somebody who knows her confirms, an administrator hands
    over the code. Two persons, neither of them herself."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    lost = models.CharField(
        max_length=12,
        choices=[(CodePurpose.PASSWORD, _("Password")), (CodePurpose.FACTOR, _("Second factor"))],
    )
    state = models.CharField(
        max_length=10, choices=RecoveryState.choices, default=RecoveryState.ASKED
    )
    asked_at = models.DateTimeField(default=timezone.now)
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "lost"],
                condition=Q(state__in=["asked", "confirmed"]),
                name="recovery_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="issued")
                | (Q(confirmed_by__isnull=False) & ~Q(confirmed_by=models.F("decided_by"))),
                name="recovery_two_persons",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lost} {self.pk}"


class ChangeKind(models.TextChoices):
    JOIN = "join", _("New work")
    REINSTATE = "reinstate", _("Account opened again")


class ChangeState(models.TextChoices):
    PROPOSED = "proposed", _("Proposed")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")


class AccountChange(models.Model):
    """More rights for somebody: one person proposes, another decides, never the person herself.

    A change of role is a new membership that ``replaces`` the old one.
    """

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=ChangeKind.choices, default=ChangeKind.JOIN)
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=30, choices=Role.choices, blank=True)
    is_inspection_team = models.BooleanField(default=False)
    replaces = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=ChangeState.choices, default="proposed")
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("proposed_by")),
                name="account_change_two_persons",
            ),
            models.CheckConstraint(
                condition=~Q(proposed_by=models.F("user"))
                & (Q(decided_by__isnull=True) | ~Q(decided_by=models.F("user"))),
                name="account_change_never_oneself",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class MembershipReview(models.Model):
    """Somebody looked whether she still does this work, and it goes on until ``until``."""

    membership = models.ForeignKey(Membership, models.CASCADE, related_name="reviews")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    until = models.DateField()

    def __str__(self) -> str:
        return f"review {self.pk}"
