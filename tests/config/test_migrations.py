"""The suite makes its tables from the models; the migrations make the same, in the same places."""

import os
import re
import sqlite3
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])
MIGRATE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", database="default", verbosity=0)
for alias in ("keystore", "audit"):
    call_command("migrate", "privacy", database=alias, verbosity=0)
"""
SETTINGS = """
from config.settings.test import *
DATABASES = {{
    alias: {{"ENGINE": "django.db.backends.sqlite3", "NAME": {folder!r} + "/" + alias}}
    for alias in ("default", "keystore", "audit")
}}
"""
OURS = ("privacy_", "services_", "workflow_", "referrals_", "cases_")


def test_no_model_waits_for_a_migration():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def shape(cursor):
    """Of our own tables: columns, named constraints and index names."""
    cursor.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    rows = [row for row in cursor.fetchall() if row[1].startswith(OURS)]
    found = {}
    for name, table, sql in rows:
        if name != table:
            found[name] = table
            continue
        cursor.execute(f'PRAGMA table_info("{table}")')
        columns = {(row[1], row[2], row[3]) for row in cursor.fetchall()}
        found[table] = (columns, set(re.findall(r'CONSTRAINT "(\w+)" (\w+)', sql)))
    return found


def test_migrations_make_the_tables_that_the_models_ask_for(tmp_path):
    (tmp_path / "migration_settings.py").write_text(SETTINGS.format(folder=str(tmp_path)))
    subprocess.run(
        [sys.executable, "-c", MIGRATE],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "migration_settings",
            "PYTHONPATH": f"{tmp_path}:{settings.BASE_DIR}",
        },
        cwd=settings.BASE_DIR,
        check=True,
        capture_output=True,
        timeout=170,
    )
    for alias in ("default", "keystore", "audit"):
        with sqlite3.connect(tmp_path / alias) as made, connections[alias].cursor() as asked:
            assert shape(made.cursor()) == shape(asked), alias
