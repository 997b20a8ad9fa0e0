"""The slip that travels, what its recipient writes, and the livelihood plan that grows from one.

Nothing here knows a case. The packet (what was sent) and the entries (what the recipient writes)
have a key each under the referral's uuid, so that the packet can die alone.
"""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy.codes import reference
from privacy.compartments import Compartment, permission_rows
from privacy.fields import SealedJSONField, SealedTextField
from privacy.models import Basis, Grant, GrantSource, SealedModel, Team, User
from privacy.roles import Role
from referrals.states import (
    CancelReason,
    DeclineReason,
    NotCompletedReason,
    PlanState,
    State,
)
from workflow.nodes import Facts

COMPARTMENTS = (Compartment.PACKET, Compartment.ENTRIES)


class Priority(models.TextChoices):
    URGENT = "urgent", _("Urgent")
    SOON = "soon", _("Soon")
    ROUTINE = "routine", _("Routine")


def new_reference() -> str:
    return reference("PG")


class Referral(SealedModel):
    """One request to one recipient.

    Clear: family, priority, state, clocks. Sealed with the packet's key: which service, and what
    the recipient may know. ``packet`` = {"fields": {field code: text}, "made_on": "yyyy-mm-dd"}.
    """

    reference = models.CharField(max_length=12, unique=True, default=new_reference)
    family = models.CharField(max_length=10)
    priority = models.CharField(max_length=10, choices=Priority.choices, default=Priority.ROUTINE)
    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT)
    sender = models.ForeignKey(User, models.PROTECT, related_name="+")
    sender_team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    recipient_team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    recipient_role = models.CharField(max_length=30, choices=Role.choices)
    basis = models.ForeignKey(Basis, models.PROTECT, related_name="+")
    # Commune-level area the recipient filters by: its own, never the client's address.
    area_code = models.CharField(max_length=5, blank=True)
    service = SealedTextField(label="referral.service", compartment="packet")
    packet = SealedJSONField(label="referral.packet", compartment="packet")
    # What sender and recipient tell each other about the slip: why declined, why on hold.
    message = SealedTextField(label="referral.message", compartment="packet")
    # The coded outcome that both sides see. For health it says that she came, never what was found.
    outcome = SealedTextField(label="referral.outcome", compartment="packet")
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    answer_by = models.DateTimeField(null=True)
    remind_at = models.DateTimeField(null=True)
    escalate_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    service_began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    review_on = models.DateField(null=True)
    decline_reason = models.CharField(max_length=20, choices=DeclineReason.choices, blank=True)
    end_reason = models.CharField(
        max_length=20, choices=NotCompletedReason.choices + CancelReason.choices, blank=True
    )
    error_reported_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        permissions = permission_rows(COMPARTMENTS)
        indexes = [
            models.Index(fields=["recipient_team", "state", "-sent_at"], name="referral_inbox"),
            models.Index(fields=["sender_team", "state"], name="referral_sent"),
            models.Index(fields=["basis"], name="referral_basis"),
        ]

    def __str__(self) -> str:
        return self.reference

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.__dict__.get("owner_uuid", self) is None:  # not when it was left out of a query
            self.owner_uuid = self.uuid

    def work_facts(self) -> Facts:
        return Facts(
            reference=self.reference,
            family=self.family,
            area_code=self.area_code,
            urgent=self.priority == Priority.URGENT,
        )

    @property
    def sort_key(self) -> int:
        return int(self.created_at.timestamp() * 1000)


class ReferralGrant(Grant):
    """Who may work on a referral. Outside the sending team every row rests on a consent."""

    content_object = models.ForeignKey(Referral, models.CASCADE, related_name="grants")

    class Meta(Grant.Meta):
        abstract = False
        constraints = [
            *Grant.Meta.constraints,
            models.CheckConstraint(
                condition=Q(basis__isnull=False)
                | Q(source__in=[GrantSource.ASSIGNMENT, GrantSource.TEAM, GrantSource.DEPUTY]),
                name="referral_grant_needs_basis",
            ),
        ]


class AppointmentState(models.TextChoices):
    PLANNED = "planned", _("Planned")
    KEPT = "kept", _("Came")
    MISSED = "missed", _("Did not come")
    MOVED = "moved", _("Moved to another time")
    CANCELLED = "cancelled", _("Cancelled")


