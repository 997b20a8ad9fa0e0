"""Another worker, or another commune. Four verbs: refer, transfer, assign, request transfer.

Assign is within the team and at once. A transfer needs her consent, our supervisor's release and
the receiving supervisor's yes; the old team's sight ends seven days later (dated rule data).
"""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import policies
from cases.actions.consent import read_to_her
from cases.actions.duplicates import open_matches
from cases.actions.following import registers_follow
from cases.actions.plot import (
    give_deputies,
    give_team,
    locked,
    must_be,
    note,
    require_adult,
    required,
)
from cases.actions.referring import links_of
from cases.models import Case, Consent, ConsentMethod, FollowUpPlan, Purpose, Transfer
from cases.states import ACTIVE, CaseState, TransferState, check
from cases.turns import match_supervisors, supervisors_of, worker_of
from privacy import access, audit, keys
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.errors import AlreadyDone, Invalid
from privacy.matrix import Verb
from privacy.models import Basis, GrantSource, Membership, Organisation, Team, User
from privacy.roles import Role
from referrals import actions as referrals
from services import selectors as services
from workflow import engine

MOVABLE = (*ACTIVE, CaseState.CLOSING)
TRANSFER_PERMISSIONS = ("work", Compartment.PACKET.permission)


def _worker_in(team_id: int, worker: User) -> Membership:
    membership = (
        Membership.objects.live()
        .filter(team_id=team_id, user=worker, role=Role.SOCIAL_WORKER)
        .first()
    )
    if membership is None:
        raise Invalid({"worker": _("Choose a social worker of the team.")})
    return membership


@transaction.atomic
def assign_case(*, actor: Actor, case: Case, worker: User) -> None:
    """To another worker of the team, at once: the old one loses sight with this click."""
    case = locked(case)
    policies.require_supervisor(actor, case, Verb.ASSIGN)
    require_adult(case)
    _worker_in(case.team_id, worker)
    if worker.pk == case.worker_id:
        raise AlreadyDone(_("This is her case already."))
    access.take_away(case, by=actor, user=case.worker_id)
    _hand_to(actor, case, worker=worker, team=case.team)
    note(actor, case, "case.assigned")


def _hand_to(actor: Actor, case: Case, *, worker: User, team: Team) -> None:
    """New worker and team; their lists, grants, open referrals and the registers follow."""
    case.worker, case.team, case.organisation = worker, team, team.organisation
    case.save(update_fields=["worker", "team", "organisation", "area_code"])
    give_team(actor, case, worker=worker, team=team)
    plans = FollowUpPlan.objects.filter(case=case, ended_at__isnull=True)
    ending = Consent.objects.filter(case=case, valid_until__isnull=False)
    for subject in (case, *plans, *ending):
        engine.reassign(
            subject=subject, holder=worker_of(case), actor=actor, role=Role.SOCIAL_WORKER
        )
        engine.reassign(
            subject=subject, holder=supervisors_of(case), actor=actor, role=Role.SUPERVISOR
        )
    for match in open_matches(case).select_related("case"):
        engine.reassign(subject=match, holder=match_supervisors(match), actor=actor)
    # Every slip of hers, also those that are over: their loop is closed by the new worker.
    for link in links_of(case):
        referrals.change_sender(actor=actor, referral=link.referral, sender=worker, team=team)
    registers_follow(actor, case)


@transaction.atomic
def request_transfer(
    *, actor: Actor, case: Case, to_team: Team, summary: str, method: str
) -> Transfer:
    """She moves and wishes to go on there. ``summary`` is what she agrees they read first."""
    case = locked(case)
    policies.require_worker(actor, case)
    require_adult(case)
    must_be(case, *MOVABLE)
    if method not in ConsentMethod.values:
        raise Invalid({"method": _("Choose how the answer was given.")})
    if to_team.pk == case.team_id or not _takes_cases(to_team):
        raise Invalid({"to_team": _("Choose another office that does casework.")})
    text = required("summary", summary, _("Write what the new office should know first."))
    consent = _transfer_consent(actor, case, to_team.organisation, method)
    transfer = Transfer(
        case=case,
        consent=consent,
        from_team=case.team,
        to_team=to_team,
        requested_by_id=actor.user_id,
    )
    keys.make(transfer.uuid, (Compartment.PACKET,))
    transfer.summary = text
    try:
        with transaction.atomic():
            transfer.save()
    except IntegrityError:
        raise AlreadyDone(_("A transfer of this case is under way already.")) from None
    for holder, source in (
        ({"user": actor.user_id}, GrantSource.ASSIGNMENT),
        ({"team": case.team_id}, GrantSource.TEAM),
    ):
        access.give(
            transfer,
            TRANSFER_PERMISSIONS,
            source=source,
            granted_by=actor,
            sort_key=transfer.sort_key,
            purpose="transfer",
            **holder,  # type: ignore[arg-type]
        )
    give_deputies(actor, transfer, case.team, TRANSFER_PERMISSIONS)
    audit.record_change(
        actor=actor, event="transfer.requested", subject=transfer, after=transfer.state
    )
    note(actor, case, "transfer.requested")
    engine.start(subject=transfer, actor=actor)
    return transfer


