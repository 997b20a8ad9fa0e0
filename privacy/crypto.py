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
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

FORMAT = 1
AES_256_GCM = 1  # 2 = AES-GCM-SIV and 3 = ChaCha20-Poly1305 are kept free
KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
HEADER = struct.Struct(">BBBH")
WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES
OVERHEAD = HEADER.size + NONCE_BYTES + TAG_BYTES
BUCKETS = (32, 64, 128, 256, 512)
BUCKET_STEP = 512
SHORTEST = OVERHEAD + BUCKETS[0]
_LENGTH = struct.Struct(">I")


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
        tail = struct.pack(">HBHH", 1, self.compartment, 2, version)
        return label_part(self.label) + row_part(self.record, self.owner) + tail


# Label, record, owner, compartment and version, each after its length in two bytes. In parts,
# because a list of rows shares most of them.


def label_part(label: str) -> bytes:
    name = label.encode()
    return struct.pack(">H", len(name)) + name


def row_part(record: UUID, owner: UUID) -> bytes:
    return b"\0\x10" + record.bytes + b"\0\x10" + owner.bytes


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
        return self.seal_parts(
            text, place.compartment, label_part(place.label), row_part(place.record, place.owner)
        )

    def seal_parts(self, text: bytes, compartment: int, label: bytes, row: bytes) -> bytes:
        """The same from the parts of a place."""
        nonce = os.urandom(NONCE_BYTES)
        header = HEADER.pack(FORMAT, AES_256_GCM, compartment, self.version)
        aad = label + row + b"\0\1" + header[2:3] + b"\0\2" + header[3:5]
        return header + nonce + self._cipher.encrypt(nonce, pad(text), aad)

    def open(self, envelope: bytes, place: Place) -> bytes:
        """Raises Malformed, UnknownAlgorithm or Tampered; never answers with a guess."""
        envelope_version(envelope)
        if envelope[2] != place.compartment:
            raise Tampered("the value names another compartment")
        read = self._reader(envelope[2:5])
        return read(envelope, label_part(place.label), row_part(place.record, place.owner))

    def reader(self, compartment: int) -> "tuple[bytes, Reader]":
        """The head of every envelope that this key seals in this compartment, and what opens
        those that begin with it: (envelope, label part, row part) → text."""
        head = HEADER.pack(FORMAT, AES_256_GCM, compartment, self.version)
        return head, self._reader(head[2:5])

    def _reader(self, named: bytes) -> "Reader":
        """``named``: compartment and version, as an envelope's head has them."""
        decrypt, length = self._cipher.decrypt, _LENGTH.unpack_from
        tail = b"\0\1" + named[:1] + b"\0\2" + named[1:]

        def read(envelope: bytes, label: bytes, row: bytes) -> bytes:
            try:
                padded = decrypt(envelope[5:17], envelope[17:], label + row + tail)
            except (InvalidTag, ValueError):
                raise Tampered("the value does not belong to this key and place") from None
            end = length(padded)[0] + 4
            if end > len(padded):
                raise Malformed("padding does not fit")
            return padded[4:end]

        return read


Reader = Callable[[bytes, bytes, bytes], bytes]


def envelope_version(envelope: bytes) -> int:
    """The version of the data key that sealed this envelope."""
    if len(envelope) < SHORTEST:
        raise Malformed("too short for an envelope")
    if envelope[0] != FORMAT or envelope[1] != AES_256_GCM:
        raise UnknownAlgorithm("format or algorithm byte unknown")
    return envelope[3] << 8 | envelope[4]


def bucket(length: int) -> int:
    """Smallest bucket that holds ``length`` bytes: 32, 64, 128, 256, 512, then steps of 512."""
    for size in BUCKETS:
        if length <= size:
            return size
    return -(-length // BUCKET_STEP) * BUCKET_STEP


def pad(text: bytes) -> bytes:
    framed = _LENGTH.pack(len(text)) + text
    return framed.ljust(bucket(len(framed)), b"\0")


def unpad(padded: bytes) -> bytes:
    end = int.from_bytes(padded[:4], "big") + 4
    if end > len(padded):
        raise Malformed("padding does not fit")
    return padded[4:end]


def new_key() -> bytes:
    return os.urandom(KEY_BYTES)


class WrappingKey:
    """A key-encryption key, open in memory. Its cipher is built once: rotation uses it often."""

    __slots__ = ("_cipher",)

    def __init__(self, raw: bytes) -> None:
        if len(raw) != KEY_BYTES:
            raise Malformed("a key-encryption key has 32 bytes")
        self._cipher = AESGCM(raw)

    def __repr__(self) -> str:
        return "<WrappingKey>"

    def __reduce__(self) -> str:
        raise TypeError("a key-encryption key is never pickled")

    def wrap(self, raw: bytes, context: bytes) -> bytes:
        """Seal a data key; ``context`` names it and is authenticated."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, raw, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Raises Malformed or Tampered, whatever the store hands out."""
        if len(wrapped) != WRAPPED_BYTES:
            raise Malformed("the wrapped key has the wrong length")
        try:
            return self._cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], context)
        except InvalidTag:
            raise Tampered("the wrapped key does not belong here") from None


