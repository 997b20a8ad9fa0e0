"""A real office. Refuses to start on anything that only a demonstration may have."""

import sys

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *  # noqa: F403
from config.settings.base import AUDIT_ANCHOR_DIR, DATA_DIR, KEYRING_DIR, env

DEBUG = False
SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")

SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
LANGUAGE_COOKIE_SECURE = True

if (DATA_DIR / "demo").exists() or (KEYRING_DIR / "demo").exists():
    raise ImproperlyConfigured("This folder holds demonstration data and keys.")
if len(SECRET_KEY) < 40:
    raise ImproperlyConfigured("SECRET_KEY must be a random text of at least 40 characters.")
if not (KEYRING_DIR / "root.key").exists() and sys.argv[1:2] != ["make_keyring"]:
    raise ImproperlyConfigured("There is no keyring. Make one with: manage.py make_keyring")
if not env.str("DONGHANH_ANCHORS", default=""):
    raise ImproperlyConfigured("DONGHANH_ANCHORS must name the folder of the audit's anchors.")
if any(
    AUDIT_ANCHOR_DIR.resolve().is_relative_to(folder.resolve())
    for folder in (DATA_DIR, KEYRING_DIR)
):
    raise ImproperlyConfigured("DONGHANH_ANCHORS must lie outside the data and the keys.")
