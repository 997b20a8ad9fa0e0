"""The worklist: what waits for me, what waits in my team, and what has happened to a record."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.db.models import Aggregate, Count, Q
from django.utils import timezone

from privacy import deputies
from privacy.actors import Actor
from privacy.models import ChangeRecord
from workflow.models import WorkItem

PAGE = 25
SOON = timedelta(days=3)
CRITICAL = timedelta(days=7)


# What a row of the list needs; the rest of the read model is for histories.
SHOWN = (
    "flow",
    "step",
    "subject_id",
    "subject_uuid",
    "reference",
    "role",
    "family",
    "area_code",
    "urgent",
    "due_at",
    "escalated_at",
)


class Codes(Aggregate):
    """The different codes of a column, joined by commas; codes hold none themselves."""

    function = "GROUP_CONCAT"
    template = "%(function)s(DISTINCT %(expressions)s)"
    output_field = models.TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="STRING_AGG(DISTINCT %(expressions)s, ',')", **context
        )


class Group(models.TextChoices):
    CRITICAL = "critical"
    OVERDUE = "overdue"
    SOON = "soon"
    LATER = "later"


def group_of(item: WorkItem, now: datetime) -> Group:
    """Critically overdue: more than seven days, or an urgent step over its clock at all."""
    if item.due_at < now - CRITICAL or (item.urgent and item.due_at < now):
        return Group.CRITICAL
    if item.due_at < now:
        return Group.OVERDUE
    return Group.SOON if item.due_at < now + SOON else Group.LATER


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Cursor(NamedTuple):
    """Where a page begins: after this row. Written into the URL as "due-id", numbers only."""

    due_at: datetime
    pk: int

    def __str__(self) -> str:
        # Whole microseconds: a float would be off by one, and show a row twice.
        return f"{(self.due_at - EPOCH) // timedelta(microseconds=1)}-{self.pk}"

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        stamp, _, pk = text.partition("-")
        if not (stamp.isdecimal() and pk.isdecimal() and len(stamp) < 18 and len(pk) < 19):
            return None
        return cls(EPOCH + timedelta(microseconds=int(stamp)), int(pk))


@dataclass(frozen=True)
class Filters:
    """All from closed lists; an unknown value filters nothing."""

    step: str = ""
    family: str = ""
    area: str = ""
    reference: str = ""


@dataclass(frozen=True)
class Page:
    items: list[WorkItem]
    total: int
    urgent: int
    overdue: int
    soon: int
    next: Cursor | None
    # Commune codes of the whole list, for its filter.
    areas: tuple[str, ...] = ()
    filters: Filters = field(default_factory=Filters)


def lanes(actor: Actor) -> list[str]:
    """The lists she reads: her own, her team's for her role, and those she stands in for (one
    more query, for roles that decide)."""
    team = f"t{actor.team_id}:{actor.role}"
    hers = [f"{team}:u{actor.user_id}", team] if actor.team_id else []
    return list(dict.fromkeys([*hers, *deputies.lanes_of(actor)]))


def waiting_for(actor: Actor) -> "models.QuerySet[WorkItem]":
    """Open items in her lists. A lane names team and role, so the work of her other job does not
    show; and the list needs one index."""
    return WorkItem.objects.filter(lane__in=lanes(actor), done_at__isnull=True).only(*SHOWN)


def waiting_in_team(actor: Actor) -> "models.QuerySet[WorkItem]":
    return WorkItem.objects.filter(team_id=actor.team_id, done_at__isnull=True)


def page(
    items: "models.QuerySet[WorkItem]",
    *,
    after: Cursor | None = None,
    filters: Filters | None = None,
    size: int = PAGE,
) -> Page:
    """One page, most pressing first: two queries (counts, rows), however long the list."""
    filters = filters or Filters()
    for name, value in (
        ("step", filters.step),
        ("family", filters.family),
        ("area_code", filters.area),
        ("reference", filters.reference),
    ):
        if value:
            items = items.filter(**{name: value})
    now = timezone.now()
    counts = items.aggregate(
        total=Count("*"),
        urgent=Count("pk", filter=Q(urgent=True)),
        overdue=Count("pk", filter=Q(due_at__lt=now)),
        soon=Count("pk", filter=Q(due_at__lt=now + SOON)),
        areas=Codes("area_code"),
    )
    counts["areas"] = tuple(sorted(filter(None, (counts["areas"] or "").split(","))))
    counts["soon"] -= counts["overdue"]
    rows = items
    if after is not None:
        rows = rows.filter(
            Q(due_at__gt=after.due_at) | Q(due_at=after.due_at, pk__gt=after.pk)
        ).filter(due_at__gte=after.due_at)
    found = list(rows.order_by("due_at", "pk")[: size + 1])
    shown = found[:size]
    more = Cursor(shown[-1].due_at, shown[-1].pk) if len(found) > size else None
    return Page(items=shown, next=more, filters=filters, **counts)


def my_page(
    actor: Actor,
    *,
    after: Cursor | None = None,
    filters: Filters | None = None,
    size: int = PAGE,
) -> Page:
    """As ``page(waiting_for(actor), …)``, in plain SQL.

    The first page of everybody, all day long: its two queries take a third of a millisecond, and
    building them through the ORM took five times as long. A test holds both to the same answer.
    """
    filters = filters or Filters()
    mine = lanes(actor)
    if not mine:
        return Page([], 0, 0, 0, 0, None, filters=filters)
    where = [f"lane IN ({', '.join(['%s'] * len(mine))})", "done_at IS NULL"]
    known: list[Any] = [*mine]
    for column, value in (
        ("step", filters.step),
        ("family", filters.family),
        ("area_code", filters.area),
        ("reference", filters.reference),
    ):
        if value:
            where.append(f"{column} = %s")
            known.append(value)
    counts = _counts(" AND ".join(where), known)
    if after is not None:
        where.append("due_at >= %s AND (due_at > %s OR id > %s)")
        known += [_stored(after.due_at), _stored(after.due_at), after.pk]
    found = list(
        WorkItem.objects.raw(
            f"SELECT id, {', '.join(SHOWN)} FROM {WorkItem._meta.db_table} "  # noqa: S608
            f"WHERE {' AND '.join(where)} ORDER BY due_at, id LIMIT %s",
            [*known, size + 1],
        )
    )
    shown = found[:size]
    more = Cursor(shown[-1].due_at, shown[-1].pk) if len(found) > size else None
    return Page(items=shown, next=more, filters=filters, **counts)


def _counts(where: str, known: list[Any]) -> dict[str, Any]:
    """``where`` is made of our own column names and placeholders only."""
    now = timezone.now()
    postgresql = connection.vendor == "postgresql"
    codes = (
        "STRING_AGG(DISTINCT area_code, ',')" if postgresql else "GROUP_CONCAT(DISTINCT area_code)"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*), COUNT(CASE WHEN urgent THEN 1 END), "  # noqa: S608
            "COUNT(CASE WHEN due_at < %s THEN 1 END), COUNT(CASE WHEN due_at < %s THEN 1 END), "
            f"{codes} FROM {WorkItem._meta.db_table} WHERE {where}",
            [_stored(now), _stored(now + SOON), *known],
        )
        total, urgent, overdue, soon, areas = cursor.fetchone()
    return {
        "total": total,
        "urgent": urgent,
        "overdue": overdue,
        "soon": soon - overdue,
        "areas": tuple(sorted(filter(None, (areas or "").split(",")))),
    }


def _stored(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


# -- what has happened


class Event(NamedTuple):
    at: datetime
    event: str
    actor: str
    role: str
    organisation: str
    before: str
    after: str
    reason: str


def changes(subject: models.Model) -> list[Event]:
    """Every change of this record, newest first."""
    rows = (
        ChangeRecord.objects.filter(
            subject_type=ContentType.objects.get_for_model(subject), subject_id=subject.pk
        )
        .select_related("actor", "organisation")
        .order_by("-at", "-pk")
    )
    return [event_of(row) for row in rows]


def event_of(row: ChangeRecord) -> Event:
    return Event(
        at=row.at,
        event=row.event,
        actor=row.actor.display_name,
        role=row.role,
        organisation=row.organisation.name if row.organisation else "",
        before=row.before,
        after=row.after,
        reason=row.reason,
    )


class StepDone(NamedTuple):
    flow: str
    step: str
    opened_at: datetime
    due_at: datetime
    done_at: datetime | None
    outcome: str
    by: str
    late: bool


def steps_of(subject: models.Model) -> list[StepDone]:
    """The steps of this record's flow, in the order in which they opened."""
    rows: Any = (
        WorkItem.objects.filter(
            subject_type=ContentType.objects.get_for_model(subject), subject_id=subject.pk
        )
        .select_related("done_by")
        .order_by("opened_at", "pk")
    )
    now = timezone.now()
    return [
        StepDone(
            flow=row.flow,
            step=row.step,
            opened_at=row.opened_at,
            due_at=row.due_at,
            done_at=row.done_at,
            outcome=row.outcome,
            by=row.done_by.display_name if row.done_by and row.outcome == "done" else "",
            late=(row.done_at or now) > row.due_at,
        )
        for row in rows
    ]
