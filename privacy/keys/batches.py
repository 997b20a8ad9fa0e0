"""What the long commands share: a way to report, and a clean stop when the disk is full."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError

from privacy.keys.trouble import KeyringUnavailable

KEY_WORK = "keys"
"""Name of the lock: rotation, re-sealing and the end of an epoch never run side by side."""

Report = Callable[[int, int], None]
"""Called after every committed batch with (done, of)."""


def silent(done: int, total: int) -> None:
    pass


class Stopped(Exception):
    """The database or the keyring refused to go on. What was done stays done, the rest is as it
    was, and the same command goes on from there."""


@contextmanager
def clean_stop() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        text = str(error).lower()
        why = "the disk is full" if "full" in text or "no space" in text else type(error).__name__
        raise Stopped(f"The database refused to go on: {why}.") from error
    except KeyringUnavailable as error:
        raise Stopped(f"The keyring refused to go on: {error}") from error


def binary_of(connection: Any) -> Callable[[bytes], Any]:
    """How this database's driver takes bytes."""
    wrap: Callable[[bytes], Any] = connection.Database.Binary
    return wrap
