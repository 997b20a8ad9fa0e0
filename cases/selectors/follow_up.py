"""The dates of a timeline, how to reach the client safely, and what the last answers advise."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from cases import questionnaire, triage
from cases.models import Case, FollowUp, FollowUpPlan
from cases.questionnaire import Question
from cases.selectors.referring import Words
from cases.states import FollowUpState
from privacy import access, audit
from privacy.actors import Actor
from privacy.errors import NotFound
from services import selectors as services
from services.bilingual import Text, text
from services.models import RuleSet


def plan_of(actor: Actor, uuid: UUID) -> FollowUpPlan:
    """The timeline with this uuid, if its file is hers to work on; otherwise NotFound."""
    plan = FollowUpPlan.objects.filter(uuid=uuid).select_related("case").first()
    if plan is None:
        audit.refused(actor=actor, action="work", subject=None, reason="absent")
        raise NotFound
    access.require(actor, plan.case)
    return plan


def next_of(dates: list[FollowUp]) -> FollowUp | None:
    return next((item for item in dates if item.state == FollowUpState.PLANNED), None)


def dates_of(plan: FollowUpPlan) -> list[FollowUp]:
    return list(plan.follow_ups.select_related("case", "plan", "done_by").order_by("due_on", "pk"))


class Template(NamedTuple):
    """The template with which the timeline was made."""

    titles: dict[str, Text]
    decisions: list[tuple[str, Text]]
    questions: list[Question]
    soon: timedelta
    critical: timedelta


def template_of(plan: FollowUpPlan) -> Template:
    payload = services.rule_set_version(
        RuleSet.Kind.FOLLOW_UP_TEMPLATE, plan.template_version
    ).payload
    form = questionnaire.build(services.rule_set(RuleSet.Kind.QUESTIONNAIRE).payload)
    known = form.questions
    return Template(
        titles={step["code"]: text(step) for step in payload["steps"]},
        decisions=[(item["code"], text(item)) for item in payload["decisions"]],
        questions=[known[code] for code in payload["short_screening"] if code in known],
        soon=timedelta(days=payload["due_soon_days"]),
        critical=timedelta(days=payload["critically_overdue_days"]),
    )


class Day(NamedTuple):
    follow_up: FollowUp
    title: Words
    state: Words
    colour: str
    decision: Words


_STATE_COLOUR = {
    FollowUpState.DONE: "green",
    FollowUpState.NOT_REACHED: "yellow",
    FollowUpState.CANCELLED: "grey",
}


def days(dates: list[FollowUp], template: Template, today: date) -> list[Day]:
    decisions = dict(template.decisions)
    shown = []
    for item in dates:
        state, colour = _stands(item, template, today)
        shown.append(
            Day(
                follow_up=item,
                title=template.titles.get(item.code, item.code),
                state=state,
                colour=colour,
                decision=decisions.get(item.decision, ""),
            )
        )
    return shown


def _stands(item: FollowUp, template: Template, today: date) -> tuple[Words, str]:
    if item.state != FollowUpState.PLANNED:
        return FollowUpState(item.state).label, _STATE_COLOUR[FollowUpState(item.state)]
    if item.due_on + template.critical < today:
        return _("Long overdue"), "red"
    if item.due_on < today:
        return _("Overdue"), "orange"
    if item.due_on - template.soon <= today:
        return _("Due soon"), "blue"
    return FollowUpState(item.state).label, "grey"


class Contact(NamedTuple):
    """The contact plan as a reminder before anyone dials. ``how`` empty = do not contact."""

    how: Words
    phone: str
    hours: str
    code_word: str


def contact_of(case: Case) -> Contact:
    plan: Mapping[str, Any] = case.contact or {}
    call, write = bool(plan.get("may_call")), bool(plan.get("may_text"))
    if not plan.get("phone") or not (call or write):
        return Contact("", "", "", "")
    how = _("Call or text") if call and write else _("Call only") if call else _("Text only")
    return Contact(how, plan["phone"], plan.get("hours", ""), plan.get("code_word", ""))


class Help(NamedTuple):
    words: Words
    number: str = ""


class Alarm(NamedTuple):
    title: Words
    reason: Words
    source: str
    helps: list[Help]


def alarms(follow_up: FollowUp) -> list[Alarm]:
    """What to do now, if the answers of this follow-up were urgent. The keys of ``needs`` and
    ``protection`` are open."""
    answers = {**(follow_up.answers or {}), **(follow_up.protection or {})}
    if not answers:
        return []
    result = triage.assess(
        answers,
        triage.parse_rules(services.rule_set(RuleSet.Kind.TRIAGE).payload),
        triage.parse_mapping(services.rule_set(RuleSet.Kind.MAPPING).payload),
    )
    if result.level is not triage.Level.URGENT:
        return []
    hotlines = {
        line["code"]: line["number"]
        for line in services.rule_set(RuleSet.Kind.HOTLINE).payload["hotlines"]
    }
    return [
        Alarm(
            title=match.title,
            reason=match.reason,
            source=match.source,
            helps=[
                Help(action.label, hotlines.get(action.hotline or "", ""))
                for action in match.actions
            ],
        )
        for match in result.matched
        if match.level is triage.Level.URGENT
    ]
