"""The keys of one request: loaded after somebody was allowed to, gone with its end."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from privacy import crypto
from privacy.compartments import BYTES, Compartment
from privacy.keys.provider import WrappedKey, dek_context
from privacy.keys.providers import provider
from privacy.keys.trouble import KeyMissing, KeyringUnavailable, Trouble

Pair = tuple[UUID, Compartment]


class Ring:
    """The keys of one request. ``seen`` may open and seal; ``sealing`` may only seal."""

    def __init__(self) -> None:
        self.seen: dict[Pair, dict[int, crypto.DataKey]] = {}
        self.sealing: dict[Pair, crypto.DataKey] = {}
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

    def opener(self, owner: UUID, compartment: Compartment, version: int) -> crypto.DataKey | None:
        pair = (owner, compartment)
        versions = self.seen.get(pair)
        if versions is None:
            return None
        if version not in versions and pair not in self.asked_again:
            # Re-sealed while this request ran: the same permission, a younger key.
            self.asked_again.add(pair)
            versions.update(_load([pair]).get(pair, {}))
        return versions.get(version)

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
        mine.asked_again.clear()
        mine.unavailable = None
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
    try:
        opened = provider().unwrap_many(items)
    except KeyringUnavailable as error:
        ring().unavailable = error.code
        raise
    for (row, pair), raw in zip(rows, opened, strict=True):
        if raw is not None:
            found.setdefault(pair, {})[row.version] = crypto.DataKey(raw, row.version)
    return found
