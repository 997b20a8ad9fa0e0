"""Whose turn it is on the helper's desk: outreach, case, follow-up, transfer (flows.md 1)."""

from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from viewflow import this
from viewflow.workflow import flow

from cases import actions, policies, turns
from cases.models import (
    AuthorityRequest,
    Breach,
    BreakGlass,
    Case,
    Consent,
    ErasureRequest,
    FollowUpPlan,
    Lead,
    RightsRequest,
)
from cases.states import (
    AuthorityState,
    CaseState,
    FollowUpState,
    LeadState,
    RightsState,
    TransferState,
)
from privacy.roles import Role
from privacy.sessions import system_actor
from services import selectors as services
from services.clocks import VIET_NAM
from workflow.nodes import Flow, Step, Wait, subject_of

WORKER = frozenset({Role.SOCIAL_WORKER})
SUPERVISOR = frozenset({Role.SUPERVISOR})
OUTREACH = frozenset({Role.PEER_WORKER, Role.SOCIAL_WORKER})
DATA_PROTECTION = frozenset({Role.DPO})
SECOND_PERSON = frozenset({Role.DPO, Role.SUPERVISOR})
CHILD_PROTECTION = frozenset({Role.CHILD_OFFICER, Role.SUPERVISOR})


def state_is(*states: str) -> Any:
    return lambda activation: subject_of(activation).state in states


def due(code: str) -> Any:
    return lambda subject: services.due(code)


def act_by(case: Case) -> datetime:
    """The clock that the triage set; before it, the routine one."""
    return case.act_by or services.due("triage_routine")


def review_due(case: Case) -> datetime:
    return case.review_at or services.due("review")


def ask_again(lead: Lead) -> datetime:
    return lead.ask_again_at or services.due("reoffer")


def decide_by(record: ErasureRequest | AuthorityRequest) -> datetime:
    return record.decide_by


class OutreachFlow(Flow):
    """Outreach"""

    flow_name = "outreach"
    process_title = _("Outreach")

    start = flow.StartHandle(this.begin).Next(this.inform)

    # Peer worker or social worker
    inform = Step(
        title=_("Give information about the help there is"),
        roles=OUTREACH,
        holder=turns.lead_worker,
        due=due("triage_soon"),
        link="lead",
    ).Next(this.offer)
    offer = Step(
        title=_("Offer support"),
        roles=OUTREACH,
        holder=turns.lead_worker,
        due=due("triage_soon"),
        link="lead",
    ).Next(this.answer)
    answer = (
        flow.Switch()
        .Annotation(title=_("Her answer"))
        .Case(this.take_over, state_is(LeadState.HANDED_OVER))
        .Case(this.wait, state_is(LeadState.NOT_NOW))
        .Default(this.end)
    )
    wait = Wait(ask_again, title=_("90 days")).Next(this.ask_again)
    ask_again = flow.Function(this.do_ask_again).Annotation(title=_("Ask again")).Next(this.offer)

    # The social worker she chose
    take_over = Step(
        title=_("Meet her and open a case"),
        roles=WORKER,
        holder=turns.lead_taker,
        due=due("triage_soon"),
        link="lead",
    ).Next(this.end)

    end = flow.End()

    def do_ask_again(self, activation: Any) -> None:
        actions.note_ask_again(actor=system_actor(), lead=subject_of(activation))


