"""Data keys: made with their owner, wrapped in the key store, open for one request at most.

    root key (file, 0600) → key-encryption key per compartment and epoch (file) → data key (row)

A data key (32 bytes) belongs to one owner (case, lead, packet, provider entries, user) and one
compartment. Rows live in the database ``keystore``, with a backup policy of its own. They commit
*before* the row that uses them: an orphan key is harmless.

    KeyringUnavailable   no provider, or it does not answer: screens lock, nothing is guessed
    KeyMissing           no key row for this owner and compartment (erased, or never made)
"""

import fcntl
import os
import re
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import NamedTuple, Protocol
from uuid import UUID

from django.conf import settings

from privacy import crypto
from privacy.compartments import BYTES, Compartment

KEK_CACHE_SECONDS = 300
# What a key row may name: anything else would be a path that somebody planted.
KEK_ID = re.compile(r"[a-z]{1,20}\.[0-9]{1,6}")


class KeyringUnavailable(Exception):
    """The key provider does not answer. Never a reason to make a fresh key."""


class KeyMissing(Exception):
    """There is no key for this owner and compartment."""


class WrappedKey(NamedTuple):
    kek: str
    wrapped: bytes
    context: bytes


class KeyProvider(Protocol):
    """What a keyring must do; a Vault or a cloud KMS fits behind the same four verbs."""

    def current(self, compartment: Compartment) -> str:
        """Id of the key-encryption key that new data keys are wrapped with."""

    def wrap(self, kek: str, raw: bytes, context: bytes) -> bytes: ...

    def unwrap_many(self, items: list[WrappedKey]) -> list[bytes | None]:
        """One call for a whole page; ``None`` where a key does not open."""

    def index_root(self) -> bytes:
        """Root of the blind indexes."""


class FileKeyring:
    """Keys in a folder, each file 0600: ``root.key``, ``index.key`` and one file per epoch key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._cache: dict[str, tuple[float, bytes]] = {}
        self._lock = threading.Lock()

    @classmethod
    def create(cls, folder: Path) -> "FileKeyring":
        """A new keyring in an empty folder. Refuses to touch a folder that holds one."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        handle = os.open(folder, os.O_RDONLY)
        try:
            # Two commands at once: the second waits, then finds a keyring and refuses.
            fcntl.flock(handle, fcntl.LOCK_EX)
            if (folder / "root.key").exists():
                raise FileExistsError("this folder holds a keyring already")
            ring = cls(folder)
            # The epoch keys first, the root last: a folder with a root key is a whole keyring.
            root = crypto.new_key()
            for compartment in BYTES:
                kek_id = f"{compartment.value}.1"
                ring._write(f"{kek_id}.kek", crypto.wrap(root, crypto.new_key(), kek_id.encode()))
            ring._write("index.key", crypto.new_key())
            ring._write("root.key", root)
            return ring
        finally:
            os.close(handle)

    def complete(self) -> list[str]:
        """First epoch keys for compartments that this keyring is too old to know; ids of those
        made. Nothing that is there is touched."""
        root = self._read("root.key")
        made = []
        for compartment in BYTES:
            if not any(self.folder.glob(f"{compartment.value}.*")):
                kek_id = f"{compartment.value}.1"
                self._write(f"{kek_id}.kek", crypto.wrap(root, crypto.new_key(), kek_id.encode()))
                made.append(kek_id)
        return made

    def _write(self, name: str, content: bytes) -> None:
        """Whole or not at all, whatever is killed."""
        fresh = self.folder / f"{name}.new"
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, self.folder / name)

    def _read(self, name: str) -> bytes:
        try:
            return (self.folder / name).read_bytes()
        except OSError:
            raise KeyringUnavailable("the keyring cannot be read") from None

    def current(self, compartment: Compartment) -> str:
        names = [path.stem for path in self.folder.glob(f"{compartment.value}.*.kek")]
        epochs = [int(name.rpartition(".")[2]) for name in names if KEK_ID.fullmatch(name)]
        if not epochs:
            raise KeyringUnavailable("the keyring holds no key for this compartment")
        return f"{compartment.value}.{max(epochs)}"

    def _kek(self, kek_id: str) -> bytes:
        with self._lock:
            cached = self._cache.get(kek_id)
            if cached and cached[0] > time.monotonic():
                return cached[1]
            try:
                kek = crypto.unwrap(
                    self._read("root.key"), self._read(f"{kek_id}.kek"), kek_id.encode()
                )
            except crypto.CryptoError:
                raise KeyringUnavailable("the keyring does not fit its root key") from None
            self._cache[kek_id] = (time.monotonic() + KEK_CACHE_SECONDS, kek)
            return kek

    def wrap(self, kek: str, raw: bytes, context: bytes) -> bytes:
        return crypto.wrap(self._kek(kek), raw, context)

    def _has(self, kek_id: str) -> bool:
        return bool(KEK_ID.fullmatch(kek_id)) and (self.folder / f"{kek_id}.kek").exists()

    def unwrap_many(self, items: list[WrappedKey]) -> list[bytes | None]:
        """A row that names no key of ours, or a destroyed epoch, stays shut by itself; a keyring
        that cannot be read at all is KeyringUnavailable."""
        known = {kek_id: self._has(kek_id) for kek_id in {item.kek for item in items}}
        if not all(known.values()):
            self._read("root.key")
        opened: list[bytes | None] = []
        for item in items:
            if not known[item.kek]:
                opened.append(None)
                continue
            try:
                opened.append(crypto.unwrap(self._kek(item.kek), item.wrapped, item.context))
            except crypto.CryptoError:
                opened.append(None)
        return opened

    def index_root(self) -> bytes:
        root = self._read("index.key")
        if len(root) != crypto.KEY_BYTES:
            raise KeyringUnavailable("the index key has the wrong length")
        return root


