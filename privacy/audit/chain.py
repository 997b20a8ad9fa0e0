"""Each writer's rows, in order, bound to the row before.

A writer is one thread of one process, named by 16 random letters at its first row; it writes its
rows one after the other, so writers never wait for each other. Its place in the chain is read from
its own last row as the database has it: what was rolled back leaves no false gap.

The keyring is shut: an opening is not written and no key is released. A refusal or a sign-in is
written all the same, without an HMAC, by a writer whose name begins with ``u``. Such rows are
sealed like the others; until they are, nothing but the table's own triggers protects them.
"""

import os
import secrets
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connections, router

from privacy import crypto, keys
from privacy.models import AuditEvent
from privacy.models.audit import CODE, MAC_BYTES

GENESIS = bytes(MAC_BYTES)
UNSIGNED = "u"
FORMAT = b"1"
# What the HMAC covers, in this order. A new column goes to the end, with a new FORMAT.
FIELDS = (
    "uuid",
    "at",
    "writer",
    "sequence",
    "action",
    "result",
    "actor_uuid",
    "membership_id",
    "role",
    "organisation_id",
    "team_id",
    "session",
    "object_type",
    "object_uuid",
    "compartments",
    "purpose",
    "basis_id",
    "grants",
    "count",
    "ids_hash",
    "envelope_hash",
)
_CODES = [
    field.attname
    for field in AuditEvent._meta.concrete_fields
    if field.get_internal_type() == "CharField"
]
# Without a keyring only these are written: they give no sight of anything.
_SIGHTLESS = frozenset(
    {
        "locked",
        "sign_in",
        "sign_out",
        "idle_end",
        "quick_exit",
        "rules.loaded",
        "key.unavailable",
    }
)
# Installations whose keyring was found to be that of this key store.
_known: set[str] = set()


class _Names(threading.local):
    """The names of this thread as a writer. After a fork the child is another writer."""

    process = 0
    signed = ""
    unsigned = ""


_names = _Names()


def _my_names() -> _Names:
    if _names.process != os.getpid():
        _names.process = os.getpid()
        _names.signed = secrets.token_hex(8)
        _names.unsigned = UNSIGNED + secrets.token_hex(8)[1:]
    return _names


def forget_names() -> None:
    """The next row of this thread begins a chain of its own."""
    _names.process = 0


def is_sightless(row: AuditEvent) -> bool:
    """Whether this row may stand without an HMAC."""
    return row.result.startswith("refused") or row.action in _SIGHTLESS


def body(values: Iterable[Any]) -> bytes:
    """The values of ``FIELDS`` as bytes: each with its length, an absent one told from an empty."""
    parts = [FORMAT]
    for value in values:
        if value is None:
            parts.append(b"-")
            continue
        if isinstance(value, datetime):
            text = value.astimezone(UTC).isoformat(timespec="microseconds")
        elif isinstance(value, UUID):
            text = value.hex
        else:
            text = str(value)
        raw = text.encode()
        parts.append(b"%d:" % len(raw) + raw)
    return b"".join(parts)


def body_of(row: AuditEvent) -> bytes:
    return body(getattr(row, name) for name in FIELDS)


def leaf_of(row: AuditEvent) -> bytes:
    """What a seal covers of a row: all of it, its place in the chain and its HMAC."""
    return bytes(row.prev) + bytes(row.mac) + body_of(row)


def _last(writer: str) -> tuple[int, bytes]:
    """Sequence and HMAC of this writer's last row, as the database has it now."""
    table = AuditEvent._meta.db_table
    with connections[router.db_for_write(AuditEvent)].cursor() as cursor:
        cursor.execute(
            f"SELECT sequence, mac FROM {table} "  # noqa: S608  (our own table's name)
            "WHERE writer = %s AND sequence > 0 ORDER BY sequence DESC LIMIT 1",
            [writer],
        )
        found = cursor.fetchone()
    return (int(found[0]), bytes(found[1])) if found else (0, GENESIS)


def append(row: AuditEvent) -> AuditEvent:
    """Write this row at the end of this thread's chain.

    :raises keys.KeyringUnavailable: the row tells of sight, and there is no key to chain it with.
    :raises ValueError: a column holds something else than a code.
    """
    for name in _CODES:
        if not CODE.fullmatch(getattr(row, name)):
            raise ValueError(f"{name} of an audit row is no code")
    try:
        root = _root()
    except keys.KeyringUnavailable:
        if not is_sightless(row):
            raise
        return _append_unsigned(row)
    alias = router.db_for_write(AuditEvent)
    try:
        return _append_signed(row, root)
    except IntegrityError:
        # Two of one name: a machine that was copied while it ran. From here on under a new one.
        if connections[alias].in_atomic_block:
            raise
        forget_names()
        return _append_signed(row, root)


def _root() -> bytes:
    """The root of the chains; another installation's would spoil every row for the proof."""
    keyring = keys.provider()
    root = keyring.audit_root()
    mounted = keyring.installation()
    if mounted not in _known:
        keys.refuse_foreign(keyring)
        _known.add(mounted)
    return root


def _append_signed(row: AuditEvent, root: bytes) -> AuditEvent:
    writer = _my_names().signed
    sequence, prev = _last(writer)
    row.writer, row.sequence, row.prev = writer, sequence + 1, prev
    row.mac = mac_of(crypto.chain_key(root, writer), row)
    return _insert(row)


def _append_unsigned(row: AuditEvent) -> AuditEvent:
    writer = _my_names().unsigned
    row.writer, row.sequence, row.prev, row.mac = writer, _last(writer)[0] + 1, b"", b""
    return _insert(row)


_COLUMNS = [field for field in AuditEvent._meta.concrete_fields if not field.primary_key]
_INSERT = (
    f"INSERT INTO {AuditEvent._meta.db_table} "  # noqa: S608  (our own names)
    f"({', '.join(str(field.column) for field in _COLUMNS)}) "
    f"VALUES ({', '.join(['%s'] * len(_COLUMNS))}) RETURNING id"
)


def _insert(row: AuditEvent) -> AuditEvent:
    """As ``save``, in plain SQL: every opening waits for it, and building the same statement
    through the ORM each time took twice as long as all the rest."""
    connection = connections[router.db_for_write(AuditEvent)]
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in _COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)
        (row.pk,) = cursor.fetchone()
    row._state.adding, row._state.db = False, connection.alias
    return row


def mac_of(key: bytes, row: AuditEvent) -> bytes:
    """HMAC of a row under its writer's key, over the row before and everything that it says."""
    return crypto.chain_mac(key, bytes(row.prev), body_of(row))
