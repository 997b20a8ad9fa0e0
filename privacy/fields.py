"""Sealed model fields: the database holds an envelope, the program opens it only when it is read.

- Reading without the key gives ``LOCKED``, never an error and never a guess.
- Saving without the key keeps the envelope that is there.
- ``filter``, ``update`` with text, ``order_by`` and the like raise: on ciphertext they would lie.
- Neither pickle, cache nor JSON can carry an opened value.
"""

import json
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from django.core import checks
from django.db import DatabaseError, models
from django.db.models.constants import LOOKUP_SEP
from django.db.models.expressions import F, OrderBy
from django.utils.functional import cached_property
from django.utils.translation import gettext

from privacy import crypto, keys
from privacy.compartments import Compartment
from privacy.keys import ring as key_ring
from privacy.logs import event

logger = logging.getLogger("privacy.fields")


class Locked:
    """Stands where a value stays shut: no grant, no key, or bytes that were tampered with."""

    def __str__(self) -> str:
        return gettext("Locked")

    def __repr__(self) -> str:
        return "<locked>"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "LOCKED"  # one object, also after a copy: callers ask ``is LOCKED``


LOCKED: Final = Locked()


class Envelope:
    """Sealed bytes as they came from the database. Cannot be shown, serialised or compared."""

    __slots__ = ("raw",)

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    def __repr__(self) -> str:
        return "<sealed>"

    def __str__(self) -> str:
        raise TypeError("a sealed value has no text; open it through its model")


