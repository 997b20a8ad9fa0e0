"""Who may do what with people and accounts. Never with oneself; nobody here sees a case.

An administrator keeps accounts. Whoever gets more rights gets them from two persons: one proposes
(an administrator, or the supervisor of the team), another decides (an administrator or the
data-protection officer). What takes rights away needs one person only.
"""

from datetime import timedelta

from django.db.models import Q, QuerySet

from privacy import audit, denials
from privacy.actors import Actor
from privacy.denials import Missing
from privacy.errors import NotFound
from privacy.models import AccountChange, Membership, Recovery, Team, User
from privacy.roles import Role

# A membership that nobody reviews runs out; a month before, it stands in the list (privacy.md 10).
LASTS = timedelta(days=365)
REVIEW_AHEAD = timedelta(days=30)

KEEPERS = (Role.ADMINISTRATOR,)
DECIDERS = (Role.ADMINISTRATOR, Role.DPO)
LOOKERS = (Role.ADMINISTRATOR, Role.DPO, Role.SUPERVISOR)


def people_seen_by(actor: Actor) -> QuerySet[User]:
    """Administrator and data-protection officer: everybody who works here. A supervisor: whoever
    has, or had, work in her team. Anybody else: nobody."""
    people = User.objects.filter(
        Q(memberships__isnull=False) | Q(pk__in=AccountChange.objects.values("user"))
    ).exclude(memberships__role=Role.SYSTEM)
    if actor.is_a(*DECIDERS):
        return people.distinct()
    if actor.is_a(Role.SUPERVISOR):
        return people.filter(memberships__team_id=actor.team_id).distinct()
    return people.none()


def require_role(actor: Actor, *roles: str) -> None:
    """
    :raises NotFound: whoever has no business here is told nothing of it.
    """
    if not actor.is_a(*roles):
        audit.refused(actor=actor, action="accounts", subject=None, reason="role")
        raise NotFound


def require_keeper(actor: Actor) -> None:
    require_role(actor, *KEEPERS)


def require_not_herself(actor: Actor, user: User) -> None:
    if user.pk == actor.user_id:
        raise denials.refuse(actor, user, "accounts", Missing.OWN_ACCOUNT)


def require_sees(actor: Actor, user: User) -> None:
    if not people_seen_by(actor).filter(pk=user.pk).exists():
        audit.refused(actor=actor, action="accounts", subject=user, reason="not_hers")
        raise NotFound


def require_may_propose(actor: Actor, user: User, team: Team) -> None:
    require_role(actor, Role.ADMINISTRATOR, Role.SUPERVISOR)
    require_not_herself(actor, user)
    if actor.is_a(Role.SUPERVISOR) and team.pk != actor.team_id:
        raise denials.refuse(actor, user, "accounts", Missing.OTHER_TEAM)


def what_keeps_from_deciding(actor: Actor, change: AccountChange) -> Missing | None:
    """``None`` when she may."""
    if not actor.is_a(*DECIDERS):
        return Missing.NOT_DECIDER
    if change.user_id == actor.user_id:
        return Missing.OWN_RIGHTS
    if change.proposed_by_id == actor.user_id:
        return Missing.PROPOSED_IT
    return None


def why_not_decide(actor: Actor, change: AccountChange) -> str:
    """The same in words; empty when she may."""
    missing = what_keeps_from_deciding(actor, change)
    return str(denials.WORDS[missing].what) if missing else ""


def require_may_decide(actor: Actor, change: AccountChange) -> None:
    require_role(actor, *LOOKERS)
    require_sees(actor, change.user)
    if missing := what_keeps_from_deciding(actor, change):
        raise denials.refuse(actor, change, "accounts", missing)


def shares_team(actor: Actor, user: User) -> bool:
    return Membership.objects.live().filter(user=user, team_id=actor.team_id).exists()


def may_confirm(actor: Actor, recovery: Recovery) -> bool:
    """Somebody who knows her: her supervisor, or the data-protection officer."""
    if recovery.user_id == actor.user_id:
        return False
    if actor.is_a(Role.DPO):
        return True
    return actor.is_a(Role.SUPERVISOR) and shares_team(actor, recovery.user)


def require_may_confirm(actor: Actor, recovery: Recovery) -> None:
    require_role(actor, *LOOKERS)
    require_sees(actor, recovery.user)
    if not may_confirm(actor, recovery):
        raise denials.refuse(actor, recovery, "accounts", Missing.NOT_CONFIRMER)


def require_may_issue(actor: Actor, recovery: Recovery) -> None:
    require_keeper(actor)
    require_not_herself(actor, recovery.user)
    if recovery.confirmed_by_id == actor.user_id:
        raise denials.refuse(actor, recovery, "accounts", Missing.CONFIRMED_IT)
