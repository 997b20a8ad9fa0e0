"""What may be seen of a person's other file: that there is one, and which office keeps it."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from cases import policies
from cases.models import Case, CaseLink, DuplicateCheck, DuplicateMatch
from privacy import access
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.errors import NotFound


class Linked(NamedTuple):
    uuid: UUID
    code: str
    office: str
    made_at: datetime


def linked_files(case: Case) -> list[Linked]:
    """The other files of this person, linked with her yes: code and office, never more."""
    rows = (
        CaseLink.objects.filter(Q(first=case) | Q(second=case), ended_at__isnull=True)
        .select_related("first__organisation", "second__organisation")
        .order_by("pk")
    )
    found = []
    for link in rows:
        other = link.second if link.first_id == case.pk else link.first
        found.append(Linked(link.uuid, other.code, other.organisation.name, link.made_at))
    return found


def checks_of(case: Case) -> list[DuplicateCheck]:
    """When she was asked and what she said; never what was found."""
    return list(DuplicateCheck.objects.filter(case=case).order_by("-pk")[:5])


def find_link(case: Case, uuid: UUID) -> CaseLink:
    link = CaseLink.objects.filter(Q(first=case) | Q(second=case), uuid=uuid).first()
    if link is None:
        raise NotFound
    return link


def find_match(actor: Actor, uuid: UUID) -> DuplicateMatch:
    """With how to reach the client. For supervisors of the file that was there only."""
    match = DuplicateMatch.objects.select_related("case").filter(uuid=uuid).first()
    if match is None:
        raise NotFound
    access.require(actor, match.case)
    if not policies.is_supervisor(actor, match.case):
        raise NotFound
    access.open_keys(
        actor,
        [match.case],
        [Compartment.IDENTITY, Compartment.CONTACT],
        purpose="supervision:duplicate",
    )
    return match
