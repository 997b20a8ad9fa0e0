"""The audit: who opened, listed or was refused what. Ids and codes, never a word of a person.

``record_change`` belongs to the business transaction (a change that rolls back did not happen).
Everything else is written to the database "audit", which commits at once: no audit row, no key.
"""

import hashlib
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db import models

from privacy.actors import Actor
from privacy.compartments import Compartment

if TYPE_CHECKING:
    from privacy.models import AuditEvent

current_actor: ContextVar[Actor | None] = ContextVar("audit_actor", default=None)


def record_change(
    *,
    actor: Actor,
    event: str,
    subject: models.Model,
    before: str = "",
    after: str = "",
    reason: str = "",
) -> None:
    """One change of one record. ``event`` is the app's own name, such as ``referral.accepted``."""
    from privacy.models import ChangeRecord

    ChangeRecord.objects.create(
        event=event,
        subject_type=ContentType.objects.get_for_model(subject),
        subject_id=subject.pk,
        actor_id=actor.user_id,
        role=actor.role,
        organisation_id=actor.organisation_id or None,
        before=before,
        after=after,
        reason=reason,
    )


def _write(
    *,
    actor: Actor | None,
    action: str,
    result: str,
    object_type: str = "",
    object_uuid: UUID | None = None,
    compartments: Iterable[Compartment] = (),
    purpose: str = "",
    basis_id: int | None = None,
    count: int = 1,
    ids_hash: str = "",
) -> "AuditEvent":
    from privacy.models import AuditEvent

    return AuditEvent.objects.create(
        action=action,
        result=result,
        actor_uuid=actor.user_uuid if actor else None,
        membership_id=(actor.membership_id or None) if actor else None,
        role=actor.role if actor else "",
        organisation_id=(actor.organisation_id or None) if actor else None,
        session=actor.session if actor else "",
        object_type=object_type,
        object_uuid=object_uuid,
        compartments=",".join(sorted(item.value for item in compartments)),
        purpose=purpose,
        basis_id=basis_id,
        count=count,
        ids_hash=ids_hash,
    )


def opened(
    *,
    actor: Actor,
    objects: list[models.Model],
    compartments: Iterable[Compartment],
    purpose: str,
    basis_id: int | None = None,
) -> None:
    """Keys are about to be released. One row for one object, one row for a list."""
    first = objects[0]
    uuids = sorted(str(item.uuid) for item in objects)  # type: ignore[attr-defined]
    single = len(objects) == 1
    _write(
        actor=actor,
        action="open" if single else "open_list",
        result="allowed",
        object_type=first._meta.label_lower,
        object_uuid=first.uuid if single else None,  # type: ignore[attr-defined]
        compartments=compartments,
        purpose=purpose,
        basis_id=basis_id,
        count=len(objects),
        ids_hash="" if single else hashlib.sha256("".join(uuids).encode()).hexdigest(),
    )


def refused(*, actor: Actor | None, action: str, subject: models.Model | None, reason: str) -> None:
    _write(
        actor=actor,
        action=action,
        result=f"refused:{reason}"[:20],
        object_type=subject._meta.label_lower if subject else "",
        object_uuid=getattr(subject, "uuid", None),
    )


def signed(*, actor: Actor | None, action: str, result: str = "allowed") -> None:
    """Sign-in, sign-out, quick exit, a failed sign-in."""
    _write(actor=actor, action=action, result=result)


def note_locked(owner: UUID, compartment: Compartment, result: str) -> None:
    """Somebody's page asked for a value that stays shut."""
    _write(
        actor=current_actor.get(),
        action="locked",
        result=result,
        object_type="owner",
        object_uuid=owner,
        compartments=[compartment],
    )


def job_opened(
    *,
    actor: Actor,
    job: str,
    request: models.Model,
    owners: Mapping[UUID, Iterable[Compartment]],
) -> None:
    """A job that two persons allowed is about to open keys: a row for the request, one an owner.
    ``purpose`` of an owner's row is the job; its time and the request's row belong together."""
    _write(
        actor=actor,
        action=f"job:{job}",
        result="allowed",
        object_type=request._meta.label_lower,
        object_uuid=request.uuid,  # type: ignore[attr-defined]
        purpose=job,
        count=len(owners),
    )
    for uuid, compartments in owners.items():
        _write(
            actor=actor,
            action="open",
            result="allowed",
            object_type="owner",
            object_uuid=uuid,
            compartments=compartments,
            purpose=f"{job}:{request.uuid}",  # type: ignore[attr-defined]
        )
