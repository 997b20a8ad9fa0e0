"""Who may do what with one object, and the effect of the consent it rests on."""

from typing import Self
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import BaseObjectPermission

from privacy.models.people import Membership, Organisation, Team, User


class BasisQuerySet(models.QuerySet["Basis"]):
    def live(self) -> Self:
        now = timezone.now()
        return self.filter(
            Q(valid_until__isnull=True) | Q(valid_until__gt=now),
            ended_at__isnull=True,
            valid_from__lte=now,
        )


class Basis(models.Model):
    """What a consent permits, without its content. Every grant outside the case team names one;
    ending it ends sight at once, in one UPDATE."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    recipient = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    compartments = models.JSONField(default=list)
    valid_from = models.DateTimeField(default=timezone.now)
    valid_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = BasisQuerySet.as_manager()

    def __str__(self) -> str:
        return f"basis {self.pk}"

    @property
    def is_live(self) -> bool:
        now = timezone.now()
        return (
            self.ended_at is None
            and self.valid_from <= now
            and (self.valid_until is None or self.valid_until > now)
        )


class GrantSource(models.TextChoices):
    ASSIGNMENT = "assignment", _("Assigned worker")
    TEAM = "team", _("Team")
    REFERRAL = "referral", _("Referral")
    BREAK_GLASS = "break_glass", _("Emergency access")
    HAND_OVER = "hand_over", _("Hand-over")
    DEPUTY = "deputy", _("Deputy")


class Grant(BaseObjectPermission):
    """Who may do what with one object, until when, and on which basis.

    Concrete grants (``cases.CaseGrant``, ``referrals.ReferralGrant``) add ``content_object`` and
    carry the key that lists sort by. A grant is revoked, never deleted. A grant to a person
    counts under the membership it was given for: rights of two jobs never add up.
    """

    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    membership = models.ForeignKey(
        Membership, models.PROTECT, null=True, blank=True, related_name="+"
    )
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+")
    source = models.CharField(max_length=20, choices=GrantSource.choices)
    basis = models.ForeignKey(Basis, models.PROTECT, null=True, blank=True, related_name="+")
    purpose = models.CharField(max_length=40, blank=True)
    sort_key = models.BigIntegerField()
    starts_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    granted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, team__isnull=True)
                | Q(user__isnull=True, team__isnull=False),
                name="%(class)s_one_holder",
            ),
            models.UniqueConstraint(
                fields=["user", "permission", "content_object", "source"],
                condition=Q(revoked_at__isnull=True, user__isnull=False),
                name="%(class)s_user_once",
            ),
            models.UniqueConstraint(
                fields=["team", "permission", "content_object", "source"],
                condition=Q(revoked_at__isnull=True, team__isnull=False),
                name="%(class)s_team_once",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "permission", "-sort_key"], name="%(class)s_user"),
            models.Index(fields=["team", "permission", "-sort_key"], name="%(class)s_team"),
        ]

    def __str__(self) -> str:
        return f"grant {self.pk}"
