"""Whose turn it is: the referral and the livelihood plan (flows.md 1 and 2)."""

from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from viewflow import this
from viewflow.workflow import flow

from privacy.roles import RECEIVING_ROLES, Role
from privacy.sessions import system_actor
from referrals import actions
from referrals.models import AppointmentState, LivelihoodPlan, Referral
from referrals.states import PlanState, State
from referrals.turns import recipient_of, sender_of, sending_supervisors
from services import selectors as services
from services.clocks import VIET_NAM
from workflow.nodes import Flow, Holder, Step, subject_of

RECIPIENT = frozenset(RECEIVING_ROLES)
SENDER = frozenset({Role.SOCIAL_WORKER})
SUPERVISOR = frozenset({Role.SUPERVISOR})


def moment(name: str) -> Any:
    return lambda referral: getattr(referral, name)


def end_of_day(days: int) -> datetime:
    day = timezone.localdate() + timedelta(days=days)
    return datetime.combine(day, time(23, 59), tzinfo=VIET_NAM)


def visit_due(referral: Referral) -> datetime:
    """When she is expected; the step is due at the end of that day."""
    planned = referral.appointments.filter(state=AppointmentState.PLANNED).first()
    if planned is None:
        return end_of_day(3)
    local = planned.at.astimezone(VIET_NAM)
    return datetime.combine(local.date(), time(23, 59), tzinfo=VIET_NAM)


def delivery_due(referral: Referral) -> datetime:
    if referral.review_on:
        return datetime.combine(referral.review_on, time(23, 59), tzinfo=VIET_NAM)
    return services.due("review")


def state_is(*states: str) -> Any:
    return lambda activation: subject_of(activation).state in states


class ReferralFlow(Flow):
    """Referral"""

    flow_name = "referral"
    process_title = _("Referral")

    start = flow.StartHandle(this.begin).Next(this.answer)

    # The receiving organisation
    answer = (
        Step(
            title=_("Answer the referral"),
            roles=RECIPIENT,
            holder=recipient_of,
            due=moment("answer_by"),
            link="referral",
        )
        .OnTimeout(moment("remind_at"), this.remind, interrupting=False, title=_("Half the time"))
        .OnTimeout(moment("answer_by"), this.overdue, interrupting=False, title=_("Answer due"))
        .OnTimeout(moment("escalate_at"), this.escalate, interrupting=False, title=_("Escalation"))
        .OnTimeout(moment("expires_at"), this.expire, title=_("Expiry"))
        .Next(this.answered)
    )
    answered = (
        flow.Switch()
        .Annotation(title=_("Accepted?"))
        .Case(this.arrange, state_is(State.ACCEPTED))
        .Default(this.decide)
    )
    arrange = Step(
        title=_("Arrange the first visit"),
        roles=RECIPIENT,
        holder=recipient_of,
        due=lambda referral: services.due("referral_soon"),
        link="referral",
    ).Next(this.arranged)
    arranged = (
        flow.Switch()
        .Annotation(title=_("Appointment?"))
        .Case(this.visit, state_is(State.SCHEDULED))
        .Case(this.deliver, state_is(State.IN_SERVICE))
        .Default(this.decide)
    )
    visit = Step(
        title=_("Record whether the client came"),
        roles=RECIPIENT,
        holder=recipient_of,
        due=visit_due,
        link="referral",
    ).Next(this.visited)
    visited = (
        flow.Switch()
        .Annotation(title=_("Came?"))
        .Case(this.deliver, state_is(State.IN_SERVICE))
        .Case(this.contact_client, state_is(State.NO_SHOW))
        .Default(this.decide)
    )
    deliver = Step(
        title=_("Give the service and record the outcome"),
        roles=RECIPIENT,
        holder=recipient_of,
        due=delivery_due,
        link="referral",
    ).Next(this.delivered)
    delivered = (
        flow.Switch()
        .Annotation(title=_("Completed?"))
        .Case(this.confirm, state_is(State.COMPLETED))
        .Default(this.decide)
    )

    # The social worker who sent it
    contact_client = Step(
        title=_("Talk to the client about the missed appointment"),
        roles=SENDER,
        also=SUPERVISOR,
        holder=sender_of,
        due=lambda referral: services.due("referral_soon"),
        link="referral",
    ).Next(this.contacted)
    contacted = (
        flow.Switch()
        .Annotation(title=_("New time?"))
        .Case(this.arrange, state_is(State.NO_SHOW, State.SCHEDULED))
        .Default(this.decide)
    )
    decide = Step(
        title=_("Decide what comes next"),
        roles=SENDER,
        also=SUPERVISOR,
        holder=sender_of,
        due=lambda referral: services.due("referral_soon"),
        link="referral",
    ).Next(this.decided)
    decided = (
        flow.Switch()
        .Annotation(title=_("Sent back?"))
        .Case(this.answer, state_is(State.RECEIVED))
        .Default(this.end)
    )
    confirm = Step(
        title=_("Ask the client how it went"),
        roles=SENDER,
        also=SUPERVISOR,
        holder=sender_of,
        due=lambda referral: services.due("referral_routine"),
        link="referral",
    ).Next(this.end)

    chase = Step(
        title=_("No answer yet: ask the receiving office"),
        roles=SENDER,
        also=SUPERVISOR,
        holder=sender_of,
        due=lambda referral: services.due("referral_escalation"),
        link="referral",
    ).Next(this.clock_end)
    chase_supervisor = Step(
        title=_("Still no answer: talk to the receiving office"),
        roles=SUPERVISOR,
        holder=sending_supervisors,
        due=lambda referral: services.due("referral_escalation"),
        link="referral",
    ).Next(this.clock_end)

    # The clock
    remind = (
        flow.Function(this.do_remind)
        .Annotation(title=_("Remind the recipient"))
        .Next(this.clock_end)
    )
    overdue = flow.Function(this.do_overdue).Annotation(title=_("Tell the sender")).Next(this.chase)
    escalate = (
        flow.Function(this.do_escalate)
        .Annotation(title=_("Tell the supervisor"))
        .Next(this.chase_supervisor)
    )
    expire = flow.Function(this.do_expire).Annotation(title=_("Expire")).Next(this.decide)

    clock_end = flow.End()
    end = flow.End()

    def do_remind(self, activation: Any) -> None:
        actions.note_reminder(actor=system_actor(), referral=subject_of(activation))

    def do_overdue(self, activation: Any) -> None:
        actions.note_overdue(actor=system_actor(), referral=subject_of(activation))

    def do_escalate(self, activation: Any) -> None:
        actions.note_escalated(actor=system_actor(), referral=subject_of(activation))

    def do_expire(self, activation: Any) -> None:
        actions.note_expired(actor=system_actor(), referral=subject_of(activation))


