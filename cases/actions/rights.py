"""What a client asks for: registered, answered in 2 working days, decided, carried out.

Clocks: 2 working days; then 10, 15 or 20 days, each extended once by as long again; a complaint
15 days (Law 91/2025/QH15, Decree 356/2025/NĐ-CP; configuration, to be confirmed by counsel).
A complaint passes the worker by: it gives her no grant and stands in no list of the file.
"""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import policies, turns
from cases.actions import copies
from cases.actions.erasure import request_erasure
from cases.actions.plot import locked, note, required
from cases.actions.registers import (
    PERMISSIONS,
    choose,
    give_officer,
    give_second,
    make_keys,
    moment,
    must_be_granted,
    nobody,
    refuse_if,
    shift,
)
from cases.models import (
    AT_THE_DESK,
    CLOCKS,
    TWO_PERSONS,
    AskedBy,
    AskedHow,
    Case,
    IdentityCheck,
    Outcome,
    RefusedBecause,
    Restriction,
    RightsKind,
    RightsRequest,
    Track,
)
from cases.models.erasure import AskedBy as ErasureAskedBy
from cases.models.erasure import AskedHow as ErasureAskedHow
from cases.selectors.erasure import open_request
from cases.states import RightsState
from privacy import access, audit
from privacy.actors import Actor
from privacy.errors import AlreadyDone, Invalid, WrongState
from privacy.models import GrantSource, WrappedDataKey
from privacy.roles import Role
from privacy.sessions import system_actor
from services import selectors as services
from workflow import engine

_HOW = {
    AskedHow.WORKER: ErasureAskedHow.IN_PERSON,
    AskedHow.OFFICE: ErasureAskedHow.IN_PERSON,
    AskedHow.PHONE: ErasureAskedHow.PHONE,
    AskedHow.LETTER: ErasureAskedHow.LETTER,
}


def case_by_code(actor: Actor, code: str) -> Case:
    """The client brought the code of her file to the officer: nothing but the code finds it."""
    case = Case.objects.filter(code=code.strip().upper(), erased_at__isnull=True).first()
    if case is None or not actor.is_a(Role.DPO):
        audit.refused(actor=actor, action="register_request", subject=None, reason="absent")
        raise Invalid({"code": _("There is no file with this code. Look at it together again.")})
    return case


@transaction.atomic
def register_request(
    *,
    actor: Actor,
    case: Case | None,
    kind: str,
    asked_by: str,
    asked_how: str,
    identity_check: str,
    received_on: date,
    words: str,
) -> RightsRequest:
    """Through her worker, or directly at the office. Nothing more is collected to know her by."""
    if case is not None:
        case = locked(case)
    policies.require_register_for(actor, case)
    errors: dict[str, str] = {}
    choose(errors, "kind", kind, RightsKind)
    choose(errors, "asked_by", asked_by, AskedBy)
    choose(errors, "asked_how", asked_how, AskedHow)
    choose(errors, "identity_check", identity_check, IdentityCheck)
    if case is None and kind not in (RightsKind.VIEW, RightsKind.COMPLAINT):
        errors["kind"] = _("Without a file one can ask what is known, or complain.")
    refuse_if(errors)
    received_at = moment("received_on", received_on)
    clock = services.clock(CLOCKS[kind], received_on)
    request = RightsRequest(
        case=case,
        kind=kind,
        asked_by=asked_by,
        asked_how=asked_how,
        identity_check=identity_check,
        received_at=received_at,
        answer_by=services.due("rights_answer", received_at),
        due_by=services.due(clock.code, received_at),
        law_source=clock.source[:160],
        registered_by_id=actor.user_id,
        registered_as=actor.role,
    )
    make_keys(request)
    request.words = required("words", words, _("Write what she asks, in her words."))
    request.save()
    give_officer(actor, request)
    if case is not None and kind != RightsKind.COMPLAINT:
        give_desk(actor, request)
    note(actor, request, "rights.registered", reason=kind)
    engine.start(subject=request, actor=actor)
    return request


def give_desk(actor: Actor, request: RightsRequest) -> None:
    """Her own client's request: the worker sees how it stands; of a complaint she sees nothing."""
    case = request.case
    if case is None or request.kind == RightsKind.COMPLAINT:
        return
    if case.track == Track.CHILD:
        team = turns.child_team(case.area_code)
        if team is not None:
            _give(actor, request, team=team, source=GrantSource.TEAM)
        return
    _give(actor, request, user=case.worker, under=case.team, source=GrantSource.ASSIGNMENT)
    _give(actor, request, team=case.team, source=GrantSource.TEAM)


def _give(actor: Actor, request: RightsRequest, **holder: object) -> None:
    access.give(
        request,
        PERMISSIONS,
        granted_by=actor,
        sort_key=request.sort_key,
        purpose="register",
        **holder,  # type: ignore[arg-type]
    )


