"""The clock of ``demo_check``: a moment in a file, and every process of the run lives by it.

Only ``config.settings.demo_check`` starts with the file named. Needs time-machine, which the demo
itself and a real office never install.
"""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
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
    # With the machine's own steady clock beside it, so that processes which read the file at
    # different moments still agree on the time.
    fresh.write_text(f"{moment.isoformat()} {time.monotonic()}")
    os.replace(fresh, _file())
    outbox.wake()


def _moment(text: str) -> datetime:
    moment, _, written = text.partition(" ")
    since = time.monotonic() - float(written) if written else 0.0
    return datetime.fromisoformat(moment) + timedelta(seconds=since)


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
            _traveller = time_machine.travel(_moment(text), tick=True)
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
