"""Who may do what with people and accounts. Never with oneself; nobody here sees a case.

An administrator keeps accounts. Whoever gets more rights gets them from two persons: one proposes
(an administrator, or the supervisor of the team), another decides (an administrator or the
data-protection officer). What takes rights away needs one person only.
"""

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from privacy import audit
from privacy.actors import Actor
from privacy.errors import Forbidden, NotFound
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
        audit.refused(actor=actor, action="accounts", subject=user, reason="herself")
        raise Forbidden(_("Nobody changes her own account. Ask another administrator."))


def require_sees(actor: Actor, user: User) -> None:
    if not people_seen_by(actor).filter(pk=user.pk).exists():
        audit.refused(actor=actor, action="accounts", subject=user, reason="not_hers")
        raise NotFound


def require_may_propose(actor: Actor, user: User, team: Team) -> None:
    require_role(actor, Role.ADMINISTRATOR, Role.SUPERVISOR)
    require_not_herself(actor, user)
    if actor.is_a(Role.SUPERVISOR) and team.pk != actor.team_id:
        audit.refused(actor=actor, action="accounts", subject=user, reason="other_team")
        raise Forbidden(_("A supervisor proposes work in her own team only."))


def why_not_decide(actor: Actor, change: AccountChange) -> str:
    """Empty when she may."""
    if not actor.is_a(*DECIDERS):
        return _("An administrator or the data-protection officer decides about it.")
    if change.user_id == actor.user_id:
        return _("Nobody decides about her own rights.")
    if change.proposed_by_id == actor.user_id:
        return _(
            "You proposed it, so somebody else decides: another administrator or the "
            "data-protection officer."
        )
    return ""


def require_may_decide(actor: Actor, change: AccountChange) -> None:
    require_role(actor, *LOOKERS)
    require_sees(actor, change.user)
    if reason := why_not_decide(actor, change):
        audit.refused(actor=actor, action="accounts", subject=change, reason="two_persons")
        raise Forbidden(reason)


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
        audit.refused(actor=actor, action="accounts", subject=recovery, reason="two_persons")
        raise Forbidden(
            _("Her own supervisor or the data-protection officer confirms that it is she.")
        )


def require_may_issue(actor: Actor, recovery: Recovery) -> None:
    require_keeper(actor)
    require_not_herself(actor, recovery.user)
    if recovery.confirmed_by_id == actor.user_id:
        raise Forbidden(_("You confirmed it, so another administrator hands over the code."))
