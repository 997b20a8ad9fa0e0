"""Erasing a file: asked, decided by a second person, then carried out step by step.

The decision ends everything that goes on in one transaction: from then on nobody finds the file.
The keys die from the outbox, so that a decision that did not commit destroys nothing; every step
may run again, whatever was killed in between (privacy.md 3, architecture.md 6).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import policies
from cases.actions.ending import end_transfers
from cases.actions.follow_up import end_all
from cases.actions.plot import locked, move, note
from cases.actions.registers import PERMISSIONS, make_keys, officers
from cases.models import (
    Case,
    CaseLink,
    CaseReferral,
    ClientCopy,
    Consent,
    DuplicateMatch,
    ErasureRequest,
    Lead,
    LegalHold,
    RightsKind,
    RightsRequest,
    Transfer,
)
from cases.models.erasure import HOLDING, AskedBy, AskedHow, RefusedErasure
from cases.selectors.erasure import holds_on, owners_of
from cases.states import (
    CaseState,
    ClosureReason,
    ErasureState,
    HoldState,
    MatchState,
    RightsState,
    check,
)
from cases.turns import dpo_team
from privacy import access, audit, erasure, files, jobs, outbox, proof
from privacy.actors import Actor
from privacy.errors import AlreadyDone, Invalid, WrongState
from privacy.models import Basis, ErasureBasis, GrantSource, Tombstone, User
from privacy.roles import Role
from privacy.sessions import system_actor
from referrals import actions as referrals
from referrals.models import Referral
from services import clocks
from services import selectors as services
from services.clocks import VIET_NAM
from workflow import engine

ERASE = "case.erase"
ERASED = "case.erased"
DELETED = "case.deletion_done"
LONGEST_REASON = 2000


def give_readers(actor: Actor, record: ErasureRequest | LegalHold) -> None:
    """Who reads the reason: the data-protection officers, the file's supervisors, who wrote it."""
    case = record.case
    holders: list[tuple[dict[str, object], GrantSource]] = [
        ({"team": officers()}, GrantSource.ASSIGNMENT)
    ]
    if case.track == "adult":
        holders.append(({"team": case.team_id}, GrantSource.TEAM))
    elif case.named_supervisor_id is not None:
        holders.append(({"user": case.named_supervisor_id, "under": case.team}, GrantSource.TEAM))
    if not actor.is_a(Role.DPO, Role.SUPERVISOR):
        holders.append(({"user": actor.user_id}, GrantSource.HAND_OVER))
    for holder, source in holders:
        access.give(
            record,
            PERMISSIONS,
            source=source,
            granted_by=actor,
            sort_key=record.sort_key,
            purpose="register",
            **holder,  # type: ignore[arg-type]
        )


@transaction.atomic
def request_erasure(
    *,
    actor: Actor,
    case: Case,
    asked_by: str,
    asked_how: str,
    asked_on: date,
    reason: str = "",
) -> ErasureRequest:
    """The client wishes that nothing of her stays. Nothing is erased yet: a second person decides.

    The clock of the law runs from the day on which she asked.
    """
    case = locked(case)
    policies.require_erasure_asker(actor, case)
    errors = {}
    if asked_by not in AskedBy.values:
        errors["asked_by"] = _("Choose who asked.")
    if asked_how not in AskedHow.values:
        errors["asked_how"] = _("Choose how it was asked.")
    if asked_on > timezone.localdate():
        errors["asked_on"] = _("Enter a day that is not ahead.")
    if len(reason) > LONGEST_REASON:
        errors["reason"] = _("This text is too long.")
    if errors:
        raise Invalid(errors)
    law = services.clock("rights_delete")
    start = datetime.combine(asked_on, time(0), tzinfo=VIET_NAM)
    request = ErasureRequest(
        case=case,
        asked_by=asked_by,
        asked_how=asked_how,
        asked_on=asked_on,
        entered_by_id=actor.user_id,
        entered_as=actor.role,
        decide_by=services.due("erasure_decision", start),
        law_limit=clocks.due(law, start),
        law_source=law.source[:160],
    )
    make_keys(request)
    request.reason = reason.strip()
    try:
        with transaction.atomic():
            request.save()
    except IntegrityError:
        raise AlreadyDone(_("An erasure of this file has been asked for already.")) from None
    give_readers(actor, request)
    audit.record_change(
        actor=actor, event="erasure.requested", subject=request, after=request.state
    )
    note(actor, case, "erasure.requested", reason=asked_by)
    engine.start(subject=request, actor=actor)
    return request


def _locked_request(request: ErasureRequest) -> tuple[Case, ErasureRequest]:
    """The case first, as every action on a file does."""
    case = locked(request.case)
    row = (
        ErasureRequest.objects.select_for_update(of=("self",))
        .select_related("decided_by")
        .get(pk=request.pk)
    )
    row.case = case
    return case, row


