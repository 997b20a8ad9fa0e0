"""The person's rights, as registers: what she asked for, what leaked, what an authority asked.

What was said stands sealed under the record's own key (compartment ``register``): the
data-protection officer reads it, and of the file nothing. Clear columns hold codes and clocks.
Source: Law 91/2025/QH15, Decree 356/2025/NĐ-CP; configuration, to be confirmed by counsel.
"""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models.file import Case, OfCase, OwnsKeys
from cases.states import AuthorityState, BreachState, RightsState
from privacy.codes import reference
from privacy.compartments import REGISTER_COMPARTMENTS, permission_rows
from privacy.fields import SealedJSONField, SealedTextField
from privacy.models import Grant, Organisation, SealedModel, User
from workflow.nodes import Facts


def rights_reference() -> str:
    return reference("YC")


def breach_reference() -> str:
    return reference("SC")


def authority_reference() -> str:
    return reference("CQ")


# -- what a client asks


class RightsKind(models.TextChoices):
    VIEW = "view", _("See the file")
    CORRECT = "correct", _("Correct something")
    COPY = "copy", _("Get a copy of the whole file")
    WITHDRAW = "withdraw", _("Take a consent back")
    RESTRICT = "restrict", _("Restrict: keep the file, do nothing else with it")
    OBJECT = "object", _("Object to what is done with it")
    DELETE = "delete", _("Delete the file")
    COMPLAINT = "complaint", _("Complain")


# Each kind's legal clock (services: clock rule data); an extension, once, is as long again.
CLOCKS: dict[str, str] = {
    RightsKind.VIEW: "rights_view",
    RightsKind.CORRECT: "rights_view",
    RightsKind.COPY: "rights_view",
    RightsKind.WITHDRAW: "rights_object",
    RightsKind.RESTRICT: "rights_object",
    RightsKind.OBJECT: "rights_object",
    RightsKind.DELETE: "rights_delete",
    RightsKind.COMPLAINT: "complaint",
}
# Two persons stand behind these: the whole file leaves, or a colleague is complained about.
TWO_PERSONS = frozenset({RightsKind.COPY, RightsKind.COMPLAINT})
# What is then done with her at the desk, by the worker who holds the keys.
AT_THE_DESK = frozenset({RightsKind.VIEW, RightsKind.CORRECT, RightsKind.COPY, RightsKind.WITHDRAW})


class AskedBy(models.TextChoices):
    CLIENT = "client", _("The client")
    GUARDIAN = "guardian", _("A guardian, where that is safe")
    REPRESENTATIVE = "representative", _("Somebody with her written authority")


class AskedHow(models.TextChoices):
    WORKER = "worker", _("Told to the case worker")
    OFFICE = "office", _("Directly at the office")
    PHONE = "phone", _("By phone, over the safe contact")
    LETTER = "letter", _("In writing")


class IdentityCheck(models.TextChoices):
    """How we knew that it is she, without collecting anything more."""

    KNOWN = "known", _("The worker knows her")
    CODE_WORD = "code_word", _("The agreed code word")
    CASE_CODE = "case_code", _("She knows the case code and what was agreed last")
    PAPER_SEEN = "paper_seen", _("A paper was looked at, nothing was copied")


class Outcome(models.TextChoices):
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", _("Refused")


class RefusedBecause(models.TextChoices):
    NOT_SURE = "not_sure", _("It is not sure that it is she")
    OTHERS = "others", _("It would show somebody else's private life")
    LAW = "law", _("A law says otherwise; the reason names it")
    UNFOUNDED = "unfounded", _("Looked into and not found so")
    TAKEN_BACK = "taken_back", _("She took the request back")


