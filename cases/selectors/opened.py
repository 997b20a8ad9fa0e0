"""Who opened a file, in words: for those who work on it, for the data-protection officer, and for
the person whom it is about."""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import policies
from cases.models import Case, CaseReferral, Lead, Transfer
from privacy import audit
from privacy.actors import Actor
from privacy.audit import reading
from privacy.compartments import CASE_COMPARTMENTS, Compartment
from privacy.errors import NotFound
from privacy.models import AuditEvent
from privacy.roles import Role

_OF_A_FILE = frozenset({*CASE_COMPARTMENTS, Compartment.PACKET, Compartment.ENTRIES})

_FILE = gettext_lazy("Work on the file")
_CONTACT = gettext_lazy("To reach the client")
_SCREENING = gettext_lazy("To find out what is needed")
_PLAN = gettext_lazy("Support plan and follow-up")
_CONSENT = gettext_lazy("To ask for consent or to show it")
_REFERRAL = gettext_lazy("To refer to a service")
_SERVICE = gettext_lazy("To give the service of a referral")
_MOVING = gettext_lazy("To hand over to another worker or office")
_LISTED = gettext_lazy("To see what has to be done")
# Purpose code → why, in words that a client understands. What is not here is work on the file.
PURPOSES: Mapping[str, Any] = {
    **dict.fromkeys(("contact_page", "lead_page"), _CONTACT),
    **dict.fromkeys(("screening_page", "screening_result", "screening"), _SCREENING),
    **dict.fromkeys(
        ("assessment", "plan", "plan_approval", "goal_page", "review", "follow_up", "safety_plan"),
        _PLAN,
    ),
    **dict.fromkeys(("consent_page", "consents", "consent", "withdraw_consent"), _CONSENT),
    **dict.fromkeys(("refer", "write_slip", "slip", "check_slip"), _REFERRAL),
    **dict.fromkeys(
        ("referral", "referral_page", "referral_list", "referral_outcome", "livelihood_page"),
        _SERVICE,
    ),
    **dict.fromkeys(("assign", "transfer"), _MOVING),
    **dict.fromkeys(("worklist", "case_list"), _LISTED),
}


def find(actor: Actor, uuid: UUID, *, page: str) -> Case:
    """The file of which she may see who opened it. No key is opened; that she looked is kept."""
    case = Case.objects.filter(uuid=uuid).first()
    if case is None:
        audit.refused(actor=actor, action="read_log", subject=None, reason="absent")
        raise NotFound
    policies.require_reader_of_looks(actor, case)
    audit.looked(actor=actor, action="read_log", subject=case, purpose=page)
    return case


def find_by_code(actor: Actor, code: str) -> Case | None:
    """For the data-protection officer: any file, by its code."""
    policies.require_dpo(actor)
    return Case.objects.filter(code=code).first()


def objects_of(case: Case) -> list[UUID]:
    """The file itself and everything of hers that is opened by itself: slips, hand-overs, the first
    contact. One query."""
    slips = CaseReferral.objects.filter(case=case).order_by().values_list("referral__uuid")
    moves = Transfer.objects.filter(case=case).order_by().values_list("uuid")
    first = Lead.objects.filter(case=case).order_by().values_list("uuid")
    return [case.uuid, *(uuid for (uuid,) in slips.union(moves, first, all=True))]


class Shown(NamedTuple):
    rows: list[dict[str, Any]]
    next: int | None


def looks(case: Case, *, before: int | None) -> Shown:
    """Newest first, with names: for the case team and the data-protection officer."""
    found = reading.looks_at(objects_of(case), before=before)
    people = reading.people({row.actor_uuid for row in found.rows})
    offices = reading.offices({row.organisation_id for row in found.rows})
    return Shown([_row(row, people, offices) for row in found.rows], found.next)


def _row(row: AuditEvent, people: Mapping[UUID, Any], offices: Mapping[int, str]) -> dict[str, Any]:
    person = people.get(row.actor_uuid) if row.actor_uuid else None
    who = (
        person.display_name if person else _("Somebody who was not signed in"),
        Role(row.role).label if row.role in Role.values else "",
        offices.get(row.organisation_id or 0, ""),
    )
    return {
        "title": title_of(row),
        "when": row.at,
        "who": ", ".join(str(part) for part in who if part),
        "text": purpose_of(row.purpose),
    }


def title_of(row: AuditEvent) -> str:
    """What was done, in one line."""
    parts = ", ".join(
        Compartment(name).label for name in row.compartments.split(",") if name in _OF_A_FILE
    )
    if row.result.startswith("refused"):
        return _("Tried to open, and was refused")
    if row.action == "open":
        return _("Opened: %(parts)s") % {"parts": parts}
    if row.action == "export":
        return _("Taken out as a file: %(parts)s") % {"parts": parts}
    if row.action == "locked":
        return _("Met a part that stayed locked: %(parts)s") % {"parts": parts}
    if row.action == "read_log":
        return _("Looked at who opened this file")
    if row.action == "open_list":
        return _("Opened a list of %(count)d") % {"count": row.count}
    return _("Other: %(code)s") % {"code": row.action}


def purpose_of(code: str) -> str:
    """Why, in words; the look of a supervisor is told apart."""
    if not code or code.startswith("opened"):
        return ""  # a look at the audit itself says so in its title
    kind, _colon, rest = code.rpartition(":")
    words = PURPOSES.get(rest) or (_REFERRAL if rest.startswith("slip_") else _FILE)
    if kind == "supervision":
        return _("%(purpose)s, as supervisor") % {"purpose": words}
    return str(words)


# -- for the person herself


class Told(NamedTuple):
    """One office on one day, for one reason."""

    day: date
    office: str
    purpose: str


class Plain(NamedTuple):
    told: list[Told]
    next: int | None


def in_plain_words(case: Case, *, before: int | None) -> Plain:
    """Days, offices and reasons, newest first: names of offices, never of people (privacy.md 7)."""
    found = reading.looks_at(
        objects_of(case), actions=reading.OPENINGS, before=before, size=4 * reading.PAGE
    )
    offices = reading.offices({row.organisation_id for row in found.rows})
    return Plain(list(_told(found.rows, offices)), found.next)


def _told(rows: Iterable[AuditEvent], offices: Mapping[int, str]) -> Iterable[Told]:
    def day_of(row: AuditEvent) -> date:
        return timezone.localtime(row.at).date()

    for day, of_day in groupby(rows, key=day_of):
        seen = {
            (
                offices.get(row.organisation_id or 0, str(_("Another office"))),
                str(PURPOSES.get(row.purpose.rpartition(":")[2], _FILE)),
            ): None
            for row in of_day
        }
        for office, purpose in seen:
            yield Told(day, office, purpose)


# -- what one person did, for the data-protection officer


def of_person(person: UUID, *, before: int | None) -> Shown:
    """Newest first; files by their code, everything else by its kind. No content."""
    found = reading.looks_of(person, before=before)
    uuids = {row.object_uuid for row in found.rows if row.object_uuid}
    codes = dict(Case.objects.filter(uuid__in=uuids).values_list("uuid", "code"))
    rows = []
    for row in found.rows:
        code = codes.get(row.object_uuid) if row.object_uuid else None
        rows.append(
            {
                "title": _("%(what)s – %(code)s") % {"what": title_of(row), "code": code}
                if code
                else title_of(row),
                "case": row.object_uuid if code else None,
                "when": row.at,
                "text": purpose_of(row.purpose),
            }
        )
    return Shown(rows, found.next)
