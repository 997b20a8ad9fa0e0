"""Logs carry ids, codes and numbers. Whatever else a library wants to say stays out.

Our own code logs an event name and keyword facts whose names are on the list; other loggers'
messages are reduced to their level and logger name, exceptions to class and place in the code.
"""

import json
import logging
import re
import sys
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
OPEN_LOGGERS = ("gunicorn", "django.server", "py.warnings")


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
    def filter(self, record: logging.LogRecord) -> bool:
        root = record.name.split(".")[0]
        if root not in OURS and not record.name.startswith(OPEN_LOGGERS):
            record.msg, record.args = "library message withheld", ()
        elif root in OURS and not hasattr(record, "facts"):
            record.args = ()
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


def quiet_crash() -> None:
    """For processes of ours: an uncaught error prints its class, never its message."""

    def hook(kind: type[BaseException], error: BaseException, tb: Any) -> None:
        logging.getLogger("config.crash").critical("crash", exc_info=(kind, error, tb))

    sys.excepthook = hook
