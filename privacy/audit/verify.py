"""Proves the audit, or says what is wrong with it. Reads every row once, in the order of the seals;
keeps one small entry for each writer, whatever the number of rows.

    OK               every row stands in its chain, every seal and anchor fits
    GAP              a row that should be there is not
    BAD_HMAC         a row was changed, planted or put in another place
    SEAL_MISMATCH    the rows are not those that were sealed
    ANCHOR_MISMATCH  the seals are not those that were anchored, or an anchor is not ours
    STALE_ANCHOR     the last anchor is older than a day and a half, or lies in the future
    UNREADABLE       keyring or database do not answer: nothing was proved

Not seen: the newest rows, when they vanish before they were sealed (some seconds), and their seals
too before the next anchor (a day).
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from django.db import DatabaseError, models
from django.utils import timezone

from privacy import crypto, keys
from privacy.audit import anchor as anchors
from privacy.audit import chain, merkle, sealer
from privacy.models import AuditEvent, AuditSeal, AuditSealRange

SEALS_AT_ONCE = 50
SHOWN = 20


class Verdict(IntEnum):
    """The exit codes of ``verify_audit``."""

    OK = 0
    GAP = 10
    BAD_HMAC = 11
    SEAL_MISMATCH = 12
    ANCHOR_MISMATCH = 13
    STALE_ANCHOR = 14
    UNREADABLE = 15


# Several things wrong: the first of these is the verdict, all are told.
_FIRST = (
    Verdict.UNREADABLE,
    Verdict.BAD_HMAC,
    Verdict.GAP,
    Verdict.SEAL_MISMATCH,
    Verdict.ANCHOR_MISMATCH,
    Verdict.STALE_ANCHOR,
)


@dataclass
class Report:
    rows: int = 0
    sealed: int = 0
    seals: int = 0
    anchors: int = 0
    unsigned: int = 0
    before_chains: int = 0
    counts: dict[Verdict, int] = field(default_factory=dict)
    findings: list[tuple[Verdict, str]] = field(default_factory=list)

    def found(self, verdict: Verdict, where: str) -> None:
        self.counts[verdict] = self.counts.get(verdict, 0) + 1
        if self.counts[verdict] <= SHOWN:
            self.findings.append((verdict, where))

    @property
    def verdict(self) -> Verdict:
        return next((verdict for verdict in _FIRST if verdict in self.counts), Verdict.OK)


class Sealed(NamedTuple):
    """A seal as it is stored or exported."""

    number: int
    at: datetime
    rows: int
    total: int
    root: bytes
    previous: bytes
    digest: bytes
    ranges: list[sealer.Range]


Progress = Callable[[int], None]


def verify(*, where: Path | None = None, progress: Progress | None = None) -> Report:
    """The whole audit of this instance: rows, seals, and the anchors in ``where``."""
    report = Report()
    try:
        root = keys.provider().audit_root()
        public = anchors.public_key()
    except keys.KeyringUnavailable:
        report.found(Verdict.UNREADABLE, "the keyring does not answer, or has no audit keys")
        return report
    try:
        rows = _Rows(report, root, progress)
        listed = _anchors(report, where or anchors.folder(), public)
        wanted = {one.seal for one in listed}
        facts = _chain_of_seals(report, _stored(), wanted, rows.of_seals)
        rows.tails()
    except DatabaseError:
        report.found(Verdict.UNREADABLE, "the audit database does not answer")
        return report
    _compare(report, listed, facts)
    _is_fresh(report, listed, facts)
    return report


def verify_outside(seals: Path, where: Path, public: bytes) -> Report:
    """For somebody without keyring and database: exported seals, anchors and the public key.

    Proves that the seals are the ones that were anchored, and that nothing was taken from them;
    the rows themselves are proved by whoever holds the audit key.
    """
    report = Report()
    listed = _anchors(report, where, public)
    try:
        facts = _chain_of_seals(report, exported(seals), {one.seal for one in listed}, None)
    except (OSError, ValueError, KeyError, TypeError):
        report.found(Verdict.UNREADABLE, f"{seals.name} holds no exported seals")
        return report
    _compare(report, listed, facts)
    _is_fresh(report, listed, facts)
    return report


# -- seals


class Fact(NamedTuple):
    digest: str
    total: int
    at: datetime


def _stored() -> Iterator[Sealed]:
    """All seals with their ranges, oldest first; some at a time."""
    after = -1
    while True:
        seals = list(AuditSeal.objects.filter(number__gt=after).order_by("number")[:SEALS_AT_ONCE])
        if not seals:
            return
        after = seals[-1].number
        ranges: dict[int, list[sealer.Range]] = {}
        listed = AuditSealRange.objects.filter(seal_id__in=[seal.number for seal in seals])
        for one in listed.order_by("seal_id", "writer"):
            ranges.setdefault(one.seal_id, []).append(sealer.Range(one.writer, one.first, one.last))
        for seal in seals:
            yield Sealed(
                seal.number,
                seal.at,
                seal.rows,
                seal.total,
                bytes(seal.root),
                bytes(seal.previous),
                bytes(seal.digest),
                ranges.get(seal.number, []),
            )


def _chain_of_seals(
    report: Report,
    seals: Iterable[Sealed],
    wanted: set[int],
    check: "Callable[[list[Sealed]], None] | None",
) -> dict[int, Fact]:
    """Each seal follows the one before. Facts of the first and of those in ``wanted``."""
    facts: dict[int, Fact] = {}
    number, previous, total = 0, sealer.NO_SEAL, 0
    for _, batch in groupby(seals, key=lambda seal: seal.number // SEALS_AT_ONCE):
        some = list(batch)
        for seal in some:
            report.seals += 1
            said = sealer.digest(
                number=seal.number,
                rows=seal.rows,
                total=seal.total,
                root=seal.root,
                previous=seal.previous,
                at=seal.at,
                ranges=seal.ranges,
            )
            spanned = sum(one.last - one.first + 1 for one in seal.ranges)
            if (
                seal.number != number + 1
                or seal.previous != previous
                or seal.digest != said
                or seal.total != total + seal.rows
                or seal.rows != spanned
            ):
                report.found(Verdict.SEAL_MISMATCH, f"seal {seal.number}")
            number, previous, total = seal.number, seal.digest, seal.total
            if seal.number in wanted or len(facts) == 0:
                facts[seal.number] = Fact(seal.digest.hex(), seal.total, seal.at)
        report.sealed = total
        if check is not None:
            check(some)
    return facts


def export(file: Path) -> int:
    """All seals, a line each, for a verifier elsewhere; how many. No key is needed to read them."""
    count = 0
    with file.open("w", encoding="utf-8") as lines:
        for seal in _stored():
            said = {
                "number": seal.number,
                "at": seal.at.isoformat(),
                "rows": seal.rows,
                "total": seal.total,
                "root": seal.root.hex(),
                "previous": seal.previous.hex(),
                "digest": seal.digest.hex(),
                "ranges": seal.ranges,
            }
            lines.write(json.dumps(said) + "\n")
            count += 1
    return count


def exported(file: Path) -> Iterator[Sealed]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            said: dict[str, Any] = json.loads(line)
            yield Sealed(
                int(said["number"]),
                datetime.fromisoformat(said["at"]),
                int(said["rows"]),
                int(said["total"]),
                bytes.fromhex(said["root"]),
                bytes.fromhex(said["previous"]),
                bytes.fromhex(said["digest"]),
                [sealer.Range(str(w), int(first), int(last)) for w, first, last in said["ranges"]],
            )


# -- rows


class _Rows:
    """Walks every writer's chain: first what is sealed, then what is not yet."""

    def __init__(self, report: Report, root: bytes, progress: Progress | None) -> None:
        self.report = report
        self.root = root
        self.progress = progress
        self.at: dict[str, tuple[int, bytes]] = {}
        """Writer → the last sequence seen, and the HMAC of that row."""
        self.cipher: tuple[str, bytes] = ("", b"")

    def of_seals(self, seals: list[Sealed]) -> None:
        """Rows of these seals in one query; their trees are grown while the rows pass."""
        table, spans = AuditEvent._meta.db_table, AuditSealRange._meta.db_table
        rows: Any = AuditEvent.objects.raw(
            f"SELECT e.*, r.seal_id AS seal FROM {spans} r JOIN {table} e "  # noqa: S608
            "ON e.writer = r.writer AND e.sequence BETWEEN r.first AND r.last AND e.sequence > 0 "
            "WHERE r.seal_id BETWEEN %s AND %s ORDER BY r.seal_id, r.writer, e.sequence",
            [seals[0].number, seals[-1].number],
        )
        stream = iter(rows.iterator())
        row: Any = next(stream, None)
        for seal in seals:
            tree, whole = merkle.Tree(), True
            for one in seal.ranges:
                expected = one.first
                before = self.at.get(one.writer, (0, chain.GENESIS))[0]
                if one.first != before + 1:
                    self.report.found(
                        Verdict.SEAL_MISMATCH, f"seal {seal.number}, writer {one.writer}"
                    )
                while row is not None and (row.seal, row.writer) == (seal.number, one.writer):
                    self._missing(one.writer, expected, row.sequence - 1)
                    whole = whole and row.sequence == expected
                    self._row(row)
                    tree.add(chain.leaf_of(row))
                    expected = row.sequence + 1
                    row = next(stream, None)
                self._missing(one.writer, expected, one.last)
                whole = whole and expected == one.last + 1
                self.at[one.writer] = (one.last, self.at.get(one.writer, (0, b""))[1])
            # Rows that are gone have been told already; the root cannot fit then.
            if whole and tree.root() != seal.root:
                self.report.found(Verdict.SEAL_MISMATCH, f"seal {seal.number}: its rows differ")

    def _missing(self, writer: str, first: int, last: int) -> None:
        if first <= last:
            self.report.found(Verdict.GAP, f"writer {writer}: {first} to {last}")

    def tails(self) -> None:
        """What no seal covers yet; and every row that belongs nowhere."""
        rows = AuditEvent.objects.order_by()
        chained = rows.filter(sequence__gt=0)
        lost = rows.filter(sequence__lt=0).count()
        if lost:
            self.report.found(Verdict.BAD_HMAC, f"{lost} rows with an impossible number")
        first = chained.aggregate(first=models.Min("pk"))["first"]
        old = rows.filter(sequence=0)
        self.report.before_chains = old.count()
        if first is not None and old.filter(pk__gt=first).exists():
            self.report.found(Verdict.BAD_HMAC, "rows without a chain among rows with one")
        written = (
            chained.values_list("writer").annotate(newest=models.Max("sequence")).order_by("writer")
        )
        for writer, newest in written.iterator():
            expected = self.at.get(writer, (0, b""))[0] + 1
            if newest < expected:
                continue  # all of it is sealed
            tail = AuditEvent.objects.filter(writer=writer, sequence__gte=expected)
            for row in tail.order_by("sequence").iterator(chunk_size=1000):
                self._missing(writer, expected, row.sequence - 1)
                self._row(row)
                expected = row.sequence + 1

    def _row(self, row: AuditEvent) -> None:
        report = self.report
        report.rows += 1
        if self.progress is not None and report.rows % 1000 == 0:
            self.progress(report.rows)
        sequence, mac = self.at.get(row.writer, (0, chain.GENESIS))
        where = f"row {row.pk} (writer {row.writer}, {row.sequence})"
        if row.writer.startswith(chain.UNSIGNED):
            report.unsigned += 1
            if bytes(row.mac) or bytes(row.prev) or not chain.is_sightless(row):
                report.found(Verdict.BAD_HMAC, where)
            self.at[row.writer] = (row.sequence, b"")
            return
        if chain.mac_of(self._key(row.writer), row) != bytes(row.mac) or (
            row.sequence == sequence + 1 and bytes(row.prev) != mac
        ):
            report.found(Verdict.BAD_HMAC, where)
        self.at[row.writer] = (row.sequence, bytes(row.mac))

    def _key(self, writer: str) -> bytes:
        if self.cipher[0] != writer:
            self.cipher = (writer, crypto.chain_key(self.root, writer))
        return self.cipher[1]


