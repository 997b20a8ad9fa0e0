"""docs/access-matrix.md, written from privacy/matrix.py."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from privacy.compartments import Compartment
from privacy.matrix import TEAM_WORK, VERBS, Scope, may_hold, may_write, scope
from privacy.roles import Role

PATH = Path(settings.BASE_DIR) / "docs" / "access-matrix.md"
SIGNS = {
    Scope.OWN: "own",
    Scope.TEAM: "team",
    Scope.OTHERS: "team, never own",
    Scope.ALL: "all",
    None: "–",
}
# Drafts and the second factor are a person's own, whatever her role: no grant opens or shares them.
OWN = (Compartment.DRAFT, Compartment.FACTOR)
COLUMNS = [item for item in Compartment if item not in OWN]

HEAD = """\
# Who may open what

Written by `manage.py render_matrix` from `privacy/matrix.py`; a test fails when it is out of date.

- **own**: only through a grant to her by name, under the membership it was given for.
- **team**: a grant to her team counts as well.
- **–**: never, whatever grant stands in the database.

A cell is a ceiling. To open anything a person also needs a live membership, a live grant on that
one record and, outside the case team, a consent that still holds. The audit row is written before
the key is released. `work` = may work on the record at all, and sees it in her lists.

## See
"""
WRITE_HEAD = """
## Write

Who may change what stands in a compartment, once she sees it.
"""
VERB_HEAD = """
## Do

What may be done with a record as a whole. **team, never own** = nobody decides about her own case;
a dated deputy or another supervisor does. **all** = wherever the record is, each time with its own
conditions (docs/access.md).
"""


def render() -> str:
    with translation.override("en"):
        rows = [
            "| role | work | " + " | ".join(item.value for item in COLUMNS) + " |",
            "|---" * (len(COLUMNS) + 2) + "|",
        ]
        for role in Role:
            cells = [SIGNS[scope(role, item)] for item in COLUMNS]
            rows.append(f"| {role.label} | {_work(role)} | " + " | ".join(cells) + " |")
        return "\n".join([HEAD, *rows, WRITE_HEAD, *_writes(), VERB_HEAD, *_verbs()]) + "\n"


def _writes() -> list[str]:
    rows = [
        "| role | " + " | ".join(item.value for item in COLUMNS) + " |",
        "|---" * (len(COLUMNS) + 1) + "|",
    ]
    for role in Role:
        cells = ["write" if may_write(role, item) else "–" for item in COLUMNS]
        rows.append(f"| {role.label} | " + " | ".join(cells) + " |")
    return rows


def _verbs() -> list[str]:
    roles = [role for role in Role if role is not Role.SYSTEM]
    rows = [
        "| verb | " + " | ".join(str(role.label) for role in roles) + " |",
        "|---" * (len(roles) + 1) + "|",
    ]
    for verb, reach in VERBS.items():
        cells = [SIGNS[reach.get(role)] for role in roles]
        rows.append(f"| {verb.value} | " + " | ".join(cells) + " |")
    return rows


def _work(role: Role) -> str:
    if not may_hold(role, "work"):
        return SIGNS[None]
    return SIGNS[Scope.TEAM if role in TEAM_WORK else Scope.OWN]


class Command(BaseCommand):
    help = "Write docs/access-matrix.md from the access matrix."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--check", action="store_true", help="only say whether it is current")

    def handle(self, *args: Any, check: bool = False, **options: Any) -> None:
        text = render()
        if not check:
            PATH.write_text(text)
        elif not PATH.exists() or PATH.read_text() != text:
            raise CommandError("docs/access-matrix.md is out of date: manage.py render_matrix")
