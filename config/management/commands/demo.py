"""The demonstration: prepares what is missing, then serves it until Ctrl-C."""

import http.client
import os
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connections

from config.demo import accounts, prepare, story, supervisor

READY_SECONDS = 60.0


class Command(BaseCommand):
    help = (
        "Prepares the demo's data, serves it on 127.0.0.1 with its background runner and prints "
        "the accounts. Ctrl-C ends it; the next start goes on from there."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="0 = any free port")
        parser.add_argument("--reset", action="store_true", help="clear the demo's data and end")
        parser.add_argument(
            "--cases", type=int, default=story.AT_ONCE, help="invented cases before the first page"
        )
        parser.add_argument(
            "--later", type=int, default=story.LATER, help="invented cases added by the runner"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.demo"
            os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606  (this very command)
        supervisor.stop_on_signals()
        try:
            if options["reset"]:
                self.reset()
            else:
                self.serve(options["port"], options["cases"], options["later"])
        except supervisor.Stopped:
            self.say("\nThe demo has ended. Start it again whenever you like.")

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def reset(self) -> None:
        folder = prepare.data_folder()
        if (folder / prepare.MARKER).exists():
            with supervisor.lock(folder):
                prepare.clear()
            self.say(f"Cleared {folder}.")
        elif not prepare.clear():
            self.say("There is no demo to clear.")

    def serve(self, port: int, at_once: int, later: int) -> None:
        began = time.monotonic()
        prepare.claim_folder()
        with supervisor.lock(prepare.data_folder()) as locked, supervisor.listen(port) as listener:
            self.say("Preparing the demo …")
            prepare.prepare(self.say, at_once=at_once, later=later)
            watch = supervisor.Supervisor(listener, locked, prepare.data_folder() / "logs")
            address = f"{supervisor.LOOPBACK}:{listener.getsockname()[1]}"
            watch.run(self.say, self._progress(address, began))

    def _progress(self, address: str, began: float) -> Callable[[], None]:
        """What the terminal tells while the demo runs: that it is ready, then how it fills."""
        state: dict[str, Any] = {"ready": False, "said": -1}

        def look() -> None:
            if not state["ready"]:
                if not _answers(address):
                    if time.monotonic() - began > READY_SECONDS and not state.get("slow"):
                        state["slow"] = True
                        self.say(
                            "The web server does not answer yet. Its log: "
                            f"{prepare.data_folder() / 'logs' / 'web.log'}"
                        )
                    return
                state["ready"] = True
                self.say(accounts.table(f"http://{address}/", prepare.password()))
                self.say(f"\nReady after {time.monotonic() - began:.1f} s. Ctrl-C ends the demo.")
            told, all_of_them = story.told_of()
            step = told // 30 if told < all_of_them else all_of_them
            if step != state["said"]:
                state["said"] = step
                self.say(f"Invented cases: {told} of {all_of_them}.")
            connections.close_all()

        return look


def _answers(address: str) -> bool:
    connection = http.client.HTTPConnection(address, timeout=0.5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
