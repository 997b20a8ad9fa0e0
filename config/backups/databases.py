"""What SQLite and PostgreSQL do differently: a consistent copy out, and a copy back in.

SQLite: the online backup API; back in by exchanging the file, under an exclusive lock that any open
connection refuses. PostgreSQL: ``pg_dump`` in custom format on an exported snapshot; back in by
``pg_restore`` as one transaction, into a database without other sessions.
"""

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from django.db import connections, transaction

from config.backups.archive import Unfit

PAYLOADS = {"sqlite": "copy.sqlite3", "postgresql": "copy.pgdump"}


def engine_of(alias: str) -> str:
    vendor = connections[alias].vendor
    if vendor not in PAYLOADS:
        raise Unfit(f"Backups know SQLite and PostgreSQL, not {vendor}.")
    return vendor


def tables_of(alias: str) -> list[str]:
    connection = connections[alias]
    with connection.cursor() as cursor:
        return sorted(connection.introspection.table_names(cursor))


def migrations_of(alias: str) -> list[str]:
    """The newest migration of each app, so that a restore tells versions apart."""
    if "django_migrations" not in tables_of(alias):
        return []
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT app, MAX(name) FROM django_migrations GROUP BY app ORDER BY app")
        return [f"{app}.{name}" for app, name in cursor.fetchall()]


# -- out


def copy_out(alias: str, target: Path) -> dict[str, int]:
    """A consistent copy while people work; rows by table, counted in the very same state."""
    if engine_of(alias) == "sqlite":
        return _sqlite_out(alias, target)
    return _postgres_out(alias, target)


def _sqlite_out(alias: str, target: Path) -> dict[str, int]:
    # A reader of its own: it is never inside somebody's transaction, and never holds up a writer.
    source = Path(str(connections[alias].settings_dict["NAME"])).absolute().as_uri() + "?mode=ro"
    try:
        with (
            closing(sqlite3.connect(source, uri=True)) as reader,
            closing(sqlite3.connect(target)) as copy,
        ):
            reader.backup(copy, pages=4096, progress=_patience())
            copy.execute("PRAGMA journal_mode=DELETE")
            names = [
                name
                for (name,) in copy.execute(
                    "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'"
                )
            ]
            return {
                name: copy.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0]  # noqa: S608
                for name in sorted(names)
            }
    except sqlite3.Error as error:
        raise Unfit(f"The copy could not be written: {error}.") from None


PATIENCE_SECONDS = 60


def _patience() -> Callable[[int, int, int], None]:
    """SQLite asks again for ever where a database is locked; a person wants an answer."""
    last = [-1, time.monotonic()]

    def asked(_status: int, remaining: int, _total: int) -> None:
        now = time.monotonic()
        if remaining != last[0]:
            last[:] = [remaining, now]
        elif now - last[1] > PATIENCE_SECONDS:
            raise Unfit("The database stays locked by somebody. Nothing was written.")

    return asked


def _client(alias: str) -> tuple[list[str], dict[str, str]]:
    """Connection arguments of the PostgreSQL tools; the password travels in the environment."""
    settings = connections[alias].settings_dict
    arguments = ["--no-password"]
    for option, name in (("HOST", "--host"), ("PORT", "--port"), ("USER", "--username")):
        if settings.get(option):
            arguments += [name, str(settings[option])]
    environment = dict(os.environ)
    if settings.get("PASSWORD"):
        environment["PGPASSWORD"] = str(settings["PASSWORD"])
    return arguments, environment


def _run(command: list[str], environment: dict[str, str], **more: Any) -> bytes:
    tool = shutil.which(command[0])
    if tool is None:
        raise Unfit(f"{command[0]} is missing: install the PostgreSQL client (postgresql-client).")
    done = subprocess.run(  # noqa: S603
        [tool, *command[1:]], env=environment, capture_output=True, check=False, **more
    )
    if done.returncode:
        # The first line names the cause; further ones may quote rows.
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise Unfit(f"{command[0]} failed: {lines[0][:200] if lines else done.returncode}")
    return done.stdout


