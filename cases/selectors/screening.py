"""What the screening pages show: the answers so far, the help that cannot wait, the suggestions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cases import questionnaire, triage
from cases.models import Case, SafetyPlan, Screening
from cases.questionnaire import Question, Questionnaire, Section
from services import selectors as services
from services.bilingual import Text, text
from services.models import RuleSet, ServiceType

AGE_QUESTION = "C6"
# Read aloud before anything else, when she is asked for a file; never asked a second time.
CONSENT_QUESTIONS = ("C1", "C2", "C3", "C4")


def open_screening(case: Case) -> Screening | None:
    return Screening.objects.filter(case=case, completed_at__isnull=True).first()


def last_completed(case: Case) -> Screening | None:
    return (
        Screening.objects.filter(case=case, completed_at__isnull=False)
        .select_related("by")
        .order_by("-pk")
        .first()
    )


def safety_plans(case: Case) -> list[SafetyPlan]:
    return list(SafetyPlan.objects.filter(case=case).select_related("by").order_by("-pk"))


def answers_of(screening: Screening | None) -> dict[str, str] | None:
    """Question code → answer; ``None`` when the keys stay shut."""
    if screening is None:
        return {}
    needs, protection = screening.answers, screening.protection
    if not isinstance(needs, dict) or not isinstance(protection, dict):
        return None
    return {**needs, **protection}


def form_for(screening: Screening | None) -> tuple[Questionnaire, str]:
    """The questionnaire as it was when this screening began, and its version."""
    if screening is None:
        rules = services.rule_set(RuleSet.Kind.QUESTIONNAIRE)
    else:
        rules = services.rule_set_version(
            RuleSet.Kind.QUESTIONNAIRE, screening.questionnaire_version
        )
    return questionnaire.build(rules.payload), rules.version


@dataclass(frozen=True)
class Part:
    """One section as it is shown now."""

    code: str
    label: Text
    note: Text | None
    questions: tuple[Question, ...]
    answered: int

    @property
    def total(self) -> int:
        return len(self.questions)


def parts(form: Questionnaire, answers: Mapping[str, str], age_band: str) -> list[Part]:
    """The visible sections without the questions of consent."""
    known = {**answers, AGE_QUESTION: answers.get(AGE_QUESTION, age_band)}
    found = []
    for section in questionnaire.visible(form, known):
        questions = _asked(section)
        if questions:
            answered = sum(1 for question in questions if question.code in known)
            found.append(Part(section.code, section.label, section.note, questions, answered))
    return found


def _asked(section: Section) -> tuple[Question, ...]:
    return tuple(q for q in section.questions if q.code not in CONSENT_QUESTIONS)


@dataclass(frozen=True)
class Line:
    """A number that can be called now."""

    code: str
    number: str
    label: Text
    note: Text | None


def hotlines() -> dict[str, Line]:
    """Code → line; a line without a known number is left out."""
    payload = services.rule_set(RuleSet.Kind.HOTLINE).payload
    return {
        raw["code"]: Line(
            code=raw["code"],
            number=raw["number"],
            label=text(raw),
            note=text(raw["note"]) if "note" in raw else None,
        )
        for raw in payload["hotlines"]
        if raw["number"]
    }


@dataclass(frozen=True)
class Urgency:
    """A rule that says: now. With what to do, and whom to call."""

    title: Text
    reason: Text
    source: str
    actions: list[tuple[Text, Line | None]]
    windows: tuple[triage.Window, ...]
    level: str


def explained(
    matches: Iterable[triage.Match], lines: Mapping[str, Line], *, urgent_only: bool = False
) -> list[Urgency]:
    return [
        Urgency(
            title=match.title,
            reason=match.reason,
            source=match.source,
            actions=[(action.label, lines.get(action.hotline)) for action in match.actions],
            windows=match.windows,
            level=match.level.value,
        )
        for match in matches
        if not urgent_only or match.level is triage.Level.URGENT
    ]


@dataclass(frozen=True)
class Suggested:
    service: ServiceType
    because: tuple[triage.Because, ...]


def suggested(result: triage.TriageResult) -> list[Suggested]:
    by_code = _services_by_code()
    return [
        Suggested(by_code[item.service], item.because)
        for item in result.services
        if item.service in by_code
    ]


def services_named(codes: Any) -> list[ServiceType]:
    """Service types of the codes that a screening kept; locked or unknown codes are left out."""
    if not isinstance(codes, list) or not codes:
        return []
    by_code = _services_by_code()
    return [by_code[code] for code in codes if code in by_code]


def _services_by_code() -> dict[str, ServiceType]:
    return {item.code: item for item in services.service_types(channels=True)}
