"""How the desk's items are called in a worklist: case code and alias; and where they lead."""

from collections.abc import Mapping
from typing import Any, cast

from django.db import models
from django.db.models import Value
from django.urls import reverse

from cases.models import (
    AuthorityRequest,
    Breach,
    BreakGlass,
    Case,
    CaseReferral,
    Consent,
    DuplicateMatch,
    ErasureRequest,
    FollowUpPlan,
    Lead,
    LegalHold,
    RightsRequest,
    Transfer,
)
from privacy.compartments import Compartment
from privacy.roles import Role
from workflow.labels import Label
from workflow.models import WorkItem


def _pairs(flow: str, rows: models.QuerySet[Any], pk: str) -> Any:
    """(flow, subject id, case id), so that both kinds come in one query."""
    return rows.order_by().annotate(flow=Value(flow)).values_list("flow", pk, "case_id")


class OfCases:
    """Items about a file, its follow-ups, and its own referrals as the sender sees them.

    A child officer's referrals are those sent to her: the referrals room names them.
    """

    flows = frozenset({"case", "follow_up", "referral"})
    roles = frozenset({Role.SOCIAL_WORKER, Role.SUPERVISOR})
    compartments = (Compartment.IDENTITY,)

    def fetch(self, items: list[WorkItem]) -> Mapping[int, models.Model]:
        ids = {
            flow: {item.subject_id for item in items if item.flow == flow}
            for flow in ("case", "follow_up", "referral")
        }
        case_of = {("case", pk): pk for pk in ids["case"]}
        if ids["follow_up"] or ids["referral"]:
            plans = FollowUpPlan.objects.filter(pk__in=ids["follow_up"] or [0])
            links = CaseReferral.objects.filter(referral_id__in=ids["referral"] or [0])
            both = _pairs("follow_up", plans, "pk").union(
                _pairs("referral", links, "referral_id"), all=True
            )
            case_of |= {(flow, pk): case_id for flow, pk, case_id in both}
        cases = Case.objects.in_bulk(set(case_of.values()))
        return {
            item.pk: cases[case_of[item.flow, item.subject_id]]
            for item in items
            if case_of.get((item.flow, item.subject_id)) in cases
        }

    def label(self, item: WorkItem, record: models.Model) -> Label:
        case = cast(Case, record)
        url = {
            "case": reverse("case", args=[case.uuid]),
            "follow_up": reverse("follow_up", args=[item.subject_uuid]),
            "referral": reverse("case_referral", args=[item.subject_uuid]),
        }[item.flow]
        return Label(url=url, reference=case.code, name=case.alias)


class OfChildren(OfCases):
    flows = frozenset({"case"})
    roles = frozenset({Role.CHILD_OFFICER})


class OfLeads:
    flows = frozenset({"outreach"})
    roles: frozenset[str] = frozenset()
    compartments = (Compartment.IDENTITY,)

    def fetch(self, items: list[WorkItem]) -> Mapping[int, models.Model]:
        leads = Lead.objects.in_bulk({item.subject_id for item in items})
        return {item.pk: leads[item.subject_id] for item in items if item.subject_id in leads}

    def label(self, item: WorkItem, record: models.Model) -> Label:
        lead = cast(Lead, record)
        return Label(
            url=reverse("lead", args=[lead.uuid]), reference=lead.reference, name=lead.alias
        )


class OfTransfers:
    flows = frozenset({"transfer"})
    roles: frozenset[str] = frozenset()
    compartments: tuple[Compartment, ...] = ()

    def fetch(self, items: list[WorkItem]) -> Mapping[int, models.Model]:
        found = Transfer.objects.in_bulk({item.subject_id for item in items})
        return {item.pk: found[item.subject_id] for item in items if item.subject_id in found}

    def label(self, item: WorkItem, record: models.Model) -> Label:
        transfer = cast(Transfer, record)
        return Label(url=reverse("transfer", args=[transfer.uuid]), reference=transfer.reference)


class OfMatches(OfCases):
    """The supervisor's own file that a number stands in; the other one is never named."""

    flows = frozenset({"same_person"})
    roles = frozenset({Role.SUPERVISOR})

    def fetch(self, items: list[WorkItem]) -> Mapping[int, models.Model]:
        rows = DuplicateMatch.objects.select_related("case").in_bulk(
            {item.subject_id for item in items}
        )
        return {item.pk: rows[item.subject_id].case for item in items if item.subject_id in rows}

    def label(self, item: WorkItem, record: models.Model) -> Label:
        case = cast(Case, record)
        url = reverse("match", args=[item.subject_uuid])
        return Label(url=url, reference=case.code, name=case.alias)


class OfConsents:
    """A consent that runs out, under the name of its file."""

    flows = frozenset({"consent"})
    roles: frozenset[str] = frozenset()
    compartments = (Compartment.IDENTITY,)

    def fetch(self, items: list[WorkItem]) -> Mapping[int, models.Model]:
        case_of = dict(
            Consent.objects.filter(pk__in={item.subject_id for item in items})
            .order_by()
            .values_list("pk", "case_id")
        )
        cases = Case.objects.in_bulk(set(case_of.values()))
        return {
            item.pk: cases[case_of[item.subject_id]]
            for item in items
            if case_of.get(item.subject_id) in cases
        }

    def label(self, item: WorkItem, record: models.Model) -> Label:
        case = cast(Case, record)
        url = reverse("consent_ending", args=[item.subject_uuid])
        return Label(url=url, reference=case.code, name=case.alias)


class _OfRegister:
    """An item of a register: its own reference, and of a client's request which kind it is. No key
    is opened for a list."""

    flows: frozenset[str]
    model: type[models.Model]
    page: str
    roles: frozenset[str] = frozenset()
    compartments: tuple[Compartment, ...] = ()

    def fetch(self, items: list[WorkItem]) -> Mapping[int, models.Model]:
        found = self.model._default_manager.in_bulk({item.subject_id for item in items})
        return {item.pk: found[item.subject_id] for item in items if item.subject_id in found}

    def label(self, item: WorkItem, record: models.Model) -> Label:
        name = record.get_kind_display() if hasattr(record, "get_kind_display") else ""
        return Label(
            url=reverse(self.page, args=[item.subject_uuid]), reference=item.reference, name=name
        )


class OfRights(_OfRegister):
    flows = frozenset({"rights"})
    model = RightsRequest
    page = "rights_request"


class OfBreaches(_OfRegister):
    flows = frozenset({"breach"})
    model = Breach
    page = "breach"


class OfAuthorities(_OfRegister):
    flows = frozenset({"authority"})
    model = AuthorityRequest
    page = "authority_request"


class OfErasures(_OfRegister):
    flows = frozenset({"erasure"})
    model = ErasureRequest
    page = "erasure"


class OfHolds(_OfRegister):
    flows = frozenset({"legal_hold"})
    model = LegalHold
    page = "hold"


class OfEmergencies(_OfRegister):
    """The officer who reviews it never sees the code of the file."""

    flows = frozenset({"emergency"})
    model = BreakGlass
    page = "emergency"
