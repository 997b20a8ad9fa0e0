"""Cases at the stations of their life, for the tests of the helper's pages."""

from cases import actions
from cases.models import Case, CaseReferral, Consent
from privacy import access, keys
from privacy.compartments import Compartment as C
from services.models import ServiceType
from tests.cast import HOME
from tests.rehearsal import rehearsed

CONTACT = {"may_text": True, "phone": "0912 345 678", "hours": "9–11", "code_word": "giao hàng"}


def open_everything(actor, case):
    access.open_keys(
        actor, [case], [C.IDENTITY, C.CONTACT, C.NEEDS, C.PROTECTION, C.NOTES], purpose="test"
    )


@rehearsed
def new_case(cast, *, keep_answers=False, worker="hanh"):
    actor = getattr(cast, worker)
    case = actions.open_case(
        actor=actor,
        area_code=HOME,
        channel="walk_in",
        age_band="18_over",
        alias="Mây",
        contact=CONTACT,
    )
    actions.answer_file_consent(
        actor=actor, case=case, given=True, method="verbal", keep_answers=keep_answers
    )
    return Case.objects.get(pk=case.pk)


@rehearsed
def case_in_support(cast, *, keep_answers=False):
    """Hạnh's case: plan approved by Bích, two goals."""
    case = new_case(cast, keep_answers=keep_answers)
    with keys.fresh_ring():
        open_everything(cast.hanh, case)
        actions.save_answers(
            actor=cast.hanh, case=case, answers={"C5": "yes", "C1h": "yes", "E1": "1"}
        )
        actions.finish(actor=cast.hanh, case=case)
    actions.write_assessment(actor=cast.hanh, case=case, situation="Ở trọ", strengths="")
    actions.save_plan(
        actor=cast.hanh,
        case=case,
        goals=[actions.GoalDraft("Khỏi bệnh", "H-STI"), actions.GoalDraft("Học may", "V-VOC")],
    )
    actions.submit_plan(actor=cast.hanh, case=case)
    actions.approve_plan(actor=cast.bich, case=case)
    return Case.objects.get(pk=case.pk)


@rehearsed
def consent_for(cast, case, *, to="station", code="H-STI", fields=None) -> Consent:
    return actions.answer_sharing(
        actor=cast.hanh,
        case=case,
        recipient=cast.organisations[to],
        service=ServiceType.objects.get(code=code),
        given=True,
        fields=fields or ["identity.alias", "health.concern"],
        method="verbal",
    )


@rehearsed
def sent_slip(cast, case) -> CaseReferral:
    consent = consent_for(cast, case)
    with keys.fresh_ring():
        open_everything(cast.hanh, case)
        link = actions.prepare_referral(
            actor=cast.hanh,
            case=Case.objects.get(pk=case.pk),
            consent=Consent.objects.get(pk=consent.pk),
            priority="soon",
            written={"health.concern": "Cần khám"},
        )
    actions.send_referral(actor=cast.hanh, link=link)
    return CaseReferral.objects.select_related("referral", "case", "consent").get(pk=link.pk)