_providers: dict[str, KeyProvider] = {}


def provider() -> KeyProvider:
    folder = str(settings.KEYRING_DIR)
    if folder not in _providers:
        if not (Path(folder) / "root.key").exists():
            raise KeyringUnavailable("there is no keyring")
        _providers[folder] = FileKeyring(Path(folder))
    return _providers[folder]


def dek_context(owner: UUID, compartment: Compartment, version: int, kek_id: str) -> bytes:
    """What a wrapped key is bound to: ("dek", owner, compartment, version, algorithm, kek)."""
    parts = (
        b"dek",
        owner.bytes,
        bytes([compartment.byte]),
        version.to_bytes(2, "big"),
        bytes([crypto.AES_256_GCM]),
        kek_id.encode(),
    )
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def make(owner: UUID, compartments: Iterable[Compartment]) -> None:
    """Make version 1 of the owner's keys, all at once: their existence must tell nothing."""
    from privacy.models import WrappedDataKey

    keyring = provider()
    rows = []
    made: list[tuple[Compartment, crypto.DataKey]] = []
    for compartment in compartments:
        kek_id = keyring.current(compartment)
        context = dek_context(owner, compartment, 1, kek_id)
        raw = crypto.new_key()
        rows.append(
            WrappedDataKey(
                owner_uuid=owner,
                compartment=compartment.byte,
                version=1,
                kek=kek_id,
                wrapped=keyring.wrap(kek_id, raw, context),
            )
        )
        made.append((compartment, crypto.DataKey(raw, 1)))
    WrappedDataKey.objects.bulk_create(rows)
    # Only now: nothing is ever sealed under a key that was not kept.
    for compartment, key in made:
        ring().hold_for_sealing(owner, compartment, key)


