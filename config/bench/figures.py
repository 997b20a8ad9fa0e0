"""One measured figure, and how it is measured: interleaved runs, medians, a ratio to a baseline."""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """``goal`` is the limit; ``at_least`` says on which side of it the good ones lie.

    With a baseline the limit is for ``ratio`` (value / baseline, or its inverse for "times
    faster"), without one for ``value``.
    """

    name: str
    value: float
    unit: str
    goal: float
    baseline: float | None = None
    ratio: float | None = None
    at_least: bool = False

    @property
    def ok(self) -> bool:
        measured = self.value if self.ratio is None else self.ratio
        return measured >= self.goal if self.at_least else measured <= self.goal

    def row(self) -> dict[str, Any]:
        row = asdict(self)
        row.pop("at_least")
        row["goal"] = f"{'≥' if self.at_least else '≤'} {self.goal:g}"
        row["ok"] = self.ok
        return row


Clock = Callable[[], float]


def seconds(call: Callable[[], object], clock: Clock = time.perf_counter) -> float:
    start = clock()
    call()
    return clock() - start


def interleaved(
    runs: int, *calls: Callable[[], object], clock: Clock = time.perf_counter
) -> list[float]:
    """Median seconds of each call, run in turn (A B A B …) so that noise hits all alike. With
    ``clock=time.process_time`` the seconds of our own work, whoever else uses the machine."""
    for call in calls:
        call()
    taken: list[list[float]] = [[] for _ in calls]
    for _ in range(runs):
        for number, call in enumerate(calls):
            taken[number].append(seconds(call, clock))
    return [statistics.median(times) for times in taken]


def slower(name: str, mine: float, baseline: float, goal: float) -> Figure:
    """At most ``goal`` times the baseline."""
    return Figure(
        name,
        round(mine * 1000, 3),
        "ms",
        goal,
        round(baseline * 1000, 3),
        round(mine / baseline, 2),
    )


def faster(name: str, mine: float, baseline: float, goal: float) -> Figure:
    """At least ``goal`` times faster than the baseline."""
    return Figure(
        name,
        round(mine * 1000, 3),
        "ms",
        goal,
        round(baseline * 1000, 3),
        round(baseline / mine, 1),
        at_least=True,
    )


def table(figures: list[Figure]) -> str:
    titles = ("figure", "value", "unit", "baseline", "ratio", "goal")
    lines = ["{:<58} {:>10} {:<8} {:>10} {:>8} {:>8}  ok".format(*titles)]
    for figure in figures:
        row = figure.row()
        baseline = "" if figure.baseline is None else f"{figure.baseline:g}"
        ratio = "" if figure.ratio is None else f"{figure.ratio:g}"
        lines.append(
            f"{figure.name:<58} {figure.value:>10g} {figure.unit:<8} {baseline:>10} {ratio:>8} "
            f"{row['goal']:>8}  {'yes' if figure.ok else 'NO'}"
        )
    return "\n".join(lines)
