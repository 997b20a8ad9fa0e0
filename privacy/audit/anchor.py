"""Once a day a small signed file, outside the data folder: how far the audit had come.

``anchor-000042.json`` names the last seal, its digest and the number of rows sealed so far, the
anchor before it, and is signed with the keyring's Ed25519 key. Whoever removes the newest rows
together with their seals cannot remove the file that has been copied to another machine; whoever
writes a new history cannot sign it. Only the public key is needed to check one.

An anchor is never written over a history that does not continue the last one, nor under a key that
did not sign the last one: then nothing is written, and ``verify_audit`` tells why.
"""

import hashlib
import json
import os
import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from privacy import crypto, keys
from privacy.audit import sealer
from privacy.models import AuditSeal

NAME = re.compile(r"anchor-([0-9]{6,})\.json")
PURPOSE = b"dong-hanh audit anchor 1\n"
# One day, and half a day in which the machine may be off.
STALE_AFTER = timedelta(hours=36)


class AnchorRefused(Exception):
    """The audit does not continue what was anchored last; carries no part of a row."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """``seal_digest``, ``previous``, ``key`` and ``signature`` are hexadecimal. ``previous`` is the
    SHA-256 of the file before, empty for the first; ``date`` the local day, ``at`` UTC."""

    number: int
    date: str
    at: str
    seal: int
    seal_digest: str
    rows: int
    previous: str
    key: str
    signature: str = ""

    def message(self) -> bytes:
        said = asdict(self)
        del said["signature"]
        return PURPOSE + json.dumps(said, sort_keys=True).encode()

    def is_signed_by(self, public: bytes) -> bool:
        with suppress(ValueError):
            return crypto.is_signed(public, self.message(), bytes.fromhex(self.signature))
        return False

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.at)


def folder() -> Path:
    return Path(settings.AUDIT_ANCHOR_DIR)


def public_key() -> bytes:
    """Whom the anchors are checked against. 32 bytes; no secret."""
    return crypto.public_of(keys.provider().anchor_seed())


def files(where: Path) -> list[Path]:
    """The anchors of a folder, oldest first."""
    found = [
        (match, path)
        for path in where.glob("anchor-*.json")
        if (match := NAME.fullmatch(path.name))
    ]
    return [path for match, path in sorted(found, key=lambda pair: int(pair[0].group(1)))]


def read(path: Path) -> Anchor:
    """:raises ValueError: this file is no anchor."""
    try:
        raw: Any = json.loads(path.read_text(encoding="utf-8"))
        anchor = Anchor(**raw)
        whole = [anchor.number, anchor.seal, anchor.rows]
        if not all(type(value) is int for value in whole) or anchor.moment.tzinfo is None:
            raise ValueError("wrong kinds of values")
    except (OSError, TypeError, AttributeError, ValueError):
        raise ValueError(f"{path.name} is no anchor") from None
    return anchor


def drop_anchor(*, again: bool = False) -> Anchor | None:
    """Seal everything, then write today's anchor; ``None`` where it is there already or there is
    nothing to anchor. ``again`` = one more today.

    :raises AnchorRefused: the audit does not continue the last anchor.
    :raises keys.KeyringUnavailable: nothing can be signed.
    :raises OSError: the folder cannot be written.
    """
    where = folder()
    where.mkdir(parents=True, exist_ok=True)
    seed = keys.provider().anchor_seed()
    public = crypto.public_of(seed)
    today = timezone.localdate().isoformat()
    earlier = files(where)
    last = read(earlier[-1]) if earlier else None
    # A clock that was set back makes another day of it, and another anchor: harmless.
    if last is not None and last.date == today and not again:
        return None
    sealer.seal_new(every_writer=True)
    if last is not None:
        _must_continue(last, public)
    seal = AuditSeal.objects.order_by("-number").first()
    if seal is None:
        return None
    anchor = Anchor(
        number=last.number + 1 if last else 1,
        date=today,
        at=timezone.now().isoformat(timespec="seconds"),
        seal=seal.number,
        seal_digest=bytes(seal.digest).hex(),
        rows=seal.total,
        previous=hashlib.sha256(earlier[-1].read_bytes()).hexdigest() if earlier else "",
        key=public.hex(),
    )
    said = asdict(anchor) | {"signature": crypto.sign(seed, anchor.message()).hex()}
    return Anchor(**said) if _put(where, anchor.number, json.dumps(said, indent=1)) else None


def _must_continue(last: Anchor, public: bytes) -> None:
    if not last.is_signed_by(public):
        raise AnchorRefused("the last anchor was signed with another key")
    seal = AuditSeal.objects.filter(number=last.seal).first()
    if seal is None or bytes(seal.digest).hex() != last.seal_digest or seal.total != last.rows:
        raise AnchorRefused("the audit does not hold what the last anchor says")


def _put(where: Path, number: int, text: str) -> bool:
    """Whole or not at all, and never over another. False = somebody else was first."""
    path = where / f"anchor-{number:06d}.json"
    fresh = where / f".{path.name}.{os.getpid()}"
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)
    except FileExistsError:
        return False
    finally:
        fresh.unlink()
    return True
