"""One module answers: may she, what is in her list, which keys open.

Access = role capability (privacy.matrix) ∧ live grant ∧ live basis where the grant names one.
Apps register the grant model of what they own; nothing here knows a case or a referral.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Exists, Q
from django.utils import timezone

from privacy import audit, keys
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.decision import Held, Question, held
from privacy.errors import NotFound
from privacy.matrix import may_hold, may_use_team_grant
from privacy.models import Basis, Grant, GrantSource, Membership, Team, User

M = TypeVar("M", bound=models.Model)
OwnerOf = Callable[[Any, Compartment], UUID]
# Permissions that open a compartment; the others (work, review) open no key.
OPEN = "open_"


@dataclass(frozen=True, slots=True)
class Registration:
    grant_model: type[Grant]
    owner_of: OwnerOf
    shut_when: str = ""


_registry: dict[type[models.Model], Registration] = {}
_permission_ids: dict[tuple[str, str], int] = {}


def register(
    model: type[models.Model],
    grant_model: type[Grant],
    owner_of: OwnerOf,
    *,
    shut_when: str = "",
) -> None:
    """Called from ``AppConfig.ready`` for every model that carries grants. ``shut_when`` =
    the field that, once set, keeps every compartment of the record shut for everybody, whatever
    grant stands (processing restricted); ``work`` goes on, so that the record is still found."""
    _registry[model] = Registration(grant_model, owner_of, shut_when)


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


def _live_now() -> Q:
    """Begun, not over, not revoked, and resting on a consent that holds where it rests on one."""
    now = timezone.now()
    return Q(
        Q(expires_at__isnull=True) | Q(expires_at__gt=now),
        Q(basis__isnull=True)
        | (
            Q(basis__ended_at__isnull=True, basis__valid_from__lte=now)
            & (Q(basis__valid_until__isnull=True) | Q(basis__valid_until__gt=now))
        ),
        revoked_at__isnull=True,
        starts_at__lte=now,
    )


def live(
    actor: Actor, model: type[models.Model], permissions: Collection[str]
) -> models.QuerySet[Any]:
    """The live grants under which this actor holds any of these permissions, while the membership
    she acts under is live itself (one subquery; an actor may be older than the database)."""
    grant_model: Any = _registry[model].grant_model
    if actor.is_system:
        nothing: models.QuerySet[Any] = grant_model._default_manager.none()
        return nothing
    holders = Q(pk__in=[])
    for permission in permissions:
        if not may_hold(actor.role, permission):
            continue
        holder = Q(user_id=actor.user_id, membership_id=actor.membership_id)
        if actor.team_id and may_use_team_grant(actor.role, permission):
            holder |= Q(team_id=actor.team_id)
        one = holder & Q(permission_id=permission_id(model, permission))
        shut = _registry[model].shut_when
        if shut and permission.startswith(OPEN):
            one &= Q(**{f"content_object__{shut}__isnull": True})
        holders |= one
    grants: models.QuerySet[Any] = grant_model._default_manager.filter(
        holders, _live_now(), Exists(_job(actor))
    )
    return grants


def _question(
    actor: Actor, model: type[models.Model], ids: list[int], permissions: Collection[str]
) -> Question:
    own = [name for name in permissions if may_hold(actor.role, name)]
    return Question(
        _registry[model].grant_model,
        ids,
        [permission_id(model, name) for name in own],
        [
            permission_id(model, name)
            for name in own
            if actor.team_id and may_use_team_grant(actor.role, name)
        ],
        _registry[model].shut_when,
        [permission_id(model, name) for name in own if not name.startswith(OPEN)],
    )


def can(actor: Actor, obj: models.Model, permission: str = "work") -> bool:
    return bool(held(actor, [_question(actor, type(obj), [obj.pk], [permission])]))


def decide(
    actor: Actor, objects: Iterable[models.Model], permissions: Collection[str]
) -> dict[tuple[type[models.Model], int], set[str]]:
    """What she holds of these permissions on each record, by (model, key): one query however many
    records of however many kinds. A record on which she holds nothing is not in the answer."""
    by_model: dict[type[models.Model], list[int]] = {}
    for obj in objects:
        by_model.setdefault(type(obj), []).append(obj.pk)
    kinds = list(by_model)
    codes = [{code for code, _ in model._meta.permissions} for model in kinds]
    carried = [[name for name in permissions if name in known] for known in codes]
    questions = [
        _question(actor, model, by_model[model], names)
        for model, names in zip(kinds, carried, strict=True)
    ]
    names_of = {
        (number, permission_id(model, name)): name
        for number, model in enumerate(kinds)
        for name in carried[number]
    }
    decided: dict[tuple[type[models.Model], int], set[str]] = {}
    for kind, pk, permission, _basis, _source, _grant in held(actor, questions):
        key = (kinds[kind], pk)
        name = names_of[kind, permission]
        if key in decided:
            decided[key].add(name)
        else:
            decided[key] = {name}
    return decided


def may_each(
    actor: Actor, objects: Iterable[models.Model], permission: str = "work"
) -> set[tuple[type[models.Model], int]]:
    """Which of these records she may open for it, by (model, key): one query."""
    return set(decide(actor, objects, [permission]))


def team_holds(team_id: int, obj: models.Model, permission: str) -> bool:
    """Whether this team's grant is live now, consent included; of whoever works there."""
    grant_model: Any = _registry[type(obj)].grant_model
    rows = grant_model._default_manager.filter(
        _live_now(),
        content_object=obj,
        team_id=team_id,
        permission_id=permission_id(type(obj), permission),
    )
    return bool(rows.exists())


