"""Files sealed in chunks under their owner's key, and the only way back out.

    add     clean the content, seal it in chunks of 64 KiB
    opened  the whole file, or nothing: every chunk is checked before the first byte leaves
    remove  chunks and name gone, who and why stay
    purge   what an owner has in these compartments, rows too (erasure, retention)
    named, seal_anew   what ``keys reseal`` asks before an old key goes

Each chunk is an envelope of its own (privacy/crypto.py). Bound into it: the file, its owner, its
compartment, the number of the chunk and whether it is the last one. So a chunk that was left out,
moved, doubled, cut off at the end or taken from another file does not open.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Substr
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy import content, crypto, keys
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.errors import Invalid, NotFound
from privacy.models.files import DeleteReason, FileKind, SealedChunk, SealedFile

# With the four bytes that say its length a full chunk fills its bucket exactly.
CHUNK = 64 * 1024 - 4
NAME = "file.name"
CONTENT = "file.content"
TYPES = {
    FileKind.PDF: "application/pdf",
    FileKind.JPEG: "image/jpeg",
    FileKind.PNG: "image/png",
}


class Damaged(Exception):
    """A chunk is missing, moved or changed. Carries nothing of the file."""


def _place(file: SealedFile, label: str) -> crypto.Place:
    compartment = Compartment(file.compartment)
    return crypto.Place(label, file.uuid, file.owner_uuid, compartment.byte)


def _chunk_label(number: int, last: bool) -> str:
    return f"{CONTENT}:{number}:{'last' if last else 'more'}"


def seal_chunks(key: crypto.DataKey, file: SealedFile, data: Iterable[bytes]) -> Iterator[bytes]:
    """Envelope after envelope, one chunk ahead: only the reader of the next knows the last."""
    number = 0
    waiting: bytes | None = None
    for piece in _pieces(data):
        if waiting is not None:
            yield key.seal(waiting, _place(file, _chunk_label(number, last=False)))
            number += 1
        waiting = piece
    yield key.seal(waiting or b"", _place(file, _chunk_label(number, last=True)))


def _pieces(data: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of CHUNK, whatever pieces they come in."""
    held = bytearray()
    for part in data:
        held += part
        while len(held) >= CHUNK:
            yield bytes(held[:CHUNK])
            del held[:CHUNK]
    if held:
        yield bytes(held)


def open_chunks(file: SealedFile, envelopes: Iterable[tuple[int, bytes]]) -> Iterator[bytes]:
    """:raises Damaged: at the first chunk that is not the next one of this file."""
    compartment = Compartment(file.compartment)
    expected = 0
    for number, envelope in envelopes:
        if number != expected or expected >= file.chunks:
            raise Damaged
        label = _chunk_label(number, last=number == file.chunks - 1)
        try:
            version = crypto.envelope_version(envelope)
            key = keys.ring().opener(file.owner_uuid, compartment, version)
            if key is None:
                raise NotFound
            yield key.open(envelope, _place(file, label))
        except crypto.CryptoError:
            raise Damaged from None
        expected += 1
    if expected != file.chunks:
        raise Damaged


def add(
    *,
    actor: Actor,
    owner: UUID,
    compartment: Compartment,
    about: models.Model,
    name: str,
    data: bytes,
) -> SealedFile:
    """Raises Invalid for the field ``file``. The caller's policy has said that she may."""
    if not data:
        raise Invalid({"file": _("The file is empty.")})
    if len(data) > settings.UPLOAD_MAX_BYTES:
        raise Invalid({"file": too_large()})
    try:
        clean = content.cleaned(data)
    except content.Refused as refusal:
        raise Invalid({"file": refusal.message}) from None
    file = SealedFile(
        owner_uuid=owner,
        compartment=compartment.value,
        about_type=about._meta.label_lower,
        about_uuid=about.uuid,  # type: ignore[attr-defined]
        kind=clean.kind,
        added_by_id=actor.user_id,
        chunks=0,
    )
    key = keys.ring().sealer(owner, compartment)
    envelopes = list(seal_chunks(key, file, [clean.data]))
    file.chunks = len(envelopes)
    file.sealed_name = key.seal(name.encode()[:200], _place(file, NAME))
    with transaction.atomic():
        file.save()
        SealedChunk.objects.bulk_create(
            SealedChunk(file=file, number=number, envelope=envelope)
            for number, envelope in enumerate(envelopes)
        )
    return file


def too_large() -> str:
    megabytes = settings.UPLOAD_MAX_BYTES // (1024 * 1024)
    return _("Choose a file of at most %(size)d MB.") % {"size": megabytes}


def name_of(file: SealedFile) -> str | None:
    """``None`` where the ring holds no key that opens it, or it was deleted."""
    envelope = bytes(file.sealed_name)
    try:
        key = keys.ring().opener(
            file.owner_uuid, Compartment(file.compartment), crypto.envelope_version(envelope)
        )
        return key.open(envelope, _place(file, NAME)).decode(errors="replace") if key else None
    except crypto.CryptoError:
        return None


