"""Rotation: a new key-encryption key per compartment, then every data key wrapped under it.

Only the wrapping changes, no sealed value is touched. Online: a row is swapped only while it still
names the epoch that was read, so a key destroyed or replaced meanwhile stays as it is. The rows
themselves are the progress: killed at any point, the next run takes what still names an old epoch.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, NamedTuple
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


Row = tuple[int, Any, int, int, str, bytes | memoryview]
"""id, owner (as the database has it), compartment, version, kek, wrapped"""


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
        last = rows[-1][0]
        total = Rewrapped(*map(sum, zip(total, _batch(keyring, currents, rows), strict=True)))
        report(min(sum(total), waiting), waiting)
    return total


def _next(currents: dict[int, str], last: int) -> list[Row]:
    """The next rows that are behind, in plain SQL: model fields would take half of the time."""
    connection = connections[router.db_for_write(WrappedDataKey)]
    table = connection.ops.quote_name(WrappedDataKey._meta.db_table)
    marks = ",".join(["%s"] * len(currents))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, owner_uuid, compartment, version, kek, wrapped "  # noqa: S608  (only marks)
            f"FROM {table} WHERE id > %s AND kek NOT IN ({marks}) ORDER BY id LIMIT {BATCH}",
            [last, *currents.values()],
        )
        return list(cursor.fetchall())


def _batch(keyring: KeyProvider, currents: dict[int, str], rows: list[Row]) -> Rewrapped:
    # A row that names another installation says nothing about ours: it stays as it is.
    ours = f"@{keyring.installation()}"
    named = {kek: kek.encode() for kek in {row[4] for row in rows} if kek.endswith(ours)}
    # What this database calls an owner → the 16 bytes that the wrapping is bound to.
    owner_bytes = UUID.bytes.fget if rows and isinstance(rows[0][1], UUID) else bytes.fromhex  # type: ignore[attr-defined]
    asked: list[tuple[Row, bytes]] = []
    items: list[WrappedKey] = []
    for row in rows:
        _, owner, code, version, kek, wrapped = row
        name = named.get(kek)
        if name is not None and code in currents:
            bound = owner_bytes(owner)
            asked.append((row, bound))
            items.append(WrappedKey(kek, bytes(wrapped), context_of(bound, code, version, name)))
    by_kek: dict[str, tuple[list[Row], list[OpenKey]]] = {}
    new_names = {kek: kek.encode() for kek in currents.values()}
    for (row, bound), raw in zip(asked, keyring.unwrap_many(items), strict=True):
        if raw is not None:
            kek = currents[row[2]]
            context = context_of(bound, row[2], row[3], new_names[kek])
            of_kek = by_kek.setdefault(kek, ([], []))
            of_kek[0].append(row)
            of_kek[1].append(OpenKey(raw, context))
    swaps = [
        (kek, wrapped, row[0], row[4])
        for kek, (many, opened) in by_kek.items()
        for row, wrapped in zip(many, keyring.wrap_many(kek, opened), strict=True)
    ]
    done = _swap(swaps)
    return Rewrapped(done, len(rows) - len(swaps), len(swaps) - done)


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