def wrap(kek: bytes, raw: bytes, context: bytes) -> bytes:
    return WrappingKey(kek).wrap(raw, context)


def unwrap(kek: bytes, wrapped: bytes, context: bytes) -> bytes:
    return WrappingKey(kek).unwrap(wrapped, context)


def blind_index(root: bytes, label: str, normalised: str) -> bytes:
    """64-bit HMAC-SHA256 of a normalised phone or identity number, for exact matches only."""
    key = hmac.digest(root, b"blind-index:" + label.encode(), hashlib.sha256)
    return hmac.digest(key, normalised.encode(), hashlib.sha256)[:8]


def chain_mac(key: bytes, previous: bytes, body: bytes) -> bytes:
    """HMAC of an audit row over the row before it."""
    return hmac.digest(key, previous + body, hashlib.sha256)


def chain_key(root: bytes, writer: str) -> bytes:
    """The key of one writer's chain; ``root`` = the keyring's audit key, 32 bytes."""
    if len(root) != KEY_BYTES:
        raise Malformed("the audit key has 32 bytes")
    return hmac.digest(root, b"audit-chain:" + writer.encode(), hashlib.sha256)


def public_of(seed: bytes) -> bytes:
    """The 32 public bytes of an Ed25519 signing key (``seed`` = its 32 private bytes)."""
    if len(seed) != KEY_BYTES:
        raise Malformed("a signing key has 32 bytes")
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign(seed: bytes, message: bytes) -> bytes:
    """64 bytes, Ed25519."""
    if len(seed) != KEY_BYTES:
        raise Malformed("a signing key has 32 bytes")
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the holder of ``public`` signed exactly this message."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


# -- whole files, in chunks

SALT_BYTES = 16
CHUNK = 1024 * 1024
_PREFIX_BYTES = 7


def passphrase_key(passphrase: bytes, salt: bytes) -> bytes:
    """A file's key from a passphrase: scrypt, 64 MiB and about 0.2 s a try (RFC 7914)."""
    if len(salt) != SALT_BYTES:
        raise Malformed("a salt has 16 bytes")
    return Scrypt(salt=salt, length=KEY_BYTES, n=2**16, r=8, p=1).derive(passphrase)


def new_salt() -> bytes:
    return os.urandom(SALT_BYTES)


def seal_file(source: BinaryIO, target: BinaryIO, key: bytes, context: bytes) -> None:
    """AES-256-GCM in chunks of 1 MiB: prefix(7), then chunks with their tags.

    Nonce = prefix, number of the chunk, last or not; so chunks cannot be moved, left out or cut
    off (the STREAM construction). ``context`` is authenticated with each of them.
    """
    cipher, prefix = AESGCM(key), os.urandom(_PREFIX_BYTES)
    target.write(prefix)
    number, chunk = 0, source.read(CHUNK)
    while True:
        following = source.read(CHUNK)
        nonce = prefix + struct.pack(">IB", number, not following)
        target.write(cipher.encrypt(nonce, chunk, context))
        if not following:
            return
        number, chunk = number + 1, following


def open_file(source: BinaryIO, target: BinaryIO, key: bytes, context: bytes) -> None:
    """Raises Malformed or Tampered; what was written to ``target`` before is then worthless."""
    cipher, prefix = AESGCM(key), source.read(_PREFIX_BYTES)
    number, chunk = 0, source.read(CHUNK + TAG_BYTES)
    if len(prefix) != _PREFIX_BYTES or len(chunk) < TAG_BYTES:
        raise Malformed("too short for a sealed file")
    while True:
        following = source.read(CHUNK + TAG_BYTES)
        nonce = prefix + struct.pack(">IB", number, not following)
        try:
            target.write(cipher.decrypt(nonce, chunk, context))
        except InvalidTag:
            raise Tampered("the file was changed, cut, or the passphrase is another one") from None
        if not following:
            return
        number, chunk = number + 1, following
