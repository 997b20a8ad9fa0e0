"""A server of our own for one run: fresh folder, free port, web and runner, a clock that moves."""

import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings

from config.demo import moving_clock
from config.demo_check.people import Person, Surprise


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """Runs under the settings and the data folder of this process."""

    def __init__(self, folder: Path, password: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.password = password
        self.ahead = timedelta(0)
        self.children: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        log = (self.folder / "server.log").open("ab")
        address = f"127.0.0.1:{self.port}"
        commands = [
            [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "--bind", address],
            [sys.executable, "manage.py", "runner"],
        ]
        for command in commands:
            self.children.append(
                subprocess.Popen(  # noqa: S603  (our own commands)
                    command,
                    cwd=settings.BASE_DIR,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    env=dict(os.environ),
                )
            )
        self.wait_until_ready()

    def wait_until_ready(self, timeout: float = 40) -> None:
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            try:
                with urlopen(f"{self.base}/readyz", timeout=2) as answer:  # noqa: S310  (loopback)
                    if answer.status == 200:
                        return
            except (URLError, OSError):
                time.sleep(0.1)
        raise Surprise(f"the server did not start; see {self.folder}/server.log")

    def kill(self) -> None:
        """As the power cut does it."""
        for child in self.children:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        self.children.clear()

    def stop(self) -> None:
        for child in self.children:
            child.terminate()
        for child in self.children:
            try:
                child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        self.children.clear()

    def person(self, name: str) -> Person:
        """Somebody with a browser of her own, whose waiting costs no time."""
        return Person(name, self.base, self.password, self.wait)

    # -- the clock

    def wait(self, seconds: int) -> None:
        self.jump(seconds=seconds)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def jump(self, **delta: float) -> None:
        """Let time pass for web and runner alike."""
        self.ahead += timedelta(**delta)
        moving_clock.write(self.now())
