"""docs/crypto-inventory.md, written from the code that seals, wraps and hashes."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from privacy import crypto, files, inventory

PATH = Path(settings.BASE_DIR) / "docs" / "crypto-inventory.md"

HEAD = """\
# What is sealed, and how

Written by `manage.py render_crypto_inventory` from the code; a test fails when it is out of date.
How keys live, and what to do when something is wrong with them: [keys.md](keys.md).
"""

CIPHER = f"""\
One cipher for all that is kept: AES-256-GCM (`cryptography`, the only importer is
`privacy/crypto.py`), with a random 96-bit nonce. A data key seals one owner's values of one
compartment, a few thousand at most; an epoch key wraps each data key of its compartment once or
twice: both stay far below the 2^32 sealings that random nonces allow. The algorithm byte leaves
room for AES-GCM-SIV and ChaCha20-Poly1305; `keys reseal` is the way there.

A sealed value costs {crypto.OVERHEAD} bytes over its padded text.
"""

RANDOM = """\
Keys and nonces come from `os.urandom`, references and tokens from `secrets`, uuids from `uuid4`:
all of them the operating system's generator. Nothing is seeded; no key of what the databases keep
is derived from a password or from `SECRET_KEY`. Archives and files that leave have passphrases.
"""

# Where something leaves or comes in, each by a library and none of ours.
OTHERS = (
    (
        "archives of `backup`",
        "AES-256-GCM in chunks; scrypt makes the key of the operator's passphrase",
    ),
    (
        "governed exports",
        "AES-256 in a ZIP file (WinZip AE-2: PBKDF2 and HMAC with SHA-1), passphrase shown once",
    ),
    ("the client's own copy", "AES-256 in a PDF file (revision 6), with her own passphrase"),
    ("passwords, one-time codes", "Argon2id"),
    (
        "second factor",
        "HOTP over HMAC-SHA1 (RFC 4226, 6238); its secret and its recovery codes are sealed",
    ),
    ("audit", "HMAC-SHA256 chains, SHA-256 Merkle trees (RFC 6962), Ed25519 anchors"),
    ("cookies, kept forms", "Django's HMAC-SHA256 signatures under `SECRET_KEY`"),
    ("names that wrong passwords are counted under, rows of sessions", "HMAC-SHA256, SHA-256"),
)

PAPERS = f"""\
Papers are sealed outside fields, each under the key of its owner (a case) and of its compartment:
the name (`privacy.SealedFile.sealed_name`, label `{files.NAME}`) and the chunks
(`privacy.SealedChunk.envelope`, label `{files.CONTENT}:NUMBER:more` or `:last`).
"""

NOT = """\
- What is not in the table of sealed values: states, dates, areas, the family of a service, who
  works on what. It is read in clear by whoever reads the database.
- How many values there are, and their padded lengths.
- **Replay in time**: an older envelope of the same field of the same record, put back by somebody
  who may write to the database, opens like the newest as long as its data key lives. The binding
  names the place, not the moment. `keys reseal` ends it for everything older; the change records
  show that the record was not changed by an action.
- Deletion of a whole row or of a data key: it is noticed as something missing, not prevented.
- Memory of a running process: keys and opened values are there for the length of a request, epoch
  keys for minutes. Python cannot wipe them.
- Who controls the web process while it runs can open what people open meanwhile.
- Old blocks of a disk: key files are overwritten before they are deleted, but copying file systems
  and worn disks keep older blocks. Encrypt the disk of the keyring.
"""


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def render() -> str:
    columns = inventory.sealed_columns()
    sealed = [
        (item.model, f"`{item.field}`", f"`{item.label}`", item.compartment, item.owner)
        for item in columns
    ]
    parts = [
        HEAD,
        "## Algorithm\n",
        CIPHER,
        "## Envelope of a sealed value\n",
        table(("part", "what stands in it"), inventory.envelope()),
        "## What a ciphertext is bound to\n",
        "Each part after its length in two bytes; copied to another place it does not open.\n",
        table(("ciphertext", "authenticated with it"), inventory.bindings()),
        "## Keys\n",
        table(("key", "where", "for what", "how long"), inventory.key_kinds()),
        "## Hashes and signatures\n",
        table(("what", "how"), inventory.hashes()),
        "## Randomness\n",
        RANDOM,
        "## Other primitives\n",
        table(("where", "what"), OTHERS),
        f"## Sealed values ({len(columns)})\n",
        table(("record", "field", "label", "compartment", "whose key"), sealed),
        PAPERS,
        "## What this does not protect\n",
        NOT,
        "Our own tables that hold nothing sealed: "
        + ", ".join(f"`{name}`" for name in inventory.plain_models())
        + ".\n",
    ]
    return "\n".join(parts)


class Command(BaseCommand):
    help = "Write docs/crypto-inventory.md from the code."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--check", action="store_true", help="only say whether it is current")

    def handle(self, *args: Any, check: bool = False, **options: Any) -> None:
        text = render()
        if not check:
            PATH.write_text(text)
        elif not PATH.exists() or PATH.read_text() != text:
            raise CommandError(
                "docs/crypto-inventory.md is out of date: manage.py render_crypto_inventory"
            )