class Typed:
    """A value that was assigned and not yet sealed."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "<typed, not yet sealed>"

    def __reduce__(self) -> str:
        raise TypeError("a value that is not yet sealed is never pickled")


class SealedDescriptor:
    def __init__(self, field: "SealedField") -> None:
        self.field = field
        self.name = field.attname

    def __get__(self, instance: models.Model | None, owner: type | None = None) -> Any:
        if instance is None:
            return self
        name, state = self.name, instance.__dict__
        if name not in state:
            instance.refresh_from_db(fields=[name])
        held = state[name]
        if type(held) is Typed:
            return held.value
        if "_opened" not in state:
            opened = state["_opened"] = {}
        else:
            opened = state["_opened"]
            if name in opened:
                return opened[name]
        value = self.field.open(instance, held)
        if value is not LOCKED:
            opened[name] = value
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        state = instance.__dict__
        if "_opened" in state:
            state["_opened"].pop(self.name, None)
        if type(value) is Envelope:
            # Plain bytes: some ten thousand small objects fewer for the collector to walk.
            state[self.name] = value.raw
            return
        if value is LOCKED:
            raise TypeError("a locked value cannot be assigned")
        state[self.name] = Typed(self.field.to_python(value))


Identity = tuple[Any, Any, bytes, bytes]


def identity(instance: models.Model) -> Identity:
    """The record's and the owner's uuid, the owner's bytes, and the part of the binding that all
    fields of a row share; made once a row."""
    state: dict[str, Any] = instance.__dict__
    row: Any = instance
    record = state.get("uuid") or row.uuid  # left out of the query: asked for now
    owner = state.get("owner_uuid") or row.owner_uuid
    known: Identity | None = state.get("_identity")
    if known is None or known[0] is not record or known[1] is not owner:
        row_part = crypto.row_part(record, owner)
        known = (record, owner, row_part[-16:], row_part)
        state["_identity"] = known
    return known


if TYPE_CHECKING:
    AnyField = models.Field[Any, Any]
else:
    AnyField = models.Field


class SealedField(AnyField):
    """Base of the sealed fields. ``label`` is written once and frozen; it is bound into every
    envelope together with the record's uuid, its owner's uuid and the compartment."""

    empty_value: Any = ""

    def __init__(self, *, label: str = "", compartment: str = "", **kwargs: Any) -> None:
        self.label = label
        self._compartment = Compartment(compartment) if compartment else None
        kwargs.setdefault("editable", False)
        super().__init__(**kwargs)

    @property
    def compartment(self) -> Compartment:
        if self._compartment is None:
            raise TypeError("a sealed field names its compartment")
        return self._compartment

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs["label"] = self.label
        kwargs["compartment"] = str(self._compartment or "")
        kwargs.pop("editable", None)
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        return "BinaryField"

    def contribute_to_class(
        self, cls: type[models.Model], name: str, private_only: bool = False
    ) -> None:
        super().contribute_to_class(cls, name, private_only=private_only)
        setattr(cls, self.attname, SealedDescriptor(self))

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        found = super().check(**kwargs)
        if not self.label or self._compartment is None:
            found.append(
                checks.Error(
                    "A sealed field needs a label and a compartment.", obj=self, id="privacy.E001"
                )
            )
        if self.null or self.unique or getattr(self, "db_index", False):
            found.append(
                checks.Error(
                    "A sealed field is never null, unique or indexed: existence speaks too.",
                    obj=self,
                    id="privacy.E002",
                )
            )
        ordering = {path for item in self.model._meta.ordering or () for path in sort_paths(item)}
        if self.name in ordering:
            found.append(
                checks.Error(
                    "Ordering by a sealed field sorts ciphertext.", obj=self, id="privacy.E003"
                )
            )
        return found

    # -- values

    def get_default(self) -> Any:
        return self.to_python(self.empty_value)

    def encode(self, value: Any) -> bytes:
        raise TypeError("a sealed field says how it is written")

    def decode(self, raw: bytes) -> Any:
        raise TypeError("a sealed field says how it is read")

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Envelope | None:
        if value is None:
            return None
        if type(value) is bytes:
            return Envelope(value)
        # Planted text or a number is no envelope of ours: it stays shut when it is read.
        return Envelope(bytes(value) if isinstance(value, memoryview) else b"")

    def place(self, instance: models.Model) -> crypto.Place:
        return crypto.Place(
            self.label,
            instance.uuid,  # type: ignore[attr-defined]
            instance.owner_uuid,  # type: ignore[attr-defined]
            self.compartment.byte,
        )

    @cached_property
    def label_part(self) -> bytes:
        return crypto.label_part(self.label)

    def open(self, instance: models.Model, held: bytes) -> Any:
        state = instance.__dict__
        try:
            _, _, owner, row = known = state["_identity"]
            if known[0] is not state["uuid"] or known[1] is not state["owner_uuid"]:
                _, _, owner, row = identity(instance)
        except KeyError:
            _, _, owner, row = identity(instance)
        label, compartment = self._parts
        try:
            # The head of the envelope and the owner name the key: what was asked for once in this
            # request is found by them, everything else goes the long way.
            read = key_ring().near.get(held[:5] + owner)
            if read is None or held[2] != compartment:
                read = self._reader(identity(instance)[1], held)
                if read is None:
                    self._note_locked(self.place(instance), "no_key")
                    return LOCKED
            return self.decode(read(held, label, row))
        except (crypto.CryptoError, ValueError):
            self._note_locked(self.place(instance), "tampered")
            return LOCKED

    @cached_property
    def _parts(self) -> tuple[bytes, int]:
        return self.label_part, self._byte

    @cached_property
    def _byte(self) -> int:
        return self.compartment.byte

    def _reader(self, owner: Any, held: bytes) -> crypto.Reader | None:
        version = crypto.envelope_version(held)
        if held[2] != self._byte:
            raise crypto.Tampered("the value names another compartment")
        key = keys.ring().opener(owner, self.compartment, version)
        return None if key is None else key.reader(self._byte)[1]

    def _note_locked(self, place: crypto.Place, result: str) -> None:
        """One audit row per owner and compartment and request: a page of fields is one event."""
        from privacy import audit

        pair = (place.owner, self.compartment)
        if pair not in keys.ring().locked:
            keys.ring().locked.add(pair)
            try:
                audit.note_locked(place.owner, self.compartment, result)
            except DatabaseError:
                # Nothing was released, so the page may go on without its row.
                event(logger, "locked_not_recorded", level=logging.ERROR)

    # -- the way to the database

    def pre_save(self, model_instance: models.Model, add: bool) -> Envelope:
        if self.attname not in model_instance.__dict__:
            model_instance.refresh_from_db(fields=[self.attname])
        held: Typed | bytes | None = model_instance.__dict__[self.attname]
        if not isinstance(held, Typed):
            return Envelope(held or b"")
        _, owner, _, row = identity(model_instance)
        key = keys.ring().sealer(owner, self.compartment)
        raw = key.seal_parts(self.encode(held.value), self._byte, self.label_part, row)
        model_instance.__dict__[self.attname] = raw
        model_instance.__dict__.setdefault("_opened", {})[self.attname] = held.value
        return Envelope(raw)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if not isinstance(value, Envelope):
            raise TypeError("text never goes to the database through a query on a sealed field")
        return connection.Database.Binary(value.raw)

    def get_prep_value(self, value: Any) -> Any:
        return value

    def get_lookup(self, lookup_name: str) -> Any:
        raise TypeError("a sealed field cannot be filtered")

    def get_transform(self, name: str) -> Any:
        raise TypeError("a sealed field has no transforms")

    def value_to_string(self, obj: models.Model) -> str:
        raise TypeError("a sealed field is not serialised")


class SealedTextField(SealedField):
    empty_value = ""

    def to_python(self, value: Any) -> str:
        if not isinstance(value, str):
            raise TypeError("a sealed text is a str")
        return value

    def encode(self, value: str) -> bytes:
        return value.encode()

    def decode(self, raw: bytes) -> str:
        return raw.decode()


class SealedJSONField(SealedField):
    """Small documents: answers, a packet. Assign a new one to change it: edits in place vanish."""

    def get_default(self) -> Any:
        return {}

    def to_python(self, value: Any) -> Any:
        if not isinstance(value, dict | list):
            raise TypeError("a sealed document is a dict or a list")
        return value

    def encode(self, value: Any) -> bytes:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

    def decode(self, raw: bytes) -> Any:
        return json.loads(raw)


def sealed_names(model: type[models.Model]) -> set[str]:
    return {field.name for field in model._meta.get_fields() if isinstance(field, SealedField)}


def sort_paths(item: Any) -> Iterator[str]:
    """The field paths that one item of ``order_by`` or ``Meta.ordering`` sorts by."""
    if isinstance(item, str):
        yield item.lstrip("-+")
    elif isinstance(item, OrderBy):
        yield from sort_paths(item.expression)
    elif isinstance(item, F):
        yield item.name  # type: ignore[attr-defined]
    elif hasattr(item, "get_source_expressions"):
        for part in item.get_source_expressions():
            yield from sort_paths(part)


def ends_sealed(model: type[models.Model], path: str) -> bool:
    """Whether a path such as ``case__alias`` leads to a sealed field."""
    at: Any = model
    for name in path.split(LOOKUP_SEP):
        known = {field.name: field for field in at._meta.get_fields()}
        field = known.get(name)
        if isinstance(field, SealedField):
            return True
        at = getattr(field, "related_model", None)
        if at is None:
            return False
    return False


M = TypeVar("M", bound=models.Model)


class SealedQuerySet(models.QuerySet[M]):
    def order_by(self, *field_names: Any) -> Self:
        paths = [path for item in field_names for path in sort_paths(item)]
        if any(ends_sealed(self.model, path) for path in paths):
            raise TypeError("a sealed field cannot be sorted by the database")
        return super().order_by(*field_names)

    def update(self, **kwargs: Any) -> int:
        """Not even from column to column: an envelope does not open in another place."""
        if kwargs.keys() & sealed_names(self.model):
            raise TypeError("a sealed field is written through its record")
        return super().update(**kwargs)