def _postgres_out(alias: str, target: Path) -> dict[str, int]:
    arguments, environment = _client(alias)
    name = str(connections[alias].settings_dict["NAME"])
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        _run(
            [
                "pg_dump",
                *arguments,
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                f"--snapshot={snapshot}",
                f"--file={target}",
                name,
            ],
            environment,
        )
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        )
        counts = {}
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT COUNT(*) FROM "{table}"')  # noqa: S608
            counts[table] = cursor.fetchone()[0]
        return counts


# -- in


def is_empty(alias: str) -> bool:
    """Without tables, or with tables that a fresh ``migrate`` left without people."""
    if engine_of(alias) == "sqlite":
        path = Path(str(connections[alias].settings_dict["NAME"]))
        if not path.exists() or path.stat().st_size == 0:
            return True
    return not tables_of(alias)


def check_stopped(alias: str) -> None:
    """Nobody else may have this database open.

    :raises Unfit: somebody has.
    """
    connections[alias].close()
    if engine_of(alias) == "sqlite":
        _sqlite_alone(Path(str(connections[alias].settings_dict["NAME"])))
        return
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        )
        others = cursor.fetchone()[0]
    connections[alias].close()
    if others:
        raise _in_use(alias)


def _in_use(alias: str) -> Unfit:
    return Unfit(
        f"Somebody has the database “{alias}” open. Stop the web server and the runner first."
    )


def _sqlite_alone(path: Path) -> None:
    """Leaving WAL needs the file for oneself: refused as long as any process has it open. It also
    folds the log into the file, so that nothing of it is left beside a new one."""
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as alone:
            mode = alone.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
            alone.execute("BEGIN EXCLUSIVE")
            alone.execute("ROLLBACK")
    except sqlite3.DatabaseError as error:
        if "lock" in str(error):
            raise _in_use(path.stem) from None
        return  # what stands there is no database: it is what a restore is for
    if mode != "delete":
        raise _in_use(path.stem)


def copy_in(alias: str, payload: Path) -> None:
    """Exchange the whole database for the copy: it is the old one or the new one, never between."""
    if engine_of(alias) == "sqlite":
        _sqlite_in(alias, payload)
    else:
        _postgres_in(alias, payload)


def _sqlite_in(alias: str, payload: Path) -> None:
    path = Path(str(connections[alias].settings_dict["NAME"]))
    try:
        with closing(sqlite3.connect(payload)) as copy:
            verdict = copy.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.DatabaseError:
        verdict = "unreadable"
    if verdict != "ok":
        raise Unfit("The copy is no healthy SQLite database. Nothing was changed.")
    fresh = path.with_name(f".{path.name}.restoring")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(payload, fresh)
        fresh.chmod(0o600)
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        for beside in ("-wal", "-shm", "-journal"):
            with suppress(FileNotFoundError):
                path.with_name(path.name + beside).unlink()
        os.replace(fresh, path)
    except OSError as error:
        raise Unfit(f"{path.parent} cannot be written: {error.strerror or error}.") from None
    finally:
        fresh.unlink(missing_ok=True)


def _postgres_in(alias: str, payload: Path) -> None:
    """One transaction drops what is there and brings the copy; killed in it, nothing changed."""
    arguments, environment = _client(alias)
    name = str(connections[alias].settings_dict["NAME"])
    connections[alias].close()
    script = _run(
        ["pg_restore", "--no-owner", "--no-privileges", "--file=-", str(payload)], environment
    )
    clean = b"DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n"
    # The dump may name the schema itself, when it is not as the server made it.
    script = b"\n".join(
        line for line in script.split(b"\n") if line.strip() != b"CREATE SCHEMA public;"
    )
    _run(
        [
            "psql",
            *arguments,
            "--quiet",
            "--no-psqlrc",
            "--single-transaction",
            "--set=ON_ERROR_STOP=1",
            "--file=-",
            name,
        ],
        environment,
        input=clean + script,
    )
