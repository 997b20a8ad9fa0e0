"""How soon, and which help? Advice for the worker, from what was answered and from nothing else.

Pure: answers and dated rules in, a result with its reasons out. The first rule that matches sets
the level, all that match are told. There is no score of a person beyond the named screens, and
an answer that was skipped is never held against or for anyone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from services import conditions
from services.bilingual import Text, text
from services.conditions import Answers, Condition


class Level(StrEnum):
    URGENT = "urgent"
    SOON = "soon"
    ROUTINE = "routine"
    NONE = "none"

    @property
    def weight(self) -> int:
        """Higher is more pressing."""
        return {"none": 0, "routine": 1, "soon": 2, "urgent": 3}[self.value]


class InvalidRules(ValueError):
    """The rule data cannot be trusted; the message names the rule."""


@dataclass(frozen=True, slots=True)
class Action:
    code: str
    label: Text
    hotline: str = ""  # code in the `hotline` rule set


@dataclass(frozen=True, slots=True)
class Window:
    """Something that only works within so many hours of what happened (not of the screening)."""

    code: str
    hours: int
    label: Text


@dataclass(frozen=True, slots=True)
class Rule:
    code: str
    level: Level
    clock: str
    when: Condition
    title: Text
    reason: Text
    source: str
    actions: tuple[Action, ...]
    services: tuple[str, ...]
    windows: tuple[Window, ...] = ()
    child_track: bool = False


@dataclass(frozen=True, slots=True)
class TriageRules:
    rules: tuple[Rule, ...]
    clocks: tuple[str, ...]  # most pressing first
    scores: Mapping[str, tuple[str, ...]]
    none_clock: str
    none_services: tuple[str, ...]
    none_reason: Text


@dataclass(frozen=True, slots=True)
class Mapped:
    code: str
    when: Condition
    services: tuple[str, ...]
    reason: Text
    source: str


@dataclass(frozen=True, slots=True)
class ServiceMapping:
    entries: tuple[Mapped, ...]


@dataclass(frozen=True, slots=True)
class Match:
    rule_code: str
    level: Level
    clock: str
    title: Text
    reason: Text
    source: str
    actions: tuple[Action, ...]
    windows: tuple[Window, ...]
    answers: tuple[str, ...]  # codes of the questions behind it


@dataclass(frozen=True, slots=True)
class Because:
    """Why a service is suggested, for the line "why is this suggested?"."""

    kind: Literal["rule", "answer", "nothing"]
    code: str
    reason: Text
    source: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    service: str
    because: tuple[Because, ...]


@dataclass(frozen=True, slots=True)
class TriageResult:
    level: Level
    clock: str
    matched: tuple[Match, ...]
    services: tuple[Suggestion, ...]
    child_track: bool
    scores: Mapping[str, int | None]  # phq2, gad2, srq20; None when not asked

    @property
    def service_codes(self) -> tuple[str, ...]:
        return tuple(suggestion.service for suggestion in self.services)


def parse_rules(payload: Mapping[str, Any]) -> TriageRules:
    """Read a `triage` rule set; InvalidRules or InvalidCondition if a rule cannot be trusted.

    Rules have to be listed from urgent to routine, or a later match could be more pressing than
    the first, which sets the level.
    """
    rules = tuple(_rule(raw) for raw in payload["rules"])
    clocks = tuple(payload["clocks"])
    for earlier, later in zip(rules, rules[1:], strict=False):
        if later.level.weight > earlier.level.weight:
            raise InvalidRules(f"{later.code} is more pressing than {earlier.code} before it")
    for rule in rules:
        if rule.clock not in clocks:
            raise InvalidRules(f"{rule.code} names an unlisted clock")
    if len({rule.code for rule in rules}) != len(rules):
        raise InvalidRules("a rule code occurs twice")
    nothing = payload["nothing_found"]
    return TriageRules(
        rules=rules,
        clocks=clocks,
        scores={name: tuple(items) for name, items in payload["scores"].items()},
        none_clock=nothing["clock"],
        none_services=tuple(nothing["services"]),
        none_reason=text(nothing["reason"]),
    )


def parse_mapping(payload: Mapping[str, Any]) -> ServiceMapping:
    return ServiceMapping(
        tuple(
            Mapped(
                code=raw["code"],
                when=conditions.parse(raw["when"]),
                services=tuple(raw["services"]),
                reason=text(raw),
                source=raw["source"],
            )
            for raw in payload["mappings"]
        )
    )


def assess(answers: Answers, rules: TriageRules, mapping: ServiceMapping) -> TriageResult:
    matched = tuple(rule for rule in rules.rules if rule.when.holds(answers))
    child_track = any(rule.child_track for rule in matched)
    # What a child needs is for the child officer to say, not for the adult rules and mapping;
    # only help that cannot wait still stands.
    speaking = [rule for rule in matched if rule.level is Level.URGENT or not child_track]
    reasons = [
        (service, _because_of_rule(rule, answers)) for rule in speaking for service in rule.services
    ]
    if not child_track:
        reasons += [
            (service, Because("answer", m.code, m.reason, m.source, m.when.evidence(answers)))
            for m in mapping.entries
            if m.when.holds(answers)
            for service in m.services
        ]
    if not reasons:
        nothing = Because("nothing", "", rules.none_reason, "", ())
        reasons = [(service, nothing) for service in rules.none_services]
    return TriageResult(
        level=matched[0].level if matched else Level.NONE,
        # A child (the same day) in danger of life (now): the most pressing clock of all counts.
        clock=min((r.clock for r in matched), key=rules.clocks.index, default=rules.none_clock),
        matched=tuple(_match(rule, answers) for rule in matched),
        services=_suggestions(reasons),
        child_track=child_track,
        scores={name: conditions.score(items, answers) for name, items in rules.scores.items()},
    )


def may_set_level(advised: Level, chosen: Level, reason: str) -> bool:
    """The worker may raise a level freely and lower it only with a reason."""
    return chosen.weight >= advised.weight or bool(reason.strip())


def _suggestions(reasons: Iterable[tuple[str, Because]]) -> tuple[Suggestion, ...]:
    grouped: dict[str, list[Because]] = {}
    for service, because in reasons:
        grouped.setdefault(service, []).append(because)
    return tuple(Suggestion(service, tuple(why)) for service, why in grouped.items())


def _because_of_rule(rule: Rule, answers: Answers) -> Because:
    return Because("rule", rule.code, rule.reason, rule.source, rule.when.evidence(answers))


def _match(rule: Rule, answers: Answers) -> Match:
    return Match(
        rule_code=rule.code,
        level=rule.level,
        clock=rule.clock,
        title=rule.title,
        reason=rule.reason,
        source=rule.source,
        actions=rule.actions,
        windows=rule.windows,
        answers=rule.when.evidence(answers),
    )


def _rule(raw: Mapping[str, Any]) -> Rule:
    level = Level(raw["level"])
    if level is Level.NONE:
        raise InvalidRules(f"{raw['code']} matches but asks for nothing")
    return Rule(
        code=raw["code"],
        level=level,
        clock=raw["clock"],
        when=conditions.parse(raw["when"]),
        title=text(raw),
        reason=text(raw["reason"]),
        source=raw["source"],
        actions=tuple(
            Action(code=a["code"], label=text(a), hotline=a.get("hotline", ""))
            for a in raw["actions"]
        ),
        services=tuple(raw["services"]),
        windows=tuple(
            Window(code=w["code"], hours=int(w["hours"]), label=text(w))
            for w in raw.get("windows", ())
        ),
        child_track=bool(raw.get("child_track", False)),
    )
