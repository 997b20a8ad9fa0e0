"""The test suite: SQLite, no network, quick password hashing, plain static files."""

import tempfile
from pathlib import Path

from config.settings.base import *  # noqa: F403
from config.settings.base import AXES_FAILURE_LIMIT  # noqa: F401

DATA_DIR = Path(tempfile.mkdtemp(prefix="donghanh-test-"))
KEYRING_DIR = DATA_DIR / "keys"
AUDIT_ANCHOR_DIR = DATA_DIR.with_name(f"{DATA_DIR.name}-anchors")
NOTICE_SPOOL = DATA_DIR / "spool"
RUNNER_SOCKET = DATA_DIR / "runner.sock"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir()
SECRET_KEY = "test-only"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATABASES = {
    # Tables are made from the models, which is twenty times quicker than 55 migrations in three
    # databases; tests/config/test_migrations.py proves that the migrations make the same.
    alias: {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ":memory:",
        "OPTIONS": {},
        "TEST": {"MIGRATE": False},
    }
    for alias in ("default", "keystore", "audit")
}
