"""A real office starts safe or not at all: one refusal at a time."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.test import override_settings

from config import unsafe
from privacy import keys

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def office(tmp_path):
    """Settings as production sets them, over a keyring of its own."""
    ring = tmp_path / "keys"
    keys.FileKeyring.create(ring)
    safe = {
        "PRODUCTION": True,
        "SECRET_KEY": secrets.token_urlsafe(48),
        "DATA_DIR": tmp_path,
        "KEYRING_DIR": ring,
        "ALLOWED_HOSTS": ["hthn.example.vn"],
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.Argon2PasswordHasher"],
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_NAME": "__Host-session",
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "LANGUAGE_COOKIE_NAME": "__Host-language",
        "LAST_PERSON_COOKIE_NAME": "__Host-person",
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 3600,
    }
    with override_settings(**safe):
        yield tmp_path


def refusals() -> list[str]:
    return [str(problem.id) for problem in unsafe.problems()]


def test_it_starts_when_all_is_safe(office):
    assert refusals() == []


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"DEBUG": True}, "donghanh.E001"),
        ({"DEMO": True}, "donghanh.E002"),
        ({"DEMO_CODE_DISPLAY": True}, "donghanh.E002"),
        ({"MOVING_CLOCK": True}, "donghanh.E003"),
        ({"SECRET_KEY": "short"}, "donghanh.E004"),
        ({"SECRET_KEY": "a" * 60}, "donghanh.E004"),
        ({"SECRET_KEY": "django-insecure-" + "abcdefghijklmnopqrstuvwxyz" * 2}, "donghanh.E004"),
        ({"PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"]}, "donghanh.E005"),
        ({"KEYRING_DIR": Path("/nowhere/at/all")}, "donghanh.E007"),
        ({"ALLOWED_HOSTS": []}, "donghanh.E009"),
        ({"ALLOWED_HOSTS": ["*"]}, "donghanh.E009"),
        ({"SESSION_COOKIE_SECURE": False}, "donghanh.E010"),
        ({"CSRF_COOKIE_SECURE": False}, "donghanh.E010"),
        ({"LAST_PERSON_COOKIE_NAME": "last_person"}, "donghanh.E010"),
        ({"SECURE_SSL_REDIRECT": False}, "donghanh.E011"),
        ({"SECURE_HSTS_SECONDS": 0}, "donghanh.E011"),
        ({"SESSION_IDLE_SECONDS": 3600}, "donghanh.E012"),
        ({"SESSION_ABSOLUTE_SECONDS": 11 * 3600}, "donghanh.E012"),
    ],
)
def test_it_refuses(office, wrong, refusal):
    with override_settings(**wrong):
        assert refusals() == [refusal]
        assert refusal in [problem.id for problem in run_checks(tags=["security"])]
    with override_settings(PRODUCTION=False, **wrong):
        assert refusals() == []  # a desk may


@pytest.mark.parametrize("where", ["data", "keys"])
def test_it_refuses_what_the_demonstration_made(office, where):
    (office / "demo" if where == "data" else office / "keys" / "demo").touch()
    assert refusals() == ["donghanh.E006"]


def test_it_refuses_a_keyring_that_others_read(office):
    (office / "keys" / "root.key").chmod(0o644)
    assert refusals() == ["donghanh.E008"]


@pytest.mark.parametrize("where", ["anchors", "keys/anchors"])
def test_it_refuses_anchors_that_lie_beside_what_they_prove(office, where):
    with override_settings(AUDIT_ANCHOR_DIR=office / where):
        assert refusals() == ["donghanh.E013"]


def test_it_refuses_a_clock_named_in_the_environment(office, monkeypatch):
    monkeypatch.setenv("DONGHANH_CLOCK_FILE", "/x")
    assert refusals() == ["donghanh.E003"]


@pytest.mark.parametrize("command", ["install", "make_keyring", "runner"])
def test_only_what_makes_a_keyring_starts_without_one(office, monkeypatch, command):
    (office / "keys" / "root.key").unlink()
    monkeypatch.setattr(sys, "argv", ["manage.py", command])
    assert refusals() == (["donghanh.E007"] if command == "runner" else [])


# -- the real thing, as processes


def run(folder: Path, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "config.settings.production",
            "DONGHANH_DATA": str(folder),
            "SECRET_KEY": secrets.token_urlsafe(48),
            "ALLOWED_HOSTS": "hthn.example.vn",
            **env,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_production_is_safe_by_the_check_of_django_too(tmp_path):
    keys.FileKeyring.create(tmp_path / "keys")
    told = run(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert told.returncode == 0, told.stderr
    assert "no issues" in told.stdout


def test_the_web_server_does_not_start_without_a_keyring(tmp_path):
    told = run(tmp_path, "-c", "import config.wsgi")
    assert told.returncode and "donghanh.E007" in told.stderr
