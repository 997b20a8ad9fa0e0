"""A supervisor on leave names who decides in her place; and where she may not decide herself (her
own case, a ward with one supervisor), who gives that one approval. Always dated; never a new role:
only another supervisor can stand in."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import policies
from cases.actions.plot import WORKER_COMPARTMENTS, give_deputy, locked, note, permissions
from cases.models import Case, Track, Transfer
from cases.states import CaseState, TransferState
from cases.turns import supervisors_of
from privacy import access, audit, denials
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.errors import AlreadyDone, Invalid, WrongState
from privacy.matrix import VERBS, Verb
from privacy.models import Deputy, DeputyRight, GrantSource, Membership, User
from services.clocks import VIET_NAM
from workflow import engine
from workflow.nodes import Holder

# Longer than this is a change of job, not a leave: an administrator gives a membership.
LONGEST = timedelta(days=60)
# Days to give one approval.
ONE_APPROVAL = timedelta(days=7)
APPROVAL_COMPARTMENTS = (Compartment.IDENTITY, Compartment.NEEDS, Compartment.NOTES)
TRANSFER_PERMISSIONS = ("work", Compartment.PACKET.permission)
# The step that waits for a supervisor in each state in which one is asked.
APPROVALS = {CaseState.PLAN_REVIEW: "approve_plan", CaseState.CLOSING: "approve_closure"}


def _principal(actor: Actor) -> Membership:
    policies.require_naming(actor)
    return Membership.objects.select_related("team").get(pk=actor.membership_id)


def _other(actor: Actor, stand_in: Membership) -> Membership:
    """Who may stand in: another person, a supervisor today."""
    found = (
        Membership.objects.live()
        .filter(pk=stand_in.pk, role__in=list(VERBS[Verb.APPROVE]))
        .exclude(user_id=actor.user_id)
        .select_related("user")
        .first()
    )
    if found is None:
        flagged = Membership.objects.filter(
            user_id=stand_in.user_id, is_inspection_team=True
        ).exists()
        words = denials.WORDS[denials.Missing.INSPECTION].what
        raise Invalid({"stand_in": words if flagged else _("Choose another supervisor.")})
    return found


def _free(principal: Membership, other: Membership) -> None:
    """One deputyship at a time for a team: two would share their grants, and the end of one would
    cut the other."""
    standing = Deputy.objects.filter(
        principal__team=principal.team,
        stand_in=other,
        right=DeputyRight.EVERYTHING,
        ended_at__isnull=True,
        ends_at__gt=timezone.now(),
    ).first()
    if standing is not None:
        raise AlreadyDone(
            _("She stands in for your team already. End that first."), when=standing.starts_at
        )


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=VIET_NAM)


@transaction.atomic
def name_deputy(*, actor: Actor, stand_in: Membership, starts_on: date, ends_on: date) -> Deputy:
    """Everything she decides, from the first day to the end of the last. Grants on the open files
    and waiting transfers of the team are given now, and end with it."""
    principal = _principal(actor)
    User.objects.select_for_update().get(pk=actor.user_id)
    if principal.ends_on is not None:  # nobody stands in for somebody who has left
        ends_on = min(ends_on, principal.ends_on)
    other = _other(actor, stand_in)
    today = timezone.localdate()
    if starts_on < today:
        raise Invalid({"starts_on": _("Choose today or a later day.")})
    if ends_on < starts_on:
        raise Invalid({"ends_on": _("The last day cannot lie before the first.")})
    if ends_on - starts_on >= LONGEST:
        raise Invalid({"ends_on": _("A deputy stands in for 60 days at most.")})
    _free(principal, other)
    begins = timezone.now() if starts_on == today else _begin(starts_on)
    deputy = Deputy(
        principal=principal,
        stand_in=other,
        starts_at=begins,
        ends_at=_begin(ends_on + timedelta(days=1)),
        named_by_id=actor.user_id,
    )
    deputy.save()
    for case in Case.objects.filter(team=principal.team, track=Track.ADULT).exclude(
        state=CaseState.CLOSED
    ):
        give_deputy(actor, case, deputy, permissions(WORKER_COMPARTMENTS))
    for transfer in Transfer.objects.filter(
        from_team=principal.team, state=TransferState.REQUESTED
    ):
        give_deputy(actor, transfer, deputy, TRANSFER_PERMISSIONS)
    audit.record_change(actor=actor, event="deputy.named", subject=deputy, after=deputy.right)
    return deputy


@transaction.atomic
def name_for_one_approval(*, actor: Actor, case: Case, stand_in: Membership) -> Deputy:
    """For the approval that waits in this case, and for nothing else: she sees what she has to
    decide on, for seven days at most."""
    principal = _principal(actor)
    case = locked(case)
    policies.require_naming_for(actor, case)
    other = _other(actor, stand_in)
    step = APPROVALS.get(CaseState(case.state))
    if step is None:
        raise WrongState(_("No approval waits in this case now."))
    if Deputy.objects.live().filter(subject_uuid=case.uuid).exists():
        raise AlreadyDone(_("Somebody is named for this approval already."))
    _free(principal, other)
    now = timezone.now()
    deputy = Deputy.objects.create(
        principal=principal,
        stand_in=other,
        right=DeputyRight.ONE_APPROVAL,
        subject_uuid=case.uuid,
        starts_at=now,
        ends_at=now + ONE_APPROVAL,
        named_by_id=actor.user_id,
    )
    give_deputy(actor, case, deputy, permissions(APPROVAL_COMPARTMENTS))
    team = supervisors_of(case)
    engine.reassign(
        subject=case,
        holder=Holder(team.role, team.team_id, other.user_id, team.organisation_id),
        actor=actor,
        role=team.role,
    )
    audit.record_change(actor=actor, event="deputy.named", subject=deputy, after=deputy.right)
    note(actor, case, "case.deputy_named")
    return deputy


@transaction.atomic
def end_deputy(*, actor: Actor, deputy: Deputy) -> None:
    """Before its day: by whoever named her, or by herself. Effective with her next request."""
    deputy = (
        Deputy.objects.select_for_update(of=("self",))
        .select_related("principal", "stand_in")
        .get(pk=deputy.pk)
    )
    policies.require_deputy_party(actor, deputy)
    if deputy.ended_at is not None or deputy.ends_at <= timezone.now():
        raise AlreadyDone(_("This has ended already."), when=deputy.ended_at or deputy.ends_at)
    close_deputy(actor, deputy)


def end_with_work(actor: Actor, membership: Membership, on: date | None) -> None:
    """A supervisor leaves: who stands in for her sees and decides no longer than she would."""
    standing = (
        Deputy.objects.select_for_update(of=("self",))
        .filter(principal=membership, ended_at__isnull=True, ends_at__gt=timezone.now())
        .select_related("principal", "stand_in")
    )
    for deputy in standing:
        until = None if on is None else _begin(on + timedelta(days=1))
        if until is None or until <= deputy.starts_at:
            close_deputy(actor, deputy)
        elif until < deputy.ends_at:
            deputy.ends_at = until
            deputy.save(update_fields=["ends_at"])
            for record in _records_of(deputy):
                access.take_away(
                    record,
                    by=actor,
                    user=deputy.stand_in.user_id,
                    source=GrantSource.DEPUTY,
                    at=until,
                )
            audit.record_change(actor=actor, event="deputy.shortened", subject=deputy)


def _records_of(deputy: Deputy) -> list[Any]:
    if deputy.subject_uuid is not None:
        return list(Case.objects.filter(uuid=deputy.subject_uuid))
    team = deputy.principal.team_id
    return [*Case.objects.filter(team=team), *Transfer.objects.filter(from_team=team)]


def close_deputy(actor: Actor, deputy: Deputy) -> None:
    """Ends one and takes back what came with it; what she holds from another deputyship stays, of
    files in which there is something to decide."""
    deputy.ended_at = timezone.now()
    deputy.save(update_fields=["ended_at"])
    records = _records_of(deputy)
    others = list(
        Deputy.objects.filter(
            stand_in=deputy.stand_in, ended_at__isnull=True, ends_at__gt=timezone.now()
        ).select_related("stand_in", "principal")
    )
    for record in records:
        access.take_away(record, by=actor, user=deputy.stand_in.user_id, source=GrantSource.DEPUTY)
        for other in others:
            _give_again(actor, record, other)
    if deputy.right == DeputyRight.ONE_APPROVAL:
        for case in records:
            engine.reassign(
                subject=case,
                holder=supervisors_of(case),
                actor=actor,
                role=supervisors_of(case).role,
            )
    audit.record_change(actor=actor, event="deputy.ended", subject=deputy, before=deputy.right)


def _give_again(actor: Actor, record: Any, other: Deputy) -> None:
    if isinstance(record, Case) and (record.track != Track.ADULT or not record.is_open):
        return
    if other.right == DeputyRight.ONE_APPROVAL:
        if record.uuid == other.subject_uuid:
            give_deputy(actor, record, other, permissions(APPROVAL_COMPARTMENTS))
        return
    if isinstance(record, Transfer) and record.from_team_id == other.principal.team_id:
        give_deputy(actor, record, other, TRANSFER_PERMISSIONS)
    elif isinstance(record, Case) and record.team_id == other.principal.team_id:
        give_deputy(actor, record, other, permissions(WORKER_COMPARTMENTS))


def approval_given(actor: Actor, case: Case) -> None:
    """The approval was given or refused: who was named for it has no more to see here."""
    for deputy in (
        Deputy.objects.live()
        .filter(subject_uuid=case.uuid, right=DeputyRight.ONE_APPROVAL)
        .select_related("principal", "stand_in")
    ):
        close_deputy(actor, deputy)
