"""Who may do what with a referral. Every action asks here first."""

from privacy import access, audit, denials
from privacy.actors import Actor
from privacy.denials import Missing
from privacy.errors import NotFound
from privacy.matrix import Scope, Verb, may, reach
from referrals.models import Referral


def is_recipient(actor: Actor, referral: Referral) -> bool:
    return (
        may(actor.role, Verb.ANSWER)
        and actor.role == referral.recipient_role
        and actor.team_id == referral.recipient_team_id
    )


def is_sender(actor: Actor, referral: Referral) -> bool:
    """The worker who sent it, or a supervisor of her team."""
    hers = reach(actor.role, Verb.CANCEL)
    if hers is Scope.OWN:
        return actor.user_id == referral.sender_id
    return hers is Scope.TEAM and actor.team_id == referral.sender_team_id


def require_recipient(actor: Actor, referral: Referral) -> None:
    """Raises NotFound for anyone else: the slip looks absent to whom it was not sent."""
    if not is_recipient(actor, referral):
        audit.refused(actor=actor, action="answer", subject=referral, reason="not_party")
        raise NotFound
    access.require(actor, referral)


def require_receiving(actor: Actor) -> None:
    """Who has a list of received slips at all."""
    if not may(actor.role, Verb.ANSWER):
        audit.refused(actor=actor, action="answer", subject=None, reason="role")
        raise NotFound


def require_sender(actor: Actor, referral: Referral) -> None:
    if not is_sender(actor, referral):
        audit.refused(actor=actor, action="sender", subject=referral, reason="not_party")
        raise NotFound
    access.require(actor, referral)


def require_supervising_sender(actor: Actor, referral: Referral) -> None:
    """Sending back and approving an error belong to the supervisor of the sending team, and
    never about her own referral."""
    require_sender(actor, referral)
    if not may(actor.role, Verb.SEND_BACK):
        raise denials.refuse(actor, referral, "supervise", Missing.NOT_SENDING_SUPERVISOR)
    if actor.user_id == referral.sender_id:
        raise denials.refuse(actor, referral, "supervise", Missing.OWN_REFERRAL)


def require_livelihood_officer(actor: Actor, referral: Referral) -> None:
    require_recipient(actor, referral)
    if not may(actor.role, Verb.TRACK_LIVELIHOOD):
        raise denials.refuse(actor, referral, "livelihood", Missing.NOT_LIVELIHOOD)