def destroy(owner: UUID, compartments: Iterable[Compartment] | None = None) -> int:
    """Delete the owner's wrapped keys; idempotent. Values sealed under them stay shut for ever.
    With all keys of an owner her blind indexes go as well."""
    from privacy.models import BlindIndex, WrappedDataKey

    rows = WrappedDataKey.objects.filter(owner_uuid=owner)
    if compartments is None:
        BlindIndex.objects.filter(owner_uuid=owner).delete()
    else:
        rows = rows.filter(compartment__in=[item.byte for item in compartments])
    ring().drop(owner)
    return rows.delete()[0]


Pair = tuple[UUID, Compartment]


class Ring:
    """The keys of one request. ``seen`` may open and seal; ``sealing`` may only seal."""

    def __init__(self) -> None:
        self.seen: dict[Pair, dict[int, crypto.DataKey]] = {}
        self.sealing: dict[Pair, crypto.DataKey] = {}
        self.locked: set[Pair] = set()

    def hold_for_sealing(self, owner: UUID, compartment: Compartment, key: crypto.DataKey) -> None:
        self.sealing[owner, compartment] = key

    def drop(self, owner: UUID) -> None:
        for pairs in (self.seen, self.sealing):
            for pair in [pair for pair in pairs if pair[0] == owner]:
                del pairs[pair]

    def opener(self, owner: UUID, compartment: Compartment, version: int) -> crypto.DataKey | None:
        return self.seen.get((owner, compartment), {}).get(version)

    def sealer(self, owner: UUID, compartment: Compartment) -> crypto.DataKey:
        """Sealing gives no sight, so it needs no grant: actions have asked before they write."""
        pair = (owner, compartment)
        if pair in self.seen:
            versions = self.seen[pair]
            return versions[max(versions)]
        if pair not in self.sealing:
            found = _load([pair])
            if pair not in found:
                raise KeyMissing(f"no {compartment.value} key for this owner")
            versions = found[pair]
            self.sealing[pair] = versions[max(versions)]
        return self.sealing[pair]


_ring: ContextVar[Ring | None] = ContextVar("key_ring", default=None)


def ring() -> Ring:
    current = _ring.get()
    if current is None:
        current = Ring()
        _ring.set(current)
    return current


@contextmanager
def fresh_ring() -> Iterator[Ring]:
    """An empty ring for one request, job or command; cleared at its end, whatever happens."""
    mine = Ring()
    token = _ring.set(mine)
    try:
        yield mine
    finally:
        mine.seen.clear()
        mine.sealing.clear()
        mine.locked.clear()
        _ring.reset(token)


def open_pairs(pairs: Collection[Pair]) -> set[Pair]:
    """Load keys into the ring of this request: one query. Only ``privacy.access`` calls this,
    after it has written who opens what."""
    wanted = [pair for pair in pairs if pair not in ring().seen]
    if wanted:
        ring().seen.update(_load(wanted))
    return {pair for pair in pairs if pair in ring().seen}


def _load(pairs: Collection[Pair]) -> dict[Pair, dict[int, crypto.DataKey]]:
    from privacy.models import WrappedDataKey

    by_byte = {code: compartment for compartment, code in BYTES.items()}
    wanted = set(pairs)
    rows = [
        (row, (row.owner_uuid, by_byte[row.compartment]))
        for row in WrappedDataKey.objects.filter(
            owner_uuid__in={owner for owner, _ in wanted},
            compartment__in={compartment.byte for _, compartment in wanted},
        )
    ]
    rows = [(row, pair) for row, pair in rows if pair in wanted]
    items = [
        WrappedKey(row.kek, bytes(row.wrapped), dek_context(pair[0], pair[1], row.version, row.kek))
        for row, pair in rows
    ]
    found: dict[Pair, dict[int, crypto.DataKey]] = {}
    for (row, pair), raw in zip(rows, provider().unwrap_many(items), strict=True):
        if raw is not None:
            found.setdefault(pair, {})[row.version] = crypto.DataKey(raw, row.version)
    return found
