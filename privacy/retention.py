"""How long is it kept, and what then? The schedule is dated data; apps say how each rule is obeyed.

A rule names the day from which it counts (``after``) and what happens (``then``): ``strip`` = the
compartment's key dies and codes stay for the statistics, ``erase`` = the whole record's keys die,
``delete`` = the rows go. Source of each period: ``privacy/data/retention.json``.
"""

import json
import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from django.db import models
from django.utils import timezone
from django.utils.translation import get_language

from privacy import keys
from privacy.logs import event
from privacy.models import RetentionRun

logger = logging.getLogger("privacy.retention")
DATA = Path(__file__).parent / "data" / "retention.json"
UNITS = ("hours", "days", "months")
BATCH = 100


class NoSchedule(LookupError):
    """No schedule is in force on that day, or it knows no such rule."""


@dataclass(frozen=True, slots=True)
class Rule:
    code: str
    unit: str
    amount: int
    after: str
    then: str
    vi: str
    en: str
    source: str
    compartment: str = ""

    @property
    def name(self) -> str:
        return self.vi if (get_language() or "vi").startswith("vi") else self.en

    def cut_off(self, now: datetime | None = None) -> datetime:
        """What began before this moment is over its time."""
        now = now or timezone.now()
        if self.unit == "hours":
            return now - timedelta(hours=self.amount)
        if self.unit == "days":
            return now - timedelta(days=self.amount)
        return _months_before(now, self.amount)


@dataclass(frozen=True, slots=True)
class Kept:
    """What no rule ends, and why."""

    code: str
    vi: str
    en: str
    source: str

    @property
    def name(self) -> str:
        return self.vi if (get_language() or "vi").startswith("vi") else self.en


@dataclass(frozen=True, slots=True)
class Schedule:
    version: str
    source: str
    status: str
    rules: tuple[Rule, ...]
    kept: tuple[Kept, ...]

    def rule(self, code: str) -> Rule:
        for rule in self.rules:
            if rule.code == code:
                return rule
        raise NoSchedule(code)


def _months_before(now: datetime, months: int) -> datetime:
    """The same day of an earlier month, or that month's last day."""
    local = timezone.localtime(now)
    years, month = divmod(local.month - 1 - months, 12)
    first = local.replace(year=local.year + years, month=month + 1, day=1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(local.day, last.day))


@cache
def _versions() -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(DATA.read_text(encoding="utf-8")))


def schedule(on: date | None = None) -> Schedule:
    """The newest version that has begun on that day (today by default)."""
    day = (on or timezone.localdate()).isoformat()
    begun = [raw for raw in _versions() if raw["valid_from"] <= day]
    if not begun:
        raise NoSchedule(day)
    raw = max(begun, key=lambda version: (version["valid_from"], version["version"]))
    return Schedule(
        version=raw["version"],
        source=raw["source"],
        status=raw["status"],
        rules=tuple(Rule(**rule) for rule in raw["payload"]["rules"]),
        kept=tuple(Kept(**kept) for kept in raw["payload"]["kept"]),
    )


class Keeper(Protocol):
    """How one rule is obeyed. ``let_go`` runs in a transaction of its own per record where the
    record's keys die; it may be killed anywhere and run again."""

    @property
    def codes(self) -> Collection[str]:
        """The rules it obeys; one keeper may obey several at once."""

    def due(self, rule: Rule, before: datetime) -> "models.QuerySet[Any]":
        """What began before this moment and is still there, whatever holds it."""

    def held(self, rows: "models.QuerySet[Any]") -> "models.QuerySet[Any]":
        """Those of them that a legal hold keeps."""

    def let_go(self, rule: Rule, rows: list[Any]) -> int:
        """Obey the rule for these records; the number that was let go."""


_keepers: dict[str, Keeper] = {}


def register(keeper: Keeper) -> None:
    """Called from ``AppConfig.ready``."""
    for code in keeper.codes:
        _keepers[code] = keeper


