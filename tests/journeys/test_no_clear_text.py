"""Nothing she said stands in clear in any byte of the data folder: databases and their journals,
spool, sessions, kept text, logs. Whole demo on disk, pages opened, then every byte is searched."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TYPED = "Câu riêng tư chỉ để thử 0900009999"
# What the seal itself would call a code stands in reference tables too.
USE_IT = Path(__file__).with_name("use_the_demo.py")
CODE = re.compile(r"[A-Za-z0-9_.:,-]*")


def test_after_a_day_of_work_no_byte_tells(tmp_path):
    data = tmp_path / "data"
    env = {
        **os.environ,
        "DONGHANH_DATA": str(data),
        "DJANGO_SETTINGS_MODULE": "config.settings.demo",
        "PYTHONPATH": str(ROOT),
    }
    log = (tmp_path / "log").open("wb")
    subprocess.run(
        [sys.executable, "manage.py", "load_demo", "--cases=1"],
        cwd=ROOT,
        env=env,
        check=True,
        stderr=log,
        timeout=170,
    )
    subprocess.run(
        [sys.executable, USE_IT, str(tmp_path / "words.json"), TYPED],
        cwd=ROOT,
        env=env,
        check=True,
        stderr=log,
        timeout=170,
    )
    told = json.loads((tmp_path / "words.json").read_text())
    secrets = {word for word in told["words"] if not CODE.fullmatch(word)} | {TYPED}
    # A value of three or four bytes turns up in ciphertext by chance.
    secrets = {word for word in secrets if len(word.encode()) >= 5}
    # And the name of a loan or a service stands in the rules.
    reference = b"".join(path.read_bytes() for path in (ROOT / "services" / "data").iterdir())
    secrets = {word for word in secrets if word.encode() not in reference}
    assert {"Sóng", "giao hàng", "090 000 9001"} <= secrets and len(secrets) > 80
    assert told["shut"] < 20

    files = [path for path in data.rglob("*") if path.is_file()] + [tmp_path / "log"]
    assert {"data.sqlite3", "keystore.sqlite3", "audit.sqlite3"} <= {path.name for path in files}
    leaks = []
    for path in files:
        content = path.read_bytes()
        for word in secrets:
            for form in (
                word.encode(),
                word.encode("utf-16-le"),
                json.dumps(word)[1:-1].encode(),
            ):
                if form in content:
                    leaks.append(f"{path.name}: {word}")
    assert leaks == []