def _locked(request: RightsRequest) -> RightsRequest:
    return (
        RightsRequest.objects.select_for_update(of=("self",))
        .select_related("case__team", "case__organisation", "case__worker")
        .get(pk=request.pk)
    )


@transaction.atomic
def answer_request(*, actor: Actor, request: RightsRequest, answer: str) -> None:
    """Within 2 working days: we have it, this is how it goes on, until then."""
    request = _locked(request)
    policies.require_dpo_of(actor, request)
    request.answer = required("answer", answer, _("Write what you told her."))
    shift(
        actor,
        request,
        RightsState,
        RightsState.ANSWERED,
        "rights.answered",
        answered_at=timezone.now(),
        answer=request.answer,
    )
    engine.complete(subject=request, step="answer", actor=actor)


@transaction.atomic
def extend_request(*, actor: Actor, request: RightsRequest, because: str) -> None:
    """Once, by as long again; she is told why."""
    request = _locked(request)
    policies.require_dpo_of(actor, request)
    if not request.is_open:
        raise WrongState(_("This request is over."))
    if request.extended_at is not None:
        raise AlreadyDone(_("The time was made longer already; the law allows it once."))
    request.longer_because = required("because", because, _("Write why it takes longer."))
    request.extended_at = timezone.now()
    request.due_by = services.due(CLOCKS[request.kind], request.due_by)
    request.save(update_fields=["longer_because", "extended_at", "due_by"])
    note(actor, request, "rights.extended")
    engine.refresh(subject=request)


@transaction.atomic
def decide_request(
    *,
    actor: Actor,
    request: RightsRequest,
    outcome: str,
    findings: str,
    refused_because: str = "",
) -> None:
    """Granted or refused, with the reason. A copy of the file and a complaint need a second yes."""
    request = _locked(request)
    policies.require_dpo_of(actor, request)
    errors: dict[str, str] = {}
    choose(errors, "outcome", outcome, Outcome)
    if outcome == Outcome.REFUSED:
        choose(errors, "refused_because", refused_because, RefusedBecause)
    refuse_if(errors)
    _may_decide(actor, request, outcome)
    text = required("findings", findings, _("Write what you found and why you decide so."))
    request.outcome, request.findings = outcome, text
    request.refused_because = refused_because if outcome == Outcome.REFUSED else ""
    request.decided_by_id, request.decided_at = actor.user_id, timezone.now()
    request.second_id, request.second_at = None, None
    if request.kind == RightsKind.COMPLAINT or (
        request.kind in TWO_PERSONS and outcome == Outcome.GRANTED
    ):
        _ask_second(actor, request)
        after = RightsState.SECOND
    else:
        after = _after(request)
    shift(actor, request, RightsState, after, "rights.decided", reason=outcome, **_decided(request))
    _effect(actor, request)
    engine.complete(subject=request, step="decide", actor=actor)


def _decided(request: RightsRequest) -> dict[str, object]:
    names = ("outcome", "findings", "refused_because", "decided_at", "second_at", "done_at")
    return {
        **{name: getattr(request, name) for name in names},
        "decided_by_id": request.decided_by_id,
        "second_id": request.second_id,
    }


def _may_decide(actor: Actor, request: RightsRequest, outcome: str) -> None:
    if request.case is None or outcome != Outcome.GRANTED:
        return
    if request.kind in (RightsKind.RESTRICT, RightsKind.OBJECT):
        if request.case.track == Track.CHILD:
            raise WrongState(
                _("A child's file is not restricted: her safety comes first. Refuse with reason.")
            )
        if request.case.restricted_at is not None:
            raise AlreadyDone(_("This file is restricted already."))
    if request.kind == RightsKind.COPY:
        policies.require_unrestricted(actor, request.case)


def _ask_second(actor: Actor, request: RightsRequest) -> None:
    case = request.case
    without = {actor.user_id, request.registered_by_id}
    if case is not None:
        without.add(case.worker_id)
    complains = request.kind == RightsKind.COMPLAINT
    found = turns.second_person(
        without=without,
        not_team=case.team_id if case is not None and complains else None,
        first_team=case.team_id if case is not None and not complains else None,
    )
    if found is None:
        raise nobody()
    request.second_id = found.user_id
    give_second(actor, request, found)


def _after(request: RightsRequest) -> RightsState:
    """Where a decided request stands: over, or to be carried out."""
    if request.outcome == Outcome.REFUSED:
        return RightsState.REFUSED
    to_do = request.kind in AT_THE_DESK or request.kind == RightsKind.DELETE
    if request.case is not None and to_do:
        return RightsState.GRANTED
    request.done_at = timezone.now()
    return RightsState.DONE


