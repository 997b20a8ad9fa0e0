"""Numbers that may leave: small counts are hidden, and cannot be worked out from the rest.

Pure: no Django, no database, no clock. A count of people below ``k`` is hidden (primary). That
alone is not enough: with its row, its column and their totals in sight a reader subtracts. So
further cells are hidden (complementary), and the result is *checked*: for every hidden cell we
compute the interval that a reader can infer from everything shown, and its width has to reach
``rule.width``.

The method. A table of one or two dimensions with its totals is a network: every row and every
column is a node, every cell and every total an edge between a row and a column, and "the cells add
up to their total" says that what flows into a node flows out. The table itself is one flow; any
other flow that agrees with the shown cells is a table the reader cannot rule out. So the most a
hidden cell can be is its value plus the greatest flow around it through the other hidden cells
(which may grow without end and shrink to nothing), and the least likewise. Network matrices are
totally unimodular: these bounds are the exact ones over whole numbers, and need no solver.

Sources: L. Cox, "Suppression methodology and statistical disclosure control", JASA 75 (1980);
D. Gusfield, "A graph theoretic approach to statistical data security", SIAM J. Comput. 17 (1988);
M. Fischetti and J. Salazar, "Solving the cell suppression problem on tabular data with linear
constraints", Management Science 47 (2001); greatest flow after Edmonds and Karp, JACM 19 (1972).

The reader of this model knows every shown number, that counts are whole and never negative, and
the layout. She does not know which hidden cells are primary: both kinds look alike. Tables that
share people are not protected against each other: publish one table of a period
(``fewest_breakdowns``).
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

TOTAL = ""
"""The name of the row or column of totals."""

Cell = tuple[str, str]
"""(row, column); ``TOTAL`` in either place names a total."""

GRAND: Cell = (TOTAL, TOTAL)
# Larger than any population: "may grow without end".
_ENDLESS = 10**12


class Zeros(StrEnum):
    SHOWN = "shown"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Rule:
    """Dated data (services: ``disclosure``). ``k``: the smallest count shown. ``width``: how wide
    the interval of a hidden cell has to be, in people. ``share_step``: shares are rounded to this
    many per cent. ``most_hidden``: when more than this share of the cells (per cent) would be
    hidden, a table with fewer breakdowns is told instead."""

    k: int
    width: int
    zeros: Zeros
    share_step: int
    most_hidden: int

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> "Rule":
        """:raises ValueError: a number that protects nothing."""
        rule = cls(
            int(raw["k"]),
            int(raw["width"]),
            Zeros(raw["zeros"]),
            int(raw["share_step"]),
            int(raw["most_hidden"]),
        )
        if rule.k < 3 or rule.width < rule.k - 1:
            raise ValueError("a threshold below 3, or intervals narrower than it, hide nobody")
        if not (1 <= rule.share_step <= 50 and 0 <= rule.most_hidden <= 100):
            raise ValueError("per cent")
        return rule

    def is_small(self, count: int) -> bool:
        return count < self.k and (count > 0 or self.zeros is Zeros.HIDDEN)


@dataclass(frozen=True, slots=True)
class Table:
    """Counts of people. One column only = a line: its rows and one total."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: Mapping[Cell, int]

    @classmethod
    def of(cls, counts: Mapping[Cell, int]) -> "Table":
        """Cells that are not named count 0. ValueError: a negative count or a name of totals."""
        if any(count < 0 for count in counts.values()):
            raise ValueError("a count of people is never negative")
        if any(TOTAL in cell for cell in counts):
            raise ValueError("totals are computed, not given")
        rows = tuple(sorted({row for row, _ in counts}))
        columns = tuple(sorted({column for _, column in counts}))
        return cls(rows, columns, {(r, c): counts.get((r, c), 0) for r in rows for c in columns})

    @classmethod
    def line(cls, counts: Mapping[str, int], column: str = "people") -> "Table":
        return cls.of({(row, column): count for row, count in counts.items()})

    @property
    def is_line(self) -> bool:
        return len(self.columns) <= 1

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def cells(self) -> dict[Cell, int]:
        """Every number that stands in the table, totals included. Of a line the total once."""
        found = dict(self.counts)
        found[GRAND] = self.total
        if not self.is_line:
            for row in self.rows:
                found[row, TOTAL] = sum(self.counts[row, column] for column in self.columns)
            for column in self.columns:
                found[TOTAL, column] = sum(self.counts[row, column] for row in self.rows)
        return found


