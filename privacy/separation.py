"""The helper is not the inspector: a person in an inspection team (Đội 178) holds no case role.

One row cannot say it of another, so the database does, at every door: a membership that is added,
prolonged, given another role, or flagged later is refused while the other kind runs on any of the
same days (privacy.md 1). The triggers are set after every migration, on both kinds of database.
"""

from typing import Any

from django.db import connections

from privacy.roles import CASE_ROLES

NAME = "inspector_is_no_helper"
TABLE = "privacy_membership"

_ROLES = ", ".join(f"'{role.value}'" for role in sorted(CASE_ROLES))


def _conflict(true: str) -> str:
    return f"""
        EXISTS (
            SELECT 1 FROM {TABLE} o
            WHERE o.user_id = NEW.user_id AND o.id <> COALESCE(NEW.id, 0)
              AND (o.ends_on IS NULL OR o.ends_on >= NEW.starts_on)
              AND (NEW.ends_on IS NULL OR NEW.ends_on >= o.starts_on)
              AND ((NEW.is_inspection_team = {true} AND o.role IN ({_ROLES}))
                OR (o.is_inspection_team = {true} AND NEW.role IN ({_ROLES})))
        )
    """  # noqa: S608  (our own names)


def _sqlite() -> list[str]:
    return [
        f"""
        CREATE TRIGGER IF NOT EXISTS {NAME}_{verb.lower()} BEFORE {verb} ON {TABLE}
        FOR EACH ROW WHEN {_conflict("1")}
        BEGIN SELECT RAISE(ABORT, '{NAME}'); END
        """
        for verb in ("INSERT", "UPDATE")
    ]


def _postgresql() -> list[str]:
    return [
        f"""
        CREATE OR REPLACE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF {_conflict("TRUE")} THEN
                RAISE EXCEPTION '{NAME}' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
        """,
        f"DROP TRIGGER IF EXISTS {NAME} ON {TABLE}",
        f"""
        CREATE TRIGGER {NAME} BEFORE INSERT OR UPDATE ON {TABLE}
        FOR EACH ROW EXECUTE FUNCTION {NAME}()
        """,
    ]


def install(using: str = "default", **_: Any) -> None:
    """Idempotent; a receiver of ``post_migrate`` of this app."""
    connection = connections[using]
    if TABLE not in connection.introspection.table_names():
        return
    statements = _postgresql() if connection.vendor == "postgresql" else _sqlite()
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
