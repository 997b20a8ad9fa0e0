"""Who may do what on the helper's desk. Every action asks here first; missing and forbidden look
alike, except where the person holds the file and not the verb."""

from django.db.models import Model, Q

from cases.models import (
    AuthorityRequest,
    Breach,
    BreakGlass,
    Case,
    ErasureRequest,
    Lead,
    LegalHold,
    RightsKind,
    RightsRequest,
    Track,
    Transfer,
)
from privacy import access, audit, denials, deputies
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.denials import Missing
from privacy.errors import NotFound
from privacy.matrix import REVIEW, Scope, Verb, may, may_write, reach
from privacy.models import Deputy, Membership
from privacy.roles import Role


def _absent(actor: Actor, subject: Model | None, action: str, reason: str) -> NotFound:
    audit.refused(actor=actor, action=action, subject=subject, reason=reason)
    return NotFound()


def require_intake(actor: Actor) -> None:
    """Who may open a case: social workers."""
    if not may(actor.role, Verb.OPEN_CASE) or not actor.team_id:
        raise _absent(actor, None, "open_case", "role")


def require_outreach(actor: Actor) -> None:
    """Who may record a contact: peer workers and social workers."""
    if not may(actor.role, Verb.RECORD_CONTACT) or not actor.team_id:
        raise _absent(actor, None, "record_contact", "role")


def require_lead_worker(actor: Actor, lead: Lead) -> None:
    access.require(actor, lead)
    if actor.user_id != lead.worker_id or actor.role != lead.worker_role:
        raise denials.refuse(actor, lead, "lead", Missing.NOT_MAKER)


def require_lead_taker(actor: Actor, lead: Lead) -> None:
    access.require(actor, lead)
    if not may(actor.role, Verb.TAKE_OVER_CONTACT) or actor.user_id != lead.handed_to_id:
        raise denials.refuse(actor, lead, "lead", Missing.NOT_TAKER)


def is_worker(actor: Actor, case: Case) -> bool:
    return (
        may(actor.role, Verb.WORK_CASE)
        and actor.user_id == case.worker_id
        and case.track == Track.ADULT
    )


def is_supervisor(actor: Actor, case: Case) -> bool:
    """A supervisor of the team, or who stands in for one; of a child only the one named for it."""
    if not may(actor.role, Verb.APPROVE):
        return False
    if case.track == Track.CHILD:
        return actor.user_id == case.named_supervisor_id
    return actor.team_id == case.team_id or deputies.stands_in(actor, case.team_id)


def may_decide(actor: Actor, case: Case) -> bool:
    """Whether the waiting approval of this case is hers to give: never about her own."""
    if actor.user_id == case.worker_id:
        return False
    return is_supervisor(actor, case) or _named_for(actor, case)


def stands_in(actor: Actor, subject: Case | Transfer) -> bool:
    """Of a step that waits for the supervisors of a team: whether she decides in their place."""
    if isinstance(subject, Transfer):
        return deputies.stands_in(actor, subject.from_team_id)
    return deputies.stands_in(actor, subject.team_id) or _named_for(actor, subject)


def _named_for(actor: Actor, case: Case) -> bool:
    return case.track == Track.ADULT and deputies.approves(actor, case.team_id, case.uuid)


def require_worker(actor: Actor, case: Case) -> None:
    """The worker of this case, and nobody in her place."""
    access.require(actor, case)
    if not is_worker(actor, case):
        raise denials.refuse(actor, case, "work_case", Missing.NOT_WORKER)
    require_unrestricted(actor, case)


def require_unrestricted(actor: Actor, case: Case) -> None:
    """She asked us to keep the file and do nothing else with it."""
    if case.restricted_at is not None:
        raise denials.refuse(actor, case, "work_case", Missing.RESTRICTED)


def require_case_team(actor: Actor, case: Case) -> None:
    """The worker, or a supervisor of her team."""
    access.require(actor, case)
    if not (is_worker(actor, case) or is_supervisor(actor, case)):
        raise _absent(actor, case, "work_case", "not_team")


def require_edit(actor: Actor, case: Case, compartment: Compartment) -> None:
    """Who may change how she is called or reached: the case team, where the role writes there."""
    require_case_team(actor, case)
    if not may(actor.role, Verb.EDIT_CASE) or not may_write(actor.role, compartment):
        raise denials.refuse(actor, case, "edit_case", Missing.ROLE)


