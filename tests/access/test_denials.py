"""A refusal names what is missing and who can give it; whoever does not hold the record hears
nothing at all."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from cases.models import CaseGrant
from privacy import access, denials
from privacy.compartments import Compartment as C
from privacy.denials import WORDS, Missing
from privacy.errors import Forbidden
from privacy.models import AuditEvent, Basis, GrantSource, Membership
from tests import factories as f
from workflow import engine


@pytest.fixture
def case(cast):
    return f.case_in_support(cast)


def grant(cast, case, **fate):
    return CaseGrant.objects.create(
        content_object=case,
        permission_id=access.permission_id(type(case), C.IDENTITY.permission),
        user=cast.user("tam"),
        membership=cast.memberships["tam"],
        granted_by=cast.user("bich"),
        sort_key=1,
        **({"source": GrantSource.ASSIGNMENT} | fate),
    )


PAST = {"expires_at": timezone.now() - timedelta(hours=1)}
FATES = [
    (PAST, Missing.GRANT_ENDED),
    ({"revoked_at": timezone.now()}, Missing.GRANT_TAKEN),
    ({"starts_at": timezone.now() + timedelta(days=1)}, Missing.NOT_YET),
    ({**PAST, "source": GrantSource.BREAK_GLASS}, Missing.EMERGENCY),
    ({**PAST, "source": GrantSource.DEPUTY}, Missing.DEPUTY),
    ({**PAST, "source": GrantSource.HAND_OVER}, Missing.HAND_OVER),
]


@pytest.mark.parametrize(("fate", "missing"), FATES)
def test_the_newest_grant_tells_why(cast, case, fate, missing):
    grant(cast, case, **fate)
    assert denials.why_not(cast.tam, case, C.IDENTITY.permission) is missing


@pytest.mark.parametrize(
    ("end", "missing"),
    [
        ({"ended_at": timezone.now()}, Missing.CONSENT_ENDED),
        ({"valid_until": timezone.now() - timedelta(hours=1)}, Missing.CONSENT_OUT),
    ],
)
def test_a_consent_that_ended_is_named(cast, case, end, missing):
    basis = Basis.objects.create(recipient=cast.organisations["station"], **end)
    grant(cast, case, basis=basis)
    assert denials.why_not(cast.tam, case, C.IDENTITY.permission) is missing


def test_role_job_and_missing_grant(cast, case):
    assert denials.why_not(cast.hanh, case, C.IDENTITY.permission) is None
    assert denials.why_not(cast.tam, case, C.IDENTITY.permission) is Missing.NO_GRANT
    assert denials.why_not(cast.hanh, case, C.HEALTH.permission) is Missing.COMPARTMENT
    assert denials.why_not(cast.an, case, "work") is Missing.ROLE
    Membership.objects.filter(user=cast.user("hanh")).update(
        ends_on=timezone.localdate() - timedelta(days=1)
    )
    assert denials.why_not(cast.hanh, case, C.IDENTITY.permission) is Missing.MEMBERSHIP


def test_a_page_that_stays_shut_says_why(cast, case, sign_in):
    """She works on it, and one part was taken from her: 403, what, and what next."""
    access.take_away(
        case, by=cast.bich, user=cast.user("hanh").pk, permissions=[C.CONTACT.permission]
    )
    answer = sign_in("hanh").get(f"/cases/{case.uuid}/contact/")
    text = answer.content.decode()
    assert answer.status_code == 403
    with translation.override("vi"):
        assert str(WORDS[Missing.GRANT_TAKEN].what) in text or "taken back" in text
        assert C.CONTACT.label in text
    kept = AuditEvent.objects.filter(result="refused:grant_taken").get()
    assert kept.object_uuid == case.uuid


def test_every_reason_has_words_and_fits_the_audit():
    assert set(WORDS) == set(Missing)
    for missing, words in WORDS.items():
        assert str(words.what) and str(words.next)
        assert len(f"refused:{missing.value}") <= 20
    assert all(item.label for item in C)


def test_a_step_of_somebody_else_says_so(cast, case):
    with pytest.raises(Forbidden) as caught:
        engine.complete(subject=case, step="review", actor=cast.bich)
    assert str(caught.value.message) == str(WORDS[Missing.HOLDER].what)
    assert caught.value.next_step
