"""Rotation: a new key-encryption key per compartment, then every data key wrapped under it.

Only the wrapping changes, no sealed value is touched. Online: a row is swapped only while it still
names the epoch that was read, so a key destroyed or replaced meanwhile stays as it is. The rows
themselves are the progress: killed at any point, the next run takes what still names an old epoch.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connections, router, transaction
from django.db.models import Count
from django.utils import timezone

from privacy import audit
from privacy.alone import alone
from privacy.compartments import BYTES, Compartment
from privacy.keys.batches import KEY_WORK, Report, binary_of, clean_stop, silent
from privacy.keys.making import refuse_foreign
from privacy.keys.provider import Epoch, EpochState, KeyProvider, OpenKey, WrappedKey, context_of
from privacy.keys.providers import provider
from privacy.keys.trouble import KeyringUnavailable, Trouble
from privacy.models import WrappedDataKey

BATCH = 1000
EPOCH_AGE = timedelta(days=7)


class Rewrapped(NamedTuple):
    """``done`` rows name the current epoch now; ``shut`` rows open under no key of this keyring
    and were left; ``gone`` were destroyed or replaced by somebody else meanwhile."""

    done: int
    shut: int
    gone: int


class Row(NamedTuple):
    pk: int
    owner: UUID
    compartment: int
    version: int
    kek: str
    wrapped: bytes | memoryview


def named_epochs() -> dict[str, int]:
    """Key id → how many data keys rest on it."""
    rows = WrappedDataKey.objects.values_list("kek").annotate(number=Count("pk")).order_by("kek")
    return dict(rows)


def behind(keyring: KeyProvider | None = None) -> int:
    """Data keys that do not rest on the current epoch of their compartment."""
    keyring = keyring or provider()
    return sum(
        number for kek, number in named_epochs().items() if kek not in _currents(keyring).values()
    )


def _currents(keyring: KeyProvider) -> dict[int, str]:
    return {code: keyring.current(compartment) for compartment, code in BYTES.items()}


def due(epochs: Collection[Epoch]) -> list[Compartment]:
    """Compartments whose current epoch is a week old; one dated ahead of the clock is old too,
    because the clock that dated it was wrong."""
    now = timezone.now()
    found = []
    for epoch in epochs:
        age = now - epoch.made_at
        if epoch.state is EpochState.CURRENT and (age >= EPOCH_AGE or age < -timedelta(days=1)):
            found.append(epoch.compartment)
    return found


def refuse_missing(keyring: KeyProvider, compartments: Collection[Compartment]) -> None:
    """A number that rows still name is never given out again.

    :raises KeyringUnavailable: MISSING, with the epoch to bring back from the escrowed copy.
    """
    standing = {epoch.kek for epoch in keyring.epochs()}
    wanted = {compartment.value for compartment in compartments}
    for kek in named_epochs():
        if kek not in standing and kek.partition(".")[0] in wanted:
            raise KeyringUnavailable(
                f"Keys rest on {kek}, which this keyring does not hold. Bring its file back from "
                "the escrowed copy first.",
                code=Trouble.MISSING,
            )


def rotate(
    *,
    new_epoch: Collection[Compartment] = (),
    purpose: str,
    report: Report = silent,
) -> Rewrapped:
    """Begin a new epoch for these compartments (none: only finish), then re-wrap what is behind.

    :raises Busy: another process works on the keys.
    :raises Stopped: disk full or provider gone; nothing is lost, run it again.
    """
    keyring = provider()
    with alone(KEY_WORK), clean_stop():
        refuse_foreign(keyring)
        if new_epoch:
            refuse_missing(keyring, new_epoch)
        for compartment in new_epoch:
            audit.key_event(action="key.epoch", compartments=[compartment], purpose=purpose)
            keyring.new_epoch(compartment)
        waiting = behind(keyring)
        if not waiting:
            return Rewrapped(0, 0, 0)
        audit.key_event(action="key.rewrap", result="started", purpose=purpose, count=waiting)
        found = _rewrap(keyring, waiting, report)
        audit.key_event(action="key.rewrap", result="done", purpose=purpose, count=found.done)
        return found


def _rewrap(keyring: KeyProvider, waiting: int, report: Report) -> Rewrapped:
    currents = _currents(keyring)
    total = Rewrapped(0, 0, 0)
    report(0, waiting)
    last = 0
    while rows := _next(currents, last):
        last = rows[-1].pk
        total = Rewrapped(*map(sum, zip(total, _batch(keyring, currents, rows), strict=True)))
        report(min(sum(total), waiting), waiting)
    return total


def _next(currents: dict[int, str], last: int) -> list[Row]:
    rows = (
        WrappedDataKey.objects.filter(pk__gt=last)
        .exclude(kek__in=currents.values())
        .order_by("pk")
        .values_list("pk", "owner_uuid", "compartment", "version", "kek", "wrapped")[:BATCH]
    )
    return [Row(*row) for row in rows]


def _batch(keyring: KeyProvider, currents: dict[int, str], rows: list[Row]) -> Rewrapped:
    read, ours = len(rows), keyring.installation()
    # A row that names another installation says nothing about ours: it stays as it is.
    rows = [row for row in rows if row.kek.endswith(f"@{ours}")]
    names = {kek: kek.encode() for kek in {*currents.values(), *(row.kek for row in rows)}}
    items = [
        WrappedKey(
            row.kek,
            bytes(row.wrapped),
            context_of(row.owner.bytes, row.compartment, row.version, names[row.kek]),
        )
        for row in rows
    ]
    opened = keyring.unwrap_many(items)
    by_kek: dict[str, list[tuple[Row, OpenKey]]] = {}
    for row, raw in zip(rows, opened, strict=True):
        kek = currents.get(row.compartment)
        if raw is None or kek is None:
            continue
        context = context_of(row.owner.bytes, row.compartment, row.version, names[kek])
        by_kek.setdefault(kek, []).append((row, OpenKey(raw, context)))
    swaps = [
        (kek, wrapped, row.pk, row.kek)
        for kek, many in by_kek.items()
        for (row, _), wrapped in zip(
            many, keyring.wrap_many(kek, [item for _, item in many]), strict=True
        )
    ]
    done = _swap(swaps)
    return Rewrapped(done, read - len(swaps), len(swaps) - done)


def _swap(swaps: list[tuple[str, bytes, int, str]]) -> int:
    """One short transaction a batch; a row that changed or went since it was read stays so."""
    if not swaps:
        return 0
    alias = router.db_for_write(WrappedDataKey)
    binary = binary_of(connections[alias])
    table = connections[alias].ops.quote_name(WrappedDataKey._meta.db_table)
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET kek = %s, wrapped = %s WHERE id = %s AND kek = %s",  # noqa: S608
            [(kek, binary(wrapped), pk, old) for kek, wrapped, pk, old in swaps],
        )
        return int(cursor.rowcount)