class CaseFlow(Flow):
    """Case"""

    flow_name = "case"
    process_title = _("Case")

    start = flow.StartHandle(this.begin).Next(this.by_age)
    by_age = (
        flow.If(state_is(CaseState.PROTECTED))
        .Annotation(title=_("Under 18?"))
        .Then(this.child_plan)
        .Else(this.engagement)
    )

    # Social worker
    engagement = Step(
        title=_("Ask for consent"),
        roles=WORKER,
        holder=turns.worker_of,
        due=due("triage_soon"),
        link="case",
    ).Next(this.engaged)
    engaged = (
        flow.If(state_is(CaseState.SCREENING))
        .Annotation(title=_("A file?"))
        .Then(this.screening)
        .Else(this.end)
    )
    screening = Step(
        title=_("Screen the needs"),
        roles=WORKER,
        holder=turns.worker_of,
        due=due("triage_soon"),
        link="case",
    ).Next(this.triage)
    triage = (
        flow.Switch()
        .Annotation(title=_("Triage"))
        .Case(this.child_plan, state_is(CaseState.PROTECTED))
        .Case(this.urgent, state_is(CaseState.SAFETY))
        .Default(this.assessment)
    )
    urgent = (
        flow.Split().Annotation(title=_("Urgent")).Next(this.safety_plan).Next(this.urgent_seen)
    )
    safety_plan = (
        Step(
            title=_("Make the safety plan"),
            roles=WORKER,
            holder=turns.worker_of,
            due=act_by,
            link="case",
        )
        .OnTimeout(act_by, this.alarm, interrupting=False, title=_("Safety plan late"))
        .Next(this.assessment)
    )
    assessment = Step(
        title=_("Assess the situation together"),
        roles=WORKER,
        holder=turns.worker_of,
        due=act_by,
        link="case",
    ).Next(this.plan)
    plan = Step(
        title=_("Agree the support plan"),
        roles=WORKER,
        holder=turns.worker_of,
        due=due("triage_routine"),
        link="case",
    ).Next(this.approve_plan)
    review = Step(
        title=_("Review the plan with the client"),
        roles=WORKER,
        holder=turns.worker_of,
        due=review_due,
        link="case",
    ).Next(this.reviewed)
    reviewed = (
        flow.Switch()
        .Annotation(title=_("How it goes on"))
        .Case(this.plan, state_is(CaseState.PLANNING))
        .Case(this.approve_closure, state_is(CaseState.CLOSING))
        .Default(this.review)
    )

    # Supervisor, never about her own case
    urgent_seen = Step(
        title=_("Urgent case: see it and help"),
        roles=SUPERVISOR,
        holder=turns.supervisors_of,
        due=act_by,
        stand_in=policies.stands_in,
        link="case",
    ).Next(this.seen)
    approve_plan = Step(
        title=_("Approve the support plan"),
        roles=SUPERVISOR,
        holder=turns.supervisors_of,
        due=due("plan_approval"),
        stand_in=policies.stands_in,
        link="case",
    ).Next(this.plan_decided)
    plan_decided = (
        flow.If(state_is(CaseState.SUPPORT))
        .Annotation(title=_("Approved?"))
        .Then(this.review)
        .Else(this.plan)
    )
    approve_closure = Step(
        title=_("Approve the closure"),
        roles=SUPERVISOR,
        holder=turns.supervisors_of,
        due=due("plan_approval"),
        stand_in=policies.stands_in,
        link="case",
    ).Next(this.closure_decided)
    closure_decided = (
        flow.If(state_is(CaseState.CLOSED))
        .Annotation(title=_("Closed?"))
        .Then(this.end)
        .Else(this.review)
    )

    # Commune child officer and the named supervisor
    child_plan = (
        Step(
            title=_("Child protection: make the safety plan today"),
            roles=CHILD_PROTECTION,
            holder=turns.child_officers_of,
            stand_in=policies.is_supervisor,
            due=act_by,
            link="case",
        )
        .OnTimeout(act_by, this.alarm, interrupting=False, title=_("Safety plan late"))
        .Next(this.child_support)
    )
    child_support = Step(
        title=_("Child protection: follow the steps"),
        roles=CHILD_PROTECTION,
        holder=turns.child_officers_of,
        stand_in=policies.is_supervisor,
        due=due("triage_soon"),
        link="case",
    ).Next(this.end)

    # The clock
    alarm = flow.Function(this.do_alarm).Annotation(title=_("Page the supervisor")).Next(this.seen)

    seen = flow.End()
    end = flow.End()

    def do_alarm(self, activation: Any) -> None:
        actions.note_safety_plan_late(actor=system_actor(), case=subject_of(activation))


# A follow-up shows in the list a week before its day.
SHOWS_BEFORE = timedelta(days=7)


def next_shows(plan: FollowUpPlan) -> datetime:
    return visit_due(plan) - SHOWS_BEFORE


def visit_due(plan: FollowUpPlan) -> datetime:
    follow_up = plan.follow_ups.filter(state=FollowUpState.PLANNED).order_by("due_on").first()
    day = follow_up.due_on if follow_up else timezone.localdate()
    return datetime.combine(day, time(23, 59), tzinfo=VIET_NAM)


def has_more(activation: Any) -> bool:
    plan: FollowUpPlan = subject_of(activation)
    return plan.follow_ups.filter(state=FollowUpState.PLANNED).exists()