def last_grant(actor: Actor, obj: models.Model, permission: str) -> Grant | None:
    """The newest grant of this permission that she or her team ever held, live or not."""
    grant_model: Any = _registry[type(obj)].grant_model
    holder = Q(user_id=actor.user_id, membership_id=actor.membership_id)
    if actor.team_id and may_use_team_grant(actor.role, permission):
        holder |= Q(team_id=actor.team_id)
    found: Grant | None = (
        grant_model._default_manager.filter(
            holder, content_object=obj, permission_id=permission_id(type(obj), permission)
        )
        .select_related("basis")
        .order_by("-pk")
        .first()
    )
    return found


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
    grants: set[int] = set()
    broken = False
    granted = _granted(actor, items, compartments)
    for item in items:
        owner_of = _registry[type(item)].owner_of
        allowed = granted.get((type(item), item.pk), {})
        pairs |= {(owner_of(item, compartment), compartment) for compartment in allowed}
        bases |= {row.basis_id for row in allowed.values() if row.basis_id is not None}
        grants |= {row.grant_id for row in allowed.values()}
        broken = broken or any(row.source == GrantSource.BREAK_GLASS for row in allowed.values())
        if allowed:
            opened.append(item)
    if not pairs:
        return set()
    try:
        audit.opened(
            actor=actor,
            objects=opened,
            compartments={compartment for _, compartment in pairs},
            # Told apart in the log: opened only because the glass was broken.
            purpose=f"break_glass:{purpose}" if broken else purpose,
            basis_id=bases.pop() if len(bases) == 1 else None,
            grants=grants,
        )
        return keys.open_pairs(pairs)
    except keys.KeyringUnavailable as error:
        keys.note_unavailable(error.code)
        return set()


def _granted(
    actor: Actor, items: list[models.Model], compartments: Collection[Compartment]
) -> dict[tuple[type[models.Model], int], dict[Compartment, Held]]:
    """What she may open: per record the compartments, each with a grant that lets her."""
    by_model: dict[type[models.Model], list[int]] = {}
    for item in items:
        by_model.setdefault(type(item), []).append(item.pk)
    kinds = list(by_model)
    questions: list[Question] = []
    by_permission: dict[tuple[int, int], Compartment] = {}
    for number, model in enumerate(kinds):
        carried = {codename for codename, _ in model._meta.permissions}
        wanted = [item for item in compartments if item.permission in carried]
        by_permission |= {(number, permission_id(model, item.permission)): item for item in wanted}
        questions.append(
            _question(actor, model, by_model[model], [item.permission for item in wanted])
        )
    granted: dict[tuple[type[models.Model], int], dict[Compartment, Held]] = {}
    for row in held(actor, questions):
        compartment = by_permission[row.kind, row.permission_id]
        known = granted.setdefault((kinds[row.kind], row.object_id), {})
        # Where an ordinary grant opens it too, the emergency one was not needed.
        if compartment not in known or known[compartment].source == GrantSource.BREAK_GLASS:
            known[compartment] = row
    return granted


