"""The embedded runner: one process beside the web server, for the outbox and the periodic tasks.

Woken by a local datagram when an outbox row commits; polls every five seconds in case one is
missed. Killed at any moment it loses nothing: rows keep their lease, timers their due moment.
"""

import logging
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from privacy import outbox
from privacy.logs import event
from workflow import relay
from workflow.models import RunnerBeat

logger = logging.getLogger("workflow.runner")
POLL_SECONDS = 5.0


class Runner:
    def __init__(self, tick: Callable[[], None] | None = None) -> None:
        self.stopping = False
        self.tick = tick
        self.socket: socket.socket | None = None

    def stop(self, *_: Any) -> None:
        self.stopping = True
        outbox.wake()  # a signal alone does not end the wait for the next datagram

    def listen(self) -> socket.socket:
        path = Path(settings.RUNNER_SOCKET)
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            path.unlink()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listener.setblocking(False)
        try:
            listener.bind(str(path))
            os.chmod(path, 0o600)
        except OSError as error:
            # A folder so deep that its name does not fit into a socket's: polling does the work.
            event(logger, "runner_polls_only", level=logging.WARNING, error=type(error).__name__)
        return listener

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        with self.listen() as listener, selectors.DefaultSelector() as selector:
            selector.register(listener, selectors.EVENT_READ)
            event(logger, "runner_started", pid=os.getpid())
            while not self.stopping:
                self.once()
                if self.stopping:
                    break
                if selector.select(timeout=self.wait_seconds()):
                    with suppress(BlockingIOError):
                        while listener.recv(16):
                            pass
        with suppress(FileNotFoundError):
            Path(settings.RUNNER_SOCKET).unlink()
        event(logger, "runner_stopped", pid=os.getpid())

    def once(self) -> int:
        """Everything that is due now. An error of one part never stops the others."""
        if self.tick is not None:
            self.tick()
        close_old_connections()
        ran = 0
        try:
            self.periodic()
            while not self.stopping:
                step = relay.run_due()
                ran += step
                if not step:
                    break
        except Exception:
            event(logger, "runner_error", level=logging.ERROR)
            logger.exception("runner_error")
            time.sleep(1)
        return ran

    def wait_seconds(self) -> float:
        try:
            return 0.0 if relay.due().exists() else POLL_SECONDS
        except DatabaseError:
            return POLL_SECONDS

    def periodic(self) -> None:
        """Run each beat entry whose period has passed: once, however long we were away."""
        now = timezone.now()
        last = dict(RunnerBeat.objects.values_list("name", "last_run"))
        for name, entry in settings.CELERY_BEAT_SCHEDULE.items():
            period = timedelta(seconds=float(str(entry["schedule"])))
            before = last.get(name)
            # A clock that was set back must not stop the beat for hours.
            if before is not None and timedelta(0) <= now - before < period:
                continue
            RunnerBeat.objects.update_or_create(name=name, defaults={"last_run": now})
            try:
                current_app.tasks[str(entry["task"])].apply(throw=True)
            except Exception as error:
                event(
                    logger,
                    "periodic_failed",
                    level=logging.ERROR,
                    task=entry["task"],
                    error=type(error).__name__,
                )
