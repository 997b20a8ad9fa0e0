"""Re-sealing: a new data key per owner and compartment, and every value sealed anew under it.

For when a data key itself may be known, or an algorithm is left behind; rotation is enough for
everything else. Online and resumable, because the rows are the progress: a pair with two versions
is not finished, an envelope names the version that sealed it, and a value is swapped only while it
is still the one that was read. Values are in clear in memory only, one small batch at a time.

The old key is deleted in a later pass, ``GRACE`` after the new one was made, once nothing names it:
a request that was under way may still have written under it. From then on *older backups of the
data do not open* for what was re-sealed; make a backup when it is finished.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.apps import apps
from django.db import connections, models, router, transaction
from django.utils import timezone

from privacy import audit, crypto
from privacy.alone import alone
from privacy.compartments import BYTES, Compartment
from privacy.fields import Envelope, SealedField
from privacy.keys.batches import KEY_WORK, Report, binary_of, clean_stop, silent
from privacy.keys.making import refuse_foreign
from privacy.keys.provider import KeyProvider, OpenKey, WrappedKey, dek_context
from privacy.keys.providers import provider
from privacy.keys.ring import Pair
from privacy.models import WrappedDataKey

OWNERS_AT_ONCE = 50
GRACE = timedelta(minutes=15)
LAST_VERSION = 65535


class Elsewhere(NamedTuple):
    """What is sealed under these keys and is no model field, such as files in chunks."""

    named: Callable[[Collection[Pair]], Iterable[tuple[Pair, int]]]
    """which versions it still needs: as long as it names an old one, that one stays"""
    seal_anew: Callable[[Mapping[Pair, Mapping[int, crypto.DataKey]]], tuple[int, int]]
    """seals it under the newest key; how many values it did, and how many did not open"""


_elsewhere: list[Elsewhere] = []


def register_elsewhere(room: Elsewhere) -> None:
    """Called from ``AppConfig.ready``."""
    _elsewhere.append(room)


@dataclass
class Resealed:
    made: int = 0
    """new data keys"""
    values: int = 0
    """values that lie under the newest key now and did not before"""
    shut: int = 0
    """values or pairs that open under no key here: left as they are, with the old key"""
    overtaken: int = 0
    """values that somebody wrote in the meantime: the next run looks again"""
    waiting: int = 0
    """pairs whose old key waits for its grace, or is named still"""
    dropped: int = 0
    """old data keys that are gone"""


@dataclass
class PairKeys:
    rows: dict[int, WrappedDataKey] = field(default_factory=dict)
    opened: dict[int, crypto.DataKey] = field(default_factory=dict)

    @property
    def newest(self) -> int:
        return max(self.rows)


class Found(NamedTuple):
    """One sealed value as it stands in the database."""

    pk: int
    record: UUID
    pair: Pair
    field: SealedField
    raw: bytes | None


def sealed_models() -> dict[type[models.Model], list[SealedField]]:
    """Every model of the house with sealed fields of its own table."""
    found = {
        model: [item for item in model._meta.local_concrete_fields if isinstance(item, SealedField)]
        for model in apps.get_models()
    }
    return {model: many for model, many in found.items() if many}


def unfinished() -> int:
    """Pairs with more than one version of their key."""
    pairs = (
        WrappedDataKey.objects.values("owner_uuid", "compartment")
        .annotate(versions=models.Count("pk"))
        .filter(versions__gt=1)
    )
    return pairs.count()


def scope(
    owners: Collection[UUID] | None, compartments: Collection[Compartment] | None
) -> models.QuerySet[WrappedDataKey]:
    rows = WrappedDataKey.objects.all()
    if owners is not None:
        rows = rows.filter(owner_uuid__in=owners)
    if compartments is not None:
        rows = rows.filter(compartment__in=[item.byte for item in compartments])
    return rows


def reseal(
    *,
    made_before: datetime | None = None,
    owners: Collection[UUID] | None = None,
    compartments: Collection[Compartment] | None = None,
    purpose: str,
    report: Report = silent,
) -> Resealed:
    """Give every pair in scope whose key is older than ``made_before`` a new one (``None``: only
    finish what was begun), seal its values anew, and drop old keys that nothing needs.

    :raises Busy: another process works on the keys.
    :raises Stopped: disk full or provider gone; nothing is lost, run it again.
    """
    found = Resealed()
    with alone(KEY_WORK), clean_stop():
        keyring = provider()
        refuse_foreign(keyring)
        rows = scope(owners, compartments)
        total = rows.values("owner_uuid").distinct().count()
        done = 0
        report(done, total)
        for chunk in _owners(rows):
            _chunk(keyring, rows, chunk, made_before, purpose, found)
            done += len(chunk)
            report(min(done, total), total)
    return found


def _owners(rows: models.QuerySet[WrappedDataKey]) -> Iterator[list[UUID]]:
    last: UUID | None = None
    while True:
        after = rows if last is None else rows.filter(owner_uuid__gt=last)
        chunk = list(
            after.order_by("owner_uuid")
            .values_list("owner_uuid", flat=True)
            .distinct()[:OWNERS_AT_ONCE]
        )
        if not chunk:
            return
        yield chunk
        last = chunk[-1]


def _chunk(
    keyring: KeyProvider,
    rows: models.QuerySet[WrappedDataKey],
    owners: list[UUID],
    made_before: datetime | None,
    purpose: str,
    found: Resealed,
) -> None:
    by_byte = {code: compartment for compartment, code in BYTES.items()}
    pairs: dict[Pair, PairKeys] = defaultdict(PairKeys)
    for row in rows.filter(owner_uuid__in=owners):
        if row.compartment in by_byte:
            pairs[row.owner_uuid, by_byte[row.compartment]].rows[row.version] = row
    fresh = {
        pair
        for pair, keys in pairs.items()
        if made_before is not None
        and len(keys.rows) == 1
        and keys.rows[keys.newest].created_at < made_before
        and keys.newest < LAST_VERSION
    }
    pairs = {pair: keys for pair, keys in pairs.items() if pair in fresh or len(keys.rows) > 1}
    if not pairs:
        return
    # Who opens what, and why, before any key is open.
    names = sorted(f"{owner}{compartment}" for owner, compartment in pairs)
    audit.key_event(
        action="key.reseal",
        compartments={compartment for _, compartment in pairs},
        purpose=purpose,
        count=len(pairs),
        ids_hash=hashlib.sha256("".join(names).encode()).hexdigest(),
    )
    _open(keyring, pairs)
    for pair in [pair for pair, keys in pairs.items() if keys.newest not in keys.opened]:
        found.shut += 1
        del pairs[pair]
    found.made += _make(keyring, {pair: keys for pair, keys in pairs.items() if pair in fresh})
    for model, fields in sealed_models().items():
        _values(model, fields, pairs, found)
    for room in _elsewhere:
        done, shut = room.seal_anew({pair: keys.opened for pair, keys in pairs.items()})
        found.values += done
        found.shut += shut
    _drop(pairs, purpose, found)


def _open(keyring: KeyProvider, pairs: dict[Pair, PairKeys]) -> None:
    listed = [
        (keys, row, WrappedKey(row.kek, bytes(row.wrapped), dek_context(*pair, version, row.kek)))
        for pair, keys in pairs.items()
        for version, row in keys.rows.items()
    ]
    opened = keyring.unwrap_many([item for _, _, item in listed])
    for (keys, row, _), raw in zip(listed, opened, strict=True):
        if raw is not None:
            keys.opened[row.version] = crypto.DataKey(raw, row.version)


def _make(keyring: KeyProvider, pairs: dict[Pair, PairKeys]) -> int:
    """The next version of each pair; it commits before any value rests on it."""
    made: list[tuple[PairKeys, WrappedDataKey, crypto.DataKey]] = []
    for (owner, compartment), keys in pairs.items():
        raw, version = crypto.new_key(), keys.newest + 1
        kek = keyring.current(compartment)
        wrapped = keyring.wrap_many(
            kek, [OpenKey(raw, dek_context(owner, compartment, version, kek))]
        )[0]
        row = WrappedDataKey(
            owner_uuid=owner,
            compartment=compartment.byte,
            version=version,
            kek=kek,
            wrapped=wrapped,
        )
        made.append((keys, row, crypto.DataKey(raw, version)))
    alias = router.db_for_write(WrappedDataKey)
    with transaction.atomic(using=alias):
        # A pair that was destroyed since it was read gets no key: erased stays erased.
        standing = set(
            WrappedDataKey.objects.select_for_update()
            .filter(pk__in=[keys.rows[keys.newest].pk for keys, _, _ in made])
            .values_list("pk", flat=True)
        )
        made = [item for item in made if item[0].rows[item[0].newest].pk in standing]
        WrappedDataKey.objects.bulk_create([row for _, row, _ in made])
    for keys, row, key in made:
        keys.rows[row.version] = row
        keys.opened[row.version] = key
    return len(made)


def _stored(
    model: type[models.Model], fields: list[SealedField], pairs: Collection[Pair]
) -> Iterator[Found]:
    """Every value of these owners in these compartments, read afresh."""
    owners = {owner for owner, _ in pairs}
    mine = [item for item in fields if item.compartment in {pair[1] for pair in pairs}]
    if not mine:
        return
    columns = ["pk", "uuid", "owner_uuid", *(item.attname for item in mine)]
    rows: Any = model._base_manager.filter(owner_uuid__in=owners).values_list(*columns)
    for pk, record, owner, *values in rows.order_by("pk").iterator(chunk_size=500):
        for item, held in zip(mine, values, strict=True):
            pair = (owner, item.compartment)
            if pair in pairs:
                raw = held.raw if isinstance(held, Envelope) else None
                yield Found(pk, record, pair, item, raw)


def _version(raw: bytes | None) -> int | None:
    """``None`` for bytes that are no envelope: they name nothing."""
    try:
        return crypto.envelope_version(raw or b"")
    except crypto.CryptoError:
        return None


def _values(
    model: type[models.Model],
    fields: list[SealedField],
    pairs: dict[Pair, PairKeys],
    found: Resealed,
) -> None:
    swaps: dict[SealedField, list[tuple[bytes, int, bytes]]] = defaultdict(list)
    for value in _stored(model, fields, pairs):
        keys, version = pairs[value.pair], _version(value.raw)
        if version == keys.newest:
            continue
        old = None if version is None else keys.opened.get(version)
        place = crypto.Place(value.field.label, value.record, value.pair[0], value.pair[1].byte)
        try:
            if old is None or value.raw is None:
                raise crypto.Malformed("no key opens it")
            text = old.open(value.raw, place)
        except crypto.CryptoError:
            found.shut += 1
            continue
        new = keys.opened[keys.newest]
        envelope = new.seal(text, place)
        if new.open(envelope, place) != text:
            raise crypto.Malformed("a value did not come back from its new envelope")
        swaps[value.field].append((envelope, value.pk, value.raw))
    for item, many in swaps.items():
        done = _swap(model, item, many)
        found.values += done
        found.overtaken += len(many) - done


def _swap(
    model: type[models.Model], item: SealedField, many: list[tuple[bytes, int, bytes]]
) -> int:
    """One short transaction; a value that is not the one that was read stays as it is."""
    alias = router.db_for_write(model)
    connection = connections[alias]
    binary, quote = binary_of(connection), connection.ops.quote_name
    options: Any = model._meta
    table, column = quote(options.db_table), quote(str(item.column))
    key = quote(options.pk.column)
    with transaction.atomic(using=alias), connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET {column} = %s WHERE {key} = %s AND {column} = %s",  # noqa: S608
            [(binary(envelope), pk, binary(old)) for envelope, pk, old in many],
        )
        return int(cursor.rowcount)


def _drop(pairs: dict[Pair, PairKeys], purpose: str, found: Resealed) -> None:
    """Old versions past their grace that nothing names: looked at afresh, after the swaps."""
    now = timezone.now()
    old = {pair: keys for pair, keys in pairs.items() if len(keys.rows) > 1}
    ripe = {
        pair: keys for pair, keys in old.items() if now - keys.rows[keys.newest].created_at >= GRACE
    }
    named: dict[Pair, set[int]] = defaultdict(set)
    for model, fields in sealed_models().items():
        for value in _stored(model, fields, ripe):
            version = _version(value.raw)
            if version is not None:
                named[value.pair].add(version)
    for room in _elsewhere:
        for pair, version in room.named(ripe):
            named[pair].add(version)
    ending: list[int] = []
    for pair, keys in old.items():
        gone = []
        if pair in ripe:
            needed = {keys.newest, *named[pair]}
            gone = [version for version in keys.rows if version not in needed]
        ending += [keys.rows[version].pk for version in gone]
        if len(keys.rows) - len(gone) > 1:
            found.waiting += 1
    if ending:
        audit.key_event(
            action="key.destroyed",
            compartments={compartment for _, compartment in ripe},
            purpose=purpose,
            count=len(ending),
        )
        found.dropped += WrappedDataKey.objects.filter(pk__in=ending).delete()[0]
