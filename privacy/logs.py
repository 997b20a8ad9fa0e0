"""Logs carry ids, codes and numbers. Whatever else a library wants to say stays out.

Our own code logs an event name and keyword facts whose names are on the list; other loggers'
messages are reduced to their level and logger name, exceptions to class and place in the code.
"""

import json
import logging
import re
import sys
import threading
import traceback
from typing import Any

from django.utils import timezone
from django.views.debug import SafeExceptionReporterFilter

ALLOWED = frozenset(
    [
        "method",
        "view",
        "status",
        "ms",
        "request",
        "user",
        "membership",
        "task",
        "kind",
        "row",
        "attempts",
        "error",
        "count",
        "outcome",
        "port",
        "pid",
        "fired",
        "flow",
        "step",
        "process",
    ]
)
SAFE_VALUE = re.compile(r"[A-Za-z0-9_.:<>/-]{0,80}")
OURS = ("privacy", "services", "workflow", "referrals", "cases", "programme", "config")
# The name of an event, written by us in the code; anything else may quote somebody.
EVENT = re.compile(r"[a-z][a-z0-9_.]{0,60}")
WITHHELD = "message withheld"


def event(logger: logging.Logger, name: str, *, level: int = logging.INFO, **facts: Any) -> None:
    """Log one event of ours. Facts whose name is not on the list, or whose value is not an id,
    a code or a number, are replaced."""
    logger.log(
        level, name, extra={"facts": {key: safe(key, value) for key, value in facts.items()}}
    )


def safe(key: str, value: Any) -> Any:
    if key not in ALLOWED:
        return "redacted"
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    return text if SAFE_VALUE.fullmatch(text) else "redacted"


class IdsOnly(logging.Filter):
    """Of our loggers the event's name and the facts on the list stay; of others nothing but who
    said it and how loud."""

    def filter(self, record: logging.LogRecord) -> bool:
        ours = record.name.split(".")[0] in OURS
        known = isinstance(record.msg, str) and EVENT.fullmatch(record.msg)
        if not (ours and known):
            record.msg = WITHHELD
        record.args = ()
        facts = getattr(record, "facts", None)
        if facts is not None:
            record.facts = {key: safe(key, value) for key, value in facts.items()} if ours else {}
        return True


class Line(logging.Formatter):
    """One JSON object a line. Of an exception only its class and where it was raised."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": timezone.now().isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line.update(getattr(record, "facts", {}))
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            frames = traceback.extract_tb(error.__traceback__)
            line["error"] = type(error).__name__
            line["place"] = [
                f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno}" for frame in frames
            ][-6:]
        return json.dumps(line)


class NothingReported(SafeExceptionReporterFilter):
    """Error reports show no locals, no form fields, no settings."""

    def is_active(self, request: Any) -> bool:
        return True

    def get_post_parameters(self, request: Any) -> dict[str, str]:
        return {}

    def get_traceback_frame_variables(self, request: Any, tb_frame: Any) -> Any:
        return []


def request_failed(request: Any = None, **_: Any) -> None:
    """An error of ours that no page expected (signal ``got_request_exception``): its class and
    where it was raised, nothing of what was asked."""
    logging.getLogger("privacy.request").error("request_failed", exc_info=True)


def quiet_crash() -> None:
    """For processes of ours: an uncaught error prints its class, never its message."""

    def hook(kind: type[BaseException], error: BaseException, tb: Any) -> None:
        logging.getLogger("config.crash").critical("crash", exc_info=(kind, error, tb))

    def thread_hook(crash: threading.ExceptHookArgs) -> None:
        if crash.exc_value is not None:
            hook(crash.exc_type, crash.exc_value, crash.exc_traceback)

    sys.excepthook = hook
    threading.excepthook = thread_hook