def require_supervisor(actor: Actor, case: Case, verb: Verb = Verb.APPROVE) -> None:
    """A supervisor of the team or her deputy, never about her own case. Who was named for one
    approval only may ``approve`` and nothing else."""
    access.require(actor, case)
    named = not is_supervisor(actor, case) and _named_for(actor, case)
    if named and verb is not Verb.APPROVE:
        raise denials.refuse(actor, case, "supervise", Missing.ONE_APPROVAL)
    if not may(actor.role, verb) or not (named or is_supervisor(actor, case)):
        raise denials.refuse(actor, case, "supervise", Missing.NOT_SUPERVISOR)
    if actor.user_id == case.worker_id:
        raise denials.refuse(actor, case, "supervise", Missing.OWN_CASE)
    require_unrestricted(actor, case)


def require_another(actor: Actor, case: Case, author_id: int | None) -> None:
    """Who wrote it, in whichever job, does not decide about it."""
    if actor.user_id == author_id:
        raise denials.refuse(actor, case, "supervise", Missing.OWN_WORK)


def require_child_protection(actor: Actor, case: Case) -> None:
    """The child officer of the place, or the supervisor named for this child."""
    access.require(actor, case)
    hers = reach(actor.role, Verb.PROTECT_CHILD)
    if case.track != Track.CHILD or not (hers is Scope.TEAM or is_supervisor(actor, case)):
        raise _absent(actor, case, "child", "not_named")


def require_papers(actor: Actor, case: Case) -> None:
    """Who keeps papers in a file: its case team; of a child's file, those named for her."""
    if case.track == Track.CHILD:
        require_child_protection(actor, case)
    else:
        require_case_team(actor, case)


def require_compartment(actor: Actor, case: Case, compartment: Compartment) -> None:
    """Absent and forbidden look alike: who may not open it does not hear that it is there."""
    access.require(actor, case, compartment.permission)


def require_releasing_supervisor(actor: Actor, transfer: Transfer) -> None:
    access.require(actor, transfer)
    here = actor.team_id == transfer.from_team_id
    if not may(actor.role, Verb.RELEASE) or not (here or stands_in(actor, transfer)):
        raise denials.refuse(actor, transfer, "release", Missing.NOT_SENDING_SUPERVISOR)
    if actor.user_id in (transfer.requested_by_id, transfer.case.worker_id):
        raise denials.refuse(actor, transfer, "release", Missing.OWN_CASE)


def require_receiving_supervisor(actor: Actor, transfer: Transfer) -> None:
    access.require(actor, transfer)
    if not may(actor.role, Verb.ACCEPT) or actor.team_id != transfer.to_team_id:
        raise _absent(actor, transfer, "accept", "not_supervisor")
    if actor.user_id in (transfer.requested_by_id, transfer.case.worker_id):
        raise denials.refuse(actor, transfer, "accept", Missing.OWN_CASE)


# -- the data-protection officer, and who looked at what


def require_dpo(actor: Actor) -> None:
    """The data-protection officer, who opens no file."""
    if not actor.is_a(Role.DPO):
        raise _absent(actor, None, "watch", "role")


def require_dpo_of(actor: Actor, record: RightsRequest | Breach | AuthorityRequest) -> None:
    """The data-protection officer whose register this is, if the file is not her own."""
    access.require(actor, record)
    if not actor.is_a(Role.DPO):
        raise denials.refuse(actor, record, "register", Missing.NOT_DPO)
    if isinstance(record, RightsRequest):
        require_past_her(actor, record)
        require_not_her_file(actor, record, "register")


def refuse_own_signal(actor: Actor) -> None:
    raise denials.refuse(actor, None, "watch", Missing.OWN_SIGNAL)


def may_read_looks(actor: Actor, case: Case) -> bool:
    return actor.is_a(Role.DPO) or is_worker(actor, case) or is_supervisor(actor, case)


def require_reader_of_looks(actor: Actor, case: Case) -> None:
    """Who may see who opened a file: its worker, a supervisor of the team, and for any file the
    data-protection officer, who sees no content (flows.md 4, "who read what")."""
    if actor.is_a(Role.DPO):
        return
    access.require(actor, case)
    if not may_read_looks(actor, case):
        raise _absent(actor, case, "read_log", "not_team")


# -- what a client wishes about her whole file


