"""Emergency access: who broke the glass of which file, what for, until when, and who looked at it
afterwards."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from cases.models.file import Case, OwnsKeys
from cases.states import BreakGlassState, EmergencyReason, ReviewFinding
from privacy.codes import reference
from privacy.compartments import Compartment
from privacy.fields import SealedTextField
from privacy.matrix import REVIEW
from privacy.models import Grant, Membership, User
from workflow.nodes import Facts


def emergency_reference() -> str:
    return reference("KC")


class BreakGlass(OwnsKeys):
    """One person, one file, named compartments, at most an hour. Its grants carry the right; this
    row says why and keeps the review. The words in it belong to the register, not to the file."""

    reference = models.CharField(max_length=12, unique=True, default=emergency_reference)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=20, choices=EmergencyReason.choices)
    words = SealedTextField(label="break_glass.words", compartment="register")
    compartments = models.JSONField(default=list)
    starts_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    # Set when it ended before its hour.
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    state = models.CharField(
        max_length=10, choices=BreakGlassState.choices, default=BreakGlassState.TO_REVIEW
    )
    review_by = models.DateTimeField()
    reviewed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    finding = models.CharField(max_length=20, choices=ReviewFinding.choices, blank=True)
    review_words = SealedTextField(label="break_glass.review_words", compartment="register")

    class Meta:
        ordering = ["-pk"]
        permissions = [
            (REVIEW, "May review it"),
            (Compartment.REGISTER.permission, "May open the register compartment"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("by")),
                name="nobody_reviews_her_own_access",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("starts_at")), name="break_glass_ends"
            ),
        ]
        indexes = [models.Index(fields=["case", "-id"], name="break_glass_case")]

    def __str__(self) -> str:
        return self.reference

    def work_facts(self) -> Facts:
        return Facts(reference=self.reference, area_code=self.case.area_code)

    @property
    def is_open(self) -> bool:
        return self.ended_at is None and self.expires_at > timezone.now()


class BreakGlassGrant(Grant):
    content_object = models.ForeignKey(BreakGlass, models.CASCADE, related_name="grants")

    class Meta(Grant.Meta):
        abstract = False