class Appointment(SealedModel):
    """When she is expected. Both sides see it."""

    referral = models.ForeignKey(Referral, models.CASCADE, related_name="appointments")
    at = models.DateTimeField()
    state = models.CharField(
        max_length=10, choices=AppointmentState.choices, default=AppointmentState.PLANNED
    )
    place = SealedTextField(label="appointment.place", compartment="packet")
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at"]

    def __str__(self) -> str:
        return f"appointment {self.pk}"


class Entry(SealedModel):
    """What the recipient writes for itself: a visit, a finding, an outcome. Its kind is sealed, so
    that a stolen table shows rows and no diagnosis. Locked, not destroyed, when consent ends."""

    referral = models.ForeignKey(Referral, models.CASCADE, related_name="entries")
    kind = SealedTextField(label="entry.kind", compartment="entries")
    text = SealedTextField(label="entry.text", compartment="entries")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return f"entry {self.pk}"


class LivelihoodPlan(SealedModel):
    """A plan that the women's union tracks, inside one livelihood referral and its consent."""

    referral = models.OneToOneField(Referral, models.PROTECT, related_name="livelihood_plan")
    state = models.CharField(max_length=15, choices=PlanState.choices, default=PlanState.PLANNED)
    trade = SealedTextField(label="livelihood.trade", compartment="entries")
    support = SealedTextField(label="livelihood.support", compartment="entries")
    amount = SealedTextField(label="livelihood.amount", compartment="entries")
    started_on = models.DateField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"livelihood plan {self.pk}"

    def work_facts(self) -> Facts:
        return self.referral.work_facts()

    @property
    def basis_id(self) -> int:
        return self.referral.basis_id


class MilestoneKind(models.TextChoices):
    REPAYMENT = "repayment", _("Repayment made")
    CERTIFICATE = "certificate", _("Certificate obtained")
    JOB_START = "job_start", _("Started a job")
    EQUIPMENT = "equipment", _("Equipment bought")
    INCOME = "income", _("First income")
    OTHER = "other", _("Another milestone")


class Evidence(models.TextChoices):
    SEEN = "seen", _("Seen by the officer")
    PAPER = "paper", _("A paper was shown")
    TOLD = "told", _("Told by the client")


class Milestone(SealedModel):
    """A step forward. Its kind and amount are sealed; ``forwarded`` = the client agreed that her
    own worker is told the kind (never the amount)."""

    plan = models.ForeignKey(LivelihoodPlan, models.CASCADE, related_name="milestones")
    on = models.DateField()
    kind = SealedTextField(label="milestone.kind", compartment="entries")
    amount = SealedTextField(label="milestone.amount", compartment="entries")
    evidence = models.CharField(max_length=10, choices=Evidence.choices, default=Evidence.TOLD)
    forwarded = models.BooleanField(default=False)
    # The one fact that travels back with her yes; sealed with the packet's key.
    forwarded_kind = SealedTextField(label="milestone.forwarded_kind", compartment="packet")
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["on", "pk"]

    def __str__(self) -> str:
        return f"milestone {self.pk}"


class IncomeBand(models.TextChoices):
    """Monthly, in đồng. "Unknown" is never "failed"."""

    NONE = "none", _("No income yet")
    BELOW_2 = "below_2", _("Less than 2 million ₫")
    FROM_2_TO_5 = "2_to_5", _("2 to 5 million ₫")
    ABOVE_5 = "above_5", _("More than 5 million ₫")
    UNKNOWN = "unknown", _("Not known")


class LivelihoodVisit(SealedModel):
    """Looked in on at 1, 3, 6 and 12 months after the start."""

    plan = models.ForeignKey(LivelihoodPlan, models.CASCADE, related_name="visits")
    months = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    done_on = models.DateField(null=True)
    income_band = SealedTextField(label="visit.income_band", compartment="entries")
    note = SealedTextField(label="visit.note", compartment="entries")
    done_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["due_on"]
        constraints = [models.UniqueConstraint(fields=["plan", "months"], name="visit_once")]

    def __str__(self) -> str:
        return f"visit {self.pk}"
