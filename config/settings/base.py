"""Settings that hold everywhere. Nothing here is a secret, and no secret has a default."""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parents[2]
env = environ.Env()

if (
    env.str("DONGHANH_CLOCK_FILE", default="")
    and env.str("DJANGO_SETTINGS_MODULE", default="") != "config.settings.demo_check"
):
    raise ImproperlyConfigured("Only the demo check runs under a clock that can be moved.")

# Where a running instance keeps what it makes: databases, keys, spool, sockets.
DATA_DIR = Path(env.str("DONGHANH_DATA", default=str(BASE_DIR / "var")))
KEYRING_DIR = Path(env.str("DONGHANH_KEYRING", default=str(DATA_DIR / "keys")))
# Signed facts about the audit, a file a day: never inside the data folder, whose owner could then
# rewrite both. Copied to another machine they prove the most.
AUDIT_ANCHOR_DIR = Path(
    env.str("DONGHANH_ANCHORS", default=str(DATA_DIR.with_name(f"{DATA_DIR.name}-anchors")))
)
NOTICE_SPOOL = DATA_DIR / "spool"
RUNNER_SOCKET = DATA_DIR / "runner.sock"

DEBUG = False
ALLOWED_HOSTS: list[str] = []
DEMO = False
# The code of the second factor on the page that asks for it: for invented people only.
DEMO_CODE_DISPLAY = False
# A real office: what is unsafe refuses to start (config/unsafe.py).
PRODUCTION = False

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "guardian",
    "axes",
    "csp",
    "viewflow.workflow",
    "privacy",
    "services",
    "workflow",
    "referrals",
    "cases",
    "config",
]

MIDDLEWARE = [
    "privacy.middleware.RequestLog",
    "privacy.middleware.PrivateResponses",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "privacy.middleware.KeyRing",
    "privacy.middleware.SessionActor",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "privacy.middleware.Refusals",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
AUTH_USER_MODEL = "privacy.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # our own backend answers, see privacy/backends.py

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "privacy.backends.PasswordBackend",
]
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
VIEWFLOW = {"AUTOREGISTER": False}

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "config.context.page",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "config.ui"],
        },
    }
]
FORM_RENDERER = "config.ui.FormRenderer"


def sqlite(name: str) -> dict[str, object]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(DATA_DIR / f"{name}.sqlite3"),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
                "PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;"
            ),
        },
        "CONN_MAX_AGE": None,
    }


# One file for data, one for keys, one for the audit: a refusal is recorded although its
# request rolls back, and keys have a backup policy of their own.
DATABASES = {
    "default": sqlite("data"),
    "keystore": sqlite("keystore"),
    "audit": sqlite("audit"),
}
DATABASE_ROUTERS = ["privacy.routers.StoreRouter"]

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "privacy.passwords.NotOnlyEverydayWords"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "worklist"

# Lock the account and the account at one address, never an address: behind one carrier's
# address sit thousands of phones.
AXES_LOCKOUT_PARAMETERS = ["username", ["username", "ip_address"]]
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25
AXES_RESET_ON_SUCCESS = True
# A lock ends by itself: whoever knocks on meanwhile does not make it longer.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "privacy.views.locked_out"
AXES_ENABLE_ADMIN = False
# A password typed into the wrong box, or who tries to get in: nobody reads it in the table.
AXES_USERNAME_CALLABLE = "privacy.throttle.hidden_name"
AXES_SENSITIVE_PARAMETERS = ["username", "next", "kept", "csrfmiddlewaretoken"]
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ACCESS_FAILURE_LOG = False

SESSION_ENGINE = "privacy.session_store"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_IDLE_SECONDS = 15 * 60
SESSION_ABSOLUTE_SECONDS = 10 * 3600
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_SECONDS
LAST_PERSON_COOKIE_NAME = "last_person"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "privacy.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

# Largest file that may be brought. A request that is larger carries none, and the form says so:
# with this one handler nothing brought ever stands in a temporary file in clear.
UPLOAD_MAX_BYTES = 10 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_MAX_BYTES + 64 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 400

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", _("Vietnamese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 31536000

MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="memory://")
CELERY_TASK_IGNORE_RESULT = True
# One list of periodic work: the embedded runner reads it today, Celery beat will read it too.
CELERY_BEAT_SCHEDULE = {
    "fire-timers": {"task": "workflow.fire_timers", "schedule": 20.0},
    "sweep-outbox": {"task": "workflow.sweep_outbox", "schedule": 30.0},
    "drop-kept-text": {"task": "privacy.drop_kept_text", "schedule": 3600.0},
    "drop-sent-forms": {"task": "privacy.drop_sent_forms", "schedule": 3600.0},
    "seal-audit": {"task": "privacy.seal_audit", "schedule": 5.0},
    "anchor-audit": {"task": "privacy.anchor_audit", "schedule": 3600.0},
    "retention": {"task": "privacy.retention", "schedule": 3600.0},
    "drop-exports": {"task": "privacy.drop_exports", "schedule": 3600.0},
    "drop-old-sessions": {"task": "privacy.drop_old_sessions", "schedule": 3600.0},
    "drop-old-copies": {"task": "cases.drop_old_copies", "schedule": 3600.0},
    "sweep-orphan-keys": {"task": "privacy.sweep_orphan_keys", "schedule": 6 * 3600.0},
    "rotate-keys": {"task": "privacy.rotate_keys", "schedule": 24 * 3600.0},
    "finish-resealing": {"task": "privacy.finish_resealing", "schedule": 3600.0},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"ids_only": {"()": "privacy.logs.IdsOnly"}},
    "formatters": {"line": {"()": "privacy.logs.Line"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "filters": ["ids_only"],
            "formatter": "line",
        }
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Django quotes paths and SQL here; our own request log says what is needed.
        "django.request": {"level": "CRITICAL"},
        "django.security": {"level": "CRITICAL"},
        "django.server": {"level": "ERROR", "propagate": True},
        "axes": {"level": "CRITICAL"},
    },
}
DEFAULT_EXCEPTION_REPORTER_FILTER = "privacy.logs.NothingReported"
