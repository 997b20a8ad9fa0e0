"""One process that watches over the web server and the runner, and ends them when it ends.

Children live in process groups of their own, so that Ctrl-C reaches this process alone and it can
stop them in order; should it be killed, they notice and end by themselves. They share its lock
file, so the next start knows when the last of them is gone.
"""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management import CommandError

LOOPBACK = "127.0.0.1"
STOP_SECONDS = 15.0
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
LOG_BYTES = 5_000_000


class Stopped(Exception):
    """Somebody asked us to end."""


def stop_on_signals() -> None:
    def stop(number: int, frame: Any) -> None:
        raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def lock(folder: Path, wait: float = 20.0) -> IO[str]:
    """One demo per folder. Children of a killed one get a moment to end."""
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / "demo.lock").open("a+")
    until = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip()
            if _lives(owner):
                raise CommandError(
                    f"The demo runs already (process {owner}). Stop that one first."
                ) from None
            if time.monotonic() > until:
                raise CommandError(
                    "Processes of an earlier demo are still ending. Try again in a moment."
                ) from None
            time.sleep(0.2)
    file.seek(0)
    file.truncate()
    file.write(str(os.getpid()))
    file.flush()
    return file


def _lives(process: str) -> bool:
    if not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def listen(port: int) -> socket.socket:
    """The web server's socket, held here: a restarted server finds its callers still waiting."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise CommandError(
            f"Port {port} cannot be used ({getattr(error, 'strerror', None) or error}). "
            "Choose another: .venv/bin/python manage.py demo --port 8001"
        ) from None
    listener.listen(128)
    return listener


class Child:
    """One process that should be there; started again when it ends, later and later."""

    def __init__(
        self, name: str, command: list[str], log: Path, keep_open: tuple[int, ...]
    ) -> None:
        self.name, self.command, self.log, self.keep_open = name, command, log, keep_open
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.pause = 0.5
        self.not_before = 0.0

    def start(self) -> None:
        self.log.parent.mkdir(exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603  (our own command, no shell)
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=self.keep_open,
                cwd=settings.BASE_DIR,
                env={**os.environ, "DONGHANH_SUPERVISOR": str(os.getpid())},
            )
        self.started = time.monotonic()

    def look_after(self, say: Callable[[str], None]) -> None:
        now = time.monotonic()
        if self.process is None:
            if now >= self.not_before:
                self.start()
            return
        code = self.process.poll()
        if code is None:
            return
        self._kill_group()
        if now - self.started > STEADY_SECONDS:
            self.pause = 0.5
        say(
            f"The {self.name} ended (code {code}); it starts again in {self.pause:.1f} s. "
            f"Its log: {self.log}"
        )
        self.process = None
        self.not_before = now + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE)

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self, until: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._kill_group()
            self.process.wait()
        self._kill_group()

    def _kill_group(self) -> None:
        """Workers of a server that was killed would go on for a moment."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                return


class Supervisor:
    def __init__(self, listener: socket.socket, locked: IO[str], logs: Path) -> None:
        keep = (listener.fileno(), locked.fileno())
        python = sys.executable
        self.children = [
            Child(
                "web server",
                [
                    python,
                    "-m",
                    "gunicorn",
                    "--config",
                    "config/gunicorn.py",
                    "--bind",
                    f"fd://{listener.fileno()}",
                ],
                logs / "web.log",
                keep,
            ),
            Child("runner", [python, "manage.py", "runner"], logs / "runner.log", keep[1:]),
        ]

    def run(self, say: Callable[[str], None], look: Callable[[], None]) -> None:
        """Until ``Stopped``; ``look`` is called about once a second."""
        try:
            for child in self.children:
                child.start()
            turn = 0
            while True:
                for child in self.children:
                    child.look_after(say)
                if turn % 4 == 0:
                    look()
                turn += 1
                time.sleep(0.25)
        finally:
            self.stop()

    def stop(self) -> None:
        # A second Ctrl-C must not leave children behind.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for child in self.children:
            child.ask_to_stop()
        until = time.monotonic() + STOP_SECONDS
        for child in self.children:
            child.wait(until)
