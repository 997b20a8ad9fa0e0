"""``make test-services``: the privacy floor on PostgreSQL, and the drill of backups there.

python -m tests.outside.run [arguments of pytest]
"""

import os
import subprocess
import sys
import tempfile

from tests.outside import postgresql

# What stands on the database itself: locks, triggers, plain SQL, commits of three databases.
ROOMS = ("tests/privacy", "tests/access", "tests/journeys")
DRILL = ("drill_data", "drill_keystore", "drill_audit")


def main(arguments: list[str]) -> int:
    with postgresql.server() as found, tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, **found}
        chosen = arguments or list(ROOMS)
        suite = [sys.executable, "-m", "pytest", "--ds=config.settings.test_postgresql"]
        mark = ["-m", "not browser and not sqlite"]
        code = subprocess.run([*suite, *mark, *chosen], env=environment, check=False).returncode  # noqa: S603
        if code or arguments:
            return code
        for name in DRILL:
            subprocess.run(["createdb", name], env=environment, check=True)  # noqa: S603, S607
        drill = [sys.executable, "-m", "tests.config.drill", folder]
        environment["DRILL_POSTGRESQL"] = "1"
        return subprocess.run(drill, env=environment, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
