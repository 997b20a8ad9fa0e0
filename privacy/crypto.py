"""Sealing of single values and wrapping of data keys. Pure: no Django, no database, no clock.

The only importer of ``cryptography`` in the house.

    CryptoError
    ├── Malformed          the bytes are not an envelope of ours
    ├── UnknownAlgorithm   a format or algorithm byte that this version does not know
    └── Tampered           the tag does not fit: other key, other place, or changed bytes

Envelope, as stored (33 bytes more than the padded text):

    fmt(1) alg(1) compartment(1) key version(2, big endian) nonce(12) ciphertext tag(16)

The text inside is padded to buckets, because lengths speak: "dương tính" and "âm tính" differ.
"""

import hashlib
import hmac
import os
import struct
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT = 1
AES_256_GCM = 1  # 2 = AES-GCM-SIV and 3 = ChaCha20-Poly1305 are kept free
KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
HEADER = struct.Struct(">BBBH")
OVERHEAD = HEADER.size + NONCE_BYTES + TAG_BYTES
BUCKETS = (32, 64, 128, 256, 512)
BUCKET_STEP = 512


class CryptoError(Exception):
    """Base of all errors here; carries no part of a value or a key."""


class Malformed(CryptoError):
    pass


class UnknownAlgorithm(CryptoError):
    pass


class Tampered(CryptoError):
    pass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value lives. Bound to the ciphertext, so that a copied or moved value won't open.

    ``label`` is the frozen name written once on the field; renaming a class changes nothing.
    """

    label: str
    record: UUID
    owner: UUID
    compartment: int

    def aad(self, version: int) -> bytes:
        """Each part behind its length in two bytes; only the label's length varies."""
        label = self.label.encode()
        return b"".join(
            (
                len(label).to_bytes(2, "big"),
                label,
                b"\x00\x10",
                self.record.bytes,
                b"\x00\x10",
                self.owner.bytes,
                b"\x00\x01",
                self.compartment.to_bytes(1, "big"),
                b"\x00\x02",
                version.to_bytes(2, "big"),
            )
        )


class DataKey:
    """One data key, open in memory for one request. Its cipher is built once: half the cost."""

    __slots__ = ("_cipher", "version")

    def __init__(self, raw: bytes, version: int) -> None:
        if len(raw) != KEY_BYTES:
            raise Malformed("a data key has 32 bytes")
        self._cipher = AESGCM(raw)
        self.version = version

    def __repr__(self) -> str:
        return f"<DataKey v{self.version}>"

    def __reduce__(self) -> str:
        raise TypeError("a data key is never pickled")

    def seal(self, text: bytes, place: Place) -> bytes:
        header = HEADER.pack(FORMAT, AES_256_GCM, place.compartment, self.version)
        nonce = os.urandom(NONCE_BYTES)
        body = self._cipher.encrypt(nonce, pad(text), place.aad(self.version))
        return header + nonce + body

    def open(self, envelope: bytes, place: Place) -> bytes:
        """Raises Malformed, UnknownAlgorithm or Tampered; never answers with a guess."""
        version = envelope_version(envelope)
        if envelope[2] != place.compartment:
            raise Tampered("the value names another compartment")
        nonce = envelope[HEADER.size : HEADER.size + NONCE_BYTES]
        body = envelope[HEADER.size + NONCE_BYTES :]
        try:
            return unpad(self._cipher.decrypt(nonce, body, place.aad(version)))
        except InvalidTag:
            raise Tampered("the value does not belong to this key and place") from None


def envelope_version(envelope: bytes) -> int:
    """The version of the data key that sealed this envelope."""
    if len(envelope) < OVERHEAD + BUCKETS[0]:
        raise Malformed("too short for an envelope")
    fmt, alg, _compartment, version = HEADER.unpack_from(envelope)
    if fmt != FORMAT or alg != AES_256_GCM:
        raise UnknownAlgorithm("format or algorithm byte unknown")
    return int(version)


def bucket(length: int) -> int:
    """Smallest bucket that holds ``length`` bytes: 32, 64, 128, 256, 512, then steps of 512."""
    for size in BUCKETS:
        if length <= size:
            return size
    return -(-length // BUCKET_STEP) * BUCKET_STEP


def pad(text: bytes) -> bytes:
    framed = struct.pack(">I", len(text)) + text
    return framed.ljust(bucket(len(framed)), b"\0")


def unpad(padded: bytes) -> bytes:
    (length,) = struct.unpack_from(">I", padded)
    if length > len(padded) - 4:
        raise Malformed("padding does not fit")
    return padded[4 : 4 + length]


def new_key() -> bytes:
    return os.urandom(KEY_BYTES)


def wrap(kek: bytes, raw: bytes, context: bytes) -> bytes:
    """Seal a data key under a key-encryption key; ``context`` names it and is authenticated."""
    if len(kek) != KEY_BYTES:
        raise Malformed("a key-encryption key has 32 bytes")
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(kek).encrypt(nonce, raw, context)


def unwrap(kek: bytes, wrapped: bytes, context: bytes) -> bytes:
    """Raises Malformed or Tampered, whatever the store hands out."""
    if len(kek) != KEY_BYTES or len(wrapped) != NONCE_BYTES + KEY_BYTES + TAG_BYTES:
        raise Malformed("the wrapped key has the wrong length")
    try:
        return AESGCM(kek).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], context)
    except InvalidTag:
        raise Tampered("the wrapped key does not belong here") from None


def blind_index(root: bytes, label: str, normalised: str) -> bytes:
    """64-bit HMAC-SHA256 of a normalised phone or identity number, for exact matches only."""
    key = hmac.digest(root, b"blind-index:" + label.encode(), hashlib.sha256)
    return hmac.digest(key, normalised.encode(), hashlib.sha256)[:8]


def chain_mac(key: bytes, previous: bytes, body: bytes) -> bytes:
    """HMAC of an audit row over the row before it."""
    return hmac.digest(key, previous + body, hashlib.sha256)
