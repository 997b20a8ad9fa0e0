"""The registers: what the officer sees first, one record with its keys, a client's own requests."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import models
from django.urls import reverse
from django.utils import timezone

from cases import policies
from cases.models import (
    AuthorityRequest,
    Breach,
    Case,
    ClientCopy,
    Restriction,
    RightsKind,
    RightsRequest,
)
from cases.states import AuthorityState, BreachState, RightsState
from privacy import access
from privacy.actors import Actor
from privacy.compartments import REGISTER_COMPARTMENTS
from privacy.errors import NotFound

MOST = 50


def _open(actor: Actor, model: type[models.Model], uuid: UUID) -> Any:
    record = access.find(actor, model, uuid)
    access.open_keys(actor, [record], REGISTER_COMPARTMENTS, purpose="register")
    return record


def request_of(actor: Actor, uuid: UUID) -> RightsRequest:
    found = access.find(actor, RightsRequest, uuid)
    policies.require_past_her(actor, found)
    access.open_keys(actor, [found], REGISTER_COMPARTMENTS, purpose="register")
    rows = RightsRequest.objects.select_related(
        "case__team", "case__worker", "registered_by", "decided_by", "second"
    )
    request: RightsRequest = rows.get(pk=found.pk)
    return request


def breach_of(actor: Actor, uuid: UUID) -> Breach:
    """The officer reads it; who wrote it down sees that it arrived, and no words."""
    breach = Breach.objects.select_related("registered_by", "decided_by").filter(uuid=uuid).first()
    if breach is not None and policies.only_registered(actor, breach):
        return breach
    _open(actor, Breach, uuid)
    if breach is None:
        raise NotFound
    return breach


def authority_of(actor: Actor, uuid: UUID) -> AuthorityRequest:
    found = (
        AuthorityRequest.objects.select_related(
            "registered_by", "decided_by", "second", "organisation"
        )
        .filter(uuid=uuid)
        .first()
    )
    if found is not None and policies.only_registered(actor, found):
        return found
    _open(actor, AuthorityRequest, uuid)
    if found is None:
        raise NotFound
    return found


def requests_of_case(actor: Actor, case: Case) -> list[RightsRequest]:
    """Of her own client; never a complaint, whoever asks from the file's side."""
    rows: list[RightsRequest] = list(
        access.visible(actor, RightsRequest)
        .filter(case=case)
        .exclude(kind=RightsKind.COMPLAINT)
        .order_by("-pk")[:MOST]
    )
    return rows


def restriction_by(request: RightsRequest) -> Restriction | None:
    return Restriction.objects.filter(request=request, lifted_at__isnull=True).first()


def copy_of(request: RightsRequest) -> ClientCopy | None:
    return ClientCopy.objects.filter(request=request).defer("content").first()


class Line(NamedTuple):
    url: str
    reference: str
    kind: str
    state: str
    due: datetime | None
    late: bool


class Registers(NamedTuple):
    requests: list[Line]
    breaches: list[Line]
    authorities: list[Line]


def registers(actor: Actor) -> Registers:
    """The officer's three books, newest first; what is open and late stands out. Three queries,
    no key: nothing of what was said is in a list."""
    policies.require_dpo(actor)
    now = timezone.now()
    return Registers(
        [
            _line("rights_request", row, row.get_kind_display(), _next_clock(row), now)
            for row in _newest(actor, RightsRequest, policies.complaints_about_her(actor))
        ],
        [
            _line("breach", row, "", row.notify_by if row.state == BreachState.OPEN else None, now)
            for row in _newest(actor, Breach)
        ],
        [
            _line(
                "authority_request",
                row,
                row.get_kind_display(),
                row.decide_by if row.state != AuthorityState.ANSWERED else None,
                now,
            )
            for row in _newest(actor, AuthorityRequest)
        ],
    )


def _newest(actor: Actor, model: type[models.Model], *without: models.Q) -> Iterable[Any]:
    return access.visible(actor, model).exclude(*without).order_by("-pk")[:MOST]


def _next_clock(request: RightsRequest) -> datetime | None:
    if not request.is_open:
        return None
    return request.answer_by if request.state == RightsState.RECEIVED else request.due_by


def _line(page: str, row: Any, kind: str, due: datetime | None, now: datetime) -> Line:
    return Line(
        url=reverse(page, args=[row.uuid]),
        reference=row.reference,
        kind=kind,
        state=row.get_state_display(),
        due=due,
        late=due is not None and due < now,
    )
