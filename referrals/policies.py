"""Who may do what with a referral. Every action asks here first."""

from django.utils.translation import gettext as _

from privacy import access, audit
from privacy.actors import Actor
from privacy.errors import Forbidden, NotFound
from privacy.roles import RECEIVING_ROLES, Role
from referrals.models import Referral


def is_recipient(actor: Actor, referral: Referral) -> bool:
    return (
        actor.role in RECEIVING_ROLES
        and actor.role == referral.recipient_role
        and actor.team_id == referral.recipient_team_id
    )


def is_sender(actor: Actor, referral: Referral) -> bool:
    """The worker who sent it, or a supervisor of her team."""
    if actor.role == Role.SOCIAL_WORKER:
        return actor.user_id == referral.sender_id
    return actor.role == Role.SUPERVISOR and actor.team_id == referral.sender_team_id


def require_recipient(actor: Actor, referral: Referral) -> None:
    """Raises NotFound for anyone else: the slip looks absent to whom it was not sent."""
    if not is_recipient(actor, referral):
        audit.refused(actor=actor, action="answer", subject=referral, reason="not_party")
        raise NotFound
    access.require(actor, referral)


def require_sender(actor: Actor, referral: Referral) -> None:
    if not is_sender(actor, referral):
        audit.refused(actor=actor, action="sender", subject=referral, reason="not_party")
        raise NotFound
    access.require(actor, referral)


def require_supervising_sender(actor: Actor, referral: Referral) -> None:
    """Sending back and approving an error belong to the supervisor of the sending team, and
    never about her own referral."""
    require_sender(actor, referral)
    if actor.role != Role.SUPERVISOR:
        audit.refused(actor=actor, action="supervise", subject=referral, reason="role")
        raise Forbidden(_("Only a supervisor of the sending team may do this."))
    if actor.user_id == referral.sender_id:
        audit.refused(actor=actor, action="supervise", subject=referral, reason="own_case")
        raise Forbidden(_("A supervisor never decides about her own referral."))


def require_livelihood_officer(actor: Actor, referral: Referral) -> None:
    require_recipient(actor, referral)
    if actor.role != Role.WOMENS_UNION:
        audit.refused(actor=actor, action="livelihood", subject=referral, reason="role")
        raise Forbidden(_("Only the Women's Union officer tracks a livelihood plan."))
