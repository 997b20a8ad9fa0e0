"""The keys of one request: loaded after somebody was allowed to, gone with its end."""

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connections, router

from privacy import crypto
from privacy.compartments import Compartment
from privacy.keys.provider import WrappedKey, context_of
from privacy.keys.providers import provider
from privacy.keys.trouble import KeyMissing, KeyringUnavailable, Trouble
from privacy.logs import event

logger = logging.getLogger("privacy.keys")
Pair = tuple[UUID, Compartment]
OWNERS_AT_ONCE = 10_000  # of one query; SQLite takes 32,766 values


class Ring:
    """The keys of one request. ``seen`` may open and seal; ``sealing`` may only seal."""

    def __init__(self) -> None:
        self.seen: dict[Pair, dict[int, crypto.DataKey]] = {}
        self.sealing: dict[Pair, crypto.DataKey] = {}
        # The same keys by the head of what they sealed and the owner's bytes: fields ask for each
        # value of each row.
        self.near: dict[bytes, crypto.Reader] = {}
        self.locked: set[Pair] = set()
        self.asked_again: set[Pair] = set()
        # Why nothing opens in this request, if the provider did not serve: pages say so.
        self.unavailable: Trouble | None = None

    def hold_for_sealing(self, owner: UUID, compartment: Compartment, key: crypto.DataKey) -> None:
        self.sealing[owner, compartment] = key

    def drop(self, owner: UUID) -> None:
        for pairs in (self.seen, self.sealing):
            for pair in [pair for pair in pairs if pair[0] == owner]:
                del pairs[pair]
        self.near.clear()

    def opener(self, owner: UUID, compartment: Compartment, version: int) -> crypto.DataKey | None:
        pair = (owner, compartment)
        versions = self.seen.get(pair)
        if versions is None:
            return None
        if version not in versions and pair not in self.asked_again:
            # Re-sealed while this request ran: the same permission, a younger key.
            self.asked_again.add(pair)
            versions.update(_load([pair]).get(pair, {}))
        key = versions.get(version)
        if key is not None:
            head, reader = key.reader(compartment.byte)
            self.near[head + owner.bytes] = reader
        return key

    def come_near(self, loaded: "dict[Pair, dict[int, crypto.DataKey]]") -> None:
        for (owner, compartment), versions in loaded.items():
            owner_bytes, code = owner.bytes, compartment.byte
            for key in versions.values():
                head, reader = key.reader(code)
                self.near[head + owner_bytes] = reader

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
        mine.near.clear()
        mine.locked.clear()
        mine.asked_again.clear()
        mine.unavailable = None
        _ring.reset(token)


def open_pairs(pairs: Collection[Pair]) -> set[Pair]:
    """Load keys into the ring of this request: one query. Only ``privacy.access`` calls this,
    after it has written who opens what."""
    mine = ring()
    wanted = [pair for pair in pairs if pair not in mine.seen] if mine.seen else pairs
    if wanted:
        loaded = _load(wanted)
        mine.seen.update(loaded)
        mine.come_near(loaded)
        if len(wanted) == len(pairs):
            return set(loaded)
    return {pair for pair in pairs if pair in mine.seen}


def _load(pairs: Collection[Pair]) -> dict[Pair, dict[int, crypto.DataKey]]:
    """In plain SQL: a list of some thousand cases would spend most of its time on model rows."""
    from privacy.models import WrappedDataKey

    connection = connections[router.db_for_read(WrappedDataKey)]
    native = connection.features.has_native_uuid_field
    # What the database calls an owner, and a compartment → the pair.
    wanted: dict[tuple[Any, int], Pair] = {
        (pair[0] if native else pair[0].hex, pair[1].byte): pair for pair in pairs
    }
    owners = list({owner for owner, _ in wanted})
    codes = list({code for _, code in wanted})
    table = connection.ops.quote_name(WrappedDataKey._meta.db_table)
    items: list[WrappedKey] = []
    places: list[tuple[Pair, int]] = []
    names: dict[str, bytes] = {}
    for start in range(0, len(owners), OWNERS_AT_ONCE):
        some = owners[start : start + OWNERS_AT_ONCE]
        sql = (
            "SELECT owner_uuid, compartment, version, kek, wrapped "  # noqa: S608  (only marks)
            f"FROM {table} WHERE owner_uuid IN ({_marks(some)}) "
            f"AND compartment IN ({_marks(codes)})"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [*some, *codes])
            rows = cursor.fetchall()
        for owner, code, version, kek, wrapped in rows:
            pair = wanted.get((owner, code))
            if pair is None:
                continue
            name = names.get(kek)
            if name is None:
                name = names[kek] = kek.encode()
            context = context_of(pair[0].bytes, code, version, name)
            items.append(WrappedKey(kek, bytes(wrapped), context))
            places.append((pair, version))
    try:
        opened = provider().unwrap_many(items)
    except KeyringUnavailable as error:
        note_unavailable(error.code)
        raise
    found: dict[Pair, dict[int, crypto.DataKey]] = {}
    for (pair, version), raw in zip(places, opened, strict=True):
        if raw is not None:
            found.setdefault(pair, {})[version] = crypto.DataKey(raw, version)
    return found


def note_unavailable(code: Trouble) -> None:
    """One audit row a request; the page goes on locked even where none can be written, as when the
    key of the audit's own chains is out of reach."""
    from privacy import audit

    if ring().unavailable is None:
        ring().unavailable = code
        try:
            audit.key_event(action="key.unavailable", result=code.value)
        except (DatabaseError, KeyringUnavailable):
            event(logger, "unavailable_not_recorded", level=logging.ERROR)


def _marks(values: list[Any]) -> str:
    return ",".join(["%s"] * len(values))
