"""Everything cryptographic in the house, read from the code that does it: for docs, for a review,
and for the day an algorithm has to go."""

from contextlib import suppress
from typing import NamedTuple

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db import models

from privacy import crypto
from privacy.compartments import BYTES
from privacy.fields import SealedField
from privacy.keys import KEK_CACHE_SECONDS, epochs, resealing, rotation
from privacy.models import BlindIndex, SealedChunk, SealedFile, SealedModel


class SealedColumn(NamedTuple):
    model: str
    field: str
    label: str
    compartment: str
    owner: str


def owner_of(model: type[models.Model]) -> str:
    """Whose keys seal a record of this model: the record itself, or the first record that it
    cannot be without and that has keys, or whose owner has.

    :raises LookupError: nobody's, which would be a mistake in the model.
    """
    if issubclass(model, SealedModel):
        # A record that takes its owner from another one asks for it while it is made.
        with suppress(ObjectDoesNotExist):
            record = model()
            if record.owner_uuid == record.uuid:
                return model._meta.label
    elif hasattr(model, "owner_uuid"):
        return model._meta.label
    for field in model._meta.concrete_fields:
        target = field.related_model
        if isinstance(target, type) and not field.null and hasattr(target, "owner_uuid"):
            return owner_of(target)
    raise LookupError(model._meta.label)


def sealed_columns() -> list[SealedColumn]:
    return [
        SealedColumn(
            model._meta.label, field.name, field.label, field.compartment.value, owner_of(model)
        )
        for model in sorted(apps.get_models(), key=lambda item: item._meta.label)
        for field in model._meta.local_concrete_fields
        if isinstance(field, SealedField)
    ]


def plain_models() -> list[str]:
    """Our own tables that hold nothing sealed: read in clear by whoever reads the database."""
    rooms = {"privacy", "services", "workflow", "referrals", "cases", "programme"}
    sealed = {*resealing.sealed_models(), SealedFile, SealedChunk}
    return sorted(
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in rooms and model not in sealed
    )


def envelope() -> list[tuple[str, str]]:
    return [
        ("format", f"1 byte, {crypto.FORMAT}"),
        ("algorithm", f"1 byte, {crypto.AES_256_GCM} = AES-256-GCM"),
        ("compartment", "1 byte, " + ", ".join(f"{code} {item}" for item, code in BYTES.items())),
        ("key version", "2 bytes, big endian"),
        ("nonce", f"{crypto.NONCE_BYTES} bytes, random for each sealing"),
        (
            "ciphertext",
            "the length in 4 bytes, the text, zeros up to "
            + ", ".join(map(str, crypto.BUCKETS))
            + f" bytes, then steps of {crypto.BUCKET_STEP}",
        ),
        ("tag", f"{crypto.TAG_BYTES} bytes"),
    ]


def key_kinds() -> list[tuple[str, str, str, str]]:
    """Kind, where it lies, what it protects, how long it lives."""
    size = f"{crypto.KEY_BYTES * 8} bit"
    return [
        (
            f"root key, {size}",
            "`root.key` of the keyring, two escrowed copies",
            "wraps the epoch keys",
            f"as long as the installation; at most {KEK_CACHE_SECONDS} s in a process",
        ),
        (
            f"epoch key (KEK), {size}, one per compartment and epoch",
            "`<compartment>.<epoch>.kek`, wrapped under the root key; in no database",
            "wraps the data keys of its compartment",
            f"a new one every {rotation.EPOCH_AGE.days} days; destroyed {epochs.KEEP.days} days "
            f"after its successor was made, when no data key names it; at most "
            f"{KEK_CACHE_SECONDS} s in a process",
        ),
        (
            f"data key (DEK), {size}, one per owner and compartment",
            "`privacy.WrappedDataKey` in the key store, wrapped under an epoch key",
            "seals every value of that owner in that compartment",
            "until its owner is erased or `keys reseal` replaces it; in memory for one request",
        ),
        (
            f"index root, {size}",
            "`index.key` of the keyring",
            "blind indexes, one derived key per kind of number",
            "as long as the installation",
        ),
        (
            f"audit root, {size}",
            "`audit.key` of the keyring",
            "chains of audit rows, one derived key per writer",
            "as long as the installation",
        ),
        (
            "anchor key, Ed25519",
            "`anchor.key` of the keyring; its public half goes out with `export_audit`",
            "signs the audit's daily anchors",
            "as long as the installation",
        ),
        (
            "`SECRET_KEY`",
            "environment, or `secret.key` of a local instance",
            "Django's signatures over sessions, forms and tokens; no data key derives from it",
            "until it is replaced: everybody signs in again",
        ),
    ]


def bindings() -> list[tuple[str, str]]:
    """What is authenticated with a ciphertext; every part after its length in two bytes."""
    return [
        (
            "sealed value",
            "label of the field, uuid of the record, uuid of the owner, compartment, key version",
        ),
        (
            "data key",
            '"dek", uuid of the owner, compartment, key version, algorithm, id of the epoch key '
            "with its installation",
        ),
        ("epoch key", "compartment and epoch, id of the installation (not length-prefixed)"),
    ]


def hashes() -> list[tuple[str, str]]:
    index = BlindIndex._meta.get_field("digest")
    return [
        ("password", "Argon2id, salted, through Django (PBKDF2 read for older ones)"),
        (
            "blind index (phone)",
            f"HMAC-SHA256 under a key derived by HMAC-SHA256 from the index root and the kind of "
            f"number, cut to {(index.max_length or 0) * 8} bits",
        ),
        ("chain of audit rows", "HMAC-SHA256 over the row before and this one"),
        ("session in the audit, list of opened ids", "SHA-256; no secret rests on it"),
        (
            "key file",
            "SHA-256 cut to 128 bits, to tell a damaged file from a foreign one; it protects "
            "nothing against whoever may write there",
        ),
        ("forms and their tokens", "HMAC-SHA256 under `SECRET_KEY`, through Django's signing"),
    ]
