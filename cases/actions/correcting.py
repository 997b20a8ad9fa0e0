"""Correcting what is written about her: a new version, with who, when and why, all sealed."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import policies
from cases.actions.plot import locked, note, required
from cases.actions.registers import must_be_granted
from cases.actions.rights import finish
from cases.models import Case, Correctable, Correction, RightsKind, RightsRequest
from privacy import access, blind
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.errors import Forbidden, Invalid, NotFound
from privacy.fields import LOCKED

IDENTITY = (
    Correctable.ALIAS,
    Correctable.LEGAL_NAME,
    Correctable.BIRTH_YEAR,
    Correctable.ADDRESS,
)
CONTACT = (Correctable.PHONE, Correctable.HOURS, Correctable.CODE_WORD)
NEEDED = (Compartment.IDENTITY, Compartment.CONTACT, Compartment.NEEDS, Compartment.NOTES)


@transaction.atomic
def correct(
    *,
    actor: Actor,
    request: RightsRequest,
    field: str,
    value: str,
    because: str,
    destroy_old: bool = False,
) -> Correction:
    """One field of her file. The old value stays sealed beside the new one, or is destroyed where
    she wishes so. What stands in a longer text is not rewritten: her statement is put beside it."""
    request = (
        RightsRequest.objects.select_for_update(of=("self",))
        .select_related("case")
        .get(pk=request.pk)
    )
    policies.require_desk(actor, request)
    if request.kind != RightsKind.CORRECT or request.case is None:
        raise NotFound
    case = locked(request.case)
    policies.require_unrestricted(actor, case)
    must_be_granted(request)
    if field not in Correctable.values:
        raise Invalid({"field": _("Choose what is corrected.")})
    text = required("value", value, _("Write how it is right."))
    access.open_keys(actor, [case], NEEDED, purpose="correct")
    correction = Correction(case=case, request=request, by_id=actor.user_id)
    correction.because = required("because", because, _("Write what she said about it."))
    version: dict[str, str] = {"field": field, "after": text}
    if field in IDENTITY:
        before = getattr(case, field)
        _known(before)
        _put_identity(case, field, text)
        correction.identity = version if destroy_old else {**version, "before": before}
    elif field in CONTACT:
        held = case.contact
        _known(held)
        case.contact = {**held, field: text}
        case.save(update_fields=["contact"])
        if field == Correctable.PHONE:
            blind.remember_phone(case.uuid, text)
        before = str(held.get(field, ""))
        correction.contact = version if destroy_old else {**version, "before": before}
    else:
        correction.needs = version
    correction.save()
    note(actor, case, "case.corrected")
    finish(actor, request)
    return correction


def _known(before: object) -> None:
    """Nobody corrects what she may not see: the old value would be lost unread."""
    if before is LOCKED:
        raise Forbidden(_("This part of the file does not open for you."))


def _put_identity(case: Case, field: str, text: str) -> None:
    if field == Correctable.BIRTH_YEAR and not (
        text.isdecimal() and 1900 <= int(text) <= timezone.localdate().year
    ):
        raise Invalid({"value": _("Enter a year with four digits.")})
    setattr(case, field, text)
    case.save(update_fields=[field])
