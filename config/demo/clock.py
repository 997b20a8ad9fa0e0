"""A clock that can be moved, for telling what happened in the past.

Every room asks ``django.utils.timezone.now`` for the time, as a function, as a model default or by
name; that function asks the ``datetime`` of its own module. While the demo tells a case, that name
stands for a class whose ``now`` runs from another moment, in the telling thread only. Nothing
outside this package does this, and no server process ever runs under it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta, tzinfo
from unittest import mock

from django.utils import timezone

_ahead: ContextVar[timedelta] = ContextVar("demo_clock", default=timedelta(0))


class _AnyDatetime(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, datetime)


class _Moved(datetime, metaclass=_AnyDatetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + _ahead.get()


class Clock:
    """Runs on from wherever it is set."""

    def set(self, moment: datetime) -> None:
        _ahead.set(moment - datetime.now(moment.tzinfo))


@contextmanager
def at(moment: datetime) -> Iterator[Clock]:
    """Inside, it is ``moment`` and later; the clock handed out can be set again."""
    clock = Clock()
    token = _ahead.set(timedelta(0))
    try:
        with mock.patch.object(timezone, "datetime", _Moved):
            clock.set(moment)
            yield clock
    finally:
        _ahead.reset(token)