def looks_after(actor: Actor, case: Case) -> bool:
    """Her worker, a supervisor of the team, the child officers; and the data-protection officer,
    who was given the code of the file by the client herself."""
    if actor.is_a(Role.DPO):
        return True
    child_officer = case.track == Track.CHILD and actor.is_a(Role.CHILD_OFFICER)
    return is_worker(actor, case) or is_supervisor(actor, case) or child_officer


# -- erasure and legal holds: always two people, and never the one who asked


def require_erasure_asker(actor: Actor, case: Case) -> None:
    if not actor.is_a(Role.DPO):
        access.require(actor, case)
    if case.erased_at is not None or not looks_after(actor, case):
        raise _absent(actor, case, "ask_erasure", "not_team")


def is_other_supervisor(actor: Actor, case: Case, first: int | None) -> bool:
    """A supervisor of the file who is neither its worker nor the one who asked."""
    return is_supervisor(actor, case) and actor.user_id not in (case.worker_id, first)


def may_decide_erasure(actor: Actor, erasure: ErasureRequest) -> bool:
    """Asked by the file's people: the data-protection officer. Asked by her: a supervisor of the
    file, or another data-protection officer. Never who asked nor the file's worker, in whatever
    job."""
    if actor.user_id in (erasure.entered_by_id, erasure.case.worker_id):
        return False
    if actor.is_a(Role.DPO):
        return True
    return erasure.entered_as == Role.DPO and is_other_supervisor(
        actor, erasure.case, erasure.entered_by_id
    )


def require_erasure_decider(actor: Actor, erasure: ErasureRequest) -> None:
    access.require(actor, erasure)
    if actor.user_id == erasure.entered_by_id:
        raise denials.refuse(actor, erasure, "decide_erasure", Missing.OWN_REQUEST)
    require_not_her_file(actor, erasure, "decide_erasure")
    if not may_decide_erasure(actor, erasure):
        raise denials.refuse(actor, erasure, "decide_erasure", Missing.NOT_SECOND)


def require_erasure_canceller(actor: Actor, erasure: ErasureRequest) -> None:
    """Who entered it, or the data-protection officer, as long as nobody has decided."""
    access.require(actor, erasure)
    if actor.user_id != erasure.entered_by_id and not actor.is_a(Role.DPO):
        raise denials.refuse(actor, erasure, "cancel_erasure", Missing.NOT_ASKER)


def may_decide_hold(actor: Actor, hold: LegalHold) -> bool:
    if actor.user_id in (hold.proposed_by_id, hold.case.worker_id):
        return False
    return actor.is_a(Role.DPO) or is_other_supervisor(actor, hold.case, hold.proposed_by_id)


def require_hold_decider(actor: Actor, hold: LegalHold) -> None:
    access.require(actor, hold)
    require_not_her_file(actor, hold, "decide_hold")
    if not may_decide_hold(actor, hold):
        raise denials.refuse(actor, hold, "decide_hold", Missing.OWN_PROPOSAL)


def require_not_her_file(
    actor: Actor, record: ErasureRequest | LegalHold | RightsRequest, action: str
) -> None:
    """A worker who is a data-protection officer in another job leaves her own files to others."""
    if record.case is not None and actor.user_id == record.case.worker_id:
        raise denials.refuse(actor, record, action, Missing.OWN_FILE)


# -- emergency access

# Health, legal matters and the child track are closed to everybody but their named roles.
GLASS_COMPARTMENTS = (
    Compartment.IDENTITY,
    Compartment.CONTACT,
    Compartment.NEEDS,
    Compartment.PROTECTION,
    Compartment.LIVELIHOOD,
    Compartment.NOTES,
)


def require_break_glass(actor: Actor) -> None:
    if not may(actor.role, Verb.BREAK_GLASS) or not access.still_acts(actor):
        raise _absent(actor, None, "break_glass", "role")


def may_break_glass(actor: Actor, case: Case) -> bool:
    """Open files of adults: a social worker's own team only, a supervisor's anywhere. It is no way
    around a consent that was taken back (the file is closed), nor into the child track."""
    if case.track != Track.ADULT or not case.is_open or case.restricted_at is not None:
        return False
    hers = reach(actor.role, Verb.BREAK_GLASS)
    return hers is Scope.ALL or (hers is Scope.TEAM and actor.team_id == case.team_id)


