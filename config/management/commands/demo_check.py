"""``manage.py demo_check``: the five journeys over HTTP, a year long, each role looking on."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

INSIDE = "DONGHANH_DEMO_CHECK"


class Command(BaseCommand):
    help = "Drive the five journeys over HTTP against a fresh demo; non-zero on any surprise."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only", help="one story, by the client's alias")

    def handle(self, *args: Any, **options: Any) -> None:
        if INSIDE not in os.environ:
            sys.exit(self._in_own_folder(options["only"]))
        sys.exit(self._run(options["only"]))

    def _in_own_folder(self, only: str | None) -> int:
        """Settings read the data folder once, so the run has a process of its own."""
        with tempfile.TemporaryDirectory(prefix="donghanh-check-") as folder:
            environment = {
                **os.environ,
                "DONGHANH_DATA": folder,
                "DONGHANH_ANCHORS": str(Path(folder) / "anchors"),
                "DONGHANH_CLOCK_FILE": str(Path(folder) / "clock"),
                "DJANGO_SETTINGS_MODULE": "config.settings.demo_check",
                INSIDE: "1",
            }
            command = [sys.executable, "manage.py", "demo_check"]
            return subprocess.run(  # noqa: S603  (our own command)
                [*command, *(["--only", only] if only else [])],
                cwd=settings.BASE_DIR,
                env=environment,
                check=False,
            ).returncode

    def _run(self, only: str | None) -> int:
        import logging

        from config.demo import prepare
        from config.demo_check.journey import Journey
        from config.demo_check.people import Surprise
        from config.demo_check.server import Server
        from config.demo_check.stories import STORIES

        logging.disable(logging.INFO)
        began = time.monotonic()
        prepare.prepare(self.stdout.write, cases=False)
        surprises = checks = 0
        with Server(Path(settings.DATA_DIR), prepare.password()) as server:
            for alias, story in STORIES.items():
                if only and only != alias:
                    continue
                journey = Journey(
                    server,
                    server.person,
                    (story.__doc__ or alias).strip().splitlines()[0],
                )
                try:
                    story(journey)
                except Surprise:
                    surprises += 1
                self._print(journey)
                checks += journey.checks
            surprises += self._server_errors(Path(settings.DATA_DIR) / "server.log")
        seconds = time.monotonic() - began
        self.stdout.write(f"{checks} checks, {surprises} surprises, {seconds:.0f} s")
        return 1 if surprises else 0

    def _print(self, journey: Any) -> None:
        self.stdout.write(f"\n{journey.title}")
        for row in journey.rows:
            mark = "!!" if row.surprise else "ok"
            self.stdout.write(f"  {row.number:>2} {mark} {row.who:<7} {row.what} [{row.checks}]")
            self.stdout.write(f"            seen by – {row.seen_by or 'nobody'}")
            if row.surprise:
                self.stdout.write(f"            SURPRISE: {row.surprise}")

    def _server_errors(self, log: Path) -> int:
        """A page may look right while something broke behind it."""
        bad = [line for line in log.read_text().splitlines() if '"level": "error"' in line]
        for line in bad[:10]:
            self.stdout.write(f"server error: {line}")
        return len(bad)
