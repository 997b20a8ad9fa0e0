"""Ending a file for good: the request, the second person's word, legal holds, and what time does.

Reasons are sealed under the record's own key (compartment ``register``): the data-protection
officer reads them, and of the file nothing.
"""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models.file import Case, OwnsKeys
from cases.states import ErasureState, HoldState
from privacy.codes import reference
from privacy.compartments import REGISTER_COMPARTMENTS, permission_rows
from privacy.fields import SealedTextField
from privacy.models import Grant, User
from workflow.nodes import Facts


def erasure_reference() -> str:
    return reference("XD")


def hold_reference() -> str:
    return reference("GL")


class AskedBy(models.TextChoices):
    CLIENT = "client", _("The client")
    GUARDIAN = "guardian", _("A guardian, where that is safe")
    OFFICE = "office", _("Our office: there is no reason any more to keep it")


class AskedHow(models.TextChoices):
    IN_PERSON = "in_person", _("In person")
    PHONE = "phone", _("By phone, over the safe contact")
    LETTER = "letter", _("In writing")
    RELAYED = "relayed", _("Through a service or a peer worker")


class RefusedErasure(models.TextChoices):
    NOT_SURE = "not_sure", _("It is not sure that the client asked")
    CHANGED_MIND = "changed_mind", _("The client wishes to keep the file")
    LAW = "law", _("A law obliges us to keep it")


class ErasureRequest(OwnsKeys):
    """Asked for one file: by whom, how and when. Decided by a second person; see policies.

    ``asked_on`` starts the clock of the law, ``created_at`` is when it was entered here.
    """

    reference = models.CharField(max_length=12, unique=True, default=erasure_reference)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=10, choices=ErasureState.choices, default=ErasureState.REQUESTED
    )
    asked_by = models.CharField(max_length=10, choices=AskedBy.choices)
    asked_how = models.CharField(max_length=10, choices=AskedHow.choices)
    asked_on = models.DateField(default=timezone.localdate)
    reason = SealedTextField(label="erasure.reason", compartment="register")
    entered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    entered_as = models.CharField(max_length=30)
    decide_by = models.DateTimeField()
    law_limit = models.DateTimeField()
    law_source = models.CharField(max_length=160)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    refused_because = models.CharField(max_length=15, choices=RefusedErasure.choices, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        permissions = permission_rows(REGISTER_COMPARTMENTS)
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(state__in=["requested", "approved"]),
                name="one_open_erasure",
            )
        ]

    def __str__(self) -> str:
        return self.reference

    def work_facts(self) -> Facts:
        return Facts(reference=self.reference)


class ErasureRequestGrant(Grant):
    content_object = models.ForeignKey(ErasureRequest, models.CASCADE, related_name="grants")

    class Meta(Grant.Meta):
        abstract = False


class HoldSource(models.TextChoices):
    COMPLAINT = "complaint", _("The client's own complaint or lawsuit")
    COURT = "court", _("A court's decision")
    LAW = "law", _("A duty to keep, named in the reason")
    BREACH = "breach", _("A data breach that is being looked into")


class LegalHold(OwnsKeys):
    """While it stands nothing of the file is erased or thinned out. Set and lifted by two people.

    ``until`` is its last day; without one it stands until it is lifted.
    """

    reference = models.CharField(max_length=12, unique=True, default=hold_reference)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=HoldState.choices, default=HoldState.PROPOSED)
    source = models.CharField(max_length=10, choices=HoldSource.choices)
    reason = SealedTextField(label="legal_hold.reason", compartment="register")
    until = models.DateField(null=True, blank=True)
    set_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    lift_asked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    lifted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        permissions = permission_rows(REGISTER_COMPARTMENTS)
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.reference

    def work_facts(self) -> Facts:
        return Facts(reference=self.reference)

    @property
    def proposed_by_id(self) -> int | None:
        """Whose proposal waits for a second person."""
        return self.lift_asked_by_id if self.state == HoldState.LIFTING else self.set_by_id


class LegalHoldGrant(Grant):
    content_object = models.ForeignKey(LegalHold, models.CASCADE, related_name="grants")

    class Meta(Grant.Meta):
        abstract = False


class Stripped(models.Model):
    """A compartment of a closed file whose time was over: its key is destroyed, or about to be."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="stripped")
    compartment = models.CharField(max_length=15)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "compartment"], name="stripped_once")
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.compartment}"


HOLDING = (HoldState.PROPOSED, HoldState.IN_FORCE, HoldState.LIFTING)

__all__ = [
    "HOLDING",
    "AskedBy",
    "AskedHow",
    "ErasureRequest",
    "ErasureRequestGrant",
    "HoldSource",
    "LegalHold",
    "LegalHoldGrant",
    "RefusedErasure",
    "Stripped",
]
