"""The demo under a clock that can be moved: for ``manage.py demo_check`` only, which lives a year
in minutes. Every other settings module refuses to start while the clock's file is named."""

from config.settings.base import env
from config.settings.demo import *  # noqa: F403
from config.settings.demo import MIDDLEWARE

env.str("DONGHANH_CLOCK_FILE")  # without it there is nothing to check
MOVING_CLOCK = True
MIDDLEWARE = ["config.demo.moving_clock.MovingClock", *MIDDLEWARE]
