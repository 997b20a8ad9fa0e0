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
from django.db.models import Exists, Q, Value
from django.utils import timezone

from privacy import audit, keys
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.errors import NotFound
from privacy.matrix import may_hold, may_use_team_grant
from privacy.models import Basis, Grant, GrantSource, Membership, Team, User

OwnerOf = Callable[[Any, Compartment], UUID]


@dataclass(frozen=True, slots=True)
class Registration:
    grant_model: type[Grant]
    owner_of: OwnerOf
    shut: Q | None = None


_registry: dict[type[models.Model], Registration] = {}
_permission_ids: dict[tuple[str, str], int] = {}


def register(
    model: type[models.Model],
    grant_model: type[Grant],
    owner_of: OwnerOf,
    *,
    shut: Q | None = None,
) -> None:
    """Called from ``AppConfig.ready`` for every model that carries grants. ``shut`` = on grants:
    which records open no compartment for anybody, whatever grant stands (processing restricted);
    ``work`` goes on, so that the record is still found."""
    _registry[model] = Registration(grant_model, owner_of, shut)


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


def _job(actor: Actor) -> "models.QuerySet[Membership]":
    return Membership.objects.live().filter(
        pk=actor.membership_id,
        user_id=actor.user_id,
        team_id=actor.team_id,
        role=actor.role,
    )


def still_acts(actor: Actor) -> bool:
    """Whether the membership that this actor was made of is live, and is what the actor says."""
    return actor.is_system or _job(actor).exists()


def live(
    actor: Actor, model: type[models.Model], permissions: Collection[str]
) -> models.QuerySet[Any]:
    """The live grants under which this actor holds any of these permissions, while the membership
    she acts under is live itself (one subquery; an actor may be older than the database)."""
    grant_model: Any = _registry[model].grant_model
    if actor.is_system:
        nothing: models.QuerySet[Any] = grant_model._default_manager.none()
        return nothing
    held = Q(pk__in=[])
    for permission in permissions:
        if not may_hold(actor.role, permission):
            continue
        holder = Q(user_id=actor.user_id, membership_id=actor.membership_id)
        if actor.team_id and may_use_team_grant(actor.role, permission):
            holder |= Q(team_id=actor.team_id)
        one = holder & Q(permission_id=permission_id(model, permission))
        shut = _registry[model].shut
        held |= one if shut is None or permission == "work" else one & ~shut
    now = timezone.now()
    grants: models.QuerySet[Any] = grant_model._default_manager.filter(
        held,
        Q(expires_at__isnull=True) | Q(expires_at__gt=now),
        Q(basis__isnull=True)
        | (
            Q(basis__ended_at__isnull=True, basis__valid_from__lte=now)
            & (Q(basis__valid_until__isnull=True) | Q(basis__valid_until__gt=now))
        ),
        Exists(_job(actor)),
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
    """Release the keys she holds grants for: one grant query, one audit row, one key query,
    however many objects of however many kinds. What she may not open reads as LOCKED."""
    items = list(objects)
    if actor.is_system:
        return set()
    pairs: set[tuple[UUID, Compartment]] = set()
    opened: list[models.Model] = []
    bases: set[int] = set()
    granted = _granted(actor, items, compartments)
    for item in items:
        owner_of = _registry[type(item)].owner_of
        allowed = granted.get((type(item), item.pk), {})
        pairs |= {(owner_of(item, compartment), compartment) for compartment in allowed}
        bases |= {basis for basis in allowed.values() if basis is not None}
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
    actor: Actor, items: list[models.Model], compartments: Collection[Compartment]
) -> dict[tuple[type[models.Model], int], dict[Compartment, int | None]]:
    """What she may open: per record the compartments, each with the basis its grant rests on."""
    kinds = list(dict.fromkeys(type(item) for item in items))
    asked: list[models.QuerySet[Any]] = []
    by_permission: dict[tuple[int, int], Compartment] = {}
    for number, model in enumerate(kinds):
        carried = {codename for codename, _ in model._meta.permissions}
        wanted = [item for item in compartments if item.permission in carried]
        if not wanted:
            continue
        by_permission |= {(number, permission_id(model, item.permission)): item for item in wanted}
        asked.append(
            live(actor, model, [item.permission for item in wanted])
            .filter(content_object__in=[item.pk for item in items if type(item) is model])
            .annotate(kind=Value(number))
            .values_list("kind", "content_object_id", "permission_id", "basis_id")
            .order_by()
        )
    if not asked:
        return {}
    rows = asked[0] if len(asked) == 1 else asked[0].union(*asked[1:], all=True)
    granted: dict[tuple[type[models.Model], int], dict[Compartment, int | None]] = {}
    for number, pk, permission, basis in rows:
        compartment = by_permission[number, permission]
        granted.setdefault((kinds[number], pk), {})[compartment] = basis
    return granted


