"""What the helper's desk keeps. Every word about a person is sealed; clear columns hold codes,
clocks and who works on it."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.states import (
    AgeBand,
    CarePlanState,
    CaseState,
    ClosureReason,
    ClosureState,
    FollowUpState,
    GoalState,
    LeadState,
    TransferState,
)
from privacy.codes import reference
from privacy.compartments import (
    CASE_COMPARTMENTS,
    LEAD_COMPARTMENTS,
    Compartment,
    permission_rows,
)
from privacy.fields import SealedJSONField, SealedTextField
from privacy.models import Basis, Grant, Organisation, SealedModel, Team, User
from workflow.nodes import Facts


class OwnsKeys(SealedModel):
    """A record whose own uuid is the owner of its keys."""

    class Meta:
        abstract = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.__dict__.get("owner_uuid", self) is None:  # not when it was left out of a query
            self.owner_uuid = self.uuid

    created_at = models.DateTimeField(default=timezone.now)

    @property
    def sort_key(self) -> int:
        return int(self.created_at.timestamp() * 1000)


class Channel(models.TextChoices):
    OUTREACH = "outreach", _("Outreach")
    HOTLINE = "hotline", _("Hotline")
    ONLINE = "online", _("Online counselling")
    CLINIC = "clinic", _("Outreach clinic")
    WALK_IN = "walk_in", _("Came to the office")


def lead_reference() -> str:
    return reference("TC")


def case_code() -> str:
    return reference("HS")


def transfer_reference() -> str:
    return reference("CD")


# -- outreach


class OutreachCount(models.Model):
    """Contacts of one day without her yes to keep one: a number, nothing else."""

    on = models.DateField(default=timezone.localdate)
    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    area_code = models.CharField(max_length=5)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["on", "team", "area_code", "channel"], name="outreach_count_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.count}"


class Lead(OwnsKeys):
    """A person met in outreach who agreed that an alias and a safe contact are kept.

    ``contact`` = {"may_call", "may_text", "phone", "hours", "code_word"}; default: do not contact.
    """

    reference = models.CharField(max_length=12, unique=True, default=lead_reference)
    state = models.CharField(
        max_length=15, choices=LeadState.choices, default=LeadState.CONTACT_MADE
    )
    channel = models.CharField(max_length=10, choices=Channel.choices)
    area_code = models.CharField(max_length=5)
    worker = models.ForeignKey(User, models.PROTECT, related_name="+")
    worker_role = models.CharField(max_length=30)
    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    age_band = models.CharField(max_length=10, choices=AgeBand.choices)
    alias = SealedTextField(label="lead.alias", compartment="identity")
    contact = SealedJSONField(label="lead.contact", compartment="contact")
    note = SealedTextField(label="lead.note", compartment="notes")
    ask_again_at = models.DateTimeField(null=True)
    handed_to = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    handed_to_team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+")
    case = models.OneToOneField("Case", models.PROTECT, null=True, related_name="lead")

    class Meta:
        permissions = permission_rows(LEAD_COMPARTMENTS)

    def __str__(self) -> str:
        return self.reference

    def work_facts(self) -> Facts:
        return Facts(
            reference=self.reference,
            area_code=self.area_code,
            urgent=self.age_band != AgeBand.ADULT,
        )


class LeadGrant(Grant):
    content_object = models.ForeignKey(Lead, models.CASCADE, related_name="grants")

    class Meta(Grant.Meta):
        abstract = False


# -- the client's file


class Track(models.TextChoices):
    ADULT = "adult", _("Adult")
    CHILD = "child", _("Child protection")


class Level(models.TextChoices):
    URGENT = "urgent", _("Urgent")
    SOON = "soon", _("Soon")
    ROUTINE = "routine", _("Routine")
    NONE = "none", _("No need stated")


class Case(OwnsKeys):
    """One person's file, under a code and the name she wants to be called by."""

    code = models.CharField(max_length=12, unique=True, default=case_code)
    state = models.CharField(max_length=15, choices=CaseState.choices, default=CaseState.ENGAGEMENT)
    track = models.CharField(max_length=10, choices=Track.choices, default=Track.ADULT)
    age_band = models.CharField(max_length=10, choices=AgeBand.choices)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    level = models.CharField(max_length=10, choices=Level.choices, blank=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    worker = models.ForeignKey(User, models.PROTECT, related_name="+")
    # The supervisor named for a child's file; nobody else of the team opens it.
    named_supervisor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    area_code = models.CharField(max_length=5)
    alias = SealedTextField(label="case.alias", compartment="identity")
    legal_name = SealedTextField(label="case.legal_name", compartment="identity")
    birth_year = SealedTextField(label="case.birth_year", compartment="identity")
    address = SealedTextField(label="case.address", compartment="identity")
    contact = SealedJSONField(label="case.contact", compartment="contact")
    triaged_at = models.DateTimeField(null=True)
    act_by = models.DateTimeField(null=True)
    review_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    # Its keys are gone and nobody holds a grant: the row counts in statistics, and is never found.
    erased_at = models.DateTimeField(null=True)
    # She asked us to stop: the file is kept and nothing else, see ``Restriction``.
    restricted_at = models.DateTimeField(null=True)

    class Meta:
        permissions = permission_rows(CASE_COMPARTMENTS)
        indexes = [models.Index(fields=["team", "state", "-id"], name="case_team_state")]

    def __str__(self) -> str:
        return self.code

    def work_facts(self) -> Facts:
        return Facts(
            reference=self.code,
            area_code=self.area_code,
            urgent=self.level == Level.URGENT or self.track == Track.CHILD,
        )

    @property
    def is_open(self) -> bool:
        return self.state != CaseState.CLOSED


class CaseGrant(Grant):
    content_object = models.ForeignKey(Case, models.CASCADE, related_name="grants")

    class Meta(Grant.Meta):
        abstract = False


class OfCase(SealedModel):
    """A record inside one file: its keys are the case's."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.__dict__.get("owner_uuid", self) is None:
            self.owner_uuid = self.case.uuid


# -- consent


class Purpose(models.TextChoices):
    FILE = "file", _("Keep a file")
    SHARE = "share", _("Share with one recipient for one service")
    TRANSFER = "transfer", _("Hand over to another commune")
    KEEP_ANSWERS = "keep_answers", _("Keep the single answers of the screening")


class ConsentMethod(models.TextChoices):
    VERBAL = "verbal", _("Said in front of a witness")
    SIGNATURE = "signature", _("Signed")
    AUDIO = "audio", _("Recorded voice")


class GivenBy(models.TextChoices):
    CLIENT = "client", _("The client")
    GUARDIAN = "guardian", _("A guardian, where that is safe")


class Consent(OfCase):
    """One answer to one question: may we, for this purpose, with this recipient, these fields.

    Never edited: a change of mind is a ``ConsentEnd`` and, if she likes, a new consent with the
    next version. Its effect below this room is its ``basis``.
    """

    purpose = models.CharField(max_length=15, choices=Purpose.choices)
    version = models.PositiveSmallIntegerField(default=1)
    given = models.BooleanField()
    recipient = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    family = models.CharField(max_length=10, blank=True)
    service = SealedTextField(label="consent.service", compartment="needs")
    # Codes of packet fields the client said yes to (services: packet_field rule data).
    fields = SealedJSONField(label="consent.fields", compartment="needs")
    compartments = models.JSONField(default=list)
    method = models.CharField(max_length=10, choices=ConsentMethod.choices)
    given_by = models.CharField(max_length=10, choices=GivenBy.choices, default=GivenBy.CLIENT)
    # Which words were read to her, in which language (services.wordings): version and hash.
    wording = models.CharField(max_length=20)
    wording_hash = models.CharField(max_length=64, blank=True)
    wording_language = models.CharField(max_length=2, blank=True)
    valid_until = models.DateTimeField(null=True)
    basis = models.OneToOneField(Basis, models.PROTECT, null=True, related_name="+")
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return f"consent {self.pk}"

    def work_facts(self) -> Facts:
        return self.case.work_facts()._replace(urgent=False)


class ConsentEnd(models.Model):
    """She took a consent back. A new record, never an edit."""

    consent = models.OneToOneField(Consent, models.PROTECT, related_name="end")
    at = models.DateTimeField(default=timezone.now)
    method = models.CharField(max_length=10, choices=ConsentMethod.choices, blank=True)
    # She may say it to a recipient, who carries it up.
    relayed_by = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"end of consent {self.consent_id}"


# -- screening, safety, assessment, plan


class Screening(OfCase):
    """Answers live until the plan is approved; then only scores, level and chosen services stay,
    unless she agreed to more. Violence, trafficking and suicide items stand in ``protection``."""

    number = models.PositiveSmallIntegerField(default=1)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    questionnaire_version = models.CharField(max_length=20)
    triage_version = models.CharField(max_length=20, blank=True)
    answers = SealedJSONField(label="screening.answers", compartment="needs")
    protection = SealedJSONField(label="screening.protection", compartment="protection")
    scores = SealedJSONField(label="screening.scores", compartment="needs")
    services = SealedJSONField(label="screening.services", compartment="needs")
    advised_level = models.CharField(max_length=10, choices=Level.choices, blank=True)
    level = models.CharField(max_length=10, choices=Level.choices, blank=True)
    level_reason = SealedTextField(label="screening.level_reason", compartment="notes")
    clock = models.CharField(max_length=40, blank=True)
    completed_at = models.DateTimeField(null=True)
    answers_dropped_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"screening {self.pk}"


class SafetyPlan(OfCase):
    text = SealedTextField(label="safety_plan.text", compartment="protection")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"safety plan {self.pk}"


class ChildPlan(OfCase):
    """Of the protected track: facts in her words, dates of the official steps, the safety plan."""

    text = SealedTextField(label="child_plan.text", compartment="child")
    steps = SealedJSONField(label="child_plan.steps", compartment="child")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"child plan {self.pk}"


class Assessment(OfCase):
    situation = SealedTextField(label="assessment.situation", compartment="needs")
    strengths = SealedTextField(label="assessment.strengths", compartment="needs")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"assessment {self.pk}"


class CarePlan(OfCase):
    number = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(
        max_length=10, choices=CarePlanState.choices, default=CarePlanState.DRAFT
    )
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    returned_because = SealedTextField(label="care_plan.returned_because", compartment="notes")

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="care_plan_number"),
        ]

    def __str__(self) -> str:
        return f"care plan {self.pk}"


class Goal(OfCase):
    """The client's own goal, in her words, and the service that may serve it."""

    plan = models.ForeignKey(CarePlan, models.CASCADE, related_name="goals")
    position = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=GoalState.choices, default=GoalState.OPEN)
    family = models.CharField(max_length=10, blank=True)
    text = SealedTextField(label="goal.text", compartment="needs")
    service = SealedTextField(label="goal.service", compartment="needs")

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"goal {self.pk}"


