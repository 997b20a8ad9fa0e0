"""The clock of ``demo_check``: a moment in a file, and every process of the run lives by it.

Only ``config.settings.demo_check`` starts with the file named. Needs time-machine, which the demo
itself and a real office never install.
"""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import time_machine
from django.http import HttpRequest, HttpResponse

from privacy import outbox

_lock = threading.Lock()
_traveller: time_machine.travel | None = None
_written = ""


def _file() -> Path:
    return Path(os.environ["DONGHANH_CLOCK_FILE"])


def write(moment: datetime) -> None:
    """From now on it is ``moment`` and later, in every process; the runner is woken to see it."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    fresh = _file().with_suffix(".new")
    fresh.write_text(moment.isoformat())
    os.replace(fresh, _file())
    outbox.wake()


def tick() -> None:
    """Follow the file: called before each request, and at each turn of the runner."""
    global _traveller, _written
    text = ""
    with suppress(FileNotFoundError):
        text = _file().read_text()
    if text == _written:
        return
    with _lock:
        if text == _written:
            return
        if _traveller is not None:
            _traveller.stop()
            _traveller = None
        if text:
            _traveller = time_machine.travel(datetime.fromisoformat(text), tick=True)
            _traveller.start()
        _written = text


def travel(moment: datetime) -> None:
    """Write the moment, and go there in this process too."""
    write(moment)
    tick()


def stop() -> None:
    """Back to the present, in this process."""
    global _traveller, _written
    with _lock:
        if _traveller is not None:
            _traveller.stop()
        _traveller, _written = None, ""


class MovingClock:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        tick()
        return self.get_response(request)
