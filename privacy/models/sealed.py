"""The base of every record with sealed fields."""

from typing import Any
from uuid import uuid4

from django.db import models

from privacy.fields import SealedQuerySet, sealed_names


class SealedModel(models.Model):
    """A record with sealed fields: a uuid before it is saved, and an owner whose keys it uses."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    owner_uuid = models.UUIDField(db_index=True, editable=False)

    objects = SealedQuerySet.as_manager()

    class Meta:
        abstract = True

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        state.pop("_opened", None)
        return state

    def refresh_from_db(  # type: ignore[override]
        self, using: Any = None, fields: Any = None, **kwargs: Any
    ) -> None:
        """Envelopes come back as they are; opening waits until a value is read."""
        sealed = sealed_names(type(self))
        asked = (
            set(fields) if fields is not None else {f.attname for f in self._meta.concrete_fields}
        )
        plain = asked - sealed
        if plain:
            super().refresh_from_db(using=using, fields=sorted(plain), **kwargs)
        if fields is None:
            self._forget_relations()
        fresh = sorted(asked & sealed)
        if fresh:
            envelopes = type(self)._base_manager.filter(pk=self.pk).values(*fresh).get()
            for name, envelope in envelopes.items():
                setattr(self, name, envelope)

    def _forget_relations(self) -> None:
        """As Django does when everything is reloaded: what points here is asked anew."""
        self.__dict__.pop("_prefetched_objects_cache", None)
        for relation in self._meta.related_objects:
            if relation.is_cached(self):
                relation.delete_cached_value(self)
