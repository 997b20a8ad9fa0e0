"""System checks of the ground floor."""

from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.checks import Error, Tags, register
from django.db import connection
from guardian.models import GroupObjectPermission, UserObjectPermission

from privacy import access
from privacy.fields import SealedField


@register(Tags.database)
def generic_grant_tables_are_empty(
    app_configs: Any = None, databases: Any = None, **kwargs: Any
) -> list[Error]:
    """A case or referral in guardian's generic tables would be a grant that nobody dates,
    revokes or audits."""
    if "default" not in (databases or []):
        return []
    if UserObjectPermission._meta.db_table not in connection.introspection.table_names():
        return []  # before the first migration
    ours = [ContentType.objects.get_for_model(model).pk for model in access.registered_models()]
    for table in (UserObjectPermission, GroupObjectPermission):
        if table.objects.filter(content_type_id__in=ours).exists():
            return [Error("A generic object permission names a record of ours.", id="privacy.E010")]
    return []


@register(Tags.models)
def labels_name_one_field(app_configs: Any = None, **kwargs: Any) -> list[Error]:
    """Two fields with one label could carry each other's envelopes."""
    first: dict[str, Any] = {}
    found = []
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if not isinstance(field, SealedField):
                continue
            other = first.setdefault(field.label, field)
            if other is not field:
                found.append(
                    Error(f"The label is used by {other} already.", obj=field, id="privacy.E004")
                )
    return found
