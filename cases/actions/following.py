"""The file went to others, or into the protected track: its registers go with it. Who has lost the
file reads no request, erasure or legal hold of it any more, whether it is over or goes on."""

from cases import turns
from cases.actions.registers import PERMISSIONS
from cases.actions.rights import give_desk
from cases.models import Case, ErasureRequest, LegalHold, RightsKind, RightsRequest, Track
from cases.states import ErasureState, RightsState
from privacy import access
from privacy.actors import Actor
from privacy.models import GrantSource
from privacy.roles import Role
from workflow import engine

Record = RightsRequest | ErasureRequest | LegalHold


def registers_follow(actor: Actor, case: Case) -> None:
    """Called when worker, team and track of the case are the new ones. Complaints stay where they
    are: nobody of the file ever holds one."""
    requests = RightsRequest.objects.filter(case=case).exclude(kind=RightsKind.COMPLAINT)
    for request in requests.select_related("case__team", "case__worker"):
        _leave(actor, request, case)
        give_desk(actor, request)
        if request.state == RightsState.GRANTED:
            engine.reassign(subject=request, holder=turns.carries_out(request), actor=actor)
    for erasure in ErasureRequest.objects.filter(case=case).select_related("case__team"):
        _leave(actor, erasure, case)
        _give(actor, erasure, case)
        if erasure.state == ErasureState.REQUESTED:
            engine.reassign(subject=erasure, holder=turns.erasure_decider(erasure), actor=actor)
    for hold in LegalHold.objects.filter(case=case).select_related("case__team"):
        _leave(actor, hold, case)
        _give(actor, hold, case)
        engine.reassign(subject=hold, holder=turns.hold_decider(hold), actor=actor)


def _leave(actor: Actor, record: Record, case: Case) -> None:
    """Everybody but the officers, whoever still works on the file, and a second person who is
    asked just now."""
    officers = turns.dpo_team()
    adult = case.track == Track.ADULT
    asked = isinstance(record, RightsRequest) and record.state == RightsState.SECOND
    for user, team, source in set(
        record.grants.filter(revoked_at__isnull=True).values_list("user_id", "team_id", "source")
    ):
        still_here = adult and (user == case.worker_id or team == case.team_id)
        is_officer = officers is not None and team == officers.pk
        if still_here or is_officer or (asked and source == GrantSource.DEPUTY):
            continue
        access.take_away(record, by=actor, user=user, team=team, source=GrantSource(source))


def _give(actor: Actor, record: ErasureRequest | LegalHold, case: Case) -> None:
    """The supervisors of the file as it is now; and its worker what the worker before her asked."""
    holders: list[tuple[dict[str, object], GrantSource]] = []
    if case.track == Track.ADULT:
        holders.append(({"team": case.team_id}, GrantSource.TEAM))
        if isinstance(record, ErasureRequest) and record.entered_as == Role.SOCIAL_WORKER:
            holders.append(
                ({"user": case.worker_id, "under": case.team}, GrantSource.HAND_OVER),
            )
    elif case.named_supervisor_id is not None:
        holders.append(({"user": case.named_supervisor_id, "under": case.team}, GrantSource.TEAM))
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
