"""Erasing what a file has sealed: tombstone, keys, files, columns; and proving that nothing opens.

The order is the same everywhere: the decision commits in the data database, then the tombstone is
written beside the keys, then the keys die, then what they had sealed is purged. Every step may run
again.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.apps import apps
from django.db import models, transaction
from django.utils import timezone

from privacy import crypto, keys
from privacy.compartments import BYTES, Compartment
from privacy.fields import Envelope, SealedField
from privacy.models import (
    BlindIndex,
    ErasedOwner,
    SealedFile,
    SealedModel,
    Tombstone,
    WrappedDataKey,
)


class Owner(NamedTuple):
    """An owner of keys, and which of them die; ``None`` = all."""

    uuid: UUID
    compartments: tuple[Compartment, ...] | None = None


# -- the steps


def bury(
    *,
    kind: str,
    subject_uuid: UUID,
    reference: str,
    basis: str,
    owners: Collection[Owner],
    legal_basis: str = "",
    asked_at: datetime | None = None,
    asked_by: UUID | None = None,
    decided_at: datetime | None = None,
    decided_by: UUID | None = None,
) -> Tombstone:
    """Write what is going to be destroyed beside the keys; a second run adds what it finds new."""
    with transaction.atomic(using="keystore"):
        stone, _made = Tombstone.objects.get_or_create(
            subject_uuid=subject_uuid,
            defaults={
                "kind": kind,
                "reference": reference,
                "basis": basis,
                "legal_basis": legal_basis,
                "asked_at": asked_at,
                "asked_by_uuid": asked_by,
                "decided_at": decided_at,
                "decided_by_uuid": decided_by,
            },
        )
        for owner in owners:
            ErasedOwner.objects.get_or_create(
                owner_uuid=owner.uuid,
                defaults={"tombstone": stone, "compartments": _codes(owner.compartments)},
            )
        epochs = _rows_of(owners_of(stone)).values_list("kek", flat=True)
        stone.epochs = sorted({*stone.epochs, *epochs})
        stone.save(update_fields=["epochs"])
    return stone


def _codes(compartments: Collection[Compartment] | None) -> list[str]:
    return sorted(item.value for item in compartments or ())


def owners_of(stone: Tombstone) -> list[Owner]:
    return [
        Owner(
            row.owner_uuid,
            tuple(Compartment(code) for code in row.compartments) if row.compartments else None,
        )
        for row in stone.owners.order_by("pk")
    ]


def destroy_keys(stone: Tombstone) -> int:
    """After this no key opens what the owners had sealed."""
    gone = sum(keys.destroy(owner.uuid, owner.compartments) for owner in owners_of(stone))
    Tombstone.objects.filter(pk=stone.pk, keys_gone_at__isnull=True).update(
        keys_gone_at=timezone.now()
    )
    return gone


def finish(stone_uuid: UUID, counts: dict[str, int]) -> None:
    Tombstone.objects.filter(subject_uuid=stone_uuid, done_at__isnull=True).update(
        done_at=timezone.now(), counts=counts
    )


def blank_envelope(compartment: Compartment) -> bytes:
    """What stands where a value was purged: an envelope of key version 0, which never exists, so
    that it reads as locked and not as tampered with."""
    header = crypto.HEADER.pack(crypto.FORMAT, crypto.AES_256_GCM, compartment.byte, 0)
    return header.ljust(crypto.OVERHEAD + crypto.BUCKETS[0], b"\0")


def sealed_models() -> Iterator[tuple[type[SealedModel], list[SealedField]]]:
    for model in apps.get_models():
        if issubclass(model, SealedModel):
            yield model, [f for f in model._meta.concrete_fields if isinstance(f, SealedField)]


def _grouped(owners: Collection[Owner]) -> dict[tuple[Compartment, ...] | None, list[UUID]]:
    groups: dict[tuple[Compartment, ...] | None, list[UUID]] = {}
    for owner in owners:
        groups.setdefault(owner.compartments, []).append(owner.uuid)
    return groups


def blank(owners: Collection[Owner]) -> int:
    """Purge the sealed columns of these owners; the number of records touched.

    Rows and their clear codes stay for the statistics. The envelope goes as well: it is the one
    thing that a key stolen earlier could still open.
    """
    touched = 0
    for model, fields in sealed_models():
        for compartments, uuids in _grouped(owners).items():
            emptied = {
                item.attname: Envelope(blank_envelope(item.compartment))
                for item in fields
                if compartments is None or item.compartment in compartments
            }
            if emptied:
                rows: models.QuerySet[SealedModel] = models.QuerySet(model)
                touched += rows.filter(owner_uuid__in=uuids).update(**emptied)
    return touched


# -- the proof


@dataclass
class Finding:
    """What is left of an erased file. ``opened``, ``keys`` and ``indexes`` must be nothing: they
    are readable. ``left`` names what is purged by running the erasure again."""

    reference: str
    rows: int = 0
    fields: int = 0
    opened: list[str] = field(default_factory=list)
    keys: int = 0
    indexes: int = 0
    left: dict[str, int] = field(default_factory=dict)
    epochs: list[str] = field(default_factory=list)
    done: bool = True

    @property
    def readable(self) -> bool:
        return bool(self.opened or self.keys or self.indexes)

    @property
    def clean(self) -> bool:
        return self.done and not self.readable and not any(self.left.values())


def _rows_of(owners: Collection[Owner]) -> "models.QuerySet[WrappedDataKey]":
    found = models.Q(pk__in=[])
    for compartments, uuids in _grouped(owners).items():
        part = models.Q(owner_uuid__in=uuids)
        if compartments is not None:
            part &= models.Q(compartment__in=[item.byte for item in compartments])
        found |= part
    return WrappedDataKey.objects.filter(found)


def prove(stone: Tombstone, owners: Collection[Owner]) -> Finding:
    """Walk every sealed value of these owners and try every key that the key store still has.

    :raises keys.KeyringUnavailable: without a keyring nothing opens, and nothing is proved.
    """
    keys.provider().index_root()
    found = Finding(stone.reference, epochs=list(stone.epochs), done=stone.done_at is not None)
    everybody = {*owners, *owners_of(stone)}
    whole = [owner.uuid for owner in everybody if owner.compartments is None]
    found.keys = _rows_of(everybody).count()
    found.indexes = BlindIndex.objects.filter(owner_uuid__in=whole).count()
    pairs = {
        (owner.uuid, compartment)
        for owner in everybody
        for compartment in (owner.compartments or tuple(BYTES))
    }
    ciphertext = 0
    with keys.fresh_ring() as ring:
        keys.open_pairs(pairs)
        for model, fields in sealed_models():
            names = [item.attname for item in fields]
            rows = model._base_manager.filter(owner_uuid__in={uuid for uuid, _ in pairs})
            for row in rows.only("pk", "uuid", "owner_uuid", *names).iterator(chunk_size=500):
                found.rows += 1
                for item in fields:
                    if (row.owner_uuid, item.compartment) not in pairs:
                        continue
                    found.fields += 1
                    held = row.__dict__[item.attname]
                    raw = held if isinstance(held, bytes) else b""
                    if raw and raw != blank_envelope(item.compartment):
                        ciphertext += 1
                    if _opens(ring, item, row, raw):
                        found.opened.append(f"{model._meta.label_lower} {row.pk} {item.name}")
    if papers := SealedFile.objects.filter(owner_uuid__in=whole).count():
        found.left["papers"] = papers
    if ciphertext:
        found.left["sealed values"] = ciphertext
    return found


def _opens(ring: keys.Ring, item: SealedField, row: SealedModel, raw: bytes) -> bool:
    place = item.place(row)
    for key in ring.seen.get((place.owner, item.compartment), {}).values():
        try:
            key.open(raw, place)
        except crypto.CryptoError:
            continue
        return True
    return False
