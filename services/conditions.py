"""When does a rule hold? One small language, read by the questionnaire and by triage.

A condition is JSON, so that a rule can be read and changed without a programmer:

    {"answer": "A1", "is": "yes"}                              one answer
    {"answer": "C6", "in": ["under_16", "16_17"]}              one answer of several
    {"answers": ["B2", "B3"], "is": "yes", "at_least": 2}      some of a group
    {"sum_of": ["E1", "E2"], "min": 3, "max": 6}               a screening score
    {"all": [...]}  {"any": [...]}  {"not": ...}               combined

A question that was skipped has no answer, and no leaf ever holds on a missing answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Answers = Mapping[str, str]


class InvalidCondition(ValueError):
    """The rule data does not speak the language above; the message holds the rule, no answer."""


@dataclass(frozen=True, slots=True)
class Given:
    """At least `at_least` of `codes` were answered with one of `values`."""

    codes: tuple[str, ...]
    values: frozenset[str]
    at_least: int = 1

    def holds(self, answers: Answers) -> bool:
        return len(self.evidence(answers)) >= self.at_least

    def evidence(self, answers: Answers) -> tuple[str, ...]:
        return tuple(code for code in self.codes if answers.get(code) in self.values)

    def mentions(self) -> frozenset[str]:
        return frozenset(self.codes)


@dataclass(frozen=True, slots=True)
class Sum:
    """The points of `codes` add up to a number from `low` to `high` (both included).

    Items left out count nothing: a half-filled screen may reach the cut-off, never fall below
    what was answered.
    """

    codes: tuple[str, ...]
    low: int
    high: int | None = None

    def holds(self, answers: Answers) -> bool:
        points = score(self.codes, answers)
        return (
            points is not None and self.low <= points and (self.high is None or points <= self.high)
        )

    def evidence(self, answers: Answers) -> tuple[str, ...]:
        return tuple(code for code in self.codes if _points(answers.get(code)) is not None)

    def mentions(self) -> frozenset[str]:
        return frozenset(self.codes)


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple["Condition", ...]

    def holds(self, answers: Answers) -> bool:
        return all(part.holds(answers) for part in self.parts)

    def evidence(self, answers: Answers) -> tuple[str, ...]:
        return _evidence_of(self.parts, answers)

    def mentions(self) -> frozenset[str]:
        return _mentions_of(self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple["Condition", ...]

    def holds(self, answers: Answers) -> bool:
        return any(part.holds(answers) for part in self.parts)

    def evidence(self, answers: Answers) -> tuple[str, ...]:
        return _evidence_of(tuple(p for p in self.parts if p.holds(answers)), answers)

    def mentions(self) -> frozenset[str]:
        return _mentions_of(self.parts)


@dataclass(frozen=True, slots=True)
class Not:
    part: "Condition"

    def holds(self, answers: Answers) -> bool:
        return not self.part.holds(answers)

    def evidence(self, answers: Answers) -> tuple[str, ...]:
        return ()

    def mentions(self) -> frozenset[str]:
        return self.part.mentions()


Condition = Given | Sum | All | AnyOf | Not


def score(codes: tuple[str, ...], answers: Answers) -> int | None:
    """The sum of the points given, or None when none of the items was answered."""
    given = [points for code in codes if (points := _points(answers.get(code))) is not None]
    return sum(given) if given else None


def parse(raw: Mapping[str, Any]) -> Condition:
    """Raises InvalidCondition for anything but the forms listed at the top."""
    keys = frozenset(raw)
    try:
        if keys == {"all"}:
            return All(_parse_parts(raw["all"]))
        if keys == {"any"}:
            return AnyOf(_parse_parts(raw["any"]))
        if keys == {"not"}:
            return Not(parse(raw["not"]))
        if keys in ({"answer", "is"}, {"answer", "in"}):
            return Given((str(raw["answer"]),), _values(raw))
        if "answers" in keys and keys <= {"answers", "is", "in", "at_least"}:
            return Given(_codes(raw["answers"]), _values(raw), int(raw.get("at_least", 1)))
        if keys in ({"sum_of", "min"}, {"sum_of", "min", "max"}):
            high = raw.get("max")
            return Sum(_codes(raw["sum_of"]), int(raw["min"]), None if high is None else int(high))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise InvalidCondition(f"malformed condition {raw!r}") from error
    raise InvalidCondition(f"unknown condition {raw!r}")


def _parse_parts(raw: Any) -> tuple[Condition, ...]:
    parts = tuple(parse(part) for part in raw)
    if not parts:
        raise InvalidCondition("an empty group always or never holds")
    return parts


def _codes(raw: Any) -> tuple[str, ...]:
    if isinstance(raw, str) or not raw:
        raise InvalidCondition(f"a list of question codes is needed, not {raw!r}")
    return tuple(str(code) for code in raw)


def _values(raw: Mapping[str, Any]) -> frozenset[str]:
    if "is" in raw:
        return frozenset({str(raw["is"])})
    return frozenset(_codes(raw["in"]))


def _points(answer: str | None) -> int | None:
    return int(answer) if answer is not None and answer.isascii() and answer.isdigit() else None


def _evidence_of(parts: tuple[Condition, ...], answers: Answers) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for part in parts for code in part.evidence(answers)))


def _mentions_of(parts: tuple[Condition, ...]) -> frozenset[str]:
    return frozenset[str]().union(*(part.mentions() for part in parts))