class CaseReferral(OfCase):
    """The only link between a file and a slip. Hidden from the receiving side: nothing of a
    referral leads back here."""

    referral = models.OneToOneField("referrals.Referral", models.PROTECT, related_name="+")
    consent = models.ForeignKey(Consent, models.PROTECT, related_name="+")
    goal = models.ForeignKey(Goal, models.SET_NULL, null=True, related_name="+")
    # 1–3 questions after it: {"helped", "respected", "words"}.
    client_result = SealedJSONField(label="case_referral.client_result", compartment="notes")
    # Its time was over: the packet's key is destroyed, or about to be (retention schedule).
    packet_stripped_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"case referral {self.pk}"


# -- following up


class ReferenceEvent(models.TextChoices):
    PLAN_AGREED = "plan_agreed", _("Support plan agreed")
    REFERRAL_COMPLETED = "referral_completed", _("Referral completed")
    CLOSURE = "closure", _("Case closed")


class FollowUpPlan(OfCase):
    event = models.CharField(max_length=20, choices=ReferenceEvent.choices)
    starts_on = models.DateField()
    template_version = models.CharField(max_length=20)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"follow-up plan {self.pk}"

    def work_facts(self) -> Facts:
        return self.case.work_facts()._replace(urgent=False)


class FollowUp(OfCase):
    plan = models.ForeignKey(FollowUpPlan, models.CASCADE, related_name="follow_ups")
    code = models.CharField(max_length=20)
    due_on = models.DateField()
    state = models.CharField(
        max_length=12, choices=FollowUpState.choices, default=FollowUpState.PLANNED
    )
    decision = models.CharField(max_length=15, blank=True)
    answers = SealedJSONField(label="follow_up.answers", compartment="needs")
    protection = SealedJSONField(label="follow_up.protection", compartment="protection")
    note = SealedTextField(label="follow_up.note", compartment="notes")
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [models.UniqueConstraint(fields=["plan", "code"], name="follow_up_once")]

    def __str__(self) -> str:
        return f"follow-up {self.pk}"


