"""Consent governs: asked per purpose and recipient, shown in its wording, taken back at any time.

Withdrawal is a new record. In the same transaction the basis ends (and with it all sight that
rested on it), grants are revoked and open referrals withdrawn; packets die from the outbox.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases import policies
from cases.actions.ending import end_consent, live_consents, shut_file
from cases.actions.follow_up import end_all
from cases.actions.plot import give_team, locked, move, must_be, note, require_adult
from cases.actions.screening import drop_answers
from cases.models import (
    CarePlan,
    Case,
    CaseReferral,
    Consent,
    ConsentEnd,
    ConsentMethod,
    ConsentWitness,
    GivenBy,
    Purpose,
)
from cases.states import CarePlanState, CaseState, ClosureReason
from privacy import blind
from privacy.actors import Actor
from privacy.errors import AlreadyDone, Invalid, WrongState
from privacy.models import Basis, Organisation
from referrals import actions as referrals
from services import wordings
from services.models import ServiceType
from workflow import engine


def read_to_her(purpose: str) -> dict[str, str]:
    """What a consent keeps of the words it was asked in: version, hash, language of the page."""
    words = wordings.wording(purpose)
    return {
        "wording": words.version,
        "wording_hash": words.digest,
        "wording_language": (get_language() or "vi")[:2],
    }


def _heard_by(consent: Consent, words: str) -> None:
    witness = ConsentWitness(consent=consent, case=consent.case)
    witness.words = words.strip()
    witness.save()


def _valid(method: str, given_by: str) -> None:
    errors: dict[str, str] = {}
    if method not in ConsentMethod.values:
        errors["method"] = _("Choose how the answer was given.")
    if given_by not in GivenBy.values:
        errors["given_by"] = _("Choose who answered.")
    if errors:
        raise Invalid(errors)


def _next_version(case: Case, purpose: str, recipient: Organisation | None) -> int:
    return Consent.objects.filter(case=case, purpose=purpose, recipient=recipient).count() + 1


@transaction.atomic
def answer_file_consent(
    *,
    actor: Actor,
    case: Case,
    given: bool,
    method: str,
    given_by: str = GivenBy.CLIENT,
    keep_answers: bool = False,
    witness: str = "",
) -> None:
    """May we keep a file? Without her yes there is advice and no file: what was typed is wiped.
    In a file that goes on after a closing, a no ends what she had agreed to before."""
    case = locked(case)
    policies.require_worker(actor, case)
    require_adult(case)
    must_be(case, CaseState.ENGAGEMENT)
    _valid(method, given_by)
    earlier = live_consents(case)
    _record(actor, case, Purpose.FILE, given, method, given_by, witness)
    if given:
        give_team(actor, case, worker=case.worker, team=case.team)
        _record(actor, case, Purpose.KEEP_ANSWERS, keep_answers, method, given_by, witness)
        move(actor, case, CaseState.SCREENING, "case.consented")
    else:
        move(
            actor,
            case,
            CaseState.CLOSED,
            "case.no_file",
            reason=ClosureReason.NO_FILE,
            closed_at=timezone.now(),
        )
        for consent in earlier:
            end_consent(actor, case, consent, method)
        drop_answers(actor, case)
        wipe_person(case)
        shut_file(actor, case)
    engine.complete(subject=case, step="engagement", actor=actor)


def wipe_person(case: Case) -> None:
    """Advice without a file keeps nothing about her but the count."""
    case.alias, case.legal_name, case.birth_year, case.address = "", "", "", ""
    case.contact = {}
    case.save(update_fields=["alias", "legal_name", "birth_year", "address", "contact"])
    blind.remember_phone(case.uuid, "")


def _record(
    actor: Actor,
    case: Case,
    purpose: Purpose,
    given: bool,
    method: str,
    given_by: str,
    witness: str,
) -> Consent:
    consent = Consent(
        case=case,
        purpose=purpose,
        version=_next_version(case, purpose, None),
        given=given,
        method=method,
        given_by=given_by,
        recorded_by_id=actor.user_id,
        **read_to_her(purpose),
    )
    consent.save()
    _heard_by(consent, witness)
    note(actor, case, "consent.given" if given else "consent.refused", reason=purpose)
    return consent


@transaction.atomic
def answer_sharing(
    *,
    actor: Actor,
    case: Case,
    recipient: Organisation,
    service: ServiceType,
    given: bool,
    fields: Collection[str],
    method: str,
    given_by: str = GivenBy.CLIENT,
    valid_until: datetime | None = None,
    witness: str = "",
) -> Consent:
    """One recipient, one service, these fields: yes or no. A no is recorded too, and respected."""
    case = locked(case)
    policies.require_worker(actor, case)
    require_adult(case)
    must_be(case, *MAY_ASK)
    _valid(method, given_by)
    allowed = list(service.packet_fields)
    if given and not fields:
        raise Invalid({"fields": _("Choose what may be shared, or record a no.")})
    if set(fields) - set(allowed):
        raise Invalid({"fields": _("This service does not need one of these facts.")})
    if valid_until is not None and valid_until <= timezone.now():
        raise Invalid({"valid_until": _("Choose a day that lies ahead.")})
    compartments = sorted({field.split(".")[0] for field in fields})
    basis = None
    if given:
        basis = Basis.objects.create(
            recipient=recipient, compartments=compartments, valid_until=valid_until
        )
    consent = Consent(
        case=case,
        purpose=Purpose.SHARE,
        version=_next_version(case, Purpose.SHARE, recipient),
        given=given,
        recipient=recipient,
        family=service.family,
        compartments=compartments if given else [],
        method=method,
        given_by=given_by,
        valid_until=valid_until,
        basis=basis,
        recorded_by_id=actor.user_id,
        **read_to_her(Purpose.SHARE),
    )
    consent.service = service.code
    consent.fields = sorted(fields) if given else []
    consent.save()
    _heard_by(consent, witness)
    note(actor, case, "consent.given" if given else "consent.refused", reason=Purpose.SHARE)
    if given and valid_until is not None:
        engine.start(subject=consent, actor=actor)
    return consent


MAY_ASK = (
    CaseState.SAFETY,
    CaseState.ASSESSMENT,
    CaseState.PLANNING,
    CaseState.PLAN_REVIEW,
    CaseState.SUPPORT,
)


@transaction.atomic
def withdraw(
    *,
    actor: Actor,
    consent: Consent,
    method: str = "",
    relayed_by: Organisation | None = None,
) -> None:
    """She takes it back: effective on the next request of whoever relied on it."""
    case = locked(consent.case)
    if not actor.is_system:
        policies.require_case_team(actor, case)
        require_adult(case)
        if method not in ConsentMethod.values:
            raise Invalid({"method": _("Choose how she told you.")})
    consent = (
        Consent.objects.select_for_update(of=("self",)).select_related("basis").get(pk=consent.pk)
    )
    earlier = ConsentEnd.objects.filter(consent=consent).select_related("recorded_by").first()
    if earlier is not None:
        raise AlreadyDone(
            _("This consent has been taken back already."),
            who=earlier.recorded_by.display_name,
            when=earlier.at,
        )
    if not consent.given:
        raise AlreadyDone(_("She had not agreed to this."))
    end_consent(actor, case, consent, method, relayed_by)
    if consent.purpose == Purpose.FILE:
        _end_file(actor, case, method)
    if consent.purpose == Purpose.KEEP_ANSWERS and _was_approved(case):
        drop_answers(actor, case)


def _was_approved(case: Case) -> bool:
    """Until the first plan is approved the answers are at work; later only her yes keeps them."""
    return CarePlan.objects.filter(
        case=case, state__in=(CarePlanState.APPROVED, CarePlanState.REPLACED)
    ).exists()


def _end_file(actor: Actor, case: Case, method: str) -> None:
    """Without her consent to a file nothing goes on: every other consent ends, the case closes."""
    for consent in live_consents(case):
        end_consent(actor, case, consent, method)
    if case.state != CaseState.CLOSED:
        engine.cancel(subject=case, actor=actor)
        end_all(actor, case)
        move(
            actor,
            case,
            CaseState.CLOSED,
            "case.closed",
            reason=ClosureReason.CONSENT_WITHDRAWN,
            closed_at=timezone.now(),
        )
    shut_file(actor, case)


@transaction.atomic
def renew_consent(
    *,
    actor: Actor,
    consent: Consent,
    method: str,
    given_by: str,
    valid_until: datetime | None = None,
    witness: str = "",
) -> Consent:
    """She says yes once more, to the same recipient, service and facts: a new answer with the next
    version, in the words of today. What rested on the old answer rests on the new one."""
    case = locked(consent.case)
    policies.require_worker(actor, case)
    old = Consent.objects.select_for_update(of=("self",)).get(pk=consent.pk)
    if not _may_renew(case, old) or old.recipient is None or old.basis is None:
        raise WrongState(_("This consent does not hold any more. Ask for a new one."))
    service = ServiceType.objects.get(code=old.service)
    new = answer_sharing(
        actor=actor,
        case=case,
        recipient=old.recipient,
        service=service,
        given=True,
        fields=old.fields,
        method=method,
        given_by=given_by,
        valid_until=valid_until,
        witness=witness,
    )
    if new.basis is None:
        raise WrongState(_("This consent does not hold any more. Ask for a new one."))
    CaseReferral.objects.filter(consent=old).update(consent=new)
    referrals.rest_on(actor=actor, old=old.basis, new=new.basis)
    Basis.objects.filter(pk=old.basis.pk, ended_at__isnull=True).update(ended_at=timezone.now())
    note(actor, case, "consent.renewed", reason=Purpose.SHARE)
    _answered(old, actor)
    return new


@transaction.atomic
def let_consent_end(*, actor: Actor, consent: Consent) -> None:
    """She does not wish to renew it, or was not reached: it ends by itself on its day."""
    case = locked(consent.case)
    policies.require_worker(actor, case)
    note(actor, case, "consent.left_to_end", reason=consent.purpose)
    engine.complete(subject=consent, step="renew", actor=actor)


def _may_renew(case: Case, consent: Consent) -> bool:
    return (
        consent.purpose == Purpose.SHARE
        and consent.given
        and case.state in MAY_ASK
        and not ConsentEnd.objects.filter(consent=consent).exists()
        and consent.basis is not None
        and consent.basis.is_live
    )


def _answered(consent: Consent, actor: Actor) -> None:
    """The step that waited for it is done; before it showed, its clock is simply stopped."""
    if engine.is_waiting(consent, "renew"):
        engine.complete(subject=consent, step="renew", actor=actor)
    else:
        engine.cancel(subject=consent, actor=actor)
