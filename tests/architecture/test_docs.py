"""Documents cannot drift: what exists is told, and what is told exists."""

from config.management.commands import check_docs


def test_it_tells_what_the_house_has():
    assert list(check_docs.problems()) == []


def test_it_finds_what_it_compares():
    assert {"demo", "demo-check", "test", "check", "bench"} <= set(check_docs.make_targets())
    assert "check_docs" in check_docs.own_commands()
    assert "DONGHANH_DATA" in check_docs.settings_read()
