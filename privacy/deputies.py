"""For whom she stands in today. Asked by policies and by the worklist; changed by actions only."""

from uuid import UUID

from privacy.actors import Actor
from privacy.matrix import Verb, may
from privacy.models import Deputy, DeputyQuerySet
from privacy.models.deputies import DeputyRight


def live_of(actor: Actor) -> DeputyQuerySet:
    """The live deputyships that this membership holds; none for roles that decide nothing."""
    if not may(actor.role, Verb.APPROVE):
        return Deputy.objects.none()
    return Deputy.objects.live().filter(stand_in_id=actor.membership_id)


def stands_in(actor: Actor, team_id: int | None) -> bool:
    """Whether she decides in the place of a supervisor of this team, in everything."""
    if team_id is None:
        return False
    return live_of(actor).filter(principal__team_id=team_id, right=DeputyRight.EVERYTHING).exists()


def approves(actor: Actor, team_id: int, subject_uuid: UUID) -> bool:
    """Whether she was named for the waiting approval of this one record."""
    return (
        live_of(actor)
        .filter(
            principal__team_id=team_id,
            right=DeputyRight.ONE_APPROVAL,
            subject_uuid=subject_uuid,
        )
        .exists()
    )


def lanes_of(actor: Actor) -> list[str]:
    """The lists she reads in somebody's place: a team's, or only what was given to her by name."""
    found: list[str] = []
    if not may(actor.role, Verb.APPROVE):
        return found  # everybody's first page: no query is even built
    for team_id, right in live_of(actor).values_list("principal__team_id", "right").distinct():
        team = f"t{team_id}:{actor.role}"
        found.append(f"{team}:u{actor.user_id}")
        if right == DeputyRight.EVERYTHING:
            found.append(team)
    return list(dict.fromkeys(found))
