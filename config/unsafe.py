"""What a real office refuses to start with. Each refusal has an id that the documents explain.

Asked at every start of a process (config/apps.py) and by ``manage.py check``.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register

LEAST_SECRET = 40
LEAST_DIFFERENT = 12
# Commands that make the keyring, or only look at the settings.
WITHOUT_KEYRING = ("make_keyring", "install", "check", "help", "collectstatic", "version")
SHAPES = ("test-only", "django-insecure-", "change", "secret")


def problems() -> list[Error]:
    """Nothing where ``PRODUCTION`` is not set: a desk or a demonstration may be unsafe."""
    if not settings.PRODUCTION:
        return []
    return [*_show(), *_secrets(), *_keyring(), *_anchors(), *_web()]


def _show() -> Iterator[Error]:
    if settings.DEBUG:
        yield Error("DEBUG shows what is in memory to whoever asks.", id="donghanh.E001")
    if settings.DEMO or settings.DEMO_CODE_DISPLAY:
        yield Error(
            "The demonstration is switched on, or its display of codes.", id="donghanh.E002"
        )
    if getattr(settings, "MOVING_CLOCK", False) or os.environ.get("DONGHANH_CLOCK_FILE"):
        yield Error("The clock can be moved from outside.", id="donghanh.E003")


def _secrets() -> Iterator[Error]:
    secret = str(settings.SECRET_KEY)
    if (
        len(secret) < LEAST_SECRET
        or len(set(secret)) < LEAST_DIFFERENT
        or secret.lower().startswith(SHAPES)
    ):
        yield Error(
            f"SECRET_KEY must be a random text of at least {LEAST_SECRET} characters.",
            id="donghanh.E004",
        )
    if "Argon2" not in settings.PASSWORD_HASHERS[0]:
        yield Error("Passwords are not hashed with Argon2.", id="donghanh.E005")


def _keyring() -> Iterator[Error]:
    data, ring = Path(settings.DATA_DIR), Path(settings.KEYRING_DIR)
    if (data / "demo").exists() or (ring / "demo").exists():
        yield Error("This folder holds demonstration data and keys.", id="donghanh.E006")
    root = ring / "root.key"
    if not root.exists():
        if sys.argv[1:2] and sys.argv[1] in WITHOUT_KEYRING:
            return
        yield Error(
            "There is no keyring. A new office begins with: manage.py install", id="donghanh.E007"
        )
    elif root.stat().st_mode & 0o077:
        yield Error("Others than its owner can read the keyring.", id="donghanh.E008")


def _anchors() -> Iterator[Error]:
    anchors = Path(settings.AUDIT_ANCHOR_DIR).resolve()
    inside = any(
        anchors.is_relative_to(Path(folder).resolve())
        for folder in (settings.DATA_DIR, settings.KEYRING_DIR)
    )
    if inside:
        yield Error(
            "The audit's anchors (DONGHANH_ANCHORS) lie within the data or the keys.",
            id="donghanh.E013",
        )


def _web() -> Iterator[Error]:
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        yield Error("ALLOWED_HOSTS must name the hosts it answers to.", id="donghanh.E009")
    secure = (settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE)
    names = (
        settings.SESSION_COOKIE_NAME,
        settings.CSRF_COOKIE_NAME,
        settings.LAST_PERSON_COOKIE_NAME,
        settings.LANGUAGE_COOKIE_NAME,
    )
    if not all(secure) or not all(name.startswith("__Host-") for name in names):
        yield Error("Cookies must be Secure and begin with __Host-.", id="donghanh.E010")
    if not settings.SECURE_SSL_REDIRECT or not settings.SECURE_HSTS_SECONDS:
        yield Error("Everything must go over https.", id="donghanh.E011")
    if settings.SESSION_IDLE_SECONDS > 15 * 60 or settings.SESSION_ABSOLUTE_SECONDS > 10 * 3600:
        yield Error("Sessions end after 15 idle minutes and ten hours.", id="donghanh.E012")


@register(Tags.security)
def office_is_safe(app_configs: Any = None, **kwargs: Any) -> list[Error]:
    return problems()
