"""Who may do what on the helper's desk. Every action asks here first; missing and forbidden look
alike, except where the person holds the file and not the verb."""

from django.utils.translation import gettext as _

from cases.models import Case, ErasureRequest, Lead, LegalHold, Track, Transfer
from privacy import access, audit
from privacy.actors import Actor
from privacy.compartments import Compartment
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


def require_another(actor: Actor, case: Case, author_id: int | None) -> None:
    """Who wrote it, in whichever job, does not decide about it."""
    if actor.user_id == author_id:
        _refuse(actor, case, "supervise", "own_work")
        raise Forbidden(
            _("A supervisor never decides about her own case. A deputy or another supervisor can.")
        )


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


def require_data_protection(actor: Actor) -> None:
    """The data-protection officer, about people's work: she opens no file."""
    if not actor.is_a(Role.DPO):
        _refuse(actor, None, "watch", "role")
        raise NotFound


def refuse_own_signal(actor: Actor) -> None:
    _refuse(actor, None, "watch", "own")
    raise Forbidden(_("Nobody looks into her own work. Another data-protection officer can."))


def may_read_looks(actor: Actor, case: Case) -> bool:
    return actor.is_a(Role.DPO) or is_worker(actor, case) or is_supervisor(actor, case)


def require_reader_of_looks(actor: Actor, case: Case) -> None:
    """Who may see who opened a file: its worker, a supervisor of the team, and for any file the
    data-protection officer, who sees no content (flows.md 4, "who read what")."""
    if actor.is_a(Role.DPO):
        return
    access.require(actor, case)
    if not may_read_looks(actor, case):
        _refuse(actor, case, "read_log", "not_team")
        raise NotFound


# -- erasure and legal holds: always two people, and never the one who asked


def may_ask_erasure(actor: Actor, case: Case) -> bool:
    """Whoever looks after the file, for the client; and the data-protection officer."""
    if actor.is_a(Role.DPO):
        return True
    return (
        is_worker(actor, case)
        or is_supervisor(actor, case)
        or (case.track == Track.CHILD and actor.is_a(Role.CHILD_OFFICER))
    )


def require_erasure_asker(actor: Actor, case: Case) -> None:
    if not actor.is_a(Role.DPO):
        access.require(actor, case)
    if case.erased_at is not None or not may_ask_erasure(actor, case):
        _refuse(actor, case, "ask_erasure", "not_team")
        raise NotFound


def is_second(actor: Actor, case: Case, first: int | None) -> bool:
    """A supervisor of the file who is neither its worker nor the one who asked."""
    return is_supervisor(actor, case) and actor.user_id not in (case.worker_id, first)


def may_decide_erasure(actor: Actor, erasure: ErasureRequest) -> bool:
    """Asked by the file's people: the data-protection officer. Asked by her: a supervisor of the
    file, or another data-protection officer. Never who asked, in whatever job."""
    if actor.user_id == erasure.entered_by_id:
        return False
    if actor.is_a(Role.DPO):
        return True
    return erasure.entered_as == Role.DPO and is_second(actor, erasure.case, erasure.entered_by_id)


def require_erasure_decider(actor: Actor, erasure: ErasureRequest) -> None:
    access.require(actor, erasure)
    if actor.user_id == erasure.entered_by_id:
        _refuse(actor, erasure, "decide_erasure", "own_request")
        raise Forbidden(_("Somebody else has to decide about what you asked for."))
    if not may_decide_erasure(actor, erasure):
        _refuse(actor, erasure, "decide_erasure", "not_second")
        raise Forbidden(_("This waits for the second person: you cannot decide about it."))


def require_erasure_canceller(actor: Actor, erasure: ErasureRequest) -> None:
    """Who entered it, or the data-protection officer, as long as nobody has decided."""
    access.require(actor, erasure)
    if actor.user_id != erasure.entered_by_id and not actor.is_a(Role.DPO):
        _refuse(actor, erasure, "cancel_erasure", "not_hers")
        raise Forbidden(_("Only who asked for it may take it back."))


def may_decide_hold(actor: Actor, hold: LegalHold) -> bool:
    if actor.user_id == hold.proposed_by_id:
        return False
    return actor.is_a(Role.DPO) or is_second(actor, hold.case, hold.proposed_by_id)


def require_hold_decider(actor: Actor, hold: LegalHold) -> None:
    access.require(actor, hold)
    if not may_decide_hold(actor, hold):
        _refuse(actor, hold, "decide_hold", "own_proposal")
        raise Forbidden(_("A legal hold is set and lifted by two people: somebody else decides."))


def require_papers(actor: Actor, case: Case) -> None:
    """Who keeps papers in a file: its case team; of a child's file, those named for her."""
    if case.track == Track.CHILD:
        require_child_protection(actor, case)
    else:
        require_case_team(actor, case)


def require_compartment(actor: Actor, case: Case, compartment: Compartment) -> None:
    """Absent and forbidden look alike: who may not open it does not hear that it is there."""
    access.require(actor, case, compartment.permission)
