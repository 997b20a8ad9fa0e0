"""Needs screening: answers saved section by section, then advice that explains itself.

The triage is advice (domain.md 5.4): the worker may raise the level freely and lower it only with
a reason. No item is required; no person is scored beyond the standard short screens.
"""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import policies, questionnaire, triage
from cases.actions.intake import move_to_child_track
from cases.actions.plot import locked, move, must_be, note, require_adult, required
from cases.models import Case, Level, SafetyPlan, Screening
from cases.questionnaire import Questionnaire
from cases.states import ACTIVE, AgeBand, CaseState
from privacy import audit
from privacy.actors import Actor
from privacy.errors import Invalid, WrongState
from services import selectors as services
from services.models import RuleSet
from workflow import engine

AGE_QUESTION = "C6"


def form_of(screening: Screening) -> Questionnaire:
    """The questionnaire in the version that this screening began with."""
    rules = services.rule_set_version(RuleSet.Kind.QUESTIONNAIRE, screening.questionnaire_version)
    return questionnaire.build(rules.payload)


def current(actor: Actor, case: Case) -> Screening:
    """The screening that is being filled in; begun when there is none."""
    screening = Screening.objects.filter(case=case, completed_at__isnull=True).first()
    if screening is None:
        screening = Screening(
            case=case,
            number=Screening.objects.filter(case=case).count() + 1,
            by_id=actor.user_id,
            questionnaire_version=services.rule_set(RuleSet.Kind.QUESTIONNAIRE).version,
        )
        screening.save()
    return screening


@transaction.atomic
def save_answers(*, actor: Actor, case: Case, answers: Mapping[str, str | None]) -> Screening:
    """Save what was answered on one page; the rest stays as it was. An empty answer is a skip.

    ``answers``: question code → answer value. Raises Invalid with the codes that do not fit.
    When the age turns out to be under 18, the adult form stops before anything else.
    """
    case = locked(case)
    policies.require_worker(actor, case)
    require_adult(case)
    must_be(case, CaseState.SCREENING)
    screening = current(actor, case)
    form = form_of(screening)
    known = {**_answers_of(screening), AGE_QUESTION: case.age_band}
    merged: dict[str, str | None] = {**known, **answers}
    fit = questionnaire.normalise(form, merged)
    wrong = set(fit.errors) & set(answers)
    if wrong:
        raise Invalid({code: _("Choose one of the answers, or leave it out.") for code in wrong})
    age = fit.answers.get(AGE_QUESTION, case.age_band)
    if age in (AgeBand.UNDER_16, AgeBand.FROM_16_TO_17):
        _stop_for_child(actor, case, screening, age)
        return screening
    parts = questionnaire.by_compartment(form, fit.answers)
    screening.answers = parts.get("needs", {})
    screening.protection = parts.get("protection", {})
    screening.save()
    return screening


def _answers_of(screening: Screening) -> dict[str, str]:
    needs, protection = screening.answers, screening.protection
    if not isinstance(needs, dict) or not isinstance(protection, dict):
        raise WrongState(_("The answers of this screening are locked."))
    return {**needs, **protection}


def _stop_for_child(actor: Actor, case: Case, screening: Screening, age: str) -> None:
    screening.answers, screening.protection = {}, {}
    screening.level = screening.advised_level = Level.URGENT
    screening.clock = "triage_same_day"
    screening.completed_at = screening.answers_dropped_at = timezone.now()
    screening.save()
    move_to_child_track(actor, case, age)
    engine.complete(subject=case, step="screening", actor=actor)


def advise(screening: Screening) -> triage.TriageResult:
    """What the rules in force say, with the rule and source behind each line. Reads only."""
    rules = services.rule_set(RuleSet.Kind.TRIAGE)
    mapping = services.rule_set(RuleSet.Kind.MAPPING)
    return triage.assess(
        _answers_of(screening),
        triage.parse_rules(rules.payload),
        triage.parse_mapping(mapping.payload),
    )


