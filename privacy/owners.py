"""Which owners of keys exist: every person here, and every owner a sealed record names."""

from collections.abc import Collection
from uuid import UUID

from django.apps import apps

from privacy.models import SealedModel, User


def existing_owners(uuids: Collection[UUID]) -> set[UUID]:
    """The owners among ``uuids`` that some record still refers to. A key without one is an
    orphan: its record's transaction rolled back after the key had committed."""
    found = set(User.objects.filter(uuid__in=uuids).values_list("uuid", flat=True))
    for model in apps.get_models():
        if issubclass(model, SealedModel):
            rows = model._base_manager.filter(owner_uuid__in=uuids)
            found |= set(rows.values_list("owner_uuid", flat=True).distinct())
    return found
