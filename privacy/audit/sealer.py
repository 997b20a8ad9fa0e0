"""Gathers new rows under one Merkle root every few seconds, each root chained to the one before.

No row is missed, however late its transaction commits. A writer's rows commit in their order, so
what is sealed is told by positions: up to which row of which writer. New rows are looked for above
the highest row id that a seal of a minute ago has seen, and a writer's rows are taken from its
sealed position on, not from that id; once a day, before the anchor, every writer is asked.

Everything is computed first and committed in one transaction, so a kill at any step leaves the
rows unsealed and nothing else; the next run takes them. Two sealers at once find the same next
number: the second breaks on it and goes home.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import IntegrityError, models, router, transaction
from django.utils import timezone

from privacy.audit import chain, merkle
from privacy.models import AuditEvent, AuditSeal, AuditSealRange

SETTLED = timedelta(seconds=60)
ROWS_A_SEAL = 10_000
NO_SEAL = bytes(32)


class Range(NamedTuple):
    """Rows ``first`` to ``last`` of one writer."""

    writer: str
    first: int
    last: int


def digest(
    *,
    number: int,
    rows: int,
    total: int,
    root: bytes,
    previous: bytes,
    at: datetime,
    ranges: Iterable[tuple[str, int, int]],
) -> bytes:
    """SHA-256 over everything that a seal says; ``previous`` = the digest of the seal before."""
    spans = hashlib.sha256(
        "".join(f"{writer}:{first}:{last}\n" for writer, first, last in ranges).encode()
    ).hexdigest()
    said = (
        f"{number}\n{at.timestamp():.6f}\n{rows}\n{total}\n{root.hex()}\n{previous.hex()}\n{spans}"
    )
    return hashlib.sha256(b"\x02" + said.encode()).digest()


def seal_new(*, every_writer: bool = False) -> int:
    """Seal what is not sealed yet; the number of rows. Zero as well when another sealer won."""
    sealed = 0
    while step := _seal_once(every_writer=every_writer):
        sealed += step
        if step < ROWS_A_SEAL:
            break
    return sealed


def _seal_once(*, every_writer: bool) -> int:
    last = AuditSeal.objects.order_by("-number").first()
    rows = AuditEvent.objects.filter(sequence__gt=0)
    newest = rows.aggregate(newest=models.Max("pk"))["newest"] or 0
    window = rows if every_writer else rows.filter(pk__gt=_horizon())
    tree = merkle.Tree()
    ranges = list(_gather(_unsealed(window), tree))
    if not ranges:
        return 0
    number = (last.number if last else 0) + 1
    previous = bytes(last.digest) if last else NO_SEAL
    total = (last.total if last else 0) + tree.size
    at, root = timezone.now(), tree.root()
    said = digest(
        number=number,
        rows=tree.size,
        total=total,
        root=root,
        previous=previous,
        at=at,
        ranges=ranges,
    )
    try:
        with transaction.atomic(using=router.db_for_write(AuditSeal)):
            AuditSeal(
                number=number,
                at=at,
                rows=tree.size,
                total=total,
                newest=newest,
                root=root,
                previous=previous,
                digest=said,
            ).save(force_insert=True)
            AuditSealRange.objects.bulk_create(
                [
                    AuditSealRange(
                        seal_id=number, writer=one.writer, first=one.first, last=one.last
                    )
                    for one in ranges
                ]
            )
    except IntegrityError:
        return 0
    return tree.size


def _horizon() -> int:
    """Rows up to this id are sealed, or belong to a transaction that is open for over a minute."""
    settled = AuditSeal.objects.filter(at__lte=timezone.now() - SETTLED).order_by("-number")
    found = settled.values_list("newest", flat=True).first()
    return int(found or 0)


def _unsealed(rows: "models.QuerySet[AuditEvent]") -> list[Range]:
    """By writer: from its sealed position to its newest row, as far as ``rows`` shows them."""
    seen = dict(
        rows.order_by().values_list("writer").annotate(newest=models.Max("sequence")).iterator()
    )
    found: list[Range] = []
    writers = sorted(seen)
    for start in range(0, len(writers), 500):
        some = writers[start : start + 500]
        done = dict(
            AuditSealRange.objects.filter(writer__in=some)
            .order_by()
            .values_list("writer")
            .annotate(newest=models.Max("last"))
        )
        found += [
            Range(writer, done.get(writer, 0) + 1, seen[writer])
            for writer in some
            if seen[writer] > done.get(writer, 0)
        ]
    return found


def _gather(wanted: list[Range], tree: merkle.Tree) -> Iterator[Range]:
    """Put the rows into the tree, writer by writer. Where a row of a writer is missing, its rest
    stays unsealed: a seal never covers a hole (``verify_audit`` tells of it)."""
    for one in wanted:
        room = ROWS_A_SEAL - tree.size
        if room <= 0:
            return
        last = min(one.last, one.first + room - 1)
        rows = AuditEvent.objects.filter(
            writer=one.writer, sequence__range=(one.first, last)
        ).order_by("sequence")
        expected = one.first
        for row in rows.iterator(chunk_size=1000):
            if row.sequence != expected:
                break
            tree.add(chain.leaf_of(row))
            expected += 1
        if expected > one.first:
            yield Range(one.writer, one.first, expected - 1)
