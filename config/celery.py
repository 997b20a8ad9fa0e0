"""Celery knows our tasks; in the embedded default the runner calls them itself."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
app = Celery("donghanh")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
