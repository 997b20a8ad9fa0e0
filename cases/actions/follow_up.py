"""Following up by the safe channel: a timeline from a template, short re-screening, a decision."""

from collections.abc import Mapping
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import policies, questionnaire, triage
from cases.actions.plot import locked, note
from cases.models import Case, FollowUp, FollowUpPlan, Level
from cases.states import FollowUpState, check
from privacy import audit
from privacy.actors import Actor
from privacy.errors import AlreadyDone, Invalid
from services import selectors as services
from services.models import RuleSet
from workflow import engine


def template(version: str = "") -> services.Rules:
    if version:
        return services.rule_set_version(RuleSet.Kind.FOLLOW_UP_TEMPLATE, version)
    return services.rule_set(RuleSet.Kind.FOLLOW_UP_TEMPLATE)


@transaction.atomic
def start_follow_ups(
    *, actor: Actor, case: Case, event: str, starts_on: date | None = None
) -> FollowUpPlan:
    """Make the timeline (1, 3, 6, 12 months after the event; dated rule data). Called by the
    action whose event it is; a timeline that runs is replaced."""
    end_all(actor, case)
    rules = template()
    start = starts_on or timezone.localdate()
    plan = FollowUpPlan(case=case, event=event, starts_on=start, template_version=rules.version)
    plan.save()
    for step in rules.payload["steps"]:
        FollowUp(
            case=case,
            plan=plan,
            code=step["code"],
            due_on=start + timedelta(days=step["offset_days"]),
        ).save()
    note(actor, case, "follow_up.planned", reason=event)
    engine.start(subject=plan, actor=actor)
    return plan


def end_all(actor: Actor, case: Case) -> None:
    """Nothing more is due: open timelines of the case end."""
    for plan in FollowUpPlan.objects.filter(case=case, ended_at__isnull=True):
        plan.ended_at = timezone.now()
        plan.save(update_fields=["ended_at"])
        FollowUp.objects.filter(plan=plan, state=FollowUpState.PLANNED).update(
            state=FollowUpState.CANCELLED
        )
        engine.cancel(subject=plan, actor=actor)


def next_due(plan: FollowUpPlan) -> FollowUp | None:
    return plan.follow_ups.filter(state=FollowUpState.PLANNED).order_by("due_on").first()


@transaction.atomic
def record_follow_up(
    *,
    actor: Actor,
    follow_up: FollowUp,
    reached: bool,
    answers: Mapping[str, str | None],
    decision: str,
    note_text: str = "",
) -> triage.Level | None:
    """One follow-up, reached or not. An urgent answer raises the level and pages the supervisor.

    Not reached is not a failure: the next date stands.
    """
    case = locked(follow_up.case)
    policies.require_worker(actor, case)
    follow_up = (
        FollowUp.objects.select_for_update(of=("self",))
        .select_related("plan", "done_by", "case")
        .get(pk=follow_up.pk)
    )
    if follow_up.state in (FollowUpState.DONE, FollowUpState.NOT_REACHED):
        who = follow_up.done_by.display_name if follow_up.done_by else ""
        raise AlreadyDone(
            _("This follow-up has been recorded already."), who=who, when=follow_up.done_at
        )
    after = FollowUpState.DONE if reached else FollowUpState.NOT_REACHED
    check(FollowUpState, follow_up.state, after)
    rules = template(follow_up.plan.template_version)
    decisions = {item["code"] for item in rules.payload["decisions"]}
    if reached and decision not in decisions:
        raise Invalid({"decision": _("Choose how it goes on.")})
    level = _rescreen(follow_up, answers, rules.payload["short_screening"]) if reached else None
    follow_up.state, follow_up.done_at, follow_up.done_by_id = after, timezone.now(), actor.user_id
    follow_up.decision = decision if reached else ""
    follow_up.note = note_text.strip()
    follow_up.save()
    audit.record_change(
        actor=actor, event="follow_up.recorded", subject=case, after=after, reason=follow_up.code
    )
    engine.complete(subject=follow_up.plan, step="visit", actor=actor)
    if next_due(follow_up.plan) is None:
        FollowUpPlan.objects.filter(pk=follow_up.plan_id).update(ended_at=timezone.now())
    if level is triage.Level.URGENT and case.level != Level.URGENT:
        case.level = Level.URGENT
        case.act_by = services.due("triage_same_day")
        case.save(update_fields=["level", "act_by"])
        note(actor, case, "case.became_urgent")
        engine.refresh(subject=case)
        engine.raise_step(subject=case, step="urgent_seen", actor=actor)
    return level


def _rescreen(
    follow_up: FollowUp, answers: Mapping[str, str | None], asked: list[str]
) -> triage.Level:
    """The short form is a part of the screening form; its answers are kept like a screening's."""
    form = questionnaire.build(services.rule_set(RuleSet.Kind.QUESTIONNAIRE).payload)
    given = {code: value for code, value in answers.items() if code in asked}
    wrong = {
        code for code, value in given.items() if value and not form.questions[code].accepts(value)
    }
    if wrong:
        raise Invalid({code: _("Choose one of the answers, or leave it out.") for code in wrong})
    kept = {code: value for code, value in given.items() if value}
    parts = questionnaire.by_compartment(form, kept)
    follow_up.answers, follow_up.protection = parts.get("needs", {}), parts.get("protection", {})
    result = triage.assess(
        kept,
        triage.parse_rules(services.rule_set(RuleSet.Kind.TRIAGE).payload),
        triage.parse_mapping(services.rule_set(RuleSet.Kind.MAPPING).payload),
    )
    return result.level