def keeper_of(code: str) -> Keeper | None:
    return _keepers.get(code)


@dataclass(frozen=True, slots=True)
class Due:
    rule: Rule
    now: int
    soon: int
    held: int


def outlook(days: int = 90) -> list[Due]:
    """Per rule: how many are due today, how many more within ``days``, how many a hold keeps."""
    now = timezone.now()
    found = []
    for rule in schedule().rules:
        keeper = _keepers.get(rule.code)
        if keeper is None:
            found.append(Due(rule, 0, 0, 0))
            continue
        due = keeper.due(rule, rule.cut_off(now))
        ahead = keeper.due(rule, rule.cut_off(now + timedelta(days=days)))
        count = due.count()
        found.append(Due(rule, count, ahead.count() - count, keeper.held(due).count()))
    return found


def run(codes: Collection[str] = ()) -> list[RetentionRun]:
    """Obey the schedule now. One broken rule, or one broken record, never stops the others."""
    standing = schedule()
    runs = []
    for rule in standing.rules:
        keeper = _keepers.get(rule.code)
        if keeper is not None and (not codes or rule.code in codes):
            runs.append(_run_one(standing.version, rule, keeper))
    return runs


def _run_one(version: str, rule: Rule, keeper: Keeper) -> RetentionRun:
    row = RetentionRun.objects.create(code=rule.code, version=version)
    due = keeper.due(rule, rule.cut_off(row.begun_at))
    held = keeper.held(due)
    row.held = held.count()
    after: Any = None
    while True:
        # By key, not by count: what failed stays due and must not come again in this run.
        rows = due.exclude(pk__in=held.values("pk")).order_by("pk")
        batch = list((rows if after is None else rows.filter(pk__gt=after))[:BATCH])
        if not batch:
            break
        after = batch[-1].pk
        try:
            with keys.fresh_ring():
                row.let_go += keeper.let_go(rule, batch)
        except Exception as error:
            row.failed += len(batch)
            event(
                logger,
                "retention_failed",
                level=logging.ERROR,
                code=rule.code,
                error=type(error).__name__,
            )
        row.save(update_fields=["let_go", "held", "failed"])
    row.finished_at = timezone.now()
    row.save(update_fields=["let_go", "held", "failed", "finished_at"])
    return row


def last_runs() -> dict[str, RetentionRun]:
    """Code → its newest run."""
    newest = (
        RetentionRun.objects.order_by().values("code").annotate(pk_=models.Max("pk")).values("pk_")
    )
    return {run.code: run for run in RetentionRun.objects.filter(pk__in=newest)}


# -- the night


NIGHT = range(1, 5)
MISSED = timedelta(hours=30)


def is_time(now: datetime | None = None) -> bool:
    """Once a night, between one and five; by day when the machine was off last night."""
    now = now or timezone.now()
    last = RetentionRun.objects.filter(finished_at__isnull=False).order_by("-begun_at").first()
    if last is None or last.begun_at > now:  # never, or the clock was set back
        return True
    since = now - last.begun_at
    if since > MISSED:
        return True
    return timezone.localtime(now).hour in NIGHT and since > timedelta(hours=12)


# -- what this room keeps


class Rows:
    """Rows of the ground floor that simply go: no key, no person."""

    def __init__(self, code: str, model: type[models.Model], since: str, **only: Any) -> None:
        self.codes = (code,)
        self._model, self._since, self._only = model, since, only

    def due(self, rule: Rule, before: datetime) -> "models.QuerySet[Any]":
        return self._model._default_manager.filter(**{f"{self._since}__lt": before}, **self._only)

    def held(self, rows: "models.QuerySet[Any]") -> "models.QuerySet[Any]":
        return rows.none()

    def let_go(self, rule: Rule, rows: list[Any]) -> int:
        """One statement a batch: killed in between, the rest goes the next night."""
        found = self._model._default_manager.filter(pk__in=[row.pk for row in rows])
        return int(found.delete()[0])
