"""The secret of a local instance: made once, kept in its data folder, readable by its owner."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


def local_secret(folder: Path, name: str = "secret.key", make: str = "") -> str:
    """Read it, or make it first. It appears whole or not at all, whoever else starts at the same
    time and whatever is killed."""
    path = folder / name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".{name}.{os.getpid()}"
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(make or secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return path.read_text()