# -- long work: asked again and again while it runs


class AccessEnded(Exception):
    """Her membership ended while long work was running. What was handed out stays handed out;
    nothing more is."""


def guarded(
    actor: Actor,
    objects: Iterable[M],
    permission: str = "work",
    *,
    batch: int = 50,
    still_signed_in: Callable[[], bool] | None = None,
) -> Iterator[M]:
    """The records of a long list or an export that she may still open, asked anew for every batch
    of ``batch``: one query each. A record whose grant or consent ended meanwhile is left out.

    :raises AccessEnded: her membership, or her session (``still_signed_in``), is over.
    """
    waiting: list[M] = []
    for obj in objects:
        waiting.append(obj)
        if len(waiting) >= batch:
            yield from _still(actor, waiting, permission, still_signed_in)
            waiting = []
    if waiting:
        yield from _still(actor, waiting, permission, still_signed_in)


def _still(
    actor: Actor, waiting: list[M], permission: str, still_signed_in: Callable[[], bool] | None
) -> list[M]:
    if not still_acts(actor) or (still_signed_in is not None and not still_signed_in()):
        audit.refused(actor=actor, action=permission, subject=None, reason="ended")
        raise AccessEnded
    allowed = may_each(actor, waiting, permission)
    for obj in waiting:
        if (type(obj), obj.pk) not in allowed:
            audit.refused(actor=actor, action=permission, subject=obj, reason="no_grant")
    return [obj for obj in waiting if (type(obj), obj.pk) in allowed]


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
    starts_at: datetime | None = None,
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
        and grant.starts_at <= (starts_at or now)
        and grant.basis_id == (basis.pk if basis else None)
        and grant.membership_id == membership_id
    }
    replaced = [grant for grant in standing if grant.pk not in same]
    if replaced:
        standing.exclude(pk__in=same).update(revoked_at=now)
        audit.grants_changed(actor=granted_by, event="grant.taken", grants=replaced)
    given = grant_model._default_manager.bulk_create(
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
                starts_at=starts_at or now,
                expires_at=expires_at,
                granted_by_id=granted_by.user_id,
            )
            for permission in sorted(wanted - set(same.values()))
        ]
    )
    audit.grants_changed(actor=granted_by, event="grant.given", grants=given)


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
    by: Actor,
    user: int | None = None,
    team: int | None = None,
    permissions: Iterable[str] | None = None,
    at: datetime | None = None,
    outside: bool = False,
    source: GrantSource | None = None,
) -> int:
    """``by`` revokes now, or lets run out at ``at``. With neither user nor team: everyone's grants;
    ``outside`` narrows to grants that rest on a consent, ``source`` to those of one origin."""
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
    if source is not None:
        rows = rows.filter(source=source)
    if outside:
        rows = rows.filter(basis__isnull=False)
    if at is not None:
        # Never later than it would have ended anyway.
        rows = rows.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=at))
    taken = list(rows)
    rows = grant_model._default_manager.filter(pk__in=[grant.pk for grant in taken])
    if at is not None:
        rows.update(expires_at=at)
    else:
        rows.update(revoked_at=timezone.now())
    audit.grants_changed(
        actor=by, event="grant.taken" if at is None else "grant.shortened", grants=taken
    )
    return len(taken)


def rest_on(old: Basis, new: Basis, *, by: Actor) -> int:
    """Every live grant that rests on the old basis is revoked and given anew on the new one."""
    now = timezone.now()
    moved = 0
    for registration in _registry.values():
        grant_model: Any = registration.grant_model
        grants = list(
            grant_model._default_manager.select_for_update(of=("self",)).filter(
                basis=old, revoked_at__isnull=True
            )
        )
        if not grants:
            continue
        grant_model._default_manager.filter(pk__in=[item.pk for item in grants]).update(
            revoked_at=now
        )
        audit.grants_changed(actor=by, event="grant.taken", grants=grants)
        for grant in grants:
            grant.pk, grant.basis, grant.starts_at, grant.created_at = None, new, now, now
        given = grant_model._default_manager.bulk_create(grants)
        audit.grants_changed(actor=by, event="grant.given", grants=given)
        moved += len(grants)
    return moved
