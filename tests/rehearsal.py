"""Life stages told once and put back: the suite stays quick enough to run all the time.

``@rehearsed`` on a factory: the first time it is called at a point of a story it runs, through the
actions as people take them, and the rows that it changed are kept; the next test that calls it at
the same point gets those rows. A point is known only while nothing else has written since, so a
test that did something of its own always runs the real thing.
"""

import time
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import time_machine
from django.db import connections, models
from django.utils import timezone

from privacy import keys

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

Key = tuple[Hashable, ...]
Rows = dict[tuple[str, str], dict[int, tuple[Any, ...]]]
"""(database, table) → rowid → row."""

ALIASES = ("default", "keystore", "audit")
_told: dict[Key, tuple[list[tuple[str, list[tuple[Any, ...]]]], Any]] = {}


class Point:
    """Where the story of one test stands; ``at`` is None once it is nobody else's story."""

    def __init__(self) -> None:
        # Putting rows back is SQLite's: on another database every story is told.
        self.at: Key | None = () if connections["default"].vendor == "sqlite" else None
        self.writes = _writes()

    def key(self, step: Key | None) -> Key | None:
        """The name of this step told from here; None when it has to be told for this test alone."""
        if self.at is None or self.writes != _writes() or step is None or _clock_was_moved():
            self.at = None
        return None if self.at is None or step is None else (*self.at, step)

    def leave(self) -> None:
        """What follows happens in a world of this test's own making."""
        self.at = None

    def reach(self, key: Key) -> None:
        self.at, self.writes = key, _writes()


def rehearsed(factory: Callable[P, R]) -> Callable[P, R]:
    """For a factory that takes the cast first and returns one record."""

    @wraps(factory)
    def tell(*args: P.args, **kwargs: P.kwargs) -> R:
        cast: Any = args[0]

        def told() -> tuple[Any, Any]:
            made: Any = factory(*args, **kwargs)
            return type(made), made.pk

        model, pk = retold(
            cast.point, _step(f"{factory.__module__}.{factory.__name__}", args[1:], kwargs), told
        )
        found: R = model._default_manager.get(pk=pk)
        return found

    return tell


def retold(point: Point, step: Key | None, tell: Callable[[], T]) -> T:
    """What ``tell`` answers; it runs, or what it wrote the first time is put back."""
    key = point.key(step)
    if key is None:
        return tell()
    if key not in _told:
        before = _rows()
        with keys.fresh_ring():
            answer = tell()
        _told[key] = (_difference(before, _rows()), answer)
    else:
        for alias, statements in _told[key][0]:
            with connections[alias].cursor() as cursor:
                for sql, rows in statements:
                    cursor.executemany(sql, rows)
    point.reach(key)
    told: T = _told[key][1]
    return told


def _writes() -> tuple[int, ...]:
    if connections["default"].vendor != "sqlite":
        return ()
    return tuple(connections[alias].connection.total_changes for alias in ALIASES)


def _clock_was_moved() -> bool:
    away = abs(timezone.now().timestamp() - time.time())
    return time_machine.escape_hatch.is_travelling() or away > 5


def _step(name: str, args: Any, kwargs: dict[str, Any]) -> Key | None:
    try:
        return (name, _plain(list(args)), _plain(kwargs))
    except TypeError:
        return None


def _plain(value: Any) -> Hashable:
    """What an argument is, for comparing.

    :raises TypeError: it is nothing that can be compared.
    """
    match value:
        case models.Model() if value.pk:
            return (value._meta.label, value.pk)
        case None | str() | int() | float():
            return (type(value).__name__, value)
        case list() | tuple():
            return tuple(_plain(item) for item in value)
        case dict():
            return tuple((key, _plain(item)) for key, item in value.items())
    raise TypeError(type(value).__name__)


def _rows() -> Rows:
    found: Rows = {}
    for alias in ALIASES:
        with connections[alias].cursor() as cursor:
            # Counters of row numbers follow the rows by themselves.
            cursor.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'sqlite_sequence'"
            )
            for (table,) in cursor.fetchall():
                cursor.execute(f'SELECT rowid, * FROM "{table}"')  # noqa: S608
                found[alias, table] = {row[0]: row[1:] for row in cursor.fetchall()}
    return found


def _difference(before: Rows, after: Rows) -> Any:
    statements: dict[str, list[Any]] = {alias: [] for alias in ALIASES}
    for (alias, table), now in after.items():
        then = before.get((alias, table), {})
        gone = [(rowid,) for rowid, row in then.items() if now.get(rowid) != row]
        new = [(rowid, *row) for rowid, row in now.items() if then.get(rowid) != row]
        if gone:
            statements[alias].append((f'DELETE FROM "{table}" WHERE rowid = %s', gone))  # noqa: S608
        if new:
            with connections[alias].cursor() as cursor:
                cursor.execute(f'SELECT * FROM "{table}" LIMIT 0')  # noqa: S608
                names = ", ".join(f'"{column[0]}"' for column in cursor.description)
            marks = ", ".join(["%s"] * len(new[0]))
            sql = f'INSERT INTO "{table}" (rowid, {names}) VALUES ({marks})'  # noqa: S608
            statements[alias].append((sql, new))
    return list(statements.items())
