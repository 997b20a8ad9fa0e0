"""A name among one's own files: opened, folded, compared, forgotten. There is no index of names."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from cases.models import Case
from cases.selectors.file import purpose_of
from cases.states import CaseState
from privacy import audit, caseload
from privacy.actors import Actor
from privacy.errors import Invalid, NotFound
from privacy.roles import Role
from services import selectors as services
from services.folding import fold

PAGE = 25
PURPOSE = "name_search"
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Hit:
    pk: int
    uuid: UUID
    code: str
    alias: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Hits:
    hits: list[Hit]
    next: int | None


def require_search(actor: Actor) -> None:
    if not actor.is_a(Role.SOCIAL_WORKER, Role.SUPERVISOR, Role.CHILD_OFFICER):
        audit.refused(actor=actor, action=PURPOSE, subject=None, reason="role")
        raise NotFound


def by_name(actor: Actor, words: str, *, after: int | None = None) -> Hits:
    """Files she works on in whose alias or legal name each of ``words`` begins a word, accents or
    not; newest first, after the file ``after``. Capped and limited per hour (dated data), audited
    as one list. Raises Invalid in words."""
    require_search(actor)
    wanted = fold(words).split()
    if not any(len(word) > 1 for word in wanted):
        raise Invalid({"q": _("Enter at least two letters of the name.")})
    purpose = purpose_of(actor, PURPOSE)
    if caseload.searches_since(actor, purpose, HOUR) >= services.limit("name_search_hour"):
        audit.refused(actor=actor, action=PURPOSE, subject=None, reason="rate")
        raise Invalid({"q": _("That were many searches. Wait an hour, or look by code.")})
    try:
        rows = caseload.open_all(
            actor,
            Case,
            ("alias", "legal_name"),
            columns=("code", "state"),
            owner="uuid",
            purpose=purpose,
            cap=services.limit("name_search_cases"),
        )
    except caseload.TooMany:
        words = _("These are too many files to search by name: look by code.")
        raise Invalid({"q": words}) from None
    begins = [f" {word}" for word in wanted]
    hits: list[Hit] = []
    for row in rows:
        if after is not None and row.pk >= after:
            continue
        alias, legal = row.values
        folded = " " + fold(f"{alias or ''} {legal or ''}")
        if all(word in folded for word in begins):
            code, state = row.columns
            hits.append(Hit(row.pk, row.uuid, code, alias or "", state == CaseState.CLOSED))
            if len(hits) > PAGE:
                break
    shown = hits[:PAGE]
    return Hits(shown, shown[-1].pk if len(hits) > PAGE else None)
