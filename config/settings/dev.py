"""Work at one's own desk. Data lives in ``var/``; nothing here is fit for a real office."""

from config.settings.base import *  # noqa: F403
from config.settings.base import DATA_DIR
from config.settings.secrets import local_secret

SECRET_KEY = local_secret(DATA_DIR)
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
