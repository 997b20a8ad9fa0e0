"""What a key provider must do. The file keyring does it with files; a Vault or a cloud KMS fits
behind the same verbs, because no key-encryption key ever leaves the provider through them.

Every verb raises ``KeyringUnavailable`` with a code when the provider does not serve.
"""

import struct
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol
from uuid import UUID

from privacy import crypto
from privacy.compartments import Compartment
from privacy.keys.trouble import Trouble


class OpenKey(NamedTuple):
    """A data key to be wrapped: 32 bytes, and what it is bound to."""

    raw: bytes
    context: bytes


class WrappedKey(NamedTuple):
    kek: str
    wrapped: bytes
    context: bytes


class EpochState(StrEnum):
    CURRENT = "current"  # new keys are wrapped with it
    OLDER = "older"  # still opens what rests on it
    RETIRED = "retired"  # set aside: opens nothing, can be brought back, waits for its end


class Epoch(NamedTuple):
    """One key-encryption key. ``at`` = when it was made, or set aside once it is retired."""

    kek: str
    compartment: Compartment
    number: int
    state: EpochState
    made_at: datetime
    at: datetime


class Problem(NamedTuple):
    """One thing that a health check found: the name of a file or key, and what is wrong."""

    name: str
    code: Trouble


class KeyProvider(Protocol):
    def installation(self) -> str:
        """Eight hex digits that only this keyring has. Part of every key id, so that a row of
        another installation is recognised and not taken for a damaged one."""

    def current(self, compartment: Compartment) -> str:
        """Id of the key-encryption key that new data keys are wrapped with."""

    def new_epoch(self, compartment: Compartment) -> str:
        """Make the next key-encryption key and answer its id: whole or not at all."""

    def epochs(self) -> list[Epoch]:
        """Every epoch that stands, oldest first within its compartment."""

    def wrap(self, kek: str, raw: bytes, context: bytes) -> bytes: ...

    def wrap_many(self, kek: str, items: list[OpenKey]) -> list[bytes]:
        """One call for a whole batch."""

    def unwrap_many(self, items: list[WrappedKey]) -> list[bytes | None]:
        """One call for a whole page; ``None`` where a key does not open."""

    def retire(self, kek: str) -> None:
        """Set an epoch aside: it opens nothing any more and can still be brought back."""

    def bring_back(self, kek: str) -> None: ...

    def destroy_epoch(self, kek: str) -> None:
        """The end of a retired epoch. Idempotent; nothing brings it back."""

    def check(self) -> list[Problem]:
        """Health: everything that is missing, damaged or of another installation."""

    def index_root(self) -> bytes:
        """Root of the blind indexes."""

    def audit_root(self) -> bytes:
        """Root of the audit's chains."""

    def anchor_seed(self) -> bytes:
        """Private half of the key that signs the audit's anchors."""


_CONTEXT = struct.Struct(">H3sH16sHBHHHBH")


def dek_context(owner: UUID, compartment: Compartment, version: int, kek_id: str) -> bytes:
    """What a wrapped key is bound to: ("dek", owner, compartment, version, algorithm, kek), each
    part after its length in two bytes."""
    return context_of(owner.bytes, compartment.byte, version, kek_id.encode())


def context_of(owner: bytes, compartment: int, version: int, kek: bytes) -> bytes:
    """The same from the bytes of a row: re-wrapping goes through 700,000 of them."""
    return (
        _CONTEXT.pack(
            *(3, b"dek", 16, owner, 1, compartment, 2, version, 1, crypto.AES_256_GCM, len(kek))
        )
        + kek
    )
