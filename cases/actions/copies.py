"""The client's own copy of her whole file: allowed by two, made by the system, locked by her.

The worker's page only carries the passphrase to the job and never opens more than it could
before: the keys live in the job's own ring (``privacy.jobs``), and what comes out of it is a file
that opens with nothing but the passphrase. The passphrase is kept nowhere.
"""

import base64
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import paper, policies
from cases.actions.plot import locked, note
from cases.actions.registers import must_be_granted
from cases.models import CaseReferral, ClientCopy, RightsKind, RightsRequest
from cases.selectors import openings, personal_file
from cases.states import RightsState
from privacy import access, audit, jobs, proof
from privacy.actors import Actor
from privacy.compartments import CASE_COMPARTMENTS, REGISTER_COMPARTMENTS, Compartment
from privacy.errors import Invalid, NotFound, WrongState
from privacy.passphrases import weakness
from privacy.sessions import system_actor
from workflow import engine

JOB = "client_copy"
LASTS = timedelta(days=7)
ALLOWED_FOR = timedelta(days=30)


def _owners(request: RightsRequest) -> jobs.Owners:
    """Her file, and the words of every slip that went out. What a provider wrote for its own work
    is that provider's record: the copy names the office, where she can ask."""
    if request.case is None:
        raise NotFound
    slips = CaseReferral.objects.filter(case=request.case).values_list(
        "referral__owner_uuid", flat=True
    )
    return {
        request.case.uuid: CASE_COMPARTMENTS,
        **dict.fromkeys(slips, (Compartment.PACKET,)),
    }


def allow(request: RightsRequest) -> None:
    """Two persons have agreed: the job may open the file once, for this request."""
    if request.decided_by_id is None or request.second_id is None:
        raise WrongState(_("This waits for the second person. Nobody decides twice."))
    jobs.allow(
        job=JOB,
        request=request,
        owners=_owners(request),
        first=request.decided_by_id,
        second=request.second_id,
        expires_at=timezone.now() + ALLOWED_FOR,
    )


@transaction.atomic
def make_copy(*, actor: Actor, request: RightsRequest, passphrase: str) -> ClientCopy:
    """At the desk, the client types. The file can be fetched for seven days."""
    request = (
        RightsRequest.objects.select_for_update(of=("self",))
        .select_related("case")
        .get(pk=request.pk)
    )
    policies.require_desk(actor, request)
    proof.require(actor)
    if request.kind != RightsKind.COPY or request.case is None:
        raise NotFound
    case = locked(request.case)
    policies.require_unrestricted(actor, case)
    must_be_granted(request)
    wrong = weakness(passphrase)
    if wrong:
        raise Invalid({"passphrase": wrong})
    asked = _owners(request)
    with jobs.opened_for(actor=system_actor(), job=JOB, request=request, owners=asked):
        document = personal_file.gather(case, openings=openings.of_case(case), whole=True)
        locked_file = paper.locked_pdf(document, passphrase)
    copy = ClientCopy(request=request, expires_at=timezone.now() + LASTS)
    copy.content = base64.b64encode(locked_file).decode()
    copy.save()
    before = request.state
    request.state, request.done_at = RightsState.DONE, timezone.now()
    request.save(update_fields=["state", "done_at"])
    audit.record_change(
        actor=actor, event="rights.copy_made", subject=request, before=before, after=request.state
    )
    note(actor, case, "case.copy_made")
    engine.complete(subject=request, step="carry_out", actor=actor)
    return copy


@transaction.atomic
def fetch_copy(*, actor: Actor, request: RightsRequest) -> bytes:
    """The locked file, to the person at the desk; recorded each time."""
    policies.require_desk(actor, request)
    copy = (
        ClientCopy.objects.select_for_update(of=("self",))
        .select_related("request")
        .filter(request=request)
        .first()
    )
    if copy is None:
        raise NotFound
    if copy.dropped_at is not None or copy.expires_at <= timezone.now():
        raise WrongState(_("The copy was deleted. If she wishes another one, register it again."))
    access.open_keys(actor, [request], REGISTER_COMPARTMENTS, purpose="client_copy")
    content = copy.content
    if not content:
        raise NotFound
    if copy.fetched_at is None:
        copy.fetched_at = timezone.now()
        copy.save(update_fields=["fetched_at"])
    note(actor, request, "rights.copy_fetched")
    return base64.b64decode(content)


@transaction.atomic
def drop_copy(*, actor: Actor, request: RightsRequest) -> None:
    """She has it: ours is deleted before its day."""
    policies.require_desk(actor, request)
    copy = ClientCopy.objects.select_related("request").filter(request=request).first()
    if copy is None or copy.dropped_at is not None:
        raise WrongState(_("The copy was deleted. If she wishes another one, register it again."))
    _drop(actor, copy)


def drop_old_copies() -> int:
    """Run by the clock: what nobody fetched in time is emptied; the number emptied."""
    late = ClientCopy.objects.select_related("request").filter(
        dropped_at__isnull=True, expires_at__lte=timezone.now()
    )
    dropped = 0
    for copy in late.order_by("pk"):
        with transaction.atomic():
            _drop(system_actor(), copy)
        dropped += 1
    return dropped


def _drop(actor: Actor, copy: ClientCopy) -> None:
    copy.content, copy.dropped_at = "", timezone.now()
    copy.save(update_fields=["content", "dropped_at"])
    note(actor, copy.request, "rights.copy_dropped")