# -- ending and moving


class Closure(OfCase):
    state = models.CharField(
        max_length=10, choices=ClosureState.choices, default=ClosureState.REQUESTED
    )
    reason = models.CharField(max_length=20, choices=ClosureReason.choices)
    note = SealedTextField(label="closure.note", compartment="notes")
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    returned_because = SealedTextField(label="closure.returned_because", compartment="notes")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"closure {self.pk}"


class Transfer(OwnsKeys):
    """A move to the team of another commune: asked by the worker, released by her supervisor,
    accepted there. ``summary`` is what the client agreed that the new office reads first."""

    reference = models.CharField(max_length=12, unique=True, default=transfer_reference)
    case = models.ForeignKey(Case, models.CASCADE, related_name="+")
    consent = models.ForeignKey(Consent, models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=10, choices=TransferState.choices, default=TransferState.REQUESTED
    )
    from_team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    to_team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    summary = SealedTextField(label="transfer.summary", compartment="packet")
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        permissions = permission_rows((Compartment.PACKET,))
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(state__in=["requested", "offered"]),
                name="one_open_transfer",
            )
        ]

    def __str__(self) -> str:
        return self.reference

    def work_facts(self) -> Facts:
        return Facts(reference=self.reference, area_code=self.to_team.organisation.area_code)


class TransferGrant(Grant):
    content_object = models.ForeignKey(Transfer, models.CASCADE, related_name="grants")

    class Meta(Grant.Meta):
        abstract = False