class FollowUpFlow(Flow):
    """Follow-up"""

    flow_name = "follow_up"
    process_title = _("Follow-up")

    start = flow.StartHandle(this.begin).Next(this.wait)
    wait = Wait(next_shows, title=_("Until a week before")).Next(this.visit)

    # Social worker
    visit = Step(
        title=_("Follow up by the safe channel"),
        roles=WORKER,
        holder=turns.follow_up_worker,
        due=visit_due,
        link="follow_up",
    ).Next(this.more)
    more = flow.If(has_more).Annotation(title=_("More dates?")).Then(this.wait).Else(this.end)
    end = flow.End()


class TransferFlow(Flow):
    """Transfer to another commune"""

    flow_name = "transfer"
    process_title = _("Transfer to another commune")

    start = flow.StartHandle(this.begin).Next(this.release)

    # Supervisor of the sending team
    release = Step(
        title=_("Release the transfer"),
        roles=SUPERVISOR,
        holder=turns.releasing_supervisors,
        due=due("plan_approval"),
        stand_in=policies.stands_in,
        link="transfer",
    ).Next(this.released)
    released = (
        flow.If(state_is(TransferState.OFFERED))
        .Annotation(title=_("Released?"))
        .Then(this.accept)
        .Else(this.end)
    )
    # Supervisor of the receiving team
    accept = Step(
        title=_("Accept the transfer and name a worker"),
        roles=SUPERVISOR,
        holder=turns.receiving_supervisors,
        due=due("plan_approval"),
        link="transfer",
    ).Next(this.end)
    end = flow.End()


class ErasureFlow(Flow):
    """Erasure of a file; why two people: docs/erasure.md"""

    flow_name = "erasure"
    process_title = _("Erasure of a file")

    start = flow.StartHandle(this.begin).Next(this.decide)

    # The second person: the data-protection officer, or a supervisor for what she asked
    decide = Step(
        title=_("Decide about an erasure"),
        roles=SECOND_PERSON,
        holder=turns.erasure_decider,
        stand_in=policies.may_decide_erasure,
        due=decide_by,
        link="erasure",
    ).Next(this.end)
    end = flow.End()


class HoldFlow(Flow):
    """Legal hold: set, and later lifted, by two people; why two people: docs/erasure.md"""

    flow_name = "legal_hold"
    process_title = _("Legal hold")

    start = flow.StartHandle(this.begin).Next(this.decide)

    # The second person
    decide = Step(
        title=_("Decide about a legal hold"),
        roles=SUPERVISOR,
        holder=turns.hold_decider,
        stand_in=policies.may_decide_hold,
        due=due("plan_approval"),
        link="hold",
    ).Next(this.end)
    end = flow.End()


class SamePersonFlow(Flow):
    """Perhaps the same person"""

    flow_name = "same_person"
    process_title = _("Perhaps the same person")

    start = flow.StartHandle(this.begin).Next(this.ask)

    # Supervisor of the file that was there
    ask = Step(
        title=_("Ask the client about another file"),
        roles=SUPERVISOR,
        holder=turns.match_supervisors,
        due=due("triage_routine"),
        link="match",
    ).Next(this.end)
    end = flow.End()


def review_by(glass: BreakGlass) -> datetime:
    return glass.review_by


class BreakGlassFlow(Flow):
    """Emergency access"""

    flow_name = "emergency"
    process_title = _("Emergency access")

    start = flow.StartHandle(this.begin).Next(this.tell)
    tell = (
        flow.Split().Annotation(title=_("Both are told at once")).Next(this.review).Next(this.told)
    )

    # Data-protection officer, never the one who opened
    review = Step(
        title=_("Review the emergency access"),
        roles=DATA_PROTECTION,
        holder=turns.reviewers_of,
        due=review_by,
        link="emergency",
    ).Next(this.end)

    # Supervisor of the file's team
    told = Step(
        title=_("Emergency access: see who opened what"),
        roles=SUPERVISOR,
        holder=turns.supervisors_of_file,
        due=due("triage_24h"),
        stand_in=policies.is_told,
        link="emergency",
    ).Next(this.seen)

    seen = flow.End()
    end = flow.End()


# A consent that runs out is in the list as long before its day.
ASKED_BEFORE = timedelta(days=30)


def runs_out(consent: Consent) -> datetime:
    if consent.valid_until is None:
        raise LookupError("this consent has no end")
    return consent.valid_until


def ask_before(consent: Consent) -> datetime:
    return runs_out(consent) - ASKED_BEFORE


