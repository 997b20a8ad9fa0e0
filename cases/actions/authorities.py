"""Somebody with power asks for data: refused, unless two persons decide otherwise.

No file is looked for and none is named: the register holds what was asked and what was answered.
Whether a person is known here is confirmed to nobody, and to the registering colleague least.
"""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import policies, turns
from cases.actions.plot import note, required
from cases.actions.registers import (
    choose,
    give_officer,
    give_second,
    make_keys,
    moment,
    nobody,
    refuse_if,
    shift,
)
from cases.models import AuthorityKind, AuthorityPaper, AuthorityRequest, Decision
from cases.states import AuthorityState
from privacy import access
from privacy.actors import Actor
from privacy.errors import AlreadyDone
from privacy.models import Membership
from privacy.roles import Role
from services import selectors as services
from workflow import engine


@transaction.atomic
def register_authority(
    *, actor: Actor, kind: str, paper: str, received_on: date, words: str
) -> AuthorityRequest:
    """Any colleague, after saying the words of refusal. The answer is a reference."""
    policies.require_reporter(actor)
    errors: dict[str, str] = {}
    choose(errors, "kind", kind, AuthorityKind)
    choose(errors, "paper", paper, AuthorityPaper)
    refuse_if(errors)
    received_at = moment("received_on", received_on)
    request = AuthorityRequest(
        kind=kind,
        paper=paper,
        received_at=received_at,
        decide_by=services.due("triage_soon", received_at),
        registered_by_id=actor.user_id,
        registered_as=actor.role,
        organisation_id=actor.organisation_id or None,
    )
    make_keys(request)
    request.words = required("words", words, _("Write who asked, for what, and with which paper."))
    request.save()
    give_officer(actor, request)
    note(actor, request, "authority.registered", reason=kind)
    engine.start(subject=request, actor=actor)
    return request


def _locked(request: AuthorityRequest) -> AuthorityRequest:
    return AuthorityRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)


@transaction.atomic
def propose_decision(
    *, actor: Actor, request: AuthorityRequest, decision: str, legal_basis: str, fields: str = ""
) -> None:
    """Refuse, or the fewest facts that a named law demands on a written paper."""
    request = _locked(request)
    policies.require_dpo_of(actor, request)
    errors: dict[str, str] = {}
    choose(errors, "decision", decision, Decision)
    if decision == Decision.MINIMUM:
        if request.paper == AuthorityPaper.ORAL:
            errors["decision"] = _("What was only said is always refused: ask for it in writing.")
        if not fields.strip():
            errors["fields"] = _("Name each fact that is answered, and no other.")
    refuse_if(errors)
    basis = required("legal_basis", legal_basis, _("Name the article on which you decide."))
    team_of_registrant = (
        None if request.registered_as == Role.DPO else _team_of(request.registered_by_id)
    )
    second = turns.second_person(
        without={actor.user_id, request.registered_by_id}, not_team=team_of_registrant
    )
    if second is None:
        raise nobody()
    request.decided_by_id, request.second_id = actor.user_id, second.user_id
    give_second(actor, request, second)
    request.legal_basis, request.fields = basis, fields.strip()
    shift(
        actor,
        request,
        AuthorityState,
        AuthorityState.PROPOSED,
        "authority.proposed",
        reason=decision,
        decision=decision,
        legal_basis=request.legal_basis,
        fields=request.fields,
        decided_by_id=actor.user_id,
        decided_at=timezone.now(),
        second_id=second.user_id,
        second_at=None,
    )
    engine.complete(subject=request, step="propose", actor=actor)


def _team_of(user_id: int) -> int | None:
    found = Membership.objects.live().filter(user_id=user_id).order_by("pk").first()
    return found.team_id if found else None


@transaction.atomic
def second_decision(*, actor: Actor, request: AuthorityRequest, agree: bool, words: str) -> None:
    request = _locked(request)
    policies.require_second(actor, request)
    if request.state != AuthorityState.PROPOSED:
        raise AlreadyDone(_("The second person has looked at this already."))
    request.second_words = required("words", words, _("Write what you looked at and why."))
    shift(
        actor,
        request,
        AuthorityState,
        AuthorityState.AGREED if agree else AuthorityState.REGISTERED,
        "authority.agreed" if agree else "authority.sent_back",
        second_words=request.second_words,
        second_at=timezone.now(),
    )
    engine.complete(subject=request, step="agree", actor=actor)
    # Her part is over, whatever she said: she reads it no longer.
    access.take_away(request, by=actor, user=actor.user_id)


@transaction.atomic
def answer_authority(*, actor: Actor, request: AuthorityRequest, how: str) -> None:
    """The answer goes out on paper; here stands how, and under which number."""
    request = _locked(request)
    policies.require_dpo_of(actor, request)
    if request.state == AuthorityState.ANSWERED:
        raise AlreadyDone(_("This has been done already."))
    request.answered_how = required("how", how, _("Write how and when it was answered."))
    shift(
        actor,
        request,
        AuthorityState,
        AuthorityState.ANSWERED,
        "authority.answered",
        answered_how=request.answered_how,
        closed_at=timezone.now(),
    )
    engine.complete(subject=request, step="reply", actor=actor)