def is_reviewer(actor: Actor, glass: BreakGlass) -> bool:
    return may(actor.role, Verb.REVIEW_BREAK_GLASS) and access.can(actor, glass, REVIEW)


def is_told(actor: Actor, glass: BreakGlass) -> bool:
    """A supervisor of the file's team, never the one who opened it."""
    return actor.user_id != glass.by_id and is_supervisor(actor, glass.case)


def is_by(actor: Actor, glass: BreakGlass) -> bool:
    return actor.user_id == glass.by_id and actor.membership_id == glass.membership_id


def require_reviewer(actor: Actor, glass: BreakGlass) -> None:
    if not is_reviewer(actor, glass):
        raise _absent(actor, glass, REVIEW, "no_grant")
    if actor.user_id == glass.by_id:
        raise denials.refuse(actor, glass, REVIEW, Missing.OWN_ACCESS)


def require_told(actor: Actor, glass: BreakGlass) -> None:
    require_party(actor, glass)
    if actor.user_id == glass.by_id:
        raise denials.refuse(actor, glass, "told", Missing.OWN_ACCESS)
    if not is_told(actor, glass):
        raise denials.refuse(actor, glass, "told", Missing.NOT_SUPERVISOR)


def require_party(actor: Actor, glass: BreakGlass) -> None:
    """Who opened it, who is told of it, who reviews it: to all others it is absent."""
    if not (is_by(actor, glass) or is_told(actor, glass) or is_reviewer(actor, glass)):
        raise _absent(actor, glass, "emergency", "not_party")


# -- deputies


def require_naming(actor: Actor) -> None:
    if not may(actor.role, Verb.NAME_DEPUTY) or not access.still_acts(actor):
        raise _absent(actor, None, "name_deputy", "role")


def require_naming_for(actor: Actor, case: Case) -> None:
    """A supervisor of the team names who gives an approval, also of her own case; who only stands
    in herself does not."""
    access.require(actor, case)
    if case.track != Track.ADULT or actor.team_id != case.team_id:
        raise _absent(actor, case, "name_deputy", "not_team")


def require_deputy_party(actor: Actor, deputy: Deputy) -> None:
    if actor.membership_id not in (deputy.principal_id, deputy.stand_in_id):
        raise _absent(actor, deputy, "deputy", "not_party")


# -- the registers of the person's rights


def require_register_for(actor: Actor, case: Case | None) -> None:
    if case is None:
        if not actor.is_a(Role.DPO):
            raise _absent(actor, None, "register_request", "role")
        return
    if actor.role != Role.DPO:
        access.require(actor, case)
    if not looks_after(actor, case):
        raise _absent(actor, case, "register_request", "not_team")


def complaints_about_her(actor: Actor) -> Q:
    """Of the requests: complaints from a file that she, or a team she belongs to in another job,
    works on. They go past her, whatever her office gives her."""
    elsewhere = Membership.objects.live().filter(user_id=actor.user_id)
    teams = elsewhere.exclude(pk=actor.membership_id).values("team_id")
    hers = Q(case__worker_id=actor.user_id) | Q(case__team_id__in=teams)
    return Q(kind=RightsKind.COMPLAINT) & hers


def require_past_her(actor: Actor, request: RightsRequest) -> None:
    """Of a complaint about herself she does not hear."""
    if RightsRequest.objects.filter(complaints_about_her(actor), pk=request.pk).exists():
        raise _absent(actor, request, "register", "about_her")


def is_second_person(actor: Actor, record: RightsRequest | AuthorityRequest) -> bool:
    return actor.user_id == record.second_id and actor.user_id != record.decided_by_id


def require_second(actor: Actor, record: RightsRequest | AuthorityRequest) -> None:
    """The other person, never the one who decided first."""
    access.require(actor, record)
    if not is_second_person(actor, record):
        raise denials.refuse(actor, record, "register", Missing.NOT_SECOND)


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
        raise denials.refuse(actor, request, "register", Missing.NOT_WORKER)


def require_reporter(actor: Actor) -> None:
    """A breach, or somebody's demand for data: whoever works here writes it down."""
    if actor.is_system:
        raise NotFound


def only_registered(actor: Actor, record: Breach | AuthorityRequest) -> bool:
    """She wrote it down and has no other part in it: she sees that it arrived, and no words."""
    return actor.user_id == record.registered_by_id and not access.can(actor, record)