@transaction.atomic
def finish(
    *, actor: Actor, case: Case, level: str = "", level_reason: str = ""
) -> triage.TriageResult:
    """End the screening: the level (advised, or the worker's) sets the clock. Urgent = a safety
    plan now, and the supervisor is paged."""
    case = locked(case)
    policies.require_worker(actor, case)
    must_be(case, CaseState.SCREENING)
    screening = current(actor, case)
    result = advise(screening)
    chosen = level or result.level.value
    if chosen not in Level.values:
        raise Invalid({"level": _("Choose a level.")})
    if not triage.may_set_level(result.level, triage.Level(chosen), level_reason):
        raise Invalid({"level_reason": _("Say why you set a lower level than advised.")})
    now = timezone.now()
    screening.advised_level = result.level.value
    screening.level = chosen
    screening.level_reason = level_reason.strip()
    screening.clock = _clock(result, chosen)
    screening.scores = {name: value for name, value in result.scores.items() if value is not None}
    screening.services = list(result.service_codes)
    screening.triage_version = services.rule_set(RuleSet.Kind.TRIAGE).version
    screening.completed_at = now
    screening.save()
    urgent = chosen == Level.URGENT
    move(
        actor,
        case,
        CaseState.SAFETY if urgent else CaseState.ASSESSMENT,
        "case.screened",
        reason=chosen,
        level=chosen,
        triaged_at=now,
        act_by=services.due(screening.clock, now),
    )
    engine.complete(subject=case, step="screening", actor=actor)
    engine.refresh(subject=case)
    return result


def _clock(result: triage.TriageResult, level: str) -> str:
    """The advised clock; if the worker chose another level, that level's own."""
    if level == result.level.value:
        return result.clock if result.level is not triage.Level.NONE else "triage_routine"
    return {
        Level.URGENT: "triage_same_day",
        Level.SOON: "triage_soon",
        Level.ROUTINE: "triage_routine",
        Level.NONE: "triage_routine",
    }[Level(level)]


@transaction.atomic
def make_safety_plan(*, actor: Actor, case: Case, text: str) -> SafetyPlan:
    """Agreed with her, in her words, before anything else goes on."""
    case = locked(case)
    policies.require_worker(actor, case)
    must_be(case, *ACTIVE)
    plan = SafetyPlan(case=case, by_id=actor.user_id)
    plan.text = required("text", text, _("Write what you agreed with her."))
    plan.save()
    if case.state == CaseState.SAFETY:
        move(actor, case, CaseState.ASSESSMENT, "case.safety_plan")
        engine.complete(subject=case, step="safety_plan", actor=actor)
    else:  # danger may come at any time, not only before the plan
        note(actor, case, "case.safety_plan")
    return plan


@transaction.atomic
def acknowledge_urgent(*, actor: Actor, case: Case) -> None:
    """The supervisor has seen the urgent case."""
    case = locked(case)
    policies.require_supervisor(actor, case)
    note(actor, case, "case.urgent_seen")
    engine.complete(subject=case, step="urgent_seen", actor=actor)


def note_safety_plan_late(*, actor: Actor, case: Case) -> None:
    """The clock of an urgent case ran out without a safety plan (automatic node)."""
    note(actor, case, "case.safety_plan_late")
    for step in ("safety_plan", "child_plan", "urgent_seen"):
        engine.escalate(subject=case, step=step)


def drop_answers(actor: Actor, case: Case) -> None:
    """After the plan is approved only scores, level and chosen services stay (privacy.md 3)."""
    for screening in Screening.objects.filter(
        case=case, completed_at__isnull=False, answers_dropped_at__isnull=True
    ):
        screening.answers, screening.protection = {}, {}
        screening.answers_dropped_at = timezone.now()
        screening.save()
        audit.record_change(actor=actor, event="screening.answers_dropped", subject=case)
