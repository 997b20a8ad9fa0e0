"""Papers of a file: a signed form, a paper she brought. Sealed in the compartment they are of."""

from django.db import transaction
from django.utils.translation import gettext as _

from cases import policies
from cases.actions.plot import locked, note
from cases.models import Case, Consent
from privacy import files
from privacy.actors import Actor
from privacy.compartments import CASE_COMPARTMENTS, Compartment
from privacy.errors import AlreadyDone, Invalid, NotFound, WrongState
from privacy.models import SealedFile


@transaction.atomic
def add_paper(
    *,
    actor: Actor,
    case: Case,
    compartment: str,
    name: str,
    data: bytes,
    consent: Consent | None = None,
) -> SealedFile:
    """``consent``: the answer that this paper proves. Raises Invalid for ``file``, in words."""
    case = locked(case)
    policies.require_papers(actor, case)
    if compartment not in CASE_COMPARTMENTS:
        raise Invalid({"compartment": _("Choose what kind of paper it is.")})
    room = Compartment(compartment)
    policies.require_compartment(actor, case, room)
    if not case.is_open:
        raise WrongState(_("This case is closed."))
    if consent is not None and consent.case_id != case.pk:
        raise NotFound
    paper = files.add(
        actor=actor,
        owner=case.uuid,
        compartment=room,
        about=consent or case,
        name=name,
        data=data,
    )
    note(actor, case, "paper.added")
    return paper


@transaction.atomic
def delete_paper(*, actor: Actor, case: Case, paper: SealedFile, reason: str) -> None:
    case = locked(case)
    policies.require_papers(actor, case)
    paper = SealedFile.objects.select_for_update(of=("self",)).get(pk=paper.pk)
    if paper.owner_uuid != case.uuid:
        raise NotFound
    policies.require_compartment(actor, case, Compartment(paper.compartment))
    if paper.deleted_at is not None:
        raise AlreadyDone(_("This paper has been deleted already."), when=paper.deleted_at)
    files.remove(actor=actor, file=paper, reason=reason)
    note(actor, case, "paper.deleted")
