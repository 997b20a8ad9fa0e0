"""Data keys: made with their owner, wrapped in the key store, open for one request at most.

    root key (file, 0600) → key-encryption key per compartment and epoch (file) → data key (row)

A data key (32 bytes) belongs to one owner (case, lead, packet, provider entries, user) and one
compartment. Rows live in the database ``keystore``, with a backup policy of its own. They commit
*before* the row that uses them: an orphan key is harmless.

    KeyringUnavailable   no provider, or it does not answer: screens lock, nothing is guessed
    KeyMissing           no key row for this owner and compartment (erased, or never made)

What turns many keys over stands beside this and is imported by name: ``rotation`` (new epochs and
re-wrapping), ``epochs`` (the end of an epoch), ``resealing`` (new data keys), ``status``.
"""

from privacy.keys.keyring import AUDIT_KEYS, KEK_CACHE_SECONDS, FileKeyring
from privacy.keys.making import destroy, make, refuse_foreign
from privacy.keys.provider import (
    WrappedKey,
    dek_context,
)
from privacy.keys.providers import _providers, provider
from privacy.keys.ring import Pair, Ring, fresh_ring, note_unavailable, open_pairs, ring
from privacy.keys.trouble import KeyMissing, KeyringUnavailable, Trouble

__all__ = [
    "AUDIT_KEYS",
    "KEK_CACHE_SECONDS",
    "FileKeyring",
    "KeyMissing",
    "KeyringUnavailable",
    "Pair",
    "Ring",
    "Trouble",
    "WrappedKey",
    "_providers",
    "dek_context",
    "destroy",
    "fresh_ring",
    "make",
    "note_unavailable",
    "open_pairs",
    "provider",
    "refuse_foreign",
    "ring",
]