def opened(file: SealedFile) -> bytes:
    """The whole content. Its key is in the ring: ``privacy.access`` released it and wrote the row.

    :raises Damaged: not one byte of a file that was tampered with is handed out.
    """
    if file.deleted_at is not None:
        raise NotFound
    parts = file.parts.order_by("number").values_list("number", "envelope")
    rows: Any = ((number, bytes(envelope)) for number, envelope in parts.iterator(64))
    return b"".join(open_chunks(file, rows))


def response(file: SealedFile, data: bytes) -> HttpResponse:
    """Handed to be kept, never shown in the page; under a name that tells nothing."""
    kind = FileKind(file.kind)
    answer = HttpResponse(data, content_type=TYPES[kind])
    answer["Content-Disposition"] = f'attachment; filename="{file.uuid}.{kind.value}"'
    answer["Cache-Control"] = "no-store, private"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def remove(*, actor: Actor, file: SealedFile, reason: str) -> None:
    """The content goes at once; the row says who took it away and why. The caller has locked it."""
    if reason not in DeleteReason.values:
        raise Invalid({"reason": _("Choose a reason.")})
    SealedChunk.objects.filter(file=file).delete()
    file.sealed_name, file.chunks = b"", 0
    file.deleted_at, file.deleted_by_id, file.delete_reason = (
        timezone.now(),
        actor.user_id,
        reason,
    )
    file.save(update_fields=["sealed_name", "chunks", "deleted_at", "deleted_by", "delete_reason"])


def purge(owner: UUID, compartments: Collection[Compartment] | None = None) -> int:
    """Rows and chunks of this owner, ``None`` = in all compartments; idempotent. Answers how many
    files."""
    files = SealedFile.objects.filter(owner_uuid=owner)
    if compartments is not None:
        files = files.filter(compartment__in=[item.value for item in compartments])
    SealedChunk.objects.filter(file__in=files).delete()
    return files.delete()[1].get(SealedFile._meta.label, 0)


# -- new data keys (privacy/keys/resealing.py)


def _of(pairs: Collection[keys.Pair]) -> models.QuerySet[SealedFile]:
    return SealedFile.objects.filter(
        owner_uuid__in={owner for owner, _ in pairs},
        compartment__in={compartment.value for _, compartment in pairs},
        deleted_at__isnull=True,
    )


def named(pairs: Collection[keys.Pair]) -> Iterator[tuple[keys.Pair, int]]:
    """Which versions of these pairs' keys a file still needs; of a chunk only its head is read."""
    head = Substr("envelope", 1, crypto.SHORTEST, output_field=models.BinaryField())
    for file in _of(pairs):
        parts = file.parts.annotate(head=head).values_list("head", flat=True)
        for envelope in (file.sealed_name, *parts.order_by("number").iterator(chunk_size=500)):
            try:
                version = crypto.envelope_version(bytes(envelope))
            except crypto.CryptoError:
                continue  # no envelope: it names nothing
            yield (file.owner_uuid, Compartment(file.compartment)), version


def seal_anew(opened: Mapping[keys.Pair, Mapping[int, crypto.DataKey]]) -> tuple[int, int]:
    """Every file of these pairs under the newest of their keys, name and chunks in one transaction.

    How many values lie under it now and did not before; how many files hold something that does
    not open: those stay as they are.
    """
    done, shut = 0, 0
    for pk in _of(opened).values_list("pk", flat=True):
        with transaction.atomic():
            file = SealedFile.objects.select_for_update().get(pk=pk)
            by_version = opened.get((file.owner_uuid, Compartment(file.compartment)))
            if by_version is None or file.deleted_at is not None:
                continue
            try:
                done += _seal_anew(file, by_version)
            except crypto.CryptoError:
                shut += 1
    return done, shut


def _seal_anew(file: SealedFile, by_version: Mapping[int, crypto.DataKey]) -> int:
    newest = by_version[max(by_version)]

    def anew(envelope: bytes, place: crypto.Place) -> bytes:
        old = by_version.get(crypto.envelope_version(envelope))
        if old is None:
            raise crypto.Malformed("no key opens it")
        text = old.open(envelope, place)
        again = newest.seal(text, place)
        if newest.open(again, place) != text:
            raise crypto.Malformed("a value did not come back from its new envelope")
        return again

    name = bytes(file.sealed_name)
    if crypto.envelope_version(name) == newest.version:
        return 0  # a file is sealed at once: so are its chunks
    file.sealed_name = anew(name, _place(file, NAME))
    parts = list(file.parts.all())
    for part in parts:
        label = _chunk_label(part.number, last=part.number == file.chunks - 1)
        part.envelope = anew(bytes(part.envelope), _place(file, label))
    file.save(update_fields=["sealed_name"])
    SealedChunk.objects.bulk_update(parts, ["envelope"], batch_size=50)
    return 1 + len(parts)
