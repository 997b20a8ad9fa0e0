"""The papers of a file that this person may see: one key query, whatever stands there."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.models import Case, Consent
from cases.selectors.file import purpose_of
from privacy import access, files
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.errors import NotFound, WrongState
from privacy.models import SealedFile

# What a paper can be, in the order offered; each lies in the compartment that such words lie in.
KINDS = {
    Compartment.IDENTITY: _("A signed consent, or a paper with her name"),
    Compartment.NOTES: _("Another paper"),
    Compartment.LIVELIHOOD: _("A paper about work, training or money"),
    Compartment.PROTECTION: _("A paper about her safety"),
    Compartment.CHILD: _("A paper of the child protection file"),
}


class Paper(NamedTuple):
    uuid: UUID
    name: str | None
    kind: str
    where: str
    added_at: datetime
    added_by: str
    proves_consent: bool


def open_compartments(actor: Actor, case: Case, *, page: str) -> list[Compartment]:
    """Of those papers lie in: the ones she holds, with their keys open now."""
    opened = access.open_keys(actor, [case], list(KINDS), purpose=purpose_of(actor, page))
    return [compartment for compartment in KINDS if (case.uuid, compartment) in opened]


def papers_of(case: Case, compartments: list[Compartment]) -> list[Paper]:
    rows = SealedFile.objects.filter(
        owner_uuid=case.uuid,
        compartment__in=[item.value for item in compartments],
        deleted_at__isnull=True,
    ).select_related("added_by")
    return [
        Paper(
            row.uuid,
            files.name_of(row),
            row.get_kind_display(),
            str(KINDS[Compartment(row.compartment)]),
            row.added_at,
            row.added_by.display_name,
            row.about_type == Consent._meta.label_lower,
        )
        for row in rows
    ]


def find(actor: Actor, case: Case, uuid: UUID) -> SealedFile:
    """A paper of this file in a compartment she may open, its key released for this look."""
    policies.require_papers(actor, case)
    paper = SealedFile.objects.filter(
        uuid=uuid, owner_uuid=case.uuid, deleted_at__isnull=True
    ).first()
    if paper is None:
        raise NotFound
    compartment = Compartment(paper.compartment)
    policies.require_compartment(actor, case, compartment)
    access.open_keys(actor, [case], [compartment], purpose=purpose_of(actor, "paper"))
    return paper


def content(paper: SealedFile) -> bytes:
    """:raises WrongState: it was changed behind our back; not one byte is handed out."""
    try:
        return files.opened(paper)
    except files.Damaged:
        raise WrongState(
            str(_("This paper is damaged and cannot be opened. Tell the administrator."))
        ) from None