class ConsentFlow(Flow):
    """Consent that runs out"""

    flow_name = "consent"
    process_title = _("Consent that runs out")

    start = flow.StartHandle(this.begin).Next(this.wait)
    wait = Wait(ask_before, title=_("Until 30 days before its end")).Next(this.renew)

    # Social worker
    renew = Step(
        title=_("A consent runs out: ask whether it goes on"),
        roles=WORKER,
        holder=turns.consent_worker,
        due=runs_out,
        link="consent_ending",
    ).Next(this.end)
    end = flow.End()


# -- the registers of the person's rights

AT_THE_DESK = frozenset({Role.SOCIAL_WORKER, Role.CHILD_OFFICER, Role.SUPERVISOR, Role.DPO})


def answer_by(request: RightsRequest) -> datetime:
    return request.answer_by


def due_by(request: RightsRequest) -> datetime:
    return request.due_by


class RightsFlow(Flow):
    """A client's request"""

    flow_name = "rights"
    process_title = _("A client's request")

    start = flow.StartHandle(this.begin).Next(this.answer)

    # Data-protection officer
    answer = Step(
        title=_("Give the first answer to a client's request"),
        roles=DATA_PROTECTION,
        holder=turns.data_protection_officer,
        due=answer_by,
        link="rights_request",
    ).Next(this.decide)
    decide = Step(
        title=_("Decide about a client's request"),
        roles=DATA_PROTECTION,
        holder=turns.data_protection_officer,
        due=due_by,
        link="rights_request",
    ).Next(this.decided)
    decided = (
        flow.Switch()
        .Annotation(title=_("Decision"))
        .Case(this.second, state_is(RightsState.SECOND))
        .Case(this.carry_out, state_is(RightsState.GRANTED))
        .Default(this.end)
    )

    # Another data-protection officer, or a supervisor who has no part in it
    second = Step(
        title=_("Second person: look at a client's request"),
        roles=SECOND_PERSON,
        holder=turns.by_name,
        due=due_by,
        link="rights_request",
    ).Next(this.seconded)
    seconded = (
        flow.Switch()
        .Annotation(title=_("Agreed?"))
        .Case(this.decide, state_is(RightsState.ANSWERED))
        .Case(this.carry_out, state_is(RightsState.GRANTED))
        .Default(this.end)
    )

    # Her worker, at the desk with her; for a deletion the officer again
    carry_out = Step(
        title=_("Carry out a client's request"),
        roles=AT_THE_DESK,
        holder=turns.carries_out,
        due=due_by,
        link="rights_request",
    ).Next(this.end)
    end = flow.End()


def notify_by(breach: Breach) -> datetime:
    return breach.notify_by


class BreachFlow(Flow):
    """A data breach"""

    flow_name = "breach"
    process_title = _("A data breach")

    start = flow.StartHandle(this.begin).Next(this.notify)

    # Data-protection officer, 72 elapsed hours
    notify = Step(
        title=_("Data breach: look into it and notify"),
        roles=DATA_PROTECTION,
        holder=turns.data_protection_officer,
        due=notify_by,
        link="breach",
    ).Next(this.learn)
    learn = Step(
        title=_("Data breach: write what we learnt, and close"),
        roles=DATA_PROTECTION,
        holder=turns.data_protection_officer,
        due=due("triage_routine"),
        link="breach",
    ).Next(this.end)
    end = flow.End()


class AuthorityFlow(Flow):
    """An authority's request"""

    flow_name = "authority"
    process_title = _("An authority's request")

    start = flow.StartHandle(this.begin).Next(this.propose)

    # Data-protection officer
    propose = Step(
        title=_("Decide about an authority's request"),
        roles=DATA_PROTECTION,
        holder=turns.data_protection_officer,
        due=decide_by,
        link="authority_request",
    ).Next(this.agree)

    # Another person, who has no part in it
    agree = Step(
        title=_("Second person: look at an authority's request"),
        roles=SECOND_PERSON,
        holder=turns.by_name,
        due=decide_by,
        link="authority_request",
    ).Next(this.agreed)
    agreed = (
        flow.If(state_is(AuthorityState.AGREED))
        .Annotation(title=_("Agreed?"))
        .Then(this.reply)
        .Else(this.propose)
    )

    # Data-protection officer
    reply = Step(
        title=_("Answer the authority on paper"),
        roles=DATA_PROTECTION,
        holder=turns.data_protection_officer,
        due=decide_by,
        link="authority_request",
    ).Next(this.end)
    end = flow.End()
