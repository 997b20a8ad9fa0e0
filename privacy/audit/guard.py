"""The database itself refuses to change or remove what is only ever added to.

Triggers, put there after every ``migrate`` and, idempotent, again. They stop a mistaken query, an
injected statement and a database shell in a hurry. Whoever may drop a trigger may still change
rows: that is what HMAC, seals and anchors are for.

    SQLite       UPDATE and DELETE abort; so does INSERT OR REPLACE, which would remove a row
                 without asking a DELETE trigger
    PostgreSQL   UPDATE, DELETE and TRUNCATE raise, also in a session that plays a replica
"""

from typing import Any

from django.db import connections, models, router

from privacy.models import AuditEvent, AuditSeal, AuditSealRange, ChangeRecord
from privacy.models.audit import ADDED_TO

GUARDED: tuple[type[models.Model], ...] = (AuditEvent, AuditSeal, AuditSealRange, ChangeRecord)
# Besides the primary key: columns that are unique together. With the condition of the constraint.
_ONCE: dict[type[models.Model], str] = {
    AuditEvent: "NEW.sequence > 0 AND writer = NEW.writer AND sequence = NEW.sequence",
    AuditSealRange: "(writer = NEW.writer AND first = NEW.first) "
    "OR (seal_id = NEW.seal_id AND writer = NEW.writer)",
}


def sqlite_triggers(model: type[models.Model]) -> dict[str, str]:
    """Name → statement."""
    table, key = model._meta.db_table, model._meta.pk.column
    stop = f"BEGIN SELECT RAISE(ABORT, '{ADDED_TO}'); END"
    once = _ONCE.get(model)
    taken = f'SELECT 1 FROM "{table}" WHERE "{key}" = NEW."{key}"'  # noqa: S608  (our own names)
    if once:
        taken += f" OR ({once})"
    return {
        f"{table}_no_{verb}": f'CREATE TRIGGER "{table}_no_{verb}" BEFORE {when} {stop}'
        for verb, when in (
            ("update", f'UPDATE ON "{table}"'),
            ("delete", f'DELETE ON "{table}"'),
            ("replace", f'INSERT ON "{table}" WHEN EXISTS ({taken})'),
        )
    }


def postgresql_statements(model: type[models.Model]) -> list[str]:
    table = model._meta.db_table
    return [
        "CREATE OR REPLACE FUNCTION privacy_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{ADDED_TO}' USING ERRCODE = 'insufficient_privilege'; END $$",
        f'DROP TRIGGER IF EXISTS "{table}_only_added_to" ON "{table}"',
        f'CREATE TRIGGER "{table}_only_added_to" BEFORE UPDATE OR DELETE OR TRUNCATE ON "{table}" '
        "FOR EACH STATEMENT EXECUTE FUNCTION privacy_only_added_to()",
        f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER "{table}_only_added_to"',
    ]


def install(using: str = "default", **_: Any) -> None:
    """Signal ``post_migrate``: guard every table of ours that lives in this database."""
    connection = connections[using]
    here = [model for model in GUARDED if router.db_for_write(model) == using]
    if not here:
        return
    present = set(connection.introspection.table_names())
    for model in here:
        if model._meta.db_table not in present:
            continue  # before its migration
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute(
                    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
                    [model._meta.db_table],
                )
                there = dict(cursor.fetchall())
                for name, statement in sqlite_triggers(model).items():
                    if there.get(name) == statement:
                        continue
                    cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"')
                    cursor.execute(statement)
            else:
                for statement in postgresql_statements(model):
                    cursor.execute(statement)


def missing(using: str) -> list[str]:
    """Names of the triggers that should guard this database and do not, as it stands."""
    connection = connections[using]
    wanted = {
        name
        for model in GUARDED
        if router.db_for_write(model) == using
        for name in (
            sqlite_triggers(model)
            if connection.vendor == "sqlite"
            else [f"{model._meta.db_table}_only_added_to"]
        )
    }
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE tgenabled = 'A'")
        return sorted(wanted - {row[0] for row in cursor.fetchall()})