def officer_of(plan: LivelihoodPlan) -> Holder:
    return recipient_of(plan.referral)


def next_visit_due(plan: LivelihoodPlan) -> datetime:
    visit = plan.visits.filter(done_on__isnull=True).first()
    if visit is None:
        return end_of_day(7)
    return datetime.combine(visit.due_on, time(23, 59), tzinfo=VIET_NAM)


def has_visit_left(activation: Any) -> bool:
    plan: LivelihoodPlan = subject_of(activation)
    return plan.visits.filter(done_on__isnull=True).exists()


class LivelihoodFlow(Flow):
    """Livelihood plan"""

    flow_name = "livelihood"
    process_title = _("Livelihood plan")

    start = flow.StartHandle(this.begin).Next(this.begin_plan)

    # The women's union
    begin_plan = Step(
        title=_("Start the livelihood plan"),
        roles={Role.WOMENS_UNION},
        holder=officer_of,
        due=lambda plan: services.due("triage_routine"),
        link="livelihood",
    ).Next(this.visit)
    visit = Step(
        title=_("Visit and record the milestones"),
        roles={Role.WOMENS_UNION},
        holder=officer_of,
        due=next_visit_due,
        link="livelihood",
    ).Next(this.more)
    more = (
        flow.If(has_visit_left)
        .Annotation(title=_("More visits?"))
        .Then(this.visit)
        .Else(this.conclude)
    )
    conclude = Step(
        title=_("Say whether the livelihood is stable"),
        roles={Role.WOMENS_UNION},
        holder=officer_of,
        due=lambda plan: services.due("triage_routine"),
        link="livelihood",
    ).Next(this.concluded)
    concluded = (
        flow.If(lambda activation: subject_of(activation).state == PlanState.NEEDS_REVIEW)
        .Annotation(title=_("Needs review?"))
        .Then(this.conclude)
        .Else(this.end)
    )
    end = flow.End()
