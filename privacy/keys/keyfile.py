"""One key file: whole or not at all, and able to say what is wrong with it.

    magic(4) installation(16) made at(8, unix seconds) payload checksum(16)

The checksum (SHA-256 over everything before it and the file's name) tells a damaged or renamed
file from one of another installation. It protects nothing: whoever may write here holds the keys.
"""

import errno
import hashlib
import os
import struct
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from privacy.keys.trouble import KeyringUnavailable, Trouble

MAGIC = b"DHK1"
HEAD = struct.Struct(">4s16sQ")
SUM_BYTES = 16
FULL = {errno.ENOSPC, errno.EDQUOT}


class KeyFile(NamedTuple):
    installation: UUID
    made_at: int
    payload: bytes


def _sum(name: str, body: bytes) -> bytes:
    return hashlib.sha256(body + name.encode()).digest()[:SUM_BYTES]


def read(folder: Path, name: str, length: int, *, stored_as: str = "") -> KeyFile:
    """``length`` bytes of payload. ``stored_as``: where it lies, when it was set aside.

    :raises KeyringUnavailable: MISSING, UNREADABLE or DAMAGED.
    """
    try:
        content = (folder / (stored_as or name)).read_bytes()
    except FileNotFoundError:
        raise KeyringUnavailable(f"{name} is missing.", code=Trouble.MISSING) from None
    except OSError:
        raise KeyringUnavailable(f"{name} cannot be read.", code=Trouble.UNREADABLE) from None
    body, found = content[:-SUM_BYTES], content[-SUM_BYTES:]
    whole = len(body) == HEAD.size + length and body.startswith(MAGIC) and found == _sum(name, body)
    if not whole:
        raise KeyringUnavailable(f"{name} is damaged.", code=Trouble.DAMAGED)
    _, installation, made_at = HEAD.unpack_from(body)
    return KeyFile(UUID(bytes=installation), int(made_at), body[HEAD.size :])


def write(folder: Path, name: str, file: KeyFile) -> None:
    """Appears whole or not at all, whatever is killed and however full the disk is.

    :raises KeyringUnavailable: DISK_FULL or UNREADABLE; what was there before is untouched.
    """
    body = HEAD.pack(MAGIC, file.installation.bytes, file.made_at) + file.payload
    fresh = folder / f"{name}.new"
    try:
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(body + _sum(name, body))
            out.flush()
            os.fsync(out.fileno())
        os.replace(fresh, folder / name)
        sync(folder)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        code = Trouble.DISK_FULL if error.errno in FULL else Trouble.UNREADABLE
        word = "the disk is full" if code is Trouble.DISK_FULL else "the folder refuses it"
        raise KeyringUnavailable(f"{name} was not written: {word}.", code=code) from None


def overwrite(path: Path) -> None:
    """Random bytes over what stood there, then gone. On a copying file system or a worn disk an
    older block may survive: docs/keys.md says what that means."""
    with suppress(FileNotFoundError):
        size = path.stat().st_size
        with open(path, "r+b") as out:
            out.write(os.urandom(size))
            out.flush()
            os.fsync(out.fileno())
        path.unlink()
    sync(path.parent)


def sync(folder: Path) -> None:
    """A new, renamed or deleted name survives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
