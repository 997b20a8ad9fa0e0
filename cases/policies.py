"""Who may do what on the helper's desk. Every action asks here first; missing and forbidden look
alike, except where the person holds the file and not the verb."""

from django.utils.translation import gettext as _

from cases.models import (
    AuthorityRequest,
    Breach,
    Case,
    Lead,
    RightsKind,
    RightsRequest,
    Track,
    Transfer,
)
from privacy import access, audit
from privacy.actors import Actor
from privacy.errors import Forbidden, NotFound
from privacy.roles import Role


def _refuse(actor: Actor, subject: object, action: str, reason: str) -> None:
    audit.refused(actor=actor, action=action, subject=subject, reason=reason)  # type: ignore[arg-type]


def require_intake(actor: Actor) -> None:
    """Who may open a case: social workers."""
    if not actor.is_a(Role.SOCIAL_WORKER) or not actor.team_id:
        _refuse(actor, None, "open_case", "role")
        raise NotFound


def require_outreach(actor: Actor) -> None:
    """Who may record a contact: peer workers and social workers."""
    if not actor.is_a(Role.PEER_WORKER, Role.SOCIAL_WORKER) or not actor.team_id:
        _refuse(actor, None, "record_contact", "role")
        raise NotFound


def require_lead_worker(actor: Actor, lead: Lead) -> None:
    access.require(actor, lead)
    if actor.user_id != lead.worker_id or actor.role != lead.worker_role:
        _refuse(actor, lead, "lead", "not_hers")
        raise Forbidden(_("Only the worker who made the contact may do this."))


def require_lead_taker(actor: Actor, lead: Lead) -> None:
    access.require(actor, lead)
    if actor.role != Role.SOCIAL_WORKER or actor.user_id != lead.handed_to_id:
        _refuse(actor, lead, "lead", "not_hers")
        raise Forbidden(_("This contact was handed over to another social worker."))


def is_worker(actor: Actor, case: Case) -> bool:
    return (
        actor.role == Role.SOCIAL_WORKER
        and actor.user_id == case.worker_id
        and case.track == Track.ADULT
    )


def is_supervisor(actor: Actor, case: Case) -> bool:
    if actor.role != Role.SUPERVISOR:
        return False
    if case.track == Track.CHILD:
        return actor.user_id == case.named_supervisor_id
    return actor.team_id == case.team_id


def require_worker(actor: Actor, case: Case) -> None:
    """The worker of this case, and nobody in her place."""
    access.require(actor, case)
    if not is_worker(actor, case):
        _refuse(actor, case, "work_case", "not_worker")
        raise Forbidden(_("Only the case worker of this file may do this."))
    require_unrestricted(actor, case)


def require_case_team(actor: Actor, case: Case) -> None:
    """The worker, or a supervisor of her team."""
    access.require(actor, case)
    if not (is_worker(actor, case) or is_supervisor(actor, case)):
        _refuse(actor, case, "work_case", "not_team")
        raise NotFound


def require_supervisor(actor: Actor, case: Case) -> None:
    """A supervisor of the team, never about her own case."""
    access.require(actor, case)
    if not is_supervisor(actor, case):
        _refuse(actor, case, "supervise", "not_supervisor")
        raise Forbidden(_("Only a supervisor of this team may do this."))
    if actor.user_id == case.worker_id:
        _refuse(actor, case, "supervise", "own_case")
        raise Forbidden(
            _("A supervisor never decides about her own case. A deputy or another supervisor can.")
        )
    require_unrestricted(actor, case)


def require_child_protection(actor: Actor, case: Case) -> None:
    """The child officer of the place, or the supervisor named for this child."""
    access.require(actor, case)
    if case.track != Track.CHILD or not (
        actor.role == Role.CHILD_OFFICER or is_supervisor(actor, case)
    ):
        _refuse(actor, case, "child", "not_named")
        raise NotFound


def require_releasing_supervisor(actor: Actor, transfer: Transfer) -> None:
    access.require(actor, transfer)
    if actor.role != Role.SUPERVISOR or actor.team_id != transfer.from_team_id:
        _refuse(actor, transfer, "release", "not_supervisor")
        raise Forbidden(_("Only a supervisor of the sending team may do this."))
    if actor.user_id == transfer.requested_by_id:
        _refuse(actor, transfer, "release", "own_case")
        raise Forbidden(
            _("A supervisor never decides about her own case. A deputy or another supervisor can.")
        )


def require_receiving_supervisor(actor: Actor, transfer: Transfer) -> None:
    access.require(actor, transfer)
    if actor.role != Role.SUPERVISOR or actor.team_id != transfer.to_team_id:
        _refuse(actor, transfer, "accept", "not_supervisor")
        raise NotFound


def require_unrestricted(actor: Actor, case: Case) -> None:
    """She asked us to keep the file and do nothing else with it."""
    if case.restricted_at is not None:
        _refuse(actor, case, "work_case", "restricted")
        raise Forbidden(
            _(
                "The client asked that this file is kept and not used. "
                "Only her request, decided by the data-protection officer, ends that."
            )
        )


# -- the registers of the person's rights


def may_register_for(actor: Actor, case: Case) -> bool:
    """Her worker, a supervisor of the team, the child officers; the data-protection officer, who
    was given the case code by the client herself."""
    if actor.role == Role.DPO:
        return True
    if case.track == Track.CHILD:
        return actor.role == Role.CHILD_OFFICER or is_supervisor(actor, case)
    return is_worker(actor, case) or is_supervisor(actor, case)


def require_register_for(actor: Actor, case: Case | None) -> None:
    if case is None:
        if not actor.is_a(Role.DPO):
            _refuse(actor, None, "register_request", "role")
            raise NotFound
        return
    if actor.role != Role.DPO:
        access.require(actor, case)
    if not may_register_for(actor, case):
        _refuse(actor, case, "register_request", "not_team")
        raise NotFound


def require_dpo(actor: Actor, record: RightsRequest | Breach | AuthorityRequest) -> None:
    """The data-protection officer whose register this is."""
    access.require(actor, record)
    if not actor.is_a(Role.DPO):
        _refuse(actor, record, "register", "not_dpo")
        raise Forbidden(_("Only the data-protection officer may do this."))


def is_second(actor: Actor, record: RightsRequest | AuthorityRequest) -> bool:
    return actor.user_id == record.second_id and actor.user_id != record.decided_by_id


def require_second(actor: Actor, record: RightsRequest | AuthorityRequest) -> None:
    """The other person, never the one who decided first."""
    access.require(actor, record)
    if not is_second(actor, record):
        _refuse(actor, record, "register", "not_second")
        raise Forbidden(_("This waits for the second person. Nobody decides twice."))


def require_desk(actor: Actor, request: RightsRequest) -> None:
    """Who sits with her at the desk and holds the file: her worker, or the child officers."""
    access.require(actor, request)
    case = request.case
    if case is None or request.kind == RightsKind.COMPLAINT:
        raise NotFound
    access.require(actor, case)
    fits = is_worker(actor, case) or (
        case.track == Track.CHILD and actor.role == Role.CHILD_OFFICER
    )
    if not fits:
        _refuse(actor, request, "register", "not_worker")
        raise Forbidden(_("Only the case worker of this file may do this."))


def require_reporter(actor: Actor) -> None:
    """A breach, or somebody's demand for data: whoever works here writes it down."""
    if actor.is_system:
        raise NotFound


def only_registered(actor: Actor, record: Breach | AuthorityRequest) -> bool:
    """She wrote it down and has no other part in it: she sees that it arrived, and no words."""
    return actor.user_id == record.registered_by_id and not access.can(actor, record)
