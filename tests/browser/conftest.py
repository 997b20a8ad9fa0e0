"""One server, one Chromium for the whole run; every test gets people of its own."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import override_settings

from config.demo_check.journey import Journey
from config.demo_check.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.inspector import Inspector
    from tests.browser.person import BrowserPerson

# `make test` comes by without the browser's packages and leaves these tests out anyway.
if importlib.util.find_spec("playwright") is None:
    collect_ignore_glob = ["test_*.py"]

PICTURES = Path(settings.BASE_DIR) / "var" / "screenshots"
# Nothing but the page itself may use the line: these keep Chromium from talking to its makers.
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
# Toàn of the job centre also works at the clinic; nobody of the demo has two places of work.
PREPARE = """
from config.demo import prepare
from config.demo.world import World
from privacy.models import Membership
prepare.prepare(print, cases=False)
world = World.load()
there, toan = world.membership("quynh"), world.membership("toan")
Membership.objects.create(
    user=toan.user, organisation=there.organisation, team=there.team, role=there.role,
    starts_on=there.starts_on,
)
"""


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The demo with its people and no case, under a clock that can be moved, in its own process:
    the tests themselves keep to the test settings."""
    with (
        tempfile.TemporaryDirectory(prefix="donghanh-browser-") as folder,
        pytest.MonkeyPatch.context() as patch,
        override_settings(RUNNER_SOCKET=Path(folder) / "runner.sock"),
    ):
        patch.setenv("DONGHANH_DATA", folder)
        patch.setenv("DONGHANH_CLOCK_FILE", str(Path(folder) / "clock"))
        patch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.demo_check")
        subprocess.run(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", PREPARE],
            cwd=settings.BASE_DIR,
            check=True,
        )
        with Server(Path(folder), (Path(folder) / "demo.password").read_text()) as running:
            yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None:
        pytest.fail("Chromium is missing: apt-get install chromium, or set CHROMIUM=/path/to/it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pictures() -> Path:
    """What is there afterwards was made by this run."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for old in PICTURES.glob("*.png"):
        old.unlink(missing_ok=True)
    return PICTURES


@pytest.fixture(scope="session")
def _inspector(server: Server, pictures: Path) -> "Inspector":
    from tests.browser.inspector import Inspector

    return Inspector(server.base, pictures, server.folder / "server.log")


@pytest.fixture
def inspector(_inspector: "Inspector") -> Iterator["Inspector"]:
    """Whatever it found on the way fails the test at its end, all in one message."""
    yield _inspector
    found = _inspector.findings()
    if found:
        told = "\n".join(f"  {finding}" for finding in found)
        pytest.fail(f"{len(found)} findings\n{told}", pytrace=False)


@pytest.fixture
def person(
    server: Server, chromium: "Browser", inspector: "Inspector"
) -> Iterator[Callable[..., "BrowserPerson"]]:
    """``person("hanh")``: she, with a browser that was never used."""
    from tests.browser.person import BrowserPerson

    people: list[BrowserPerson] = []

    def come(name: str, *, inspected: bool = True, **how: Any) -> BrowserPerson:
        looks = inspector if inspected else None
        people.append(
            BrowserPerson(
                name, server.base, server.password, chromium, looks, wait=server.wait, **how
            )
        )
        return people[-1]

    yield come
    for one in people:
        one.close()


@pytest.fixture
def over_http(server: Server) -> Journey:
    """What must be there before the screen matters, done without one."""
    return Journey(
        server,
        server.person,
        "what was there before",
        looks=False,
    )
