"""One compartment of everything a person works on, opened at once: for a search by name.

One grant-and-ciphertext query, one audit row, one key query, however many records. Nothing that was
opened outlives the caller: values are handed out, keys die with the request's ring.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID

from django.db import models
from django.db.models import Count, ExpressionWrapper, F
from django.utils import timezone

from privacy import access, audit, crypto, keys
from privacy.actors import Actor
from privacy.errors import WrongState
from privacy.fields import SealedField
from privacy.models import AuditEvent


class TooMany(WrongState):
    """More records than one search may open."""


class Row(NamedTuple):
    """A record she holds ``work`` and the compartment of. ``values``: the opened fields in the
    order asked, ``None`` where a value does not open."""

    pk: int
    uuid: UUID
    columns: tuple[Any, ...]
    values: tuple[Any, ...]


class _Listed:
    """What the audit needs of a record that was never built: 1,500 model instances cost more than
    all the cryptography of a search."""

    __slots__ = ("_meta", "uuid")

    def __init__(self, meta: Any, uuid: UUID) -> None:
        self._meta = meta
        self.uuid = uuid


def searches_since(actor: Actor, purpose: str, span: timedelta) -> int:
    """How often she opened her caseload for this purpose: the audit itself is the counter."""
    return AuditEvent.objects.filter(
        at__gt=timezone.now() - span, actor_uuid=actor.user_uuid, purpose=purpose
    ).count()


def open_all(
    actor: Actor,
    model: type[models.Model],
    fields: Sequence[str],
    *,
    columns: Sequence[str] = (),
    owner: str = "owner_uuid",
    purpose: str,
    cap: int,
) -> Iterator[Row]:
    """Newest first. ``fields``: sealed fields of one compartment; ``columns``: clear ones beside
    them; ``owner``: the column that names whose keys they are. Raises TooMany above ``cap``
    records, before any key is released; KeyringUnavailable when no key can be had at all."""
    sealed = [cast(SealedField, model._meta.get_field(name)) for name in fields]
    compartments = {field.compartment for field in sealed}
    if len(compartments) != 1:
        raise TypeError("one compartment at a time")
    (compartment,) = compartments
    held: Any = model._default_manager
    # A record that owns its keys is asked for one uuid only.
    owner_column = () if owner == "uuid" else (owner,)
    owner_at = -1 if owner_column else 1
    both = (
        access.live(actor, model, ["work", compartment.permission])
        .order_by()
        .values("content_object_id")
        .annotate(held=Count("permission_id", distinct=True))
        .filter(held=2)
        .values("content_object_id")
    )
    # The envelope's bytes as they lie there: an object around each costs more than its key.
    envelopes = {
        f"sealed_{name}": ExpressionWrapper(F(name), output_field=models.BinaryField())
        for name in fields
    }
    rows = list(
        held.filter(pk__in=both)
        .order_by("-pk")
        .annotate(**envelopes)
        .values_list("pk", "uuid", *columns, *envelopes, *owner_column)[: cap + 1]
    )
    if len(rows) > cap:
        raise TooMany
    if not rows:
        return iter(())
    audit.opened(
        actor=actor,
        objects=cast(Any, [_Listed(model._meta, row[1]) for row in rows]),
        compartments=[compartment],
        purpose=purpose,
    )
    keys.open_pairs([(row[owner_at], compartment) for row in rows])
    return _opened(rows, sealed, 2 + len(columns), owner_at)


def _opened(rows: list[Any], sealed: list[SealedField], first: int, owner_at: int) -> Iterator[Row]:
    compartment = sealed[0].compartment
    byte, opener = compartment.byte, keys.ring().opener
    places = list(enumerate(sealed, start=first))
    for row in rows:
        uuid, owner = row[1], row[owner_at]
        values: list[Any] = []
        key: crypto.DataKey | None = None
        for at, field in places:
            raw = bytes(row[at])
            try:
                version = crypto.envelope_version(raw)
                if key is None or key.version != version:
                    key = opener(owner, compartment, version)
                if key is None:
                    values.append(None)
                    continue
                opened = key.open(raw, crypto.Place(field.label, uuid, owner, byte))
                values.append(field.decode(opened))
            except (crypto.CryptoError, ValueError):
                audit.note_locked(owner, compartment, "tampered")
                values.append(None)
        yield Row(row[0], uuid, row[2:first], tuple(values))
