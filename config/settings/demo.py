"""The demonstration: invented people, a banner on every page, loopback only."""

from config.settings.dev import *  # noqa: F403

DEMO = True