# -- anchors


def _anchors(report: Report, where: Path, public: bytes) -> list[anchors.Anchor]:
    """The anchors that are ours; each has to follow the one before."""
    found: list[anchors.Anchor] = []
    previous, number = "", 0
    for path in anchors.files(where):
        report.anchors += 1
        try:
            one = anchors.read(path)
        except ValueError:
            report.found(Verdict.ANCHOR_MISMATCH, f"{path.name}: no anchor")
            continue
        finally:
            number += 1
            before, previous = previous, hashlib.sha256(path.read_bytes()).hexdigest()
        if not one.is_signed_by(public):
            report.found(Verdict.ANCHOR_MISMATCH, f"{path.name}: not signed by this keyring")
            continue
        if one.number != number or one.previous != before:
            report.found(Verdict.ANCHOR_MISMATCH, f"{path.name}: does not follow the one before")
            number = one.number
        found.append(one)
    return found


def _compare(report: Report, listed: list[anchors.Anchor], facts: dict[int, Fact]) -> None:
    for one in listed:
        fact = facts.get(one.seal)
        if fact is None or (fact.digest, fact.total) != (one.seal_digest, one.rows):
            report.found(
                Verdict.ANCHOR_MISMATCH,
                f"anchor {one.number}: seal {one.seal} with {one.rows} rows is not there",
            )


def _is_fresh(report: Report, listed: list[anchors.Anchor], facts: dict[int, Fact]) -> None:
    now = timezone.now()
    if listed:
        age = now - listed[-1].moment
        if abs(age) > anchors.STALE_AFTER:
            report.found(Verdict.STALE_ANCHOR, f"the last anchor is of {listed[-1].date}")
    elif facts and now - min(fact.at for fact in facts.values()) > anchors.STALE_AFTER:
        report.found(Verdict.STALE_ANCHOR, "there is no anchor")
    elif facts and min(fact.at for fact in facts.values()) - now > timedelta(hours=36):
        report.found(Verdict.STALE_ANCHOR, "the first seal lies in the future")
