"""The demonstration: invented people, a banner on every page, loopback only.

It keeps to a folder of its own, which ``manage.py demo --reset`` may clear.
"""

import os
from pathlib import Path

os.environ.setdefault("DONGHANH_DATA", str(Path(__file__).resolve().parents[2] / "var" / "demo"))

from config.settings.dev import *  # noqa: E402, F403

DEMO = True
DEMO_CODE_DISPLAY = True