def _decide(
    actor: Actor, request: ErasureRequest, after: ErasureState, event: str, *, because: str = ""
) -> None:
    if request.decided_at is not None:
        raise AlreadyDone(
            _("This has been decided already."),
            who=request.decided_by.display_name if request.decided_by else "",
            when=request.decided_at,
        )
    check(ErasureState, request.state, after)
    before = request.state
    request.state, request.decided_at = after, timezone.now()
    request.decided_by_id = actor.user_id
    request.refused_because = because if after == ErasureState.REFUSED else ""
    request.save(update_fields=["state", "decided_at", "decided_by", "refused_because"])
    audit.record_change(
        actor=actor, event=event, subject=request, before=before, after=after, reason=because
    )


@transaction.atomic
def approve_erasure(*, actor: Actor, erasure: ErasureRequest) -> None:
    """The second person agrees. Everything ends now; the keys die right after this commits."""
    case, request = _locked_request(erasure)
    policies.require_erasure_decider(actor, request)
    proof.require(actor)
    if request.state == ErasureState.REQUESTED and holds_on(case).exists():
        raise WrongState(
            _("A legal hold stands on this file. As long as it stands nothing may be erased.")
        )
    _decide(actor, request, ErasureState.APPROVED, "erasure.approved")
    engine.complete(subject=request, step="decide", actor=actor)
    close_down(actor, case)
    # Her colleagues' sight of the request ends with the file; the register stays.
    _leave_to_officers(request)
    outbox.put(ERASE, case.pk, dedupe_key=f"{ERASE}:{case.pk}:{request.pk}")


@transaction.atomic
def refuse_erasure(*, actor: Actor, erasure: ErasureRequest, because: str) -> None:
    case, request = _locked_request(erasure)
    policies.require_erasure_decider(actor, request)
    if because not in RefusedErasure.values:
        raise Invalid({"because": _("Choose why it is refused.")})
    _decide(actor, request, ErasureState.REFUSED, "erasure.refused", because=because)
    engine.complete(subject=request, step="decide", actor=actor)
    note(actor, case, "erasure.refused", reason=because)


@transaction.atomic
def cancel_erasure(*, actor: Actor, erasure: ErasureRequest) -> None:
    """She changed her mind before anybody decided."""
    case, request = _locked_request(erasure)
    policies.require_erasure_canceller(actor, request)
    _decide(actor, request, ErasureState.CANCELLED, "erasure.cancelled")
    engine.cancel(subject=request, actor=actor)
    note(actor, case, "erasure.cancelled")


def close_down(actor: Actor, case: Case) -> None:
    """Everything about the file ends: slips are withdrawn, flows cancelled, nobody holds a grant.

    In the caller's transaction, under the case's lock; may run again on what a backup brought back.
    """
    consents = Consent.objects.filter(case=case, basis__isnull=False).select_related("basis")
    bases = [consent.basis_id for consent in consents if consent.basis_id is not None]
    Basis.objects.filter(pk__in=bases, ended_at__isnull=True).update(ended_at=timezone.now())
    for basis in Basis.objects.filter(pk__in=bases).order_by("pk"):
        referrals.withdraw_for(actor=actor, basis=basis)
    end_all(actor, case)
    end_transfers(actor, case)
    for referral in Referral.objects.filter(pk__in=_links(case)):
        access.take_away(referral, by=actor)
    for transfer in Transfer.objects.filter(case=case):
        access.take_away(transfer, by=actor)
    for lead in Lead.objects.filter(case=case):
        access.take_away(lead, by=actor)
        engine.cancel(subject=lead, actor=actor)
    for hold in LegalHold.objects.filter(case=case):
        engine.cancel(subject=hold, actor=actor)
    for match in DuplicateMatch.objects.filter(Q(case=case) | Q(other=case), state=MatchState.OPEN):
        engine.cancel(subject=match, actor=actor)
        match.state, match.decided_at = MatchState.CLOSED, timezone.now()
        match.save(update_fields=["state", "decided_at"])
    # The team of her other file hears no code of this one any more.
    CaseLink.objects.filter(Q(first=case) | Q(second=case), ended_at__isnull=True).update(
        ended_at=timezone.now(), ended_by=actor.user_id
    )
    for consent in consents:
        engine.cancel(subject=consent, actor=actor)
    _end_requests(actor, case)
    engine.cancel(subject=case, actor=actor)
    access.take_away(case, by=actor)
    if case.state != CaseState.CLOSED:
        move(
            actor,
            case,
            CaseState.CLOSED,
            "case.closed",
            reason=ClosureReason.ERASED,
            closed_at=timezone.now(),
        )


def _end_requests(actor: Actor, case: Case) -> None:
    """What else she had asked for has no file any more; only the wish to delete waits for its end.
    The register stays with the data-protection officers."""
    for request in RightsRequest.objects.filter(case=case):
        _leave_to_officers(request)
        jobs.revoke(request)
        ClientCopy.objects.filter(request=request, dropped_at__isnull=True).update(
            dropped_at=timezone.now()  # its content is emptied with the other columns
        )
        if request.kind == RightsKind.DELETE or not request.is_open:
            continue
        engine.cancel(subject=request, actor=actor)
        before = request.state
        request.state, request.done_at = RightsState.OVER, timezone.now()
        request.save(update_fields=["state", "done_at"])
        audit.record_change(
            actor=actor, event="rights.over", subject=request, before=before, after=request.state
        )


