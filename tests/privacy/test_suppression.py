"""Disclosure control: no hidden cell can be worked out, whoever subtracts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.suppression import (
    GRAND,
    TOTAL,
    Interval,
    Rule,
    Table,
    Zeros,
    fewest_breakdowns,
    intervals,
    may_slice,
    protect,
    rounded_share,
)

PUBLISHED = Rule(k=10, width=10, zeros=Zeros.HIDDEN, share_step=5, most_hidden=30)
INSIDE = Rule(k=5, width=5, zeros=Zeros.SHOWN, share_step=1, most_hidden=50)


def table(rows):
    return Table.of(
        {(f"r{i}", f"c{j}"): n for i, row in enumerate(rows) for j, n in enumerate(row)}
    )


def sums(places, total):
    """Every way to spread ``total`` people over so many places."""
    if places == 0:
        return [()] if total == 0 else []
    if places == 1:
        return [(total,)]
    return [(n, *rest) for n in range(total + 1) for rest in sums(places - 1, total - n)]


def attack(subject, shown):
    """Every table of whole counts that agrees with what is shown: the values each cell can take.
    Tried one by one; the shown grand total bounds them."""
    cells = sorted(subject.counts)
    known = {cell: shown[cell] for cell in cells if shown[cell] is not None}
    open_cells = [cell for cell in cells if cell not in known]
    found = {cell: set() for cell in subject.cells()}
    for guess in sums(len(open_cells), shown[GRAND] - sum(known.values())):
        counts = known | dict(zip(open_cells, guess, strict=True))
        every = Table(subject.rows, subject.columns, counts).cells()
        if all(shown[cell] in (None, count) for cell, count in every.items()):
            for cell, count in every.items():
                found[cell].add(count)
    return found


small_tables = st.integers(2, 3).flatmap(
    lambda columns: st.lists(
        st.lists(st.integers(0, 4), min_size=columns, max_size=columns), min_size=2, max_size=2
    )
)


@settings(max_examples=30)
@given(small_tables)
def test_a_brute_force_reader_finds_nothing_narrower_than_required(rows):
    rule = Rule(k=3, width=3, zeros=Zeros.SHOWN, share_step=5, most_hidden=100)
    subject = table(rows)
    released = protect(subject, rule)
    if released.withheld:
        assert not released.cells
        return
    for cell, count in subject.cells().items():
        if rule.is_small(count):
            assert released.cells[cell] is None
    if released.cells[GRAND] is None or subject.total > 10:
        return
    worlds = attack(subject, released.cells)
    for cell in released.hidden:
        assert max(worlds[cell]) - min(worlds[cell]) >= rule.width


@settings(max_examples=30)
@given(small_tables, st.data())
def test_the_intervals_are_exactly_those_of_the_brute_force_reader(rows, data):
    subject = table(rows)
    if subject.total > 10:
        return
    every = [cell for cell in subject.cells() if cell != GRAND]
    hidden = data.draw(st.sets(st.sampled_from(every), min_size=1, max_size=6))
    shown = {c: None if c in hidden else n for c, n in subject.cells().items()}
    worlds = attack(subject, shown)
    for cell, interval in intervals(subject, hidden).items():
        assert interval == Interval(min(worlds[cell]), max(worlds[cell]))


@settings(max_examples=25)
@given(
    st.integers(1, 5).flatmap(
        lambda width: st.lists(
            st.lists(
                st.one_of(st.just(0), st.integers(1, 15), st.integers(10, 400)),
                min_size=width,
                max_size=width,
            ),
            min_size=1,
            max_size=6,
        )
    ),
    st.sampled_from([PUBLISHED, INSIDE]),
)
def test_larger_tables_keep_their_promise_too(rows, rule):
    subject = table(rows)
    released = protect(subject, rule)
    assert released == protect(subject, rule)
    if released.withheld:
        return
    for cell, count in subject.cells().items():
        assert released.cells[cell] in (None, count)
        assert not (rule.is_small(count) and released.cells[cell] is not None)
    for interval in intervals(subject, released.hidden).values():
        assert interval.width >= rule.width


@settings(max_examples=60)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=8))
def test_a_line_with_its_total_keeps_it_as_well(counts):
    subject = Table.line({f"r{i}": n for i, n in enumerate(counts)})
    released = protect(subject, PUBLISHED)
    if not released.withheld:
        for interval in intervals(subject, released.hidden).values():
            assert interval.width >= PUBLISHED.width


def test_subtraction_alone_would_give_it_away():
    subject = Table.line({"a": 3, "b": 40, "c": 50})
    assert intervals(subject, [("a", "people")]) == {("a", "people"): Interval(3, 3)}
    released = protect(subject, PUBLISHED)
    assert released.hidden == {("a", "people"), ("b", "people")}
    assert released.cells["c", "people"] == 50 and released.cells[GRAND] == 93
    assert intervals(subject, released.hidden)["a", "people"] == Interval(0, 43)


def test_a_small_cell_of_a_table_takes_a_ring_of_four():
    subject = table([[3, 30, 40], [20, 50, 60], [70, 80, 90]])
    released = protect(subject, PUBLISHED)
    assert released.hidden == {("r0", "c0"), ("r0", "c1"), ("r1", "c0"), ("r1", "c1")}


def test_a_table_without_small_counts_is_shown_whole():
    subject = table([[12, 30], [20, 50]])
    assert protect(subject, PUBLISHED).cells == subject.cells()


def test_zeros_are_hidden_or_shown_as_the_rule_says():
    subject = Table.line({"a": 0, "b": 40, "c": 50})
    assert ("a", "people") in protect(subject, PUBLISHED).hidden
    assert protect(subject, INSIDE).hidden == set()


def test_too_few_people_are_not_told_at_all():
    assert protect(Table.line({"a": 4, "b": 5}), PUBLISHED).withheld
    assert protect(Table.of({}), PUBLISHED).withheld


def test_a_total_that_gives_the_only_row_away_is_withheld():
    released = protect(Table.line({"a": 12, "b": 0}), PUBLISHED)
    assert released.withheld or all(
        interval.width >= 10
        for interval in intervals(Table.line({"a": 12, "b": 0}), released.hidden).values()
    )


def test_shares_are_rounded_and_only_of_shown_numbers():
    released = protect(Table.line({"a": 3, "b": 40, "c": 50}), PUBLISHED)
    assert released.share(("c", "people"), GRAND, PUBLISHED) == 55
    assert released.share(("a", "people"), GRAND, PUBLISHED) is None
    assert released.share(("nobody", "people"), GRAND, PUBLISHED) is None
    assert [rounded_share(n, 200, 5) for n in (0, 4, 5, 199, 200)] == [0, 0, 5, 100, 100]
    with pytest.raises(ValueError):
        rounded_share(5, 4, 5)


def test_fewer_breakdowns_come_before_many_holes():
    fine = Table.of({("a", "x"): 4, ("a", "y"): 30, ("b", "x"): 6, ("b", "y"): 60})
    coarse = Table.line({"a": 34, "b": 66})
    assert fewest_breakdowns([fine, coarse], PUBLISHED).cells == coarse.cells()
    roomy = Table.of({("a", "x"): 14, ("a", "y"): 20, ("b", "x"): 16, ("b", "y"): 50})
    assert fewest_breakdowns([roomy, coarse], PUBLISHED).cells == roomy.cells()
    with pytest.raises(ValueError):
        fewest_breakdowns([fine, Table.line({"a": 1})], PUBLISHED)
    with pytest.raises(ValueError):
        fewest_breakdowns([], PUBLISHED)


def test_live_filters_stop_at_the_threshold():
    assert not may_slice(9, PUBLISHED) and may_slice(10, PUBLISHED)
    assert not may_slice(0, INSIDE) and may_slice(5, INSIDE)


def test_tables_are_of_people_only():
    with pytest.raises(ValueError):
        Table.of({("a", "x"): -1})
    with pytest.raises(ValueError):
        Table.of({("a", TOTAL): 1})


@pytest.mark.parametrize(
    "change", [{"k": 2}, {"width": 3}, {"share_step": 0}, {"most_hidden": 101}]
)
def test_a_rule_that_protects_nobody_is_refused(change):
    raw = {"k": 10, "width": 10, "zeros": "hidden", "share_step": 5, "most_hidden": 30}
    assert Rule.parse(raw) == PUBLISHED
    with pytest.raises(ValueError):
        Rule.parse(raw | change)
