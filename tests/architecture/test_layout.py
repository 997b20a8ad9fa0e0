"""The house keeps its rooms: what stands at the top level is decided, not grown."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

ROOMS = {"config", "programme", "cases", "referrals", "workflow", "services", "privacy"}
TOP = ROOMS | {
    ".ci",
    ".editorconfig",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "docs",
    "frontend",
    "locale",
    "manage.py",
    "pyproject.toml",
    "requirements",
    "static",
    "stubs",
    "templates",
    "tests",
}
MADE_HERE = {".git", ".venv", "var", "var-anchors", "__pycache__", "node_modules"}
JUNK_DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "shared"}


def python_files():
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def test_it_keeps_the_top_level():
    found = {path.name for path in ROOT.iterdir() if not path.name.endswith("_cache")}
    assert found - MADE_HERE - {".hypothesis"} <= TOP


def test_it_has_no_junk_drawer():
    drawers = [path for path in python_files() if {path.stem, path.parent.name} & JUNK_DRAWERS]
    assert not drawers


def locked(name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", text, re.MULTILINE))


def test_it_locks_one_version_of_a_package_in_every_set():
    runtime, dev, browser = locked("runtime"), locked("dev"), locked("browser")
    assert runtime.items() <= dev.items()
    assert dev.items() <= browser.items()


def test_it_pins_every_package_by_hash():
    for name in ("runtime", "dev", "browser"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        blocks = re.split(r"\n(?=\S)", text.strip())
        assert all("--hash=sha256:" in block for block in blocks if not block.startswith("#"))


def test_it_is_free_software_by_the_whole_licence():
    licence = (ROOT / "LICENSE").read_text()
    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "AGPL-3.0-or-later"
