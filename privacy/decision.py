"""The access decision in plain SQL: which of these records this actor may open for what, in one
query.

It is asked for every page; building the same question through the ORM (``access.live``, kept for
lists) cost several times what the database needs to answer it. A test holds both to one answer.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connections, router
from django.utils import timezone

from privacy.actors import Actor
from privacy.models import Basis, Grant, Membership, Organisation, Team, User


class Question(NamedTuple):
    """About records of one kind: ``own`` = permission ids that count by name, ``shared`` = those
    that count through her team as well. Where the record's field ``shut_when`` is set, only
    ``spared`` ones count."""

    grant_model: type[Grant]
    ids: Sequence[int]
    own: Sequence[int]
    shared: Sequence[int]
    shut_when: str = ""
    spared: Sequence[int] = ()


class Held(NamedTuple):
    """One live grant. ``kind`` = which question it answers."""

    kind: int
    object_id: int
    permission_id: int
    basis_id: int | None
    source: str
    grant_id: int


def marks(count: int) -> str:
    return ", ".join(["%s"] * count)


# Who still works here, in the membership the actor was made of (as Membership.objects.live()).
_JOB = f"""
    EXISTS (
        SELECT 1 FROM {Membership._meta.db_table} m
        JOIN {User._meta.db_table} u ON u.id = m.user_id
        JOIN {Organisation._meta.db_table} o ON o.id = m.organisation_id
        JOIN {Team._meta.db_table} t ON t.id = m.team_id
        WHERE m.id = %s AND m.user_id = %s AND m.team_id = %s AND m.role = %s
          AND m.starts_on <= %s AND (m.ends_on IS NULL OR m.ends_on >= %s)
          AND u.is_active AND o.is_active AND t.is_active
    )
"""  # noqa: S608  (names of our own tables)


def _unless_shut(model: Any, shut: str, spared: int) -> str:
    if not shut:
        return ""
    content = model._meta.get_field("content_object")
    record = content.related_model._meta
    open_again = f"g.permission_id IN ({marks(spared)}) OR " if spared else ""
    return f"""({open_again}NOT EXISTS (
            SELECT 1 FROM {record.db_table} r
            WHERE r.id = g.{content.column} AND r.{shut} IS NOT NULL))
          AND """  # noqa: S608  (names of our own tables)


@lru_cache(maxsize=256)
def _sql(
    kind: int, grant_model: type[Grant], ids: int, own: int, shared: int, shut: str, spared: int
) -> str:
    model: Any = grant_model  # concrete grants add ``content_object``
    column = model._meta.get_field("content_object").column
    holders = []
    if own:
        holders.append(
            f"(g.user_id = %s AND g.membership_id = %s AND g.permission_id IN ({marks(own)}))"
        )
    if shared:
        holders.append(f"(g.team_id = %s AND g.permission_id IN ({marks(shared)}))")
    return f"""
        SELECT {kind}, g.{column}, g.permission_id, g.basis_id, g.source, g.id
        FROM {grant_model._meta.db_table} g
        LEFT JOIN {Basis._meta.db_table} b ON b.id = g.basis_id
        WHERE g.{column} IN ({marks(ids)})
          AND ({" OR ".join(holders)})
          AND g.revoked_at IS NULL AND g.starts_at <= %s
          AND (g.expires_at IS NULL OR g.expires_at > %s)
          AND (g.basis_id IS NULL OR (
                b.ended_at IS NULL AND b.valid_from <= %s
                AND (b.valid_until IS NULL OR b.valid_until > %s)))
          AND {_unless_shut(model, shut, spared)}{_JOB}
    """  # noqa: S608  (names of our own tables; values travel as parameters)


def held(actor: Actor, questions: Collection[Question]) -> list[Held]:
    """Every live grant that answers; one query however many records of however many kinds."""
    asked = [item for item in questions if item.ids and (item.own or item.shared)]
    if actor.is_system or not asked:
        return []
    connection = connections[router.db_for_read(asked[0].grant_model)]
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    today = connection.ops.adapt_datefield_value(timezone.localdate())
    job = [actor.membership_id, actor.user_id, actor.team_id, actor.role, today, today]
    texts: list[str] = []
    values: list[Any] = []
    for kind, question in enumerate(questions):
        if question not in asked:
            continue
        texts.append(
            _sql(
                kind,
                question.grant_model,
                len(question.ids),
                len(question.own),
                len(question.shared),
                question.shut_when,
                len(question.spared),
            )
        )
        values += question.ids
        if question.own:
            values += [actor.user_id, actor.membership_id, *question.own]
        if question.shared:
            values += [actor.team_id, *question.shared]
        values += [now, now, now, now]
        if question.shut_when:
            values += question.spared
        values += job
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(texts), values)
        return list(map(Held._make, cursor.fetchall()))
