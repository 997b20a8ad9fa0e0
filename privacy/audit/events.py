"""What may be written. Every verb takes ids and codes; none takes a text."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db import models

from privacy.actors import Actor
from privacy.audit import chain
from privacy.compartments import Compartment
from privacy.models import AuditEvent, ChangeRecord, Grant

current_actor: ContextVar[Actor | None] = ContextVar("audit_actor", default=None)
# Of a change: codes of services and rules have capitals ("H-STI"), but no blank and no accent.
_CHANGE_CODE = re.compile(r"[A-Za-z0-9_.:,/-]*")


def record_change(
    *,
    actor: Actor,
    event: str,
    subject: models.Model,
    before: str = "",
    after: str = "",
    reason: str = "",
) -> None:
    """One change of one record. ``event`` is the app's own name, such as ``referral.accepted``.

    :raises ValueError: something else than a code was given.
    """
    _change(actor, event, subject, before, after, reason).save(force_insert=True)


def _change(
    actor: Actor, event: str, subject: models.Model, before: str, after: str, reason: str
) -> ChangeRecord:
    for code in (event, before, after, reason):
        if not _CHANGE_CODE.fullmatch(code):
            raise ValueError(f"a change record of {subject._meta.label_lower} is given no code")
    return ChangeRecord(
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


def grants_changed(*, actor: Actor, event: str, grants: Sequence[Grant]) -> None:
    """Sight was given or taken: one record for each grant, in the same transaction. The subject is
    the grant itself, so the record's object, holder, permission and basis stand where it points."""
    if not grants:
        return
    ChangeRecord.objects.bulk_create(
        [_change(actor, event, grant, "", grant.source, grant.purpose) for grant in grants]
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
    grants: Iterable[int] = (),
    count: int = 1,
    ids_hash: str = "",
    envelope: bytes = b"",
) -> AuditEvent:
    return chain.append(
        AuditEvent(
            action=action,
            result=result,
            actor_uuid=actor.user_uuid if actor else None,
            membership_id=(actor.membership_id or None) if actor else None,
            role=str(actor.role) if actor else "",
            organisation_id=(actor.organisation_id or None) if actor else None,
            team_id=(actor.team_id or None) if actor else None,
            session=actor.session if actor else "",
            object_type=object_type,
            object_uuid=object_uuid,
            compartments=",".join(sorted(item.value for item in compartments)),
            purpose=purpose,
            basis_id=basis_id,
            grants=",".join(str(pk) for pk in sorted(set(grants))),
            count=count,
            ids_hash=ids_hash,
            envelope_hash=hashlib.sha256(envelope).hexdigest() if envelope else "",
        )
    )


def opened(
    *,
    actor: Actor,
    objects: Sequence[models.Model],
    compartments: Iterable[Compartment],
    purpose: str,
    basis_id: int | None = None,
    grants: Iterable[int] = (),
) -> None:
    """Keys are about to be released. One row for one object, one row for a list.

    :raises keys.KeyringUnavailable: there is no row, so there must be no key.
    """
    single = len(objects) == 1
    _write(
        actor=actor,
        action="open" if single else "open_list",
        result="allowed",
        compartments=compartments,
        purpose=purpose,
        basis_id=basis_id,
        grants=grants if single else (),
        **_named(objects),
    )


def _named(objects: Sequence[models.Model]) -> dict[str, Any]:
    first: Any = objects[0]
    if len(objects) == 1:
        return {"object_type": first._meta.label_lower, "object_uuid": first.uuid}
    uuids = sorted(str(item.uuid) for item in objects)  # type: ignore[attr-defined]
    return {
        "object_type": first._meta.label_lower,
        "count": len(objects),
        "ids_hash": hashlib.sha256("".join(uuids).encode()).hexdigest(),
    }


def looked(*, actor: Actor, action: str, subject: models.Model | None, purpose: str = "") -> None:
    """Something without sealed content was read that is worth a row: a log, a register."""
    _write(
        actor=actor,
        action=action,
        result="allowed",
        purpose=purpose,
        **(_named([subject]) if subject is not None else {}),
    )


def exported(
    *,
    actor: Actor,
    objects: Sequence[models.Model],
    compartments: Iterable[Compartment],
    purpose: str,
    envelope: bytes = b"",
) -> None:
    """Facts are about to leave in a file. ``envelope`` = the sealed reason, as it is stored."""
    _write(
        actor=actor,
        action="export",
        result="allowed",
        compartments=compartments,
        purpose=purpose,
        envelope=envelope,
        **_named(objects),
    )


def key_event(
    *,
    action: str,
    result: str = "allowed",
    owner: UUID | None = None,
    compartments: Iterable[Compartment] = (),
    purpose: str = "",
    count: int = 1,
    ids_hash: str = "",
) -> None:
    """A key was made, re-wrapped, replaced or destroyed, or an epoch began or ended. ``action`` is
    ``key.made`` and the like; whoever acts in this request or job is named."""
    _write(
        actor=current_actor.get(),
        action=action,
        result=result,
        object_type="owner" if owner else "keyring",
        object_uuid=owner,
        compartments=compartments,
        purpose=purpose,
        count=count,
        ids_hash=ids_hash,
    )


def configured(*, actor: Actor | None, event: str, kind: str, count: int = 1) -> None:
    """The instance was set up differently where no change record fits: rules that were loaded.
    ``kind`` = what, as a code (``rule_sets``)."""
    _write(actor=actor, action=event, result="done", object_type=kind, count=count)


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