class RightsRequest(OwnsKeys):
    """One request. ``received_at`` starts the clocks; ``created_at`` is when it was entered.

    ``case`` is empty where somebody asks whether there is anything about her at all.
    """

    reference = models.CharField(max_length=12, unique=True, default=rights_reference)
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=10, choices=RightsKind.choices)
    state = models.CharField(
        max_length=10, choices=RightsState.choices, default=RightsState.RECEIVED
    )
    asked_by = models.CharField(max_length=15, choices=AskedBy.choices)
    asked_how = models.CharField(max_length=10, choices=AskedHow.choices)
    identity_check = models.CharField(max_length=10, choices=IdentityCheck.choices)
    received_at = models.DateTimeField()
    answer_by = models.DateTimeField()
    due_by = models.DateTimeField()
    law_source = models.CharField(max_length=160)
    registered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    registered_as = models.CharField(max_length=30)
    words = SealedTextField(label="rights.words", compartment="register")
    answer = SealedTextField(label="rights.answer", compartment="register")
    findings = SealedTextField(label="rights.findings", compartment="register")
    second_words = SealedTextField(label="rights.second_words", compartment="register")
    longer_because = SealedTextField(label="rights.longer_because", compartment="register")
    lifted_because = SealedTextField(label="rights.lifted_because", compartment="register")
    answered_at = models.DateTimeField(null=True)
    extended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    refused_because = models.CharField(max_length=12, choices=RefusedBecause.choices, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    second = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    second_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        permissions = permission_rows(REGISTER_COMPARTMENTS)
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(second__isnull=True) | ~Q(second=models.F("decided_by")),
                name="rights_two_persons",
            )
        ]

    def __str__(self) -> str:
        return self.reference

    def work_facts(self) -> Facts:
        return Facts(reference=self.reference)

    @property
    def is_open(self) -> bool:
        return self.state not in (RightsState.DONE, RightsState.REFUSED, RightsState.OVER)


class RightsGrant(Grant):
    content_object = models.ForeignKey(RightsRequest, models.CASCADE, related_name="grants")

    class Meta(Grant.Meta):
        abstract = False


class ClientCopy(SealedModel):
    """Her own file, locked with her passphrase, waiting to be carried away. Sealed once more under
    the request's key; ``drop`` empties it when it was fetched or its day has come."""

    request = models.OneToOneField(RightsRequest, models.CASCADE, related_name="copy")
    content = SealedTextField(label="client_copy.content", compartment="register")
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    fetched_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.__dict__.get("owner_uuid", self) is None:
            self.owner_uuid = self.request.uuid

    def __str__(self) -> str:
        return f"client's copy {self.pk}"


class Correctable(models.TextChoices):
    ALIAS = "alias", _("The name she wants to be called by")
    LEGAL_NAME = "legal_name", _("Legal name")
    BIRTH_YEAR = "birth_year", _("Year of birth")
    ADDRESS = "address", _("Address")
    PHONE = "phone", _("Phone number")
    HOURS = "hours", _("Safe hours")
    CODE_WORD = "code_word", _("Code word")
    STATEMENT = "statement", _("Something else that is written in the file")


class Correction(OfCase):
    """A new version: who, when and why. Which of the three pairs is filled, and which field it is
    about, stands sealed in the compartment of that field. The old value stays beside the new one,
    or is destroyed where she wishes so (an old name can out her)."""

    request = models.ForeignKey(RightsRequest, models.PROTECT, related_name="+")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    # {"field", "before", "after"}; "before" is missing where it was destroyed.
    identity = SealedJSONField(label="correction.identity", compartment="identity")
    contact = SealedJSONField(label="correction.contact", compartment="contact")
    needs = SealedJSONField(label="correction.needs", compartment="needs")
    because = SealedTextField(label="correction.because", compartment="notes")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"correction {self.pk}"


