"""guardian's shortcuts ignore expiry, activity and our own columns."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ["config", "programme", "cases", "referrals", "workflow", "services", "privacy"]
SHORTCUTS = {
    "assign_perm",
    "remove_perm",
    "get_objects_for_user",
    "get_objects_for_group",
    "get_perms",
    "get_users_with_perms",
}


def names(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or ""
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.Name):
            yield node.lineno, node.id


@pytest.mark.parametrize("room", ROOMS)
def test_it_never_uses_a_shortcut(room):
    found = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in sorted((ROOT / room).rglob("*.py"))
        for line, name in names(path)
        if name.startswith("guardian.shortcuts") or name in SHORTCUTS
    ]
    assert not found


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "privacy"])
def test_it_meets_guardian_on_the_ground_floor_only(room):
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / room).rglob("*.py"))
        for line, name in names(path)
        if name.split(".")[0] == "guardian"
    ]
    assert not found
