"""The needs screening as data: what is asked, what is shown next, what an answer may be.

Pure functions over a `questionnaire` rule set. Any question may be skipped. Age comes before
everything else: until it is answered nothing else is shown, and under 18 nothing else is asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from services import conditions
from services.bilingual import Text, text
from services.conditions import Answers, Condition


class Kind(StrEnum):
    YES_NO = "yes_no"
    CHOICE = "choice"
    SCALE = "scale"  # options are points
    SCORE = "score"  # a number from `low` to `high`, written as digits


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: Text


@dataclass(frozen=True, slots=True)
class Question:
    code: str
    kind: Kind
    label: Text
    compartment: str  # "needs" or "protection"
    options: tuple[Option, ...] = ()
    help: Text | None = None
    low: int = 0
    high: int = 0
    visible_if: Condition | None = None
    stop_on: frozenset[str] = frozenset()  # answers after which nothing else is asked
    advice_only_on: frozenset[str] = frozenset()  # answers after which nothing is kept
    for_worker: bool = False  # filled in by the worker, not asked aloud

    def accepts(self, answer: str) -> bool:
        if self.kind is Kind.SCORE:
            return answer.isascii() and answer.isdigit() and self.low <= int(answer) <= self.high
        return any(option.value == answer for option in self.options)


@dataclass(frozen=True, slots=True)
class Section:
    code: str
    label: Text
    questions: tuple[Question, ...]
    note: Text | None = None
    visible_if: Condition | None = None


@dataclass(frozen=True, slots=True)
class Questionnaire:
    sections: tuple[Section, ...]

    @property
    def questions(self) -> dict[str, Question]:
        return {
            question.code: question for section in self.sections for question in section.questions
        }

    @property
    def first(self) -> Question:
        """The question of age: it opens or stops everything else."""
        return self.sections[0].questions[0]


@dataclass(frozen=True, slots=True)
class Normalised:
    """`answers` holds only what was asked and answered; `errors` the codes of unusable answers."""

    answers: dict[str, str]
    errors: tuple[str, ...]


def build(payload: Mapping[str, Any]) -> Questionnaire:
    """Read the payload of a `questionnaire` rule set; KeyError or ValueError if it is not one."""
    options = {
        name: tuple(Option(value=raw["value"], label=text(raw)) for raw in listed)
        for name, listed in payload["options"].items()
    }
    built = Questionnaire(tuple(_section(raw, options) for raw in payload["sections"]))
    codes = [question.code for section in built.sections for question in section.questions]
    if len(codes) != len(set(codes)):
        raise ValueError("a question code occurs twice")
    if not built.first.stop_on:
        raise ValueError("the first question has to be the one about age")
    return built


def visible(questionnaire: Questionnaire, answers: Answers) -> tuple[Section, ...]:
    """The sections and questions to show now, in order; empty sections are left out."""
    first = questionnaire.first
    if first.code not in answers or answers[first.code] in first.stop_on:
        return (replace(questionnaire.sections[0], questions=(first,)),)
    shown = (
        replace(section, questions=tuple(q for q in section.questions if _shows(q, answers)))
        for section in questionnaire.sections
        if _shows(section, answers)
    )
    return tuple(section for section in shown if section.questions)


def normalise(questionnaire: Questionnaire, raw: Mapping[str, str | None]) -> Normalised:
    """Keep the usable answers of visible questions; blank is a skip, unknown codes are ignored.

    An answer to a question that another answer hides is dropped, so that nothing stays behind
    which the client cannot see on the form.
    """
    questions = questionnaire.questions
    answers: dict[str, str] = {}
    errors: list[str] = []
    for code, question in questions.items():
        answer = (raw.get(code) or "").strip()
        if not answer:
            continue
        if question.accepts(answer):
            answers[code] = answer
        else:
            errors.append(code)
    while True:
        shown = codes(visible(questionnaire, answers))
        kept = {code: answer for code, answer in answers.items() if code in shown}
        if len(kept) == len(answers):
            return Normalised(answers=kept, errors=tuple(errors))
        answers = kept


def codes(sections: tuple[Section, ...]) -> frozenset[str]:
    return frozenset(question.code for section in sections for question in section.questions)


def by_compartment(questionnaire: Questionnaire, answers: Answers) -> dict[str, dict[str, str]]:
    """The answers parted by the compartment they are sealed in; unknown codes are refused."""
    parted: dict[str, dict[str, str]] = {}
    questions = questionnaire.questions
    for code, answer in answers.items():
        parted.setdefault(questions[code].compartment, {})[code] = answer
    return parted


def keeps_file(questionnaire: Questionnaire, answers: Answers) -> bool:
    """False when the client wants advice only: then nothing that was said is stored."""
    questions = questionnaire.questions
    return not any(
        answers.get(code) in question.advice_only_on for code, question in questions.items()
    )


def _shows(item: Question | Section, answers: Answers) -> bool:
    return item.visible_if is None or item.visible_if.holds(answers)


def _section(raw: Mapping[str, Any], options: Mapping[str, tuple[Option, ...]]) -> Section:
    return Section(
        code=raw["code"],
        label=text(raw),
        questions=tuple(_question(question, options) for question in raw["questions"]),
        note=text(raw["note"]) if "note" in raw else None,
        visible_if=_condition(raw),
    )


def _question(raw: Mapping[str, Any], options: Mapping[str, tuple[Option, ...]]) -> Question:
    kind = Kind(raw["kind"])
    return Question(
        code=raw["code"],
        kind=kind,
        label=text(raw),
        compartment=raw["compartment"],
        options=() if kind is Kind.SCORE else options[raw.get("options", kind.value)],
        help=text(raw["help"]) if "help" in raw else None,
        low=int(raw.get("min", 0)),
        high=int(raw.get("max", 0)),
        visible_if=_condition(raw),
        stop_on=frozenset(raw.get("stop_on", ())),
        advice_only_on=frozenset(raw.get("advice_only_on", ())),
        for_worker=bool(raw.get("for_worker", False)),
    )


def _condition(raw: Mapping[str, Any]) -> Condition | None:
    return conditions.parse(raw["visible_if"]) if "visible_if" in raw else None