class Restriction(models.Model):
    """While it stands the file is kept and nothing else: no compartment opens for anybody."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="+")
    request = models.ForeignKey(RightsRequest, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(lifted_at__isnull=True), name="one_restriction"
            )
        ]

    def __str__(self) -> str:
        return f"restriction {self.pk}"


# -- what leaked


class Breach(OwnsKeys):
    """Something was lost, shown or taken. 72 elapsed hours from ``discovered_at`` to the notice
    (Law 91/2025/QH15; to be confirmed by counsel)."""

    reference = models.CharField(max_length=12, unique=True, default=breach_reference)
    state = models.CharField(max_length=12, choices=BreachState.choices, default=BreachState.OPEN)
    discovered_at = models.DateTimeField()
    notify_by = models.DateTimeField()
    law_source = models.CharField(max_length=160)
    registered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    registered_as = models.CharField(max_length=30)
    # Codes of compartments and counts: no person, no place.
    compartments = models.JSONField(default=list)
    people = models.PositiveIntegerField(null=True)
    what = SealedTextField(label="breach.what", compartment="register")
    consequences = SealedTextField(label="breach.consequences", compartment="register")
    measures = SealedTextField(label="breach.measures", compartment="register")
    notified_whom = SealedTextField(label="breach.notified_whom", compartment="register")
    lessons = SealedTextField(label="breach.lessons", compartment="register")
    assessed_at = models.DateTimeField(null=True)
    authority_told_at = models.DateTimeField(null=True)
    people_told_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        permissions = permission_rows(REGISTER_COMPARTMENTS)
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.reference

    def work_facts(self) -> Facts:
        return Facts(reference=self.reference, urgent=True)


class BreachGrant(Grant):
    content_object = models.ForeignKey(Breach, models.CASCADE, related_name="grants")

    class Meta(Grant.Meta):
        abstract = False


# -- what an authority asks


class AuthorityKind(models.TextChoices):
    POLICE = "police", _("Police")
    PROSECUTOR = "prosecutor", _("Prosecutor")
    COURT = "court", _("Court")
    INSPECTION = "inspection", _("Inspection team")
    OTHER = "other", _("Another office")
    PRIVATE = "private", _("Press, family or another private person")


class AuthorityPaper(models.TextChoices):
    ORAL = "oral", _("Said or phoned")
    LETTER = "letter", _("An official letter")
    ORDER = "order", _("A court's or prosecutor's decision")


class Decision(models.TextChoices):
    REFUSE = "refuse", _("Refuse")
    MINIMUM = "minimum", _("Answer with the fewest facts that the law demands")


class AuthorityRequest(OwnsKeys):
    """Somebody with power asks. Refused unless two persons decide otherwise. It names no file, and
    no file is looked for: whether the person is known here is confirmed to nobody."""

    reference = models.CharField(max_length=12, unique=True, default=authority_reference)
    state = models.CharField(
        max_length=12, choices=AuthorityState.choices, default=AuthorityState.REGISTERED
    )
    kind = models.CharField(max_length=12, choices=AuthorityKind.choices)
    paper = models.CharField(max_length=10, choices=AuthorityPaper.choices)
    received_at = models.DateTimeField()
    decide_by = models.DateTimeField()
    registered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    registered_as = models.CharField(max_length=30)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    words = SealedTextField(label="authority.words", compartment="register")
    decision = models.CharField(max_length=10, choices=Decision.choices, default=Decision.REFUSE)
    legal_basis = SealedTextField(label="authority.legal_basis", compartment="register")
    fields = SealedTextField(label="authority.fields", compartment="register")
    second_words = SealedTextField(label="authority.second_words", compartment="register")
    answered_how = SealedTextField(label="authority.answered_how", compartment="register")
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    second = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    second_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        permissions = permission_rows(REGISTER_COMPARTMENTS)
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(second__isnull=True) | ~Q(second=models.F("decided_by")),
                name="authority_two_persons",
            )
        ]

    def __str__(self) -> str:
        return self.reference

    def work_facts(self) -> Facts:
        return Facts(reference=self.reference, urgent=True)


class AuthorityGrant(Grant):
    content_object = models.ForeignKey(AuthorityRequest, models.CASCADE, related_name="grants")

    class Meta(Grant.Meta):
        abstract = False