def _effect(actor: Actor, request: RightsRequest) -> None:
    """What a grant does at once."""
    if request.state == RightsState.DONE and request.kind in (
        RightsKind.RESTRICT,
        RightsKind.OBJECT,
    ):
        _restrict(actor, request)
    if request.state == RightsState.GRANTED:
        if request.kind == RightsKind.DELETE:
            _open_erasure(actor, request)
        if request.kind == RightsKind.COPY:
            copies.allow(request)


def _open_erasure(actor: Actor, request: RightsRequest) -> None:
    """The granted wish goes the way of every erasure: legal holds, and a second person. Where one
    waits already, that one answers it."""
    if request.case is None or open_request(request.case) is not None:
        return
    request_erasure(
        actor=actor,
        case=request.case,
        asked_by=ErasureAskedBy.GUARDIAN
        if request.asked_by == AskedBy.GUARDIAN
        else ErasureAskedBy.CLIENT,
        asked_how=_HOW[AskedHow(request.asked_how)],
        asked_on=timezone.localdate(request.received_at),
    )


@transaction.atomic
def second_request(*, actor: Actor, request: RightsRequest, agree: bool, words: str) -> None:
    """The second person: agreed, it is decided; not agreed, it goes back with her words."""
    request = _locked(request)
    policies.require_second(actor, request)
    if request.state != RightsState.SECOND:
        raise AlreadyDone(_("The second person has looked at this already."))
    request.second_words = required("words", words, _("Write what you looked at and why."))
    request.second_at = timezone.now()
    after = _after(request) if agree else RightsState.ANSWERED
    shift(
        actor,
        request,
        RightsState,
        after,
        "rights.seconded" if agree else "rights.sent_back",
        second_words=request.second_words,
        second_at=request.second_at,
        done_at=request.done_at,
    )
    if agree:
        _effect(actor, request)
    engine.complete(subject=request, step="second", actor=actor)
    # Her part is over, whatever she said: she reads it no longer.
    access.take_away(request, by=actor, user=actor.user_id)


# -- restriction


def _restrict(actor: Actor, request: RightsRequest) -> None:
    """From the next click on nothing of the file opens for anybody; the team still finds it."""
    if request.case is None:
        return
    case = locked(request.case)
    now = timezone.now()
    Restriction.objects.create(case=case, request=request, set_at=now, set_by_id=actor.user_id)
    case.restricted_at = now
    case.save(update_fields=["restricted_at"])
    note(actor, case, "case.restricted")


@transaction.atomic
def lift_restriction(*, actor: Actor, request: RightsRequest, because: str) -> None:
    """She wishes that we go on, or the objection was settled. Recorded with who, when and why."""
    request = _locked(request)
    policies.require_dpo_of(actor, request)
    standing = (
        Restriction.objects.select_for_update(of=("self",))
        .filter(request=request, lifted_at__isnull=True)
        .first()
    )
    if standing is None:
        raise AlreadyDone(_("No restriction stands any more."))
    request.lifted_because = required("because", because, _("Write why the restriction ends."))
    request.save(update_fields=["lifted_because"])
    case = locked(standing.case)
    standing.lifted_at, standing.lifted_by_id = timezone.now(), actor.user_id
    standing.save(update_fields=["lifted_at", "lifted_by"])
    case.restricted_at = None
    case.save(update_fields=["restricted_at"])
    note(actor, case, "case.unrestricted")
    note(actor, request, "rights.restriction_lifted")


# -- carrying out


@transaction.atomic
def carry_out_request(*, actor: Actor, request: RightsRequest) -> None:
    """She has seen her file with her worker, or her consents were taken back: it is done."""
    request = _locked(request)
    policies.require_desk(actor, request)
    if request.kind not in (RightsKind.VIEW, RightsKind.WITHDRAW):
        raise WrongState(_("This request is carried out on its own page."))
    finish(actor, request)


def finish(actor: Actor, request: RightsRequest) -> None:
    must_be_granted(request)
    shift(actor, request, RightsState, RightsState.DONE, "rights.done", done_at=timezone.now())
    engine.complete(subject=request, step="carry_out", actor=actor)


@transaction.atomic
def finish_deletion(*, actor: Actor, request: RightsRequest) -> None:
    """Not on anybody's word: only when no key of the file is left."""
    request = _locked(request)
    if not actor.is_system:
        policies.require_dpo_of(actor, request)
    if request.kind != RightsKind.DELETE or request.case is None:
        raise WrongState(_("This request is carried out on its own page."))
    if WrappedDataKey.objects.filter(owner_uuid=request.case.uuid).exists():
        raise WrongState(
            _("The file still has its keys. The request is done when the erasure is done.")
        )
    finish(actor, request)


def finish_deletions(case_id: int) -> None:
    """Outbox handler, idempotent: the file is erased, so the wish that asked for it is done."""
    for request in RightsRequest.objects.filter(
        case_id=case_id, kind=RightsKind.DELETE, state=RightsState.GRANTED
    ):
        finish_deletion(actor=system_actor(), request=request)
