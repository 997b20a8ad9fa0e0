"""The one way in which the system opens keys: a job that two persons allowed, once.

``access.open_keys`` gives nothing to the system, and stays so. Here a job shows the request it
works for; the audit row names that request and each owner before a key is released; and the keys
live in a ring of their own, so that the page of whoever pressed the button never holds them.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy import audit, keys
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.errors import AlreadyDone, Invalid, NotFound
from privacy.models import JobGrant

Owners = Mapping[UUID, Collection[Compartment]]


def allow(
    *,
    job: str,
    request: models.Model,
    owners: Owners,
    first: int,
    second: int,
    expires_at: datetime,
) -> JobGrant:
    """``first`` and ``second`` = ids of the two who allowed it; the caller's policy asked them.

    :raises Invalid: one person is not two. :raises AlreadyDone: allowed for this request already.
    """
    if first == second:
        raise Invalid({"second": _("Two different persons are needed.")})
    try:
        with transaction.atomic():
            return JobGrant.objects.create(
                job=job,
                request_type=request._meta.label_lower,
                request_uuid=request.uuid,  # type: ignore[attr-defined]
                owners={str(uuid): sorted(c.value for c in held) for uuid, held in owners.items()},
                first_id=first,
                second_id=second,
                expires_at=expires_at,
            )
    except IntegrityError:
        raise AlreadyDone from None


def revoke(request: models.Model) -> int:
    """A grant that was not used ends with its request."""
    return JobGrant.objects.filter(
        request_uuid=request.uuid,  # type: ignore[attr-defined]
        used_at__isnull=True,
        revoked_at__isnull=True,
    ).update(revoked_at=timezone.now())


def _take(job: str, request: models.Model) -> JobGrant | None:
    """The grant, used up by this very call: two at once get it once."""
    now = timezone.now()
    live = JobGrant.objects.filter(
        job=job,
        request_type=request._meta.label_lower,
        request_uuid=request.uuid,  # type: ignore[attr-defined]
        used_at__isnull=True,
        revoked_at__isnull=True,
        granted_at__lte=now,
        expires_at__gt=now,
    )
    grant = live.select_related("first", "second").first()
    if grant is None or not (grant.first.is_active and grant.second.is_active):
        return None
    return grant if live.filter(pk=grant.pk).update(used_at=now) else None


@contextmanager
def opened_for(*, actor: Actor, job: str, request: models.Model, owners: Owners) -> Iterator[None]:
    """Inside, the values of these owners open. ``owners`` must lie within what was allowed.

    :raises NotFound: no live grant, or more asked than was allowed; the refusal is recorded.
    :raises KeyringUnavailable: nothing was used up (the caller's transaction rolls back).
    """
    if not actor.is_system:
        audit.refused(actor=actor, action=f"job:{job}", subject=request, reason="not_system")
        raise NotFound
    with transaction.atomic():
        grant = _take(job, request)
        if grant is None:
            audit.refused(actor=actor, action=f"job:{job}", subject=request, reason="no_job_grant")
            raise NotFound
        pairs = {(uuid, item) for uuid, held in owners.items() for item in held}
        if not pairs or any(
            item.value not in grant.owners.get(str(uuid), ()) for uuid, item in pairs
        ):
            audit.refused(actor=actor, action=f"job:{job}", subject=request, reason="beyond")
            raise NotFound
        # No audit row, no key: one for the request, one for each owner, all before the first key.
        audit.job_opened(actor=actor, job=job, request=request, owners=owners)
        with keys.fresh_ring():
            keys.open_pairs(pairs)
            yield
