"""A PostgreSQL server of our own for a run of tests: ``with server() as environment``.

From the installed Debian binaries, in a temporary folder, on a socket only, as another user than
root, stopped by its pid. Whatever already runs on this machine is not touched.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PLACES = "/usr/lib/postgresql"
MISSING = "PostgreSQL is missing: apt-get install postgresql"
# Root may not run it; these exist on every Debian machine that has it.
USERS = ("postgres", "nobody")


def _programs() -> Path:
    """The folder of the newest installed version.

    :raises SystemExit: none is installed; the message names the package.
    """
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).parent
    found = sorted(Path(PLACES).glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise SystemExit(MISSING)
    return found[-1].parent


def _owner() -> str | None:
    if os.geteuid():
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in USERS if name in known)


@contextmanager
def server() -> Iterator[dict[str, str]]:
    """The environment in which libpq and Django find it."""
    programs, owner = _programs(), _owner()
    with tempfile.TemporaryDirectory(prefix="donghanh-pg-") as folder:
        if owner is not None:
            shutil.chown(folder, owner)
        data = Path(folder) / "data"

        def run(program: str, *arguments: str) -> None:
            done = subprocess.run(  # noqa: S603  (programs of the package)
                [programs / program, *arguments],
                user=owner,
                cwd=folder,
                env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise SystemExit(f"{program}: {done.stdout}{done.stderr}")

        run("initdb", "-D", str(data), "-U", "donghanh", "-A", "trust", "-E", "UTF8", "--no-sync")
        # Nothing of this outlives the run: no fsync. Two workers, three databases, some threads.
        settings = (
            f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off "
            "-c synchronous_commit=off -c full_page_writes=off -c max_connections=60"
        )
        log = str(Path(folder) / "server.log")
        run("pg_ctl", "-D", str(data), "-l", log, "-o", settings, "-w", "start")
        try:
            yield {
                "PGHOST": folder,
                "PGUSER": "donghanh",
                "PATH": f"{programs}:{os.environ['PATH']}",
            }
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
