"""``manage.py bench``: measures what README promises; writes var/bench.json, prints the table."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

INSIDE = "DONGHANH_BENCH"


class Command(BaseCommand):
    help = "Measure the promised figures against baselines of the same run (writes var/bench.json)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--items", type=int, default=100_000, help="waiting steps in the scene")

    def handle(self, *args: Any, **options: Any) -> None:
        if INSIDE not in os.environ:
            sys.exit(self._in_own_folder(options["items"]))
        self._measure(options["items"], Path(os.environ[INSIDE]))

    def _in_own_folder(self, items: int) -> int:
        """Settings read the data folder once, so the measuring runs in a process of its own."""
        with tempfile.TemporaryDirectory(prefix="donghanh-bench-") as folder:
            environment = {
                **os.environ,
                "DONGHANH_DATA": folder,
                "DONGHANH_ANCHORS": str(Path(folder) / "anchors"),
                "DJANGO_SETTINGS_MODULE": "config.settings.dev",
                INSIDE: str(settings.BASE_DIR / "var" / "bench.json"),
            }
            command = [sys.executable, "manage.py", "bench", "--items", str(items)]
            return subprocess.run(  # noqa: S603  (our own command)
                command, cwd=settings.BASE_DIR, env=environment, check=False
            ).returncode

    def _measure(self, items: int, target: Path) -> None:
        import logging

        from config.bench import access, audit, figures, keys, scene, search, worklist

        logging.disable(logging.INFO)
        settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
        self.stdout.write("preparing the scene …")
        stage = scene.prepare()
        found = access.access_figures(stage) + worklist.page_figures(stage)
        self.stdout.write(f"adding {items:,} waiting steps …")
        found += worklist.selector_figures(items)
        self.stdout.write("eight writers at once …")
        found += audit.figures(stage.worker)
        self.stdout.write("sealing, opening and re-wrapping …")
        found += keys.list_figures(stage) + keys.reading_figures() + keys.writing_figures()
        found += keys.rotation_figures()
        self.stdout.write("looking for people …")
        found += search.name_figures()
        found += search.phone_figures()
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(
            json.dumps([figure.row() for figure in found], indent=2, ensure_ascii=False)
        )
        self.stdout.write(figures.table(found))
        if not all(figure.ok for figure in found):
            sys.exit(1)
