"""Who opened this file and why, for the client: names of offices, never of persons.

One function, so that it can be exchanged for what the audit room offers.
"""

from datetime import datetime
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from privacy.models import AuditEvent, Organisation
from privacy.roles import Role

MOST = 2000


class Opening(NamedTuple):
    at: datetime
    office: str
    role: str
    why: str | Promise
    parts: tuple[str, ...]


# Purposes as views name them; "supervision:" is put before them for a supervisor.
WHY: dict[str, str | Promise] = {
    "case_page": _("To look at the file"),
    "case_list": _("To see the list of files"),
    "worklist": _("To see what is to be done"),
    "consents": _("To look at what you agreed to"),
    "refer": _("To prepare a referral"),
    "her_file": _("To look at the file together with you"),
    "correct": _("To correct what you said is wrong"),
    "client_copy": _("To make your own copy"),
}


def of_case(case: Case) -> list[Opening]:
    """Newest first; refusals are not openings. Lists name no single file, so they are not here."""
    rows = list(
        AuditEvent.objects.filter(object_uuid=case.uuid, action="open", result="allowed").order_by(
            "-at", "-pk"
        )[:MOST]
    )
    offices = Organisation.objects.in_bulk({row.organisation_id for row in rows} - {None})
    return [
        Opening(
            at=row.at,
            office=offices[row.organisation_id].name if row.organisation_id in offices else "",
            role=str(Role(row.role).label) if row.role in Role.values else "",
            why=_why(row.purpose),
            parts=tuple(filter(None, row.compartments.split(","))),
        )
        for row in rows
    ]


def _why(purpose: str) -> str | Promise:
    told, _colon, rest = purpose.partition(":")
    if told == "supervision":
        return _("Supervision")
    return WHY.get(told, _("Work on the file"))
