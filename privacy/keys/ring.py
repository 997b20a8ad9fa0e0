"""The keys of one request: loaded after somebody was allowed to, gone with its end."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from privacy import crypto
from privacy.compartments import Compartment
from privacy.keys.provider import WrappedKey, context_of
from privacy.keys.providers import provider
from privacy.keys.trouble import KeyMissing, KeyringUnavailable, Trouble

Pair = tuple[UUID, Compartment]


class Ring:
    """The keys of one request. ``seen`` may open and seal; ``sealing`` may only seal."""

    def __init__(self) -> None:
        self.seen: dict[Pair, dict[int, crypto.DataKey]] = {}
        self.sealing: dict[Pair, crypto.DataKey] = {}
        # The same keys by plain bytes: fields ask for each value of each row.
        self._near: dict[tuple[bytes, int, int], crypto.DataKey] = {}
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
        self._near.clear()

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
            self._near[owner.bytes, compartment.byte, version] = key
        return key

    def come_near(self, loaded: "dict[Pair, dict[int, crypto.DataKey]]") -> None:
        for (owner, compartment), versions in loaded.items():
            owner_bytes, code = owner.bytes, compartment.byte
            for version, key in versions.items():
                self._near[owner_bytes, code, version] = key

    def opener_of(self, owner: bytes, compartment: int, version: int) -> crypto.DataKey | None:
        """The quick way to what ``opener`` has answered before in this request."""
        return self._near.get((owner, compartment, version))

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
        mine._near.clear()
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
    from privacy.models import WrappedDataKey

    wanted = {(owner.bytes, item.byte): (owner, item) for owner, item in pairs}
    rows = (
        WrappedDataKey.objects.filter(
            owner_uuid__in={owner for owner, _ in wanted.values()},
            compartment__in={code for _, code in wanted},
        )
        .order_by()
        .values_list("owner_uuid", "compartment", "version", "kek", "wrapped")
    )
    found: dict[Pair, dict[int, crypto.DataKey]] = {}
    items: list[WrappedKey] = []
    places: list[tuple[Pair, int]] = []
    names: dict[str, bytes] = {}
    for owner, code, version, kek, wrapped in rows:
        owner_bytes = owner.bytes
        pair = wanted.get((owner_bytes, code))
        if pair is None:
            continue
        name = names.get(kek)
        if name is None:
            name = names[kek] = kek.encode()
        items.append(WrappedKey(kek, bytes(wrapped), context_of(owner_bytes, code, version, name)))
        places.append((pair, version))
    try:
        opened = provider().unwrap_many(items)
    except KeyringUnavailable as error:
        ring().unavailable = error.code
        raise
    for (pair, version), raw in zip(places, opened, strict=True):
        if raw is not None:
            found.setdefault(pair, {})[version] = crypto.DataKey(raw, version)
    return found
