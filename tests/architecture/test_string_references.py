"""import-linter sees imports; names in strings, templates and URLs are seen here.

A room may be named only by itself and by the rooms above it, so no code, template or query of a
receiver can reach a client's file, not even through ``get_model("cases.Case")``.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LADDER = ["privacy", "services", "workflow", "referrals", "cases", "programme"]
LOWER = LADDER[:-1]

# "cases.Case", "cases.models.Case", "cases:show", "cases/show.html"
NAMED = re.compile(r"^(?P<room>[a-z]+)[.:/]\w")
LOOKING_UP = {"get_model", "get_app_config", "get_containing_app_config", "import_module"}
IN_TEMPLATE = [
    re.compile(r"{%-?\s*url\s+['\"](?P<room>[a-z]+):"),
    re.compile(r"{%-?\s*(?:load|extends|include)\s+['\"]?(?P<room>[a-z]+)[/.\w-]*"),
]


def above(room):
    return set(LADDER[LADDER.index(room) + 1 :])


def references(path, room):
    """Strings of a Python file that name something of a higher room."""
    tree = ast.parse(path.read_text())
    looked_up = {
        id(argument)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in LOOKING_UP
        for argument in node.args
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        named = NAMED.match(node.value)
        if (named and named["room"] in above(room)) or (
            id(node) in looked_up and node.value in above(room)
        ):
            yield f"{path.relative_to(ROOT)}:{node.lineno} {node.value!r}"


@pytest.mark.parametrize("room", LOWER)
def test_it_names_no_higher_room_in_code(room):
    found = [
        reference
        for path in sorted((ROOT / room).rglob("*.py"))
        for reference in references(path, room)
    ]
    assert not found


@pytest.mark.parametrize("room", LOWER)
def test_it_names_no_higher_room_in_templates(room):
    found = [
        f"{path.relative_to(ROOT)}:{number} {match[0]}"
        for path in sorted((ROOT / "templates" / room).rglob("*"))
        if path.is_file()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        for pattern in IN_TEMPLATE
        for match in pattern.finditer(line)
        if match["room"] in above(room)
    ]
    assert not found


def test_it_would_notice_a_way_up():
    """The walker itself, on the ways a receiver could try."""
    sample = ROOT / "tests" / "architecture" / "ways_up.txt"
    assert {reference.split()[-1] for reference in references(sample, "referrals")} == {
        "'cases.Case'",
        "'cases'",
        "'cases:show'",
        "'cases/show.html'",
    }
