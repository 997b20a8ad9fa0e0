"""The file keyring: keys in a folder, each file 0600.

``root.key``, ``index.key``, ``audit.key``, ``anchor.key`` and one file per compartment and epoch
(``notes.1.kek``), the epoch keys wrapped under the root key. An epoch that was set aside is called
``notes.1.kek.retired``.
"""

import fcntl
import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from privacy import crypto
from privacy.compartments import BYTES, Compartment
from privacy.keys import keyfile
from privacy.keys.keyfile import KeyFile
from privacy.keys.provider import Epoch, EpochState, OpenKey, Problem, WrappedKey
from privacy.keys.trouble import KeyringUnavailable, Trouble

KEK_CACHE_SECONDS = 300
ROOT, INDEX = "root.key", "index.key"
# Of the audit: the root of its chains, and the key that signs its anchors.
AUDIT_KEYS = ("audit.key", "anchor.key")
RETIRED = ".retired"
# What a key row may name: anything else would be a path that somebody planted.
KEK_ID = re.compile(r"([a-z]{1,20})\.([0-9]{1,6})@([0-9a-f]{8})")
KEK_FILE = re.compile(r"([a-z]{1,20})\.([0-9]{1,6})\.kek(\.retired)?")


class FileKeyring:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._cache: dict[str, tuple[float, UUID, crypto.WrappingKey]] = {}
        self._lock = threading.RLock()

    @classmethod
    def create(cls, folder: Path) -> "FileKeyring":
        """A new keyring in an empty folder. Refuses to touch a folder that holds one."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        with _locked(folder):
            # Two commands at once: the second waits, then finds a keyring and refuses.
            if (folder / ROOT).exists():
                raise FileExistsError("this folder holds a keyring already")
            installation, now, root = uuid4(), int(time.time()), crypto.new_key()
            # The epoch keys first, the root last: a folder with a root key is a whole keyring.
            wrapping = crypto.WrappingKey(root)
            for compartment in BYTES:
                name = f"{compartment.value}.1"
                payload = wrapping.wrap(crypto.new_key(), _binding(name, installation))
                keyfile.write(folder, f"{name}.kek", KeyFile(installation, now, payload))
            for name in (INDEX, *AUDIT_KEYS):
                keyfile.write(folder, name, KeyFile(installation, now, crypto.new_key()))
            keyfile.write(folder, ROOT, KeyFile(installation, now, root))
        return cls(folder)

    # -- files

    def _root(self) -> tuple[UUID, crypto.WrappingKey]:
        with self._lock:
            cached = self._cache.get(ROOT)
            if cached and cached[0] > time.monotonic():
                return cached[1], cached[2]
            file = keyfile.read(self.folder, ROOT, crypto.KEY_BYTES)
            key = crypto.WrappingKey(file.payload)
            self._cache[ROOT] = (time.monotonic() + KEK_CACHE_SECONDS, file.installation, key)
            return file.installation, key

    def _own(self, name: str, length: int, *, stored_as: str = "") -> KeyFile:
        """A file of this installation."""
        file = keyfile.read(self.folder, name, length, stored_as=stored_as)
        if file.installation != self._root()[0]:
            raise KeyringUnavailable(
                f"{name} belongs to the keyring of another installation.", code=Trouble.FOREIGN
            )
        return file

    def _unwrapped(self, name: str, *, stored_as: str = "") -> crypto.WrappingKey:
        installation, root = self._root()
        file = self._own(f"{name}.kek", crypto.WRAPPED_BYTES, stored_as=stored_as)
        try:
            return crypto.WrappingKey(root.unwrap(file.payload, _binding(name, installation)))
        except crypto.CryptoError:
            raise KeyringUnavailable(
                f"{name}.kek does not fit its root key.", code=Trouble.DAMAGED
            ) from None

    def _kek(self, kek_id: str) -> crypto.WrappingKey:
        name = kek_id.partition("@")[0]
        with self._lock:
            cached = self._cache.get(name)
            if cached and cached[0] > time.monotonic():
                return cached[2]
            kek = self._unwrapped(name)
            self._cache[name] = (time.monotonic() + KEK_CACHE_SECONDS, self._root()[0], kek)
            return kek

    def _files(self) -> list[tuple[Compartment, int, bool]]:
        """(compartment, epoch, set aside), as the names of the folder tell."""
        known = set(Compartment)
        try:
            names = sorted(os.listdir(self.folder))
        except OSError:
            raise KeyringUnavailable(
                "The keyring's folder cannot be read.", code=Trouble.UNREADABLE
            ) from None
        found = [KEK_FILE.fullmatch(name) for name in names]
        return [
            (Compartment(match[1]), int(match[2]), bool(match[3]))
            for match in found
            if match and match[1] in known
        ]

    # -- the verbs of a provider

    def installation(self) -> str:
        return _short(self._root()[0])

    def current(self, compartment: Compartment) -> str:
        numbers = [
            epoch for item, epoch, aside in self._files() if item is compartment and not aside
        ]
        if not numbers:
            raise KeyringUnavailable(
                f"The keyring holds no key for {compartment.value}.", code=Trouble.MISSING
            )
        return f"{compartment.value}.{max(numbers)}@{self.installation()}"

    def new_epoch(self, compartment: Compartment) -> str:
        with _locked(self.folder):
            installation, root = self._root()
            self._kek(self.current(compartment))  # nothing new beside what does not open
            taken = [epoch for item, epoch, _ in self._files() if item is compartment]
            name = f"{compartment.value}.{max(taken) + 1}"
            payload = root.wrap(crypto.new_key(), _binding(name, installation))
            keyfile.write(
                self.folder, f"{name}.kek", KeyFile(installation, int(time.time()), payload)
            )
            return f"{name}@{_short(installation)}"

    def epochs(self) -> list[Epoch]:
        """Files that do not open are left out here; ``check`` names them."""
        found = []
        files = sorted(self._files(), key=lambda item: (item[0].byte, item[1]))
        newest = {item: number for item, number, aside in files if not aside}
        for compartment, number, aside in files:
            name = f"{compartment.value}.{number}"
            stored = f"{name}.kek{RETIRED}" if aside else f"{name}.kek"
            try:
                file = self._own(f"{name}.kek", crypto.WRAPPED_BYTES, stored_as=stored)
                moment = (self.folder / stored).stat().st_mtime if aside else file.made_at
            except (KeyringUnavailable, OSError):
                continue
            state = EpochState.CURRENT if newest.get(compartment) == number else EpochState.OLDER
            found.append(
                Epoch(
                    f"{name}@{self.installation()}",
                    compartment,
                    number,
                    EpochState.RETIRED if aside else state,
                    datetime.fromtimestamp(file.made_at, UTC),
                    datetime.fromtimestamp(moment, UTC),
                )
            )
        return found

    def wrap(self, kek: str, raw: bytes, context: bytes) -> bytes:
        return self.wrap_many(kek, [OpenKey(raw, context)])[0]

    def wrap_many(self, kek: str, items: list[OpenKey]) -> list[bytes]:
        if not self._has(kek):
            raise KeyringUnavailable("There is no such key to wrap with.", code=Trouble.MISSING)
        seal = self._kek(kek).wrap
        return [seal(raw, context) for raw, context in items]

    def _has(self, kek_id: str) -> bool:
        match = KEK_ID.fullmatch(kek_id)
        return (
            match is not None
            and match[3] == self.installation()
            and (self.folder / f"{match[1]}.{match[2]}.kek").exists()
        )

    def unwrap_many(self, items: list[WrappedKey]) -> list[bytes | None]:
        """A row that names no key of ours, or a destroyed epoch, stays shut by itself; a keyring
        that cannot be read at all, or of which nothing here is, is KeyringUnavailable."""
        named = {item.kek for item in items}
        known = {kek_id: self._kek(kek_id) for kek_id in named if self._has(kek_id)}
        if not known and named and all(self._is_foreign(kek_id) for kek_id in named):
            raise foreign_key_store()
        opened: list[bytes | None] = []
        for kek_id, wrapped, context in items:
            kek = known.get(kek_id)
            try:
                opened.append(None if kek is None else kek.unwrap(wrapped, context))
            except crypto.CryptoError:
                opened.append(None)
        return opened

    def _is_foreign(self, kek_id: str) -> bool:
        match = KEK_ID.fullmatch(kek_id)
        return match is not None and match[3] != self.installation()

    def retire(self, kek: str) -> None:
        with _locked(self.folder):
            if not self._has(kek):
                raise KeyringUnavailable("There is no such epoch.", code=Trouble.MISSING)
            name = f"{kek.partition('@')[0]}.kek"
            os.utime(self.folder / name)
            os.rename(self.folder / name, self.folder / f"{name}{RETIRED}")
            keyfile.sync(self.folder)
            self._forget(kek)

    def bring_back(self, kek: str) -> None:
        with _locked(self.folder):
            name = f"{self._name_of(kek)}.kek"
            if (self.folder / f"{name}{RETIRED}").exists():
                os.rename(self.folder / f"{name}{RETIRED}", self.folder / name)
                keyfile.sync(self.folder)

    def destroy_epoch(self, kek: str) -> None:
        with _locked(self.folder):
            name = self._name_of(kek)
            keyfile.overwrite(self.folder / f"{name}.kek{RETIRED}")
            self._forget(kek)

    def _name_of(self, kek: str) -> str:
        match = KEK_ID.fullmatch(kek)
        if match is None or match[3] != self.installation():
            raise KeyringUnavailable("There is no such epoch.", code=Trouble.MISSING)
        return f"{match[1]}.{match[2]}"

    def _forget(self, kek: str) -> None:
        with self._lock:
            self._cache.pop(kek.partition("@")[0], None)

    def check(self) -> list[Problem]:
        """Reads every file afresh; what the process still holds in memory does not count."""
        found: list[Problem] = []
        fresh = FileKeyring(self.folder)
        try:
            fresh._root()
        except KeyringUnavailable as error:
            # Nothing else can be judged without it.
            return [Problem(ROOT, error.code)]
        files = fresh._files()
        for compartment in BYTES:
            if not any(item is compartment and not aside for item, _, aside in files):
                found.append(Problem(f"{compartment.value}.*.kek", Trouble.MISSING))
        for compartment, number, aside in files:
            name = f"{compartment.value}.{number}"
            stored = f"{name}.kek{RETIRED}" if aside else f"{name}.kek"
            try:
                fresh._unwrapped(name, stored_as=stored)
            except KeyringUnavailable as error:
                found.append(Problem(stored, error.code))
        for name in (INDEX, *AUDIT_KEYS):
            try:
                fresh._own(name, crypto.KEY_BYTES)
            except KeyringUnavailable as error:
                found.append(Problem(name, error.code))
        return found

    def index_root(self) -> bytes:
        return self._own(INDEX, crypto.KEY_BYTES).payload

    def audit_root(self) -> bytes:
        return self._own(AUDIT_KEYS[0], crypto.KEY_BYTES).payload

    def anchor_seed(self) -> bytes:
        return self._own(AUDIT_KEYS[1], crypto.KEY_BYTES).payload

    def complete(self) -> list[str]:
        """First epoch keys for compartments that this keyring is too old to know; ids of those
        made. Nothing that is there is touched."""
        with _locked(self.folder):
            installation, root = self._root()
            known = {compartment for compartment, _, _ in self._files()}
            made = []
            for compartment in BYTES:
                if compartment in known:
                    continue
                name = f"{compartment.value}.1"
                payload = root.wrap(crypto.new_key(), _binding(name, installation))
                file = KeyFile(installation, int(time.time()), payload)
                keyfile.write(self.folder, f"{name}.kek", file)
                made.append(f"{name}@{_short(installation)}")
            return made

    def add_audit_keys(self) -> list[str]:
        """Give an older keyring the keys of the audit that it lacks; their file names. The caller
        has made sure that no chain was ever written: a fresh key for an old chain breaks it."""
        with _locked(self.folder):
            installation, _ = self._root()
            missing = [name for name in AUDIT_KEYS if not (self.folder / name).exists()]
            for name in missing:
                file = KeyFile(installation, int(time.time()), crypto.new_key())
                keyfile.write(self.folder, name, file)
            return missing


def foreign_key_store() -> KeyringUnavailable:
    return KeyringUnavailable(
        "The key store was written under the keyring of another installation.",
        code=Trouble.FOREIGN,
    )


def _short(installation: UUID) -> str:
    return installation.hex[:8]


def _binding(name: str, installation: UUID) -> bytes:
    return f"{name}@{installation.hex}".encode()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One process at a time changes the folder; the kernel lets go when a holder dies."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        raise KeyringUnavailable(
            "The keyring's folder cannot be read.", code=Trouble.UNREADABLE
        ) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
