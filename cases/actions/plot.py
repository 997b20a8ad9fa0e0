"""What every action on a file shares: the row under lock, change and record, grants of the team."""

from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from cases.models import Case, Track
from cases.states import CaseState, check
from privacy import access, audit
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.errors import Invalid, WrongState
from privacy.models import Deputy, DeputyRight, GrantSource, Team, User

WORKER_COMPARTMENTS = (
    Compartment.IDENTITY,
    Compartment.CONTACT,
    Compartment.NEEDS,
    Compartment.PROTECTION,
    Compartment.LIVELIHOOD,
    Compartment.NOTES,
)
CHILD_COMPARTMENTS = (Compartment.IDENTITY, Compartment.CONTACT, Compartment.CHILD)


def permissions(compartments: tuple[Compartment, ...]) -> tuple[str, ...]:
    return ("work", *(item.permission for item in compartments))


def locked(case: Case) -> Case:
    return (
        Case.objects.select_for_update(of=("self",))
        .select_related("team", "organisation")
        .get(pk=case.pk)
    )


def move(
    actor: Actor, case: Case, after: CaseState, event: str, *, reason: str = "", **changed: Any
) -> None:
    """The case's state, what goes with it, and who did it when and why."""
    check(CaseState, case.state, after)
    before = case.state
    case.state = after
    for name, value in changed.items():
        setattr(case, name, value)
    case.save(update_fields=["state", *changed])
    audit.record_change(
        actor=actor, event=event, subject=case, before=before, after=after, reason=reason
    )


def note(actor: Actor, subject: models.Model, event: str, *, reason: str = "") -> None:
    audit.record_change(actor=actor, event=event, subject=subject, reason=reason)


def must_be(case: Case, *states: CaseState) -> None:
    if case.state not in states:
        raise WrongState(
            _("This stands at “%(state)s”, so it is not possible now.")
            % {"state": CaseState(case.state).label}
        )


def must_be_open(case: Case) -> None:
    """Nothing is written into a closed file; reopening comes first."""
    must_be(case, *(state for state in CaseState if state != CaseState.CLOSED))


def required(name: str, value: str, message: str) -> str:
    text = value.strip()
    if not text:
        raise Invalid({name: message})
    return text


def give_team(actor: Actor, case: Case, *, worker: User, team: Team) -> None:
    """The case worker by name, and her team (which counts for its supervisors only)."""
    for holder, source in (
        ({"user": worker, "under": team}, GrantSource.ASSIGNMENT),
        ({"team": team}, GrantSource.TEAM),
    ):
        access.give(
            case,
            permissions(WORKER_COMPARTMENTS),
            source=source,
            granted_by=actor,
            sort_key=case.sort_key,
            purpose="casework",
            **holder,
        )
    give_deputies(actor, case, team, permissions(WORKER_COMPARTMENTS))


def give_deputies(actor: Actor, record: Any, team: Team, names: tuple[str, ...]) -> None:
    """Whoever stands in for a supervisor of this team in everything sees what comes while she
    does, until the same day."""
    for deputy in Deputy.objects.live().filter(principal__team=team, right=DeputyRight.EVERYTHING):
        give_deputy(actor, record, deputy, names)


def give_deputy(actor: Actor, record: Any, deputy: Deputy, names: tuple[str, ...]) -> None:
    access.give(
        record,
        names,
        user=deputy.stand_in.user_id,
        under=deputy.stand_in,
        source=GrantSource.DEPUTY,
        granted_by=actor,
        sort_key=record.sort_key,
        purpose="deputy",
        starts_at=deputy.starts_at,
        expires_at=deputy.ends_at,
    )


def give_child_protection(actor: Actor, case: Case, team: Team | None) -> None:
    """The protected track: child officers of the place and one named supervisor, nobody else."""
    if team is not None:
        access.give(
            case,
            permissions(CHILD_COMPARTMENTS),
            team=team,
            source=GrantSource.TEAM,
            granted_by=actor,
            sort_key=case.sort_key,
            purpose="child_protection",
        )
    if case.named_supervisor_id is not None:
        access.give(
            case,
            permissions(CHILD_COMPARTMENTS),
            user=case.named_supervisor_id,
            under=case.team,
            source=GrantSource.ASSIGNMENT,
            granted_by=actor,
            sort_key=case.sort_key,
            purpose="child_protection",
        )


def require_adult(case: Case) -> None:
    if case.track != Track.ADULT:
        raise WrongState(_("This file is in the protected child track."))