class Interval(NamedTuple):
    """What a reader can infer: at least ``low``, at most ``high`` people (None = no limit)."""

    low: int
    high: int | None

    @property
    def width(self) -> int:
        return _ENDLESS if self.high is None else self.high - self.low


@dataclass(frozen=True, slots=True)
class Released:
    """What may be shown: every cell and total, ``None`` where it is hidden. ``withheld``: nothing
    can be told of these people; ``cells`` is empty then."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[Cell, int | None]
    withheld: bool = False

    @property
    def hidden(self) -> frozenset[Cell]:
        return frozenset(cell for cell, count in self.cells.items() if count is None)

    def share(self, part: Cell, whole: Cell, rule: Rule) -> int | None:
        """Per cent, rounded to ``rule.share_step``; None where either number is hidden or nobody
        is counted. Of shown numbers only, so it tells nothing new."""
        counted, of = self.cells.get(part), self.cells.get(whole)
        if counted is None or not of:
            return None
        return rounded_share(counted, of, rule.share_step)


def rounded_share(part: int, whole: int, step: int) -> int:
    """Per cent to the nearest multiple of ``step``; halves go up. Whole numbers only: a float
    would tell more than was meant. 100 stays reachable with every step."""
    if whole <= 0 or not 0 <= part <= whole:
        raise ValueError("a share is a part of a whole")
    per_cent = (2 * 100 * part + whole) // (2 * whole)
    return min(100, (per_cent + step // 2) // step * step)


# -- what a reader can infer


def _ends(table: Table, cell: Cell) -> tuple[str, str]:
    """The edge of a cell: from → to. Rows send what columns take; totals run the other way round,
    so that at every node the sum of cells less their total is nought."""
    row, column = cell
    if table.is_line:
        return ("out", "in") if cell == GRAND else ("in", "out")
    row_node, column_node = f"r{row}", f"c{column}"
    return (
        (row_node, column_node) if (row == TOTAL) == (column == TOTAL) else (column_node, row_node)
    )


def _greatest_flow(capacity: dict[str, dict[str, int]], source: str, sink: str, enough: int) -> int:
    """Shortest ways first (Edmonds–Karp); stops as soon as ``enough`` is reached."""
    flow = 0
    while flow < enough:
        came: dict[str, str] = {source: source}
        line = deque([source])
        while line and sink not in came:
            at = line.popleft()
            for to, room in capacity[at].items():
                if room > 0 and to not in came:
                    came[to] = at
                    line.append(to)
        if sink not in came:
            break
        way = [sink]
        while way[-1] != source:
            way.append(came[way[-1]])
        way.reverse()
        steps = list(zip(way, way[1:], strict=False))
        more = min(min(capacity[a][b] for a, b in steps), enough - flow)
        for a, b in steps:
            capacity[a][b] -= more
            capacity[b][a] += more
        flow += more
    return flow


def _rooms(
    table: Table, values: Mapping[Cell, int], hidden: Iterable[Cell], but: Cell
) -> dict[str, dict[str, int]]:
    """Along a hidden cell more may flow without end; against it, as much as it holds."""
    rooms: dict[str, dict[str, int]] = {}
    tail, head = _ends(table, but)
    for node in (tail, head):
        rooms.setdefault(node, {})
    for cell in hidden:
        if cell == but:
            continue
        a, b = _ends(table, cell)
        rooms.setdefault(a, {}).setdefault(b, 0)
        rooms.setdefault(b, {}).setdefault(a, 0)
        rooms[a][b] += _ENDLESS
        rooms[b][a] += values[cell]
    return rooms


def _interval(
    table: Table,
    values: Mapping[Cell, int],
    hidden: Iterable[Cell],
    cell: Cell,
    enough: int = _ENDLESS,
) -> Interval:
    hidden = list(hidden)
    tail, head = _ends(table, cell)
    # More through this cell comes back from its head to its tail through other hidden cells.
    up = _greatest_flow(_rooms(table, values, hidden, cell), head, tail, enough)
    down = _greatest_flow(
        _rooms(table, values, hidden, cell), tail, head, min(values[cell], enough)
    )
    return Interval(values[cell] - down, None if up >= _ENDLESS else values[cell] + up)


def intervals(table: Table, hidden: Iterable[Cell]) -> dict[Cell, Interval]:
    """The exact interval of every hidden cell, for a reader who sees all the others."""
    values = table.cells()
    cells = list(hidden)
    return {cell: _interval(table, values, cells, cell) for cell in cells}


# -- hiding


def protect(table: Table, rule: Rule) -> Released:
    """Hide what is small, and enough of the rest that no hidden cell can be inferred to an
    interval narrower than ``rule.width``. Deterministic: the same table and rule give the same
    answer, so two releases cannot be compared with each other. Nothing at all is told where that
    is not possible."""
    nothing = Released(table.rows, table.columns, {}, withheld=True)
    values = table.cells()
    if not table.counts or values[GRAND] < rule.k:
        return nothing
    primary = {cell for cell, count in values.items() if rule.is_small(count)}
    hidden = set(primary)
    while True:
        weak = _weakest(table, values, hidden, rule)
        if weak is None:
            break
        more = _partners(table, values, hidden, weak)
        if not more:
            return nothing
        hidden |= more
    _show_again(table, values, hidden, primary, rule)
    if hidden and hidden >= set(table.counts):
        return _total_only(table, values, rule)
    return Released(
        table.rows,
        table.columns,
        {cell: None if cell in hidden else count for cell, count in values.items()},
    )


def _total_only(table: Table, values: Mapping[Cell, int], rule: Rule) -> Released:
    """No cell can be told: the rows and columns go, the grand total alone stays."""
    cells: dict[Cell, int | None] = dict.fromkeys(values)
    cells[GRAND] = values[GRAND]
    hidden = [cell for cell in cells if cell != GRAND]
    safe = all(
        _interval(table, values, hidden, cell, rule.width).width >= rule.width for cell in hidden
    )
    if not safe:
        return Released(table.rows, table.columns, {}, withheld=True)
    return Released(table.rows, table.columns, cells)


def _weakest(
    table: Table, values: Mapping[Cell, int], hidden: set[Cell], rule: Rule
) -> Cell | None:
    for cell in sorted(hidden):
        if _interval(table, values, hidden, cell, rule.width).width < rule.width:
            return cell
    return None


def _partners(table: Table, values: Mapping[Cell, int], hidden: set[Cell], weak: Cell) -> set[Cell]:
    """The cheapest further cells that close a ring through ``weak``: of a line the smallest shown
    row; of a table the ring of four that takes the least from the reader. Totals cost most."""
    shown = [cell for cell in values if cell not in hidden and cell != GRAND]
    if table.is_line:
        return set(sorted(shown, key=lambda cell: (values[cell], cell))[:1]) or (
            set() if GRAND in hidden else {GRAND}
        )
    dear = values[GRAND] + 1
    cost = {
        cell: count + (dear if TOTAL in cell else 0) + (dear * dear if cell == GRAND else 0)
        for cell, count in values.items()
    }
    row, column = weak
    best: tuple[int, tuple[Cell, ...]] | None = None
    for other_row in (*table.rows, TOTAL):
        for other_column in (*table.columns, TOTAL):
            if other_row == row or other_column == column:
                continue
            ring = ((row, other_column), (other_row, column), (other_row, other_column))
            fresh = tuple(cell for cell in ring if cell not in hidden)
            if not fresh:
                continue
            choice = (sum(cost[cell] for cell in fresh), fresh)
            if best is None or choice < best:
                best = choice
    if best is not None:
        return set(best[1])
    left = sorted(shown, key=lambda cell: (cost[cell], cell))
    return set(left[:1])


def _show_again(
    table: Table,
    values: Mapping[Cell, int],
    hidden: set[Cell],
    primary: set[Cell],
    rule: Rule,
) -> None:
    """What turned out to be hidden for nothing comes back, the largest first."""
    for cell in sorted(hidden - primary, key=lambda cell: (-values[cell], cell)):
        without = hidden - {cell}
        if _weakest(table, values, without, rule) is None:
            hidden.discard(cell)


def fewest_breakdowns(tables: Sequence[Table], rule: Rule) -> Released:
    """One table of these people, never two: the finest of ``tables`` (finest first, all of the same
    people) of which at most ``rule.most_hidden`` per cent would be hidden; else the coarsest."""
    if not tables:
        raise ValueError("no table")
    if len({table.total for table in tables}) != 1:
        raise ValueError("these tables do not count the same people")
    for table in tables[:-1]:
        released = protect(table, rule)
        if released.withheld:
            continue
        if len(released.hidden) * 100 <= rule.most_hidden * len(released.cells):
            return released
    return protect(tables[-1], rule)


def may_slice(people: int, rule: Rule) -> bool:
    """Live filters over people stop here: never below the threshold, whoever asks."""
    return people >= rule.k
