"""One archive: payload, manifest, checksum, seal. Knows no database.

BackupError
├── Unfit       the folder, the archive or the passphrase cannot be used
├── Damaged     checksum, size or seal do not fit: nothing of it is used
└── TooOld      a copy of the key store past its time: it would bring erased files back
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from privacy import crypto, retention

FORMAT = 1
MANIFEST = "manifest.json"
NAMES = {"default": "data", "keystore": "keystore", "audit": "audit"}
ALIASES = {name: alias for alias, name in NAMES.items()}
STAMP = "%Y%m%dT%H%M%SZ"
ARCHIVE = re.compile(r"(data|keystore|audit)-(\d{8}T\d{6}Z)")
BLOCK = 1024 * 1024


class BackupError(Exception):
    """Base; the message is for the person at the terminal and names paths and counts only."""


class Unfit(BackupError):
    pass


class Damaged(BackupError):
    pass


class TooOld(BackupError):
    pass


@dataclass
class Manifest:
    """What an archive holds. Counts, versions and sums; no word of a person."""

    name: str
    made_at: str
    engine: str
    payload: str
    size: int = 0
    sha256: str = ""
    salt: str = ""
    format: int = FORMAT
    version: str = ""
    migrations: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def alias(self) -> str:
        return ALIASES[self.name]

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.made_at)

    @property
    def context(self) -> bytes:
        """Bound into the seal: an archive renamed to another database or day does not open."""
        return f"donghanh-backup:{self.format}:{self.name}:{self.made_at}:{self.engine}".encode()


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def passphrase_from(path: str) -> bytes:
    try:
        text = Path(path).read_bytes().strip()
    except OSError:
        raise Unfit(f"{path} cannot be read.") from None
    if len(text) < 12:
        raise Unfit("A passphrase of a backup has at least 12 characters.")
    return text


def apart(folders: dict[str, Path]) -> None:
    """Keys never lie with what they open: neither in one folder nor one inside the other."""
    places = [(name, folder.resolve()) for name, folder in folders.items()]
    for index, (name, folder) in enumerate(places):
        for other, place in places[index + 1 :]:
            if folder == place or folder in place.parents or place in folder.parents:
                raise Unfit(f"{name} and {other} need folders of their own, on media of their own.")


@contextmanager
def fresh(folder: Path, name: str, moment: datetime) -> Iterator[tuple[Path, Path]]:
    """(a folder to write into, where it will stand); whole or not at all, never over another."""
    final = folder / f"{name}-{moment.strftime(STAMP)}"
    part = folder / f".{final.name}.{os.getpid()}.part"
    if final.exists():
        raise Unfit(f"{final} is there already; a backup is never written over.")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part.mkdir(mode=0o700)
        yield part, final
        _settle(part)
        os.rename(part, final)
        _sync(folder)
    except OSError as error:
        raise Unfit(f"{folder} cannot be written: {error.strerror or error}.") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _settle(folder: Path) -> None:
    for path in folder.iterdir():
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write(part: Path, manifest: Manifest, passphrase: bytes | None) -> None:
    """Seal the payload if there is a passphrase, then write the manifest over what is there."""
    payload = part / manifest.payload
    if passphrase is not None:
        salt = crypto.new_salt()
        key = crypto.passphrase_key(passphrase, salt)
        sealed = part / f"{manifest.payload}.sealed"
        with payload.open("rb") as source, sealed.open("wb") as target:
            crypto.seal_file(source, target, key, manifest.context)
        payload.unlink()
        manifest.payload, manifest.salt, payload = sealed.name, salt.hex(), sealed
    payload.chmod(0o600)
    manifest.size, manifest.sha256 = payload.stat().st_size, sha256_of(payload)
    (part / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")


def read(folder: Path) -> Manifest:
    """The manifest of an archive whose payload is whole.

    :raises Unfit: no archive of ours. :raises Damaged: something was changed, lost or added.
    """
    try:
        raw: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(**raw)
    except OSError:
        raise Unfit(f"{folder} holds no backup.") from None
    except (ValueError, TypeError):
        raise Damaged(f"The manifest in {folder} cannot be read.") from None
    if manifest.format != FORMAT or manifest.name not in ALIASES:
        raise Unfit(f"{folder} was made by another version.")
    payload = folder / manifest.payload
    if Path(manifest.payload).name != manifest.payload or not payload.is_file():
        raise Damaged(f"The payload in {folder} is missing.")
    if payload.stat().st_size != manifest.size or sha256_of(payload) != manifest.sha256:
        raise Damaged(f"The payload in {folder} does not fit its checksum.")
    return manifest


def open_payload(folder: Path, manifest: Manifest, passphrase: bytes | None, into: Path) -> Path:
    """The payload in the clear, inside ``into`` (made by the caller, 0700)."""
    payload = folder / manifest.payload
    target = into / manifest.payload.removesuffix(".sealed")
    if not manifest.salt:
        shutil.copyfile(payload, target)
        target.chmod(0o600)
        return target
    if passphrase is None:
        raise Unfit("This backup is sealed: name its --passphrase-file.")
    key = crypto.passphrase_key(passphrase, bytes.fromhex(manifest.salt))
    try:
        with payload.open("rb") as source, target.open("wb") as clear:
            crypto.open_file(source, clear, key, manifest.context)
    except crypto.CryptoError:
        target.unlink(missing_ok=True)
        raise Damaged("The passphrase is another one, or the backup was changed.") from None
    target.chmod(0o600)
    return target


# -- the stock of copies of the key store


def refuse_old(manifest: Manifest) -> None:
    """A copy of the key store past its time would bring back what was erased since."""
    if manifest.name != "keystore":
        return
    rule = retention.schedule().rule("backup.keystore")
    if manifest.moment < rule.cut_off():
        raise TooOld(
            f"This copy of the key store is older than {rule.amount} {rule.unit} "
            f"({rule.source}). It is not restored."
        )


def prune(folder: Path) -> list[str]:
    """Drop copies of the key store whose time is over, and parts that a kill left; their names."""
    gone = []
    cut_off = retention.schedule().rule("backup.keystore").cut_off()
    for path in sorted(folder.glob("keystore-*")):
        found = ARCHIVE.fullmatch(path.name)
        if not found:
            continue
        made = datetime.strptime(found[2], STAMP).replace(tzinfo=UTC)
        if made < cut_off:
            shutil.rmtree(path)
            gone.append(path.name)
    for path in folder.glob(".*.part"):
        pid = path.name.rsplit(".", 2)[1]
        if not (pid.isdigit() and Path(f"/proc/{pid}").exists()):
            shutil.rmtree(path)
    return gone
