"""One module answers: may she, what is in her list, which keys open.

Access = role capability (privacy.matrix) ∧ live grant ∧ live basis where the grant names one.
Apps register the grant model of what they own; nothing here knows a case or a referral.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils import timezone

from privacy import audit, keys
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.errors import NotFound
from privacy.matrix import may_hold, may_use_team_grant
from privacy.models import Basis, Grant, GrantSource, Team, User

OwnerOf = Callable[[Any, Compartment], UUID]


@dataclass(frozen=True, slots=True)
class Registration:
    grant_model: type[Grant]
    owner_of: OwnerOf


_registry: dict[type[models.Model], Registration] = {}
_permission_ids: dict[tuple[str, str], int] = {}


def register(model: type[models.Model], grant_model: type[Grant], owner_of: OwnerOf) -> None:
    """Called from ``AppConfig.ready`` for every model that carries grants."""
    _registry[model] = Registration(grant_model, owner_of)


def registered_models() -> list[type[models.Model]]:
    return list(_registry)


def forget_permissions(**_: Any) -> None:
    """Ids may change when tables are made anew (signal ``post_migrate``)."""
    _permission_ids.clear()


def permission_id(model: type[models.Model], codename: str) -> int:
    key = (model._meta.label_lower, codename)
    if key not in _permission_ids:
        _permission_ids[key] = Permission.objects.get(
            content_type=ContentType.objects.get_for_model(model), codename=codename
        ).pk
    return _permission_ids[key]


def live(
    actor: Actor, model: type[models.Model], permissions: Collection[str]
) -> models.QuerySet[Any]:
    """The live grants under which this actor holds any of these permissions."""
    grant_model: Any = _registry[model].grant_model
    held = Q(pk__in=[])
    for permission in permissions:
        if not may_hold(actor.role, permission):
            continue
        holder = Q(user_id=actor.user_id)
        if actor.team_id and may_use_team_grant(actor.role, permission):
            holder |= Q(team_id=actor.team_id)
        held |= holder & Q(permission_id=permission_id(model, permission))
    now = timezone.now()
    grants: models.QuerySet[Any] = grant_model._default_manager.filter(
        held,
        Q(expires_at__isnull=True) | Q(expires_at__gt=now),
        Q(basis__isnull=True)
        | (
            Q(basis__ended_at__isnull=True, basis__valid_from__lte=now)
            & (Q(basis__valid_until__isnull=True) | Q(basis__valid_until__gt=now))
        ),
        revoked_at__isnull=True,
        starts_at__lte=now,
    )
    return grants


def can(actor: Actor, obj: models.Model, permission: str = "work") -> bool:
    if actor.is_system:
        return False
    return live(actor, type(obj), [permission]).filter(content_object=obj).exists()


def require(actor: Actor, obj: models.Model, permission: str = "work") -> None:
    """Raises NotFound: absent and forbidden look alike. The refusal is kept in the audit."""
    if not can(actor, obj, permission):
        audit.refused(actor=actor, action=permission, subject=obj, reason="no_grant")
        raise NotFound


def visible(actor: Actor, model: type[models.Model]) -> models.QuerySet[Any]:
    """Everything of this model she may work on."""
    ids = live(actor, model, ["work"]).values("content_object_id")
    return model._default_manager.filter(pk__in=ids)


def find(actor: Actor, model: type[models.Model], uuid: UUID, *, for_update: bool = False) -> Any:
    """The object with this uuid if she may work on it; otherwise NotFound, either way."""
    rows = model._default_manager.all()
    if for_update:
        rows = rows.select_for_update(of=("self",))
    obj = rows.filter(uuid=uuid).first()
    if obj is None:
        audit.refused(actor=actor, action="work", subject=None, reason="absent")
        raise NotFound
    require(actor, obj)
    return obj


def open_keys(
    actor: Actor,
    objects: Iterable[models.Model],
    compartments: Collection[Compartment],
    *,
    purpose: str,
) -> set[tuple[UUID, Compartment]]:
    """Release the keys she holds grants for: a grant query per kind of record, one audit row, one
    key query, however many objects. What she may not open stays shut and reads as LOCKED."""
    items = list(objects)
    if actor.is_system:
        return set()
    pairs: set[tuple[UUID, Compartment]] = set()
    opened: list[models.Model] = []
    bases: set[int] = set()
    for model in dict.fromkeys(type(item) for item in items):
        of_model = [item for item in items if type(item) is model]
        granted, found = _granted(actor, model, of_model, compartments)
        bases |= found
        owner_of = _registry[model].owner_of
        for item in of_model:
            allowed = {compartment for pk, compartment in granted if pk == item.pk}
            pairs |= {(owner_of(item, compartment), compartment) for compartment in allowed}
            if allowed:
                opened.append(item)
    if not pairs:
        return set()
    audit.opened(
        actor=actor,
        objects=opened,
        compartments={compartment for _, compartment in pairs},
        purpose=purpose,
        basis_id=bases.pop() if len(bases) == 1 else None,
    )
    try:
        return keys.open_pairs(pairs)
    except keys.KeyringUnavailable:
        return set()


def _granted(
    actor: Actor,
    model: type[models.Model],
    items: list[models.Model],
    compartments: Collection[Compartment],
) -> tuple[set[tuple[int, Compartment]], set[int]]:
    """(object id, compartment) she may open, and the bases her grants rest on."""
    carried = {codename for codename, _ in model._meta.permissions}
    wanted = [item for item in compartments if item.permission in carried]
    by_permission = {permission_id(model, item.permission): item for item in wanted}
    rows = (
        live(actor, model, [item.permission for item in wanted])
        .filter(content_object__in=[item.pk for item in items])
        .values_list("content_object_id", "permission_id", "basis_id")
    )
    granted: set[tuple[int, Compartment]] = set()
    bases: set[int] = set()
    for object_id, permission, basis in rows:
        granted.add((object_id, by_permission[permission]))
        if basis is not None:
            bases.add(basis)
    return granted, bases


# -- changing grants: called by actions only


def give(
    obj: models.Model,
    permissions: Iterable[str],
    *,
    source: GrantSource,
    granted_by: Actor,
    sort_key: int,
    user: User | int | None = None,
    team: Team | int | None = None,
    basis: Basis | None = None,
    purpose: str = "",
    expires_at: datetime | None = None,
) -> None:
    """Give a user or a team (exactly one) these permissions on the object; idempotent."""
    grant_model: Any = _registry[type(obj)].grant_model
    user_id = user.pk if isinstance(user, User) else user
    team_id = team.pk if isinstance(team, Team) else team
    now = timezone.now()
    # A grant that ran out would hold the place of the new one.
    grant_model._default_manager.filter(
        content_object=obj,
        user_id=user_id,
        team_id=team_id,
        source=source,
        revoked_at__isnull=True,
        expires_at__lte=now,
    ).update(revoked_at=now)
    grant_model._default_manager.bulk_create(
        [
            grant_model(
                content_object=obj,
                permission_id=permission_id(type(obj), permission),
                user_id=user_id,
                team_id=team_id,
                source=source,
                basis=basis,
                purpose=purpose,
                sort_key=sort_key,
                starts_at=now,
                expires_at=expires_at,
                granted_by_id=granted_by.user_id,
            )
            for permission in permissions
        ],
        ignore_conflicts=True,
    )


def take_away(
    obj: models.Model,
    *,
    user: int | None = None,
    team: int | None = None,
    permissions: Iterable[str] | None = None,
    at: datetime | None = None,
    outside: bool = False,
) -> int:
    """Revoke now, or let run out at ``at``. With neither user nor team: everyone's grants;
    ``outside`` narrows to grants that rest on a consent."""
    grant_model: Any = _registry[type(obj)].grant_model
    rows = grant_model._default_manager.filter(content_object=obj, revoked_at__isnull=True)
    if user is not None:
        rows = rows.filter(user_id=user)
    if team is not None:
        rows = rows.filter(team_id=team)
    if permissions is not None:
        rows = rows.filter(
            permission_id__in=[permission_id(type(obj), name) for name in permissions]
        )
    if outside:
        rows = rows.filter(basis__isnull=False)
    if at is not None:
        return int(rows.update(expires_at=at))
    return int(rows.update(revoked_at=timezone.now()))
