"""The background work: outbox, timers, periodic tasks, in one process beside the web server."""

import os
import threading
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from privacy.logs import quiet_crash
from workflow.runner import Runner


class Command(BaseCommand):
    help = "Runs the background work until it is stopped (SIGTERM, Ctrl-C)."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        quiet_crash()
        tick = None
        if settings.DEMO:
            from config.demo import story

            story.listen()
        if getattr(settings, "MOVING_CLOCK", False):
            from config.demo import moving_clock

            tick = moving_clock.tick
        runner = Runner(tick)
        supervisor = os.environ.get("DONGHANH_SUPERVISOR")
        if supervisor:
            threading.Thread(target=_end_with, args=(int(supervisor), runner), daemon=True).start()
        runner.run()


def _end_with(supervisor: int, runner: Runner) -> None:
    """A runner started by a supervisor ends with it."""
    while os.getppid() == supervisor:
        time.sleep(0.5)
    runner.stop()