def _links(case: Case) -> list[int]:
    return list(CaseReferral.objects.filter(case=case).values_list("referral_id", flat=True))


def _leave_to_officers(request: ErasureRequest | RightsRequest) -> None:
    team = dpo_team()
    for grant in request.grants.filter(revoked_at__isnull=True):
        if team is None or grant.team_id != team.pk:
            grant.revoked_at = timezone.now()
            grant.save(update_fields=["revoked_at"])


# -- carrying it out


@dataclass
class Work:
    """One run over one file; what it finds done it leaves."""

    case: Case
    basis: str
    request: ErasureRequest | None
    stone: Tombstone | None = None
    counts: dict[str, int] = field(default_factory=dict)


def _bury(work: Work) -> None:
    """The tombstone first: a restored backup is known by it, whatever is killed from here on."""
    request = work.request
    people = User.objects.in_bulk(
        [pk for pk in (request.entered_by_id, request.decided_by_id) if pk] if request else []
    )
    work.stone = erasure.bury(
        kind=Case._meta.label_lower,
        subject_uuid=work.case.uuid,
        reference=work.case.code,
        basis=work.basis,
        owners=owners_of(work.case),
        legal_basis=request.law_source if request else "",
        asked_at=request.created_at if request else None,
        asked_by=people[request.entered_by_id].uuid if request else None,
        decided_at=request.decided_at if request else timezone.now(),
        decided_by=people[request.decided_by_id].uuid
        if request and request.decided_by_id
        else None,
    )


def _destroy_keys(work: Work) -> None:
    assert work.stone is not None  # noqa: S101  (the step before it makes it)
    erasure.destroy_keys(work.stone)


def _purge_files(work: Work) -> None:
    work.counts["papers"] = files.purge(work.case.uuid)


def _blank_columns(work: Work) -> None:
    work.counts["records"] = erasure.blank(owners_of(work.case))


def _mark(work: Work) -> None:
    """The case is absent from now on; the registers say that it was done."""
    case, now = work.case, timezone.now()
    if case.erased_at is None:
        Case.objects.filter(pk=case.pk).update(erased_at=now)
        note(system_actor(), case, "case.erased", reason=work.basis)
    for request in ErasureRequest.objects.filter(
        case=case, state__in=(ErasureState.REQUESTED, ErasureState.APPROVED)
    ):
        before = request.state
        engine.cancel(subject=request, actor=system_actor())
        request.state, request.done_at = ErasureState.DONE, now
        request.decided_at = request.decided_at or now
        request.save(update_fields=["state", "done_at", "decided_at"])
        audit.record_change(
            actor=system_actor(),
            event="erasure.done",
            subject=request,
            before=before,
            after=request.state,
        )
    for request in ErasureRequest.objects.filter(case=case):
        _leave_to_officers(request)
    LegalHold.objects.filter(case=case, state__in=HOLDING).update(
        state=HoldState.LIFTED, ended_at=now
    )
    work.counts["referrals"] = len(_links(case))
    for topic in (ERASED, DELETED):
        outbox.put(topic, case.pk, dedupe_key=f"{topic}:{case.pk}:{now:%Y%m%d%H%M%S%f}")


# In this order, each harmless when run twice: a test kills the process before and after each.
STEPS: tuple[tuple[str, Callable[[Work], None]], ...] = (
    ("tombstone", _bury),
    ("keys", _destroy_keys),
    ("files", _purge_files),
    ("columns", _blank_columns),
    ("mark", _mark),
)


def erase_now(case: Case, basis: str, request: ErasureRequest | None = None) -> dict[str, int]:
    """Every step, whatever has been done before. The decision has committed."""
    work = Work(case, basis, request)
    for _name, step in STEPS:
        step(work)
    return work.counts


def carry_out(case_id: int) -> None:
    """Outbox handler, idempotent: only what a second person has approved."""
    request = (
        ErasureRequest.objects.filter(case_id=case_id, decided_at__isnull=False)
        .filter(state__in=(ErasureState.APPROVED, ErasureState.DONE))
        .select_related("case")
        .order_by("-pk")
        .first()
    )
    if request is not None:
        basis = ErasureBasis.DUTY if request.asked_by == AskedBy.OFFICE else ErasureBasis.REQUEST
        erase_now(locked(request.case), basis, request)


def carried_out(case_id: int) -> None:
    """Outbox handler: what was purged has committed, so the tombstone may say that it is done."""
    case = Case.objects.filter(pk=case_id, erased_at__isnull=False).first()
    if case is not None:
        erasure.finish(case.uuid, _kept_counts(case))


def _kept_counts(case: Case) -> dict[str, int]:
    return {
        "referrals": len(_links(case)),
        "consents": Consent.objects.filter(case=case).count(),
        "owners": len(owners_of(case)),
    }
