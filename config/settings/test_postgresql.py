"""The suite on PostgreSQL: three databases of the server that ``make test-services`` started.

Where it is and as whom libpq reads from PGHOST and PGUSER by itself.
"""

from config.settings.test import *  # noqa: F403

DATABASES = {
    alias: {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": f"donghanh_{alias}",
        "TEST": {"MIGRATE": False},
    }
    for alias in ("default", "keystore", "audit")
}
