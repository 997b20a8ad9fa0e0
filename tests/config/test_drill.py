"""The drill on SQLite files, in a process of its own; on PostgreSQL by hand, see docs/backup.md."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_an_old_backup_brings_nobody_back(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tests.config.drill", str(tmp_path / "drill")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("proved: ") == 7
