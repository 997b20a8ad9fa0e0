"""What the audit costs when eight write at once, and what one chain for everybody would cost.

Eight processes do the same small piece of work as fast as they can: an action with its five lines
of plot (may she, may it, change, record, tell) and nothing else. Three ways, in turn, in one run:

    without     no audit row
    chains      one audit row each, as the house writes it: a chain for each writer
    one chain   one audit row each in a single chain. Its tip is locked when the row is written, and
                the row belongs to the work, so the lock is held until that has committed

As installed: SQLite in WAL, the audit in a file of its own. With ``DONGHANH_BENCH_PG`` (a
PostgreSQL address such as ``postgresql://127.0.0.1/test``; needs psycopg) the same is measured
there, in a schema that is dropped afterwards, and shown beside it.
"""

import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connections, transaction
from django.utils import timezone

from config.bench.figures import Figure
from privacy import access, audit, crypto, keys, outbox
from privacy.actors import Actor
from privacy.audit import chain, guard, sealer, verify
from privacy.compartments import Compartment
from privacy.models import (
    AuditEvent,
    AuditSeal,
    AuditSealRange,
    ChangeRecord,
    Membership,
    Organisation,
    Outbox,
    Team,
    User,
)

WRITERS = 8
SECONDS = 1.5
ROUNDS = 3
GOAL = 0.6
PEOPLE: tuple[Any, ...] = (Organisation, User, Team, Membership)
TABLES: tuple[Any, ...] = (
    *(ContentType, Permission, Group, *PEOPLE, Outbox, ChangeRecord),
    *(AuditEvent, AuditSeal, AuditSealRange),
)


def figures(actor: Actor) -> list[Figure]:
    """Ratios of work done per second; rows proved per second."""
    found = _throughput(actor, "SQLite")
    found.append(_verified())
    address = os.environ.get("DONGHANH_BENCH_PG", "")
    if address:
        with _postgresql(address):
            found += _throughput(actor, "PostgreSQL")
    return found


def _throughput(actor: Actor, where: str) -> list[Figure]:
    ContentType.objects.get_for_model(Outbox)  # learnt once, before the writers part
    rows = Outbox.objects.bulk_create([Outbox(kind="bench") for _ in range(WRITERS)])
    ways: tuple[Callable[[Actor, int], None], ...] = (_without, _chains, _one_chain)
    done: list[list[float]] = [[] for _ in ways]
    for _ in range(ROUNDS):
        for number, way in enumerate(ways):
            done[number].append(_together(way, actor, [row.pk for row in rows]))
    Outbox.objects.filter(kind="bench").delete()
    without, chains, one = (statistics.median(rates) for rates in done)
    return [
        Figure(
            f"8 writers with audit, of without it ({where})",
            round(chains),
            "/s",
            GOAL,
            round(without),
            round(chains / without, 2),
            at_least=True,
        ),
        # For comparison only; SQLite lets one write at a time anyway, so there it loses little.
        Figure(
            f"the same with a single locked chain ({where})",
            round(one),
            "/s",
            0.0,
            round(without),
            round(one / without, 2),
            at_least=True,
        ),
    ]


def _together(way: Callable[[Actor, int], None], actor: Actor, rows: list[int]) -> float:
    """Pieces of work a second, of all writers together."""
    connections.close_all()  # children open their own
    context = multiprocessing.get_context("fork")
    start = context.Barrier(len(rows))
    told = context.SimpleQueue()

    def write(row: int) -> None:
        way(actor, row)  # opens the connections
        start.wait()
        count, until = 0, time.monotonic() + SECONDS
        while time.monotonic() < until:
            way(actor, row)
            count += 1
        told.put(count)

    writers = [context.Process(target=write, args=(row,)) for row in rows]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(SECONDS + 60)
    if any(writer.exitcode != 0 for writer in writers):
        raise RuntimeError("a writer of the benchmark broke off")
    return sum(told.get() for _ in writers) / SECONDS


def _work(actor: Actor, row: int) -> None:
    with transaction.atomic():
        if not access.still_acts(actor):
            raise RuntimeError("the actor of the benchmark has no job")
        promise = Outbox.objects.select_for_update().get(pk=row)
        promise.run_at = timezone.now()
        promise.save(update_fields=["run_at"])
        audit.record_change(actor=actor, event="bench.moved", subject=promise, reason="bench")
        outbox.put("bench", row)


def _without(actor: Actor, row: int) -> None:
    _work(actor, row)


def _row(actor: Actor) -> AuditEvent:
    return AuditEvent(
        action="open",
        result="allowed",
        actor_uuid=actor.user_uuid,
        membership_id=actor.membership_id,
        role=str(actor.role),
        organisation_id=actor.organisation_id,
        team_id=actor.team_id,
        object_type="cases.case",
        object_uuid=uuid4(),
        compartments=Compartment.IDENTITY.value,
        purpose="bench",
    )


def _chains(actor: Actor, row: int) -> None:
    chain.append(_row(actor))
    _work(actor, row)


def _one_chain(actor: Actor, row: int) -> None:
    """The writer's name is the same for all, so everybody waits for the row before."""
    key = crypto.chain_key(keys.provider().audit_root(), "one")
    with transaction.atomic(using="audit"):
        if connections["audit"].vendor == "postgresql":
            with connections["audit"].cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(1)")
        sequence, prev = chain._last("one")
        written = _row(actor)
        written.writer, written.sequence, written.prev = "one", sequence + 1, prev
        written.mac = chain.mac_of(key, written)
        written.save(force_insert=True)
        _work(actor, row)


def _verified() -> Figure:
    """Everything that was just written is sealed and proved. The single chain was written under a
    name that belongs to nobody; its rows prove like all others."""
    sealer.seal_new(every_writer=True)
    began = time.perf_counter()
    report = verify.verify()
    taken = time.perf_counter() - began
    if report.verdict:
        raise RuntimeError(f"the audit of the benchmark is not whole: {report.findings[:3]}")
    return Figure(
        f"verify_audit over {report.rows:,} rows",
        round(report.rows / taken),
        "rows/s",
        1000,
        at_least=True,
    )


@contextmanager
def _postgresql(address: str) -> Iterator[None]:
    """``default`` and ``audit`` in a schema of their own, dropped at the end."""
    parts = urlsplit(address)
    schema = f"bench_{uuid4().hex[:8]}"
    before = {alias: connections[alias].settings_dict.copy() for alias in ("default", "audit")}
    people = {model: list(model._default_manager.all()) for model in PEOPLE}
    answer: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "HOST": parts.hostname or "127.0.0.1",
        "PORT": str(parts.port or 5432),
        "USER": parts.username or os.environ.get("USER", "postgres"),
        "PASSWORD": parts.password or "",
        "OPTIONS": {"options": f"-c search_path={schema}"},
        "CONN_MAX_AGE": None,
    }
    _point({alias: before[alias] | answer for alias in before})
    try:
        with connections["default"].cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {schema}")
        with connections["default"].schema_editor() as editor:
            for model in TABLES:
                editor.create_model(model)
        ContentType.objects.clear_cache()
        for model, rows in people.items():
            model._default_manager.bulk_create(rows)
        for alias in before:
            guard.install(alias)
        yield
    finally:
        with connections["default"].cursor() as cursor:
            cursor.execute(f"DROP SCHEMA {schema} CASCADE")
        _point(before)
        ContentType.objects.clear_cache()


def _point(settings: dict[str, Any]) -> None:
    connections.close_all()
    for alias, found in settings.items():
        connections.settings[alias] = found
        del connections[alias]
