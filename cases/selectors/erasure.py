"""What dies with a file, what holds it back, what is left of it; and the registers' pages."""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils import timezone

from cases.models import (
    Case,
    CaseGrant,
    CaseReferral,
    ErasureRequest,
    FollowUpPlan,
    Lead,
    LeadGrant,
    LegalHold,
    RightsRequest,
    Transfer,
    TransferGrant,
)
from cases.models.erasure import HOLDING
from cases.states import ErasureState
from privacy import erasure
from privacy.compartments import Compartment
from privacy.erasure import Finding, Owner
from privacy.models import Tombstone
from referrals.models import Referral, ReferralGrant
from workflow.models import WorkItem


def holds_on(case: Case, on: date | None = None) -> "models.QuerySet[LegalHold]":
    """Holds that stand. One that waits for its second person stands already: an erasure cannot be
    taken back, a wait can. One whose lifting waits stands still."""
    return standing_holds(on).filter(case=case)


def standing_holds(on: date | None = None) -> "models.QuerySet[LegalHold]":
    day = on or timezone.localdate()
    return LegalHold.objects.filter(Q(until__isnull=True) | Q(until__gte=day), state__in=HOLDING)


def owners_of(case: Case) -> list[Owner]:
    """Whose keys die with the file. Of a slip the packet only: what its recipient wrote is that
    provider's record, and is locked from this side by the end of every grant (privacy.md 3). With
    the key of a request die her words, and the copy of the whole file that was made for her."""
    found = [Owner(case.uuid)]
    for model in (Lead, Transfer, ErasureRequest, LegalHold, RightsRequest):
        rows = model._default_manager.filter(case=case)
        found += [Owner(uuid) for uuid in rows.order_by("pk").values_list("uuid", flat=True)]
    slips = CaseReferral.objects.filter(case=case).order_by("pk")
    found += [
        Owner(uuid, (Compartment.PACKET,))
        for uuid in slips.values_list("referral__owner_uuid", flat=True)
    ]
    return found


def proof(stone: Tombstone) -> Finding:
    """Tries every key on every sealed value, and looks for whatever still leads to the file."""
    case = Case.objects.filter(uuid=stone.subject_uuid).first()
    found = erasure.prove(stone, owners_of(case) if case else [])
    if case is None:
        return found
    slips = list(CaseReferral.objects.filter(case=case).values_list("referral_id", flat=True))
    found.left |= {
        "grants": _live_grants(case, slips),
        "work items": _waiting(case, slips),
        "not marked as erased": int(case.erased_at is None),
        "open requests": ErasureRequest.objects.filter(
            case=case, state__in=(ErasureState.REQUESTED, ErasureState.APPROVED)
        ).count(),
    }
    return found


def _live_grants(case: Case, slips: Collection[int]) -> int:
    count = CaseGrant.objects.filter(content_object=case, revoked_at__isnull=True).count()
    count += LeadGrant.objects.filter(content_object__case=case, revoked_at__isnull=True).count()
    count += TransferGrant.objects.filter(
        content_object__case=case, revoked_at__isnull=True
    ).count()
    return (
        count
        + ReferralGrant.objects.filter(content_object__in=slips, revoked_at__isnull=True).count()
    )


def _waiting(case: Case, slips: Collection[int]) -> int:
    subjects: list[tuple[type[models.Model], Any]] = [
        (Case, [case.pk]),
        (Lead, Lead.objects.filter(case=case).values("pk")),
        (Transfer, Transfer.objects.filter(case=case).values("pk")),
        (FollowUpPlan, FollowUpPlan.objects.filter(case=case).values("pk")),
        (ErasureRequest, ErasureRequest.objects.filter(case=case).values("pk")),
        (LegalHold, LegalHold.objects.filter(case=case).values("pk")),
        (Referral, slips),
    ]
    wanted = Q(pk__in=[])
    for model, ids in subjects:
        wanted |= Q(subject_type=ContentType.objects.get_for_model(model), subject_id__in=ids)
    return WorkItem.objects.filter(wanted, done_at__isnull=True).count()


# -- pages


def open_request(case: Case) -> ErasureRequest | None:
    return ErasureRequest.objects.filter(
        case=case, state__in=(ErasureState.REQUESTED, ErasureState.APPROVED)
    ).first()


def with_names(request: ErasureRequest) -> ErasureRequest:
    return ErasureRequest.objects.select_related("case", "entered_by", "decided_by").get(
        pk=request.pk
    )


def hold_with_names(hold: LegalHold) -> LegalHold:
    return LegalHold.objects.select_related(
        "case", "set_by", "confirmed_by", "lift_asked_by", "lifted_by"
    ).get(pk=hold.pk)


SHOWN = 50


def waiting_requests() -> list[ErasureRequest]:
    """The most pressing first."""
    return list(
        ErasureRequest.objects.filter(state__in=(ErasureState.REQUESTED, ErasureState.APPROVED))
        .select_related("case")
        .order_by("decide_by", "pk")[:SHOWN]
    )


def decided_requests() -> list[ErasureRequest]:
    return list(
        ErasureRequest.objects.exclude(state__in=(ErasureState.REQUESTED, ErasureState.APPROVED))
        .select_related("case")
        .order_by("-decided_at", "-pk")[:SHOWN]
    )


def holds() -> list[LegalHold]:
    return list(standing_holds().select_related("case").order_by("-pk")[:SHOWN])


def case_of_code(code: str) -> Case | None:
    """For the data-protection officer's registers; an erased file is absent."""
    return Case.objects.filter(code=code.strip().upper(), erased_at__isnull=True).first()
