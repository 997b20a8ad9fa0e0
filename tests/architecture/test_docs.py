"""Documents cannot drift: what exists is told, and what is told exists."""

import re

from config.management.commands import check_docs


def test_it_tells_what_the_house_has():
    assert list(check_docs.problems()) == []


def test_it_finds_what_it_compares():
    assert {"demo", "demo-check", "test", "check", "bench"} <= set(check_docs.make_targets())
    assert "check_docs" in check_docs.own_commands()
    assert "DONGHANH_DATA" in check_docs.settings_read()


# -- docs/security.md

ROOT = check_docs.ROOT
SECURITY = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
STANDARD = SECURITY.partition("\n## 4.")[2]
ROW = re.compile(r"^\| (\d+\.\d+)\.(\d+) \| (\d) \| [^|]+ \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
STATUSES = ("met", "partly", "not met", "not applicable")
# ASVS 5.0.0: a section, and the level of each of its items in order.
ASVS = re.findall(
    r"([\d.]+) ([123]+)",
    """
    6.1 122  6.2 111111112222  6.3 11223333  6.4 112233  6.5 22222333  6.6 2223  6.7 33  6.8 2222
    7.1 222  7.2 1111  7.3 22  7.4 11222  7.5 223  7.6 22
    8.1 1233  8.2 1123  8.3 133  8.4 23
    11.1 2233  11.2 22233  11.3 11233  11.4 1222  11.5 23  11.6 23  11.7 33
    14.1 22  14.2 12223333  14.3 122
    16.1 2  16.2 22222  16.3 2222  16.4 222  16.5 2223
    """,
)


def test_every_test_that_the_security_page_names_is_there():
    named = set(re.findall(r"`((?:\w+/)*test_\w+\.py)::(test_\w+)`", SECURITY))
    there = set()
    for file in {file for file, _ in named}:
        path = ROOT / "tests" / file
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        there |= {(file, name) for name in re.findall(r"^def (test_\w+)\(", text, re.MULTILINE)}
    assert sorted(named - there) == []
    # None is written in a way that this test would not see.
    assert len(named) > 100 and len(re.findall(r"::test_\w+`", SECURITY)) == SECURITY.count("::t")


def test_every_file_that_the_security_page_names_is_there():
    named = set(re.findall(r"`((?:\w+/)+[\w.-]+\.\w+)`", SECURITY))
    places = (ROOT, ROOT / "tests")
    missing = [name for name in named if not any((at / name).exists() for at in places)]
    assert sorted(missing) == [] and len(named) > 30


def test_every_item_of_the_standard_stands_once():
    rows = ROW.findall(STANDARD)
    asked = [
        (section, str(number), level)
        for section, levels in ASVS
        for number, level in enumerate(levels, start=1)
    ]
    assert [(section, number, level) for section, number, level, *_ in rows] == asked
    assert {status for *_, status, _ in rows} == set(STATUSES)
    # What is met names a test, a file or a document.
    unproved = [row for row in rows if row[3] == "met" and not re.search(r"`\w+/|\]\(", row[4])]
    assert unproved == []


def test_the_counts_of_the_standard_are_those_of_its_items():
    rows = ROW.findall(STANDARD)
    told = re.findall(r"^\| (?:V(\d+)|all)[^|]*((?:\| \d+ )+)\|$", STANDARD, re.MULTILINE)
    assert len(told) == 7
    for chapter, numbers in told:
        found = [row[3] for row in rows if not chapter or row[0].startswith(f"{chapter}.")]
        assert re.findall(r"\d+", numbers) == [str(found.count(status)) for status in STATUSES]