def _takes_cases(team: Team) -> bool:
    return Membership.objects.live().filter(team=team, role=Role.SUPERVISOR).exists()


def _transfer_consent(actor: Actor, case: Case, recipient: Organisation, method: str) -> Consent:
    basis = Basis.objects.create(recipient=recipient, compartments=["identity"])
    consent = Consent(
        case=case,
        purpose=Purpose.TRANSFER,
        version=Consent.objects.filter(
            case=case, purpose=Purpose.TRANSFER, recipient=recipient
        ).count()
        + 1,
        given=True,
        recipient=recipient,
        compartments=basis.compartments,
        method=method,
        basis=basis,
        recorded_by_id=actor.user_id,
        **read_to_her(Purpose.TRANSFER),
    )
    consent.save()
    note(actor, case, "consent.given", reason=Purpose.TRANSFER)
    return consent


def _locked_transfer(transfer: Transfer) -> Transfer:
    return (
        Transfer.objects.select_for_update(of=("self",))
        .select_related(
            "case", "consent__basis", "to_team__organisation", "from_team__organisation"
        )
        .get(pk=transfer.pk)
    )


def _move(
    actor: Actor, transfer: Transfer, after: TransferState, event: str, **changed: Any
) -> None:
    check(TransferState, transfer.state, after)
    before = transfer.state
    transfer.state = after
    for name, value in changed.items():
        setattr(transfer, name, value)
    transfer.save(update_fields=["state", *changed])
    audit.record_change(actor=actor, event=event, subject=transfer, before=before, after=after)


@transaction.atomic
def release_transfer(*, actor: Actor, transfer: Transfer) -> None:
    """Our supervisor agrees; only now does the other office hear of it, and only the summary."""
    transfer = _locked_transfer(transfer)
    policies.require_releasing_supervisor(actor, transfer)
    policies.require_unrestricted(actor, transfer.case)
    _move(actor, transfer, TransferState.OFFERED, "transfer.offered")
    access.give(
        transfer,
        TRANSFER_PERMISSIONS,
        team=transfer.to_team,
        source=GrantSource.HAND_OVER,
        granted_by=actor,
        sort_key=transfer.sort_key,
        basis=transfer.consent.basis,
        purpose="transfer",
    )
    engine.complete(subject=transfer, step="release", actor=actor)


@transaction.atomic
def refuse_transfer(*, actor: Actor, transfer: Transfer) -> None:
    """Either supervisor may say no; the case stays where it is."""
    transfer = _locked_transfer(transfer)
    if transfer.state == TransferState.REQUESTED:
        policies.require_releasing_supervisor(actor, transfer)
        step = "release"
    else:
        policies.require_receiving_supervisor(actor, transfer)
        step = "accept"
    _move(actor, transfer, TransferState.REFUSED, "transfer.refused", decided_at=timezone.now())
    access.take_away(transfer, by=actor, outside=True)
    access.take_away(transfer, by=actor, at=services.due("hand_over_access"))
    note(actor, transfer.case, "transfer.refused")
    engine.complete(subject=transfer, step=step, actor=actor)


@transaction.atomic
def accept_transfer(*, actor: Actor, transfer: Transfer, worker: User) -> None:
    """The case is theirs now. The old team reads it for seven more days, then not at all."""
    transfer = _locked_transfer(transfer)
    policies.require_receiving_supervisor(actor, transfer)
    case = locked(transfer.case)
    policies.require_unrestricted(actor, case)
    must_be(case, *MOVABLE)
    _worker_in(transfer.to_team_id, worker)
    old_worker, old_team = case.worker_id, case.team_id
    _move(actor, transfer, TransferState.ACCEPTED, "transfer.accepted", decided_at=timezone.now())
    until = services.due("hand_over_access")
    access.take_away(case, by=actor, user=old_worker, at=until)
    access.take_away(case, by=actor, team=old_team, at=until)
    access.take_away(transfer, by=actor, at=until)
    case.area_code = transfer.to_team.organisation.area_code
    _hand_to(actor, case, worker=worker, team=transfer.to_team)
    note(actor, case, "transfer.accepted")
    engine.complete(subject=transfer, step="accept", actor=actor)
