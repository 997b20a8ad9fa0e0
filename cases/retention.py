"""How long the desk's records are kept, and since when it counts. What then: cases.actions.keeping.

A file counts from its closure, compartment by compartment; a contact that became no file from the
day it was recorded. A legal hold keeps all of a file, whatever its age.
"""

from datetime import datetime

from django.db import models

from cases.models import Case, CaseReferral, Lead
from cases.models.erasure import HOLDING, LegalHold
from cases.states import CaseState, LeadState
from privacy.compartments import CASE_COMPARTMENTS

CASE_CODES = {f"case.{item.value}": item for item in CASE_COMPARTMENTS}


def closed_files(compartment: str, before: datetime) -> "models.QuerySet[Case]":
    return (
        Case.objects.filter(state=CaseState.CLOSED, closed_at__lt=before, erased_at__isnull=True)
        .exclude(stripped__compartment=compartment)
        .order_by("pk")
    )


def kept_by_hold(on: object) -> "models.QuerySet[LegalHold]":
    return LegalHold.objects.filter(
        models.Q(until__isnull=True) | models.Q(until__gte=on), state__in=HOLDING
    )


def quiet_contacts(before: datetime) -> "models.QuerySet[Lead]":
    over = (LeadState.ENDED, LeadState.CASE_OPENED)
    return Lead.objects.filter(created_at__lt=before).exclude(state__in=over)


def old_slips(before: datetime) -> "models.QuerySet[CaseReferral]":
    """Slips that ended long ago, of files that still go on or were closed later."""
    return CaseReferral.objects.filter(
        referral__ended_at__lt=before, case__erased_at__isnull=True, packet_stripped_at__isnull=True
    )