# -- changing grants: called by actions only


def give(
    obj: models.Model,
    permissions: Collection[str],
    *,
    source: GrantSource,
    granted_by: Actor,
    sort_key: int,
    user: User | int | None = None,
    team: Team | int | None = None,
    under: Membership | Team | None = None,
    basis: Basis | None = None,
    purpose: str = "",
    expires_at: datetime | None = None,
) -> None:
    """Give a user or a team (exactly one) these permissions on the object; idempotent.

    ``under`` = the membership, or the team, in which the user will use them. The caller has locked
    the object's record. What was given before and differs (another end, another consent, another
    job) is revoked and given anew, so that an old end date never cuts a new grant short.
    """
    grant_model: Any = _registry[type(obj)].grant_model
    user_id = user.pk if isinstance(user, User) else user
    team_id = team.pk if isinstance(team, Team) else team
    wanted = {permission_id(type(obj), permission) for permission in permissions}
    membership_id = (
        None if user_id is None else _membership_of(user_id, granted_by, under, permissions)
    )
    now = timezone.now()
    standing = grant_model._default_manager.filter(
        content_object=obj,
        user_id=user_id,
        team_id=team_id,
        source=source,
        permission_id__in=wanted,
        revoked_at__isnull=True,
    )
    same = {
        grant.pk: grant.permission_id
        for grant in standing
        if grant.expires_at == expires_at
        and (expires_at is None or expires_at > now)
        and grant.starts_at <= now
        and grant.basis_id == (basis.pk if basis else None)
        and grant.membership_id == membership_id
    }
    standing.exclude(pk__in=same).update(revoked_at=now)
    grant_model._default_manager.bulk_create(
        [
            grant_model(
                content_object=obj,
                permission_id=permission,
                user_id=user_id,
                membership_id=membership_id,
                team_id=team_id,
                source=source,
                basis=basis,
                purpose=purpose,
                sort_key=sort_key,
                starts_at=now,
                expires_at=expires_at,
                granted_by_id=granted_by.user_id,
            )
            for permission in sorted(wanted - set(same.values()))
        ]
    )


def _membership_of(
    user_id: int,
    granted_by: Actor,
    under: Membership | Team | None,
    permissions: Collection[str],
) -> int:
    """The one job of hers under which a grant counts; never a guess between two."""
    if isinstance(under, Membership):
        return int(under.pk)
    if user_id == granted_by.user_id and granted_by.membership_id is not None and under is None:
        return granted_by.membership_id
    rows = Membership.objects.live().filter(user_id=user_id)
    if under is not None:
        rows = rows.filter(team_id=under.pk)
    fitting = [
        membership
        for membership in rows.order_by("pk")
        if all(may_hold(membership.role, permission) for permission in permissions)
    ]
    if len(fitting) > 1:
        # A supervisor has her team's sight anyway: a grant by name is for the other job.
        fitting = [
            membership
            for membership in fitting
            if not all(may_use_team_grant(membership.role, item) for item in permissions)
        ]
    if len(fitting) != 1:
        raise LookupError("a grant to a person needs one live membership that may hold it")
    return int(fitting[0].pk)


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
        # Never later than it would have ended anyway.
        rows = rows.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=at))
        return int(rows.update(expires_at=at))
    return int(rows.update(revoked_at=timezone.now()))
