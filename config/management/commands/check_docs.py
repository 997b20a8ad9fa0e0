"""What the documents promise, compared with what the house has."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import get_commands
from django.core.management.base import BaseCommand, CommandError

ROOT = Path(settings.BASE_DIR)
ROOMS = ("config", "programme", "cases", "referrals", "workflow", "services", "privacy")
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def documents() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def make_targets() -> list[str]:
    return re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)


def own_commands() -> list[str]:
    return sorted(name for name, app in get_commands().items() if str(app) in ROOMS)


def states() -> Iterator[tuple[str, str]]:
    """Every state that a ``states.py`` names, with the file that names it."""
    for room in ROOMS:
        for path in [*ROOT.glob(f"{room}/states.py"), *ROOT.glob(f"{room}/states/*.py")]:
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.ClassDef) or not _is_choices(node):
                    continue
                for line in node.body:
                    if isinstance(line, ast.Assign) and (value := _first_text(line.value)):
                        yield value, str(path.relative_to(ROOT))


def _is_choices(node: ast.ClassDef) -> bool:
    """``State`` and ``PlanState`` are states; reasons and sides beside them are not."""
    return node.name.endswith("State") and any(
        ast.unparse(base).endswith(("TextChoices", "StrEnum")) for base in node.bases
    )


def _first_text(value: ast.expr) -> str:
    if isinstance(value, ast.Tuple) and value.elts:
        value = value.elts[0]
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""


def settings_read() -> set[str]:
    """The environment variables that the settings ask for."""
    asked: set[str] = set()
    for path in (ROOT / "config" / "settings").glob("*.py"):
        asked.update(re.findall(r"\benv(?:\.\w+)?\(\s*\"([A-Z_]+)\"", path.read_text()))
        asked.update(re.findall(r"environ(?:\.get\(|\[)\s*\"([A-Z_]+)\"", path.read_text()))
    return asked


def problems() -> Iterator[str]:
    readme = (ROOT / "README.md").read_text()
    for target in make_targets():
        if f"make {target}`" not in readme:
            yield f"README.md does not tell what `make {target}` does"

    commands = (ROOT / "docs" / "commands.md").read_text()
    for command in own_commands():
        if f"`{command}`" not in commands:
            yield f"docs/commands.md lacks the command `{command}`"
    listed = commands.partition("## Commands")[2].partition("\n## ")[0]
    for command in re.findall(r"^\| `(\w+)`", listed, re.MULTILINE):
        if command not in own_commands():
            yield f"docs/commands.md tells of `{command}`, which is no command"
    for variable in sorted(settings_read()):
        if f"`{variable}`" not in commands:
            yield f"docs/commands.md lacks the setting `{variable}`"

    flows = (ROOT / "docs" / "flows.md").read_text()
    for state, path in states():
        if f"`{state}`" not in flows:
            yield f"docs/flows.md lacks the state `{state}` of {path}"

    for document in documents():
        for target in LINK.findall(document.read_text()):
            if "://" in target or target.startswith("mailto:"):
                continue
            if not (document.parent / target).exists():
                yield f"{document.relative_to(ROOT)} points to {target}, which is not there"

    for config in apps.get_app_configs():
        if config.name in ROOMS and f"`{config.name}/`" not in readme:
            yield f"README.md does not name the room `{config.name}/`"


class Command(BaseCommand):
    help = "Fail when a make target, command, setting or state is undocumented or a link is dead."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(problems())
        if found:
            raise CommandError("\n".join([*found, f"{len(found)} problems in the documents"]))
        self.stdout.write(f"{len(documents())} documents agree with the house")
