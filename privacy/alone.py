"""One process at a time: the second is told. The kernel, or the database server, lets go of the
lock when its holder dies, so that nothing has to be cleared after a kill -9."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connections


class Busy(Exception):
    """Another process is doing this already."""


@contextmanager
def alone(name: str, *, database: str = "keystore") -> Iterator[None]:
    """Hold ``name`` for the whole instance, on every host that shares the database.

    :raises Busy: somebody else holds it.
    """
    if connections[database].vendor == "postgresql":
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        with connections[database].cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
            if not cursor.fetchone()[0]:
                raise Busy(name)
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [number])
        return
    # SQLite: everybody who shares the database shares this disk.
    handle = os.open(Path(settings.DATA_DIR) / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(name) from None
        yield
    finally:
        os.close(handle)
