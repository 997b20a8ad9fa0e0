"""What the audit is read for: who opened this record, and what a data-protection officer looks
into. Each answer costs the same number of queries however long the audit is."""

import statistics
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import models
from django.db.models import Count, Max, Q
from django.utils import timezone

from privacy.models import AuditEvent, AuditReview, Organisation, Signal, User

PAGE = 25
OPENINGS = ("open", "export")


class Looks(NamedTuple):
    """One page of rows, newest first; ``next`` is the id to go on before."""

    rows: list[AuditEvent]
    next: int | None


def looks_at(
    objects: Collection[UUID],
    *,
    actions: Collection[str] = (),
    before: int | None = None,
    size: int = PAGE,
) -> Looks:
    """Rows that name one of these records. A list that showed many of them names none."""
    rows = AuditEvent.objects.filter(object_uuid__in=list(objects))
    if actions:
        rows = rows.filter(action__in=list(actions), result="allowed")
    return _page(rows, before, size)


def looks_of(person: UUID, *, before: int | None = None, size: int = PAGE) -> Looks:
    """Everything that this person did or was refused."""
    return _page(AuditEvent.objects.filter(actor_uuid=person), before, size)


def _page(rows: "models.QuerySet[AuditEvent]", before: int | None, size: int) -> Looks:
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: size + 1])
    shown = found[:size]
    return Looks(shown, shown[-1].pk if len(found) > size else None)


def people(uuids: Collection[UUID | None]) -> dict[UUID, User]:
    return {user.uuid: user for user in User.objects.filter(uuid__in=[u for u in uuids if u])}


def offices(ids: Collection[int | None]) -> dict[int, str]:
    rows = Organisation.objects.filter(pk__in=[pk for pk in ids if pk])
    return dict(rows.values_list("pk", "name"))


# -- two counters


class Thresholds(NamedTuple):
    """Dated rule data (services/data/audit_watch.json)."""

    window: timedelta
    usual_weeks: int
    openings: int
    times_own: float
    times_role: float
    refusals: int

    @classmethod
    def parse(cls, payload: dict[str, Any]) -> "Thresholds":
        return cls(
            window=timedelta(days=payload["window_days"]),
            usual_weeks=payload["usual_weeks"],
            openings=payload["openings"]["at_least"],
            times_own=payload["openings"]["times_own_usual"],
            times_role=payload["openings"]["times_role_usual"],
            refusals=payload["refusals"]["at_least"],
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A person whose number is unusual. ``own`` and ``role_usual`` are what one window usually
    holds: hers before, and the middle one of the others with her role. ``until`` = the last row
    counted."""

    signal: Signal
    person: UUID
    role: str
    organisation_id: int | None
    count: int
    own: float
    role_usual: float
    until: datetime


def signals(limits: Thresholds) -> list[Found]:
    """What nobody has looked into yet, the biggest number first."""
    now = timezone.now()
    since = now - limits.window
    usual_since = since - timedelta(weeks=limits.usual_weeks)
    staff = User.objects.values_list("uuid", flat=True)
    rows = AuditEvent.objects.filter(
        actor_uuid__in=list(staff), at__gt=usual_since, at__lte=now
    ).order_by()
    opening = Q(action__in=OPENINGS, result="allowed")
    refusal = Q(result__startswith="refused")
    listed = list(
        rows.values("actor_uuid", "role", "organisation_id").annotate(
            opened=Count("pk", filter=opening & Q(at__gt=since)),
            before=Count("pk", filter=opening & Q(at__lte=since)),
            refused=Count("pk", filter=refusal & Q(at__gt=since)),
            last_opened=Max("at", filter=opening),
            last_refused=Max("at", filter=refusal),
        )
    )
    settled = _settled(since)
    windows = limits.usual_weeks * 7 / (limits.window / timedelta(days=1))
    found: list[Found] = []
    for row in listed:
        own = row["before"] / windows
        others = [
            other["before"] / windows
            for other in listed
            if other["role"] == row["role"] and other["actor_uuid"] != row["actor_uuid"]
        ]
        usual = statistics.median(others) if others else 0.0
        opened = row["opened"] - settled.get((Signal.VOLUME, row["actor_uuid"], row["role"]), 0)
        refused = row["refused"] - settled.get((Signal.REFUSALS, row["actor_uuid"], row["role"]), 0)
        who = (row["actor_uuid"], row["role"], row["organisation_id"])
        if (
            opened >= limits.openings
            and opened > limits.times_own * own
            and opened > limits.times_role * usual
        ):
            found.append(Found(Signal.VOLUME, *who, opened, own, usual, row["last_opened"]))
        if refused >= limits.refusals:
            found.append(Found(Signal.REFUSALS, *who, refused, 0.0, 0.0, row["last_refused"]))
    return sorted(found, key=lambda one: (-one.count, str(one.person)))


def _settled(since: datetime) -> dict[tuple[str, UUID, str], int]:
    """Rows of this window that somebody has looked into: by signal, person and role."""
    reviewed = list(
        AuditReview.objects.filter(until__gt=since)
        .order_by()
        .values_list("signal", "person__uuid")
        .annotate(until=Max("until"))
    )
    if not reviewed:
        return {}
    counted: dict[tuple[str, UUID, str], int] = {}
    wanted = Q(pk__in=[])
    for _signal, person, until in reviewed:
        wanted |= Q(actor_uuid=person, at__gt=since, at__lte=until)
    rows = AuditEvent.objects.filter(wanted).order_by()
    until_of = {(signal, person): until for signal, person, until in reviewed}
    for person, role, action, result, at in rows.values_list(
        "actor_uuid", "role", "action", "result", "at"
    ).iterator():
        signal = None
        if action in OPENINGS and result == "allowed":
            signal = Signal.VOLUME
        elif result.startswith("refused"):
            signal = Signal.REFUSALS
        until = until_of.get((signal, person)) if signal else None
        if until is not None and at <= until:
            counted[str(signal), person, role] = counted.get((str(signal), person, role), 0) + 1
    return counted
