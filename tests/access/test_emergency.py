"""Emergency access, whole: the hour, the limits, who is told, who reviews, and what stays shut."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from cases import actions
from cases.models import BreakGlass, Case, CaseGrant
from privacy import access, denials, keys
from privacy.compartments import Compartment as C
from privacy.denials import Missing
from privacy.errors import AlreadyDone, Forbidden, Invalid, NotFound, WrongState
from privacy.fields import LOCKED
from privacy.models import AuditEvent, ChangeRecord, Membership
from privacy.proof import NeedsProof
from tests import door
from tests import factories as f
from tests.access.world import emergency
from tests.cast import PASSWORD
from tests.privacy.test_door import hidden
from workflow.models import WorkItem

URL = "/emergency/"


def typed(case, **more):
    return {
        "code": case.code,
        "reason": "danger",
        "words": "Có người đe doạ",
        "compartments": ["identity", "contact"],
    } | more


@pytest.fixture
def case(cast):
    return f.case_in_support(cast)


def name_of(actor, case):
    with keys.fresh_ring():
        fresh_case = Case.objects.get(pk=case.pk)
        access.open_keys(actor, [fresh_case], [C.IDENTITY, C.NEEDS], purpose="case_page")
        return fresh_case.alias


def test_a_get_opens_nothing(cast, case, sign_in):
    page = sign_in("tam").get(URL)
    assert page.status_code == 200 and "HS-" in page.content.decode()
    assert not BreakGlass.objects.exists()


@pytest.mark.parametrize("name", ["hoa", "lan", "thu", "van", "quy", "an", "yen"])
def test_other_roles_have_no_emergency_access(cast, case, name):
    with pytest.raises(NotFound):
        emergency(cast, case, by=name)


def test_it_asks_once_more_who_is_there(cast, case, sign_in):
    """Password and code six minutes ago do not count; what she had typed comes back to her."""
    door.device("tam")
    client = sign_in("tam")
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert client.get(URL).url.startswith("/prove/")
        answer = client.post(URL, typed(case))
        assert not BreakGlass.objects.exists()
        kept = hidden(answer.content.decode(), "kept")
        code = door.code_of(cast.user("tam"))
        back = client.post("/prove/", {"password": PASSWORD, "code": code, "kept": kept})
        assert "Có người đe doạ" in back.content.decode()
        assert client.post(URL, typed(case)).status_code == 302
    assert BreakGlass.objects.count() == 1


def test_the_action_asks_too(cast, case):
    with pytest.raises(NeedsProof):
        actions.break_glass(
            actor=cast.tam,
            code=case.code,
            reason="danger",
            words="Gấp",
            compartments=["identity"],
        )


def test_absent_foreign_closed_and_a_childs_file_answer_alike(cast, sign_in):
    """A code that she may not open this way is no answer to whether there is such a file."""
    closed, child = f.case_closed(cast), f.child_case(cast)
    foreign = f.case_opened(cast, by="kien")
    client = sign_in("tam")
    answers = set()
    for code in ("HS-222222", closed.code, child.code, foreign.code, "'; --"):
        answer = client.post(URL, typed(closed, code=code))
        assert answer.status_code == 422
        text = answer.content.decode()
        answers.add(text[text.index("error-summary") :].split("</ul>")[0])
    assert len(answers) == 1 and not BreakGlass.objects.exists()


def test_a_supervisor_reaches_files_of_other_teams(cast):
    foreign = f.case_opened(cast, by="kien")
    emergency(cast, foreign, by="bich")
    assert name_of(cast.bich, foreign) is not LOCKED


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("reason", "curious"),
        ("words", "   "),
        ("compartments", []),
        ("compartments", ["identity", "health"]),
        ("compartments", ["legal"]),
        ("compartments", ["child"]),
        ("compartments", ["register"]),
    ],
)
def test_bad_input_has_its_field(cast, case, field, wrong):
    with pytest.raises(Invalid) as caught:
        emergency(cast, case, **{field: wrong})
    assert field in caught.value.errors
    assert not CaseGrant.objects.filter(source="break_glass").exists()


def test_what_is_open_already_needs_no_emergency(cast, case):
    with pytest.raises(Invalid):
        emergency(cast, case, by="hanh")


def test_it_opens_what_was_named_and_no_more(cast, case):
    glass = emergency(cast, case)
    with keys.fresh_ring():
        opened = access.open_keys(cast.tam, [case], list(C), purpose="case_page")
    assert opened == {(case.uuid, C.IDENTITY), (case.uuid, C.CONTACT)}
    assert glass.expires_at - glass.starts_at == timedelta(minutes=60)
    assert glass.review_by - glass.starts_at == timedelta(hours=72)
    row = AuditEvent.objects.filter(action="open").latest("pk")
    assert (row.purpose, row.object_uuid) == ("break_glass:case_page", case.uuid)


def test_she_reads_and_changes_nothing(cast, case):
    emergency(cast, case)
    with pytest.raises(Forbidden):
        actions.request_closure(actor=cast.tam, case=case, reason="moved", note_text="")
    with pytest.raises(NotFound):
        actions.change_contact(actor=cast.tam, case=case, contact={})


def test_it_ends_with_the_hour_on_the_next_request(cast, case):
    glass = emergency(cast, case)
    assert name_of(cast.tam, case) is not LOCKED
    CaseGrant.objects.filter(source="break_glass").update(expires_at=timezone.now())
    BreakGlass.objects.filter(pk=glass.pk).update(expires_at=timezone.now())
    assert name_of(cast.tam, case) is LOCKED
    assert not access.can(cast.tam, case)
    assert denials.why_not(cast.tam, case, C.IDENTITY.permission) is Missing.EMERGENCY
    with pytest.raises(AlreadyDone):
        actions.end_break_glass(actor=cast.tam, glass=glass)


@pytest.mark.parametrize("name", ["tam", "bich", "yen"])
def test_it_may_be_ended_early(cast, case, name):
    glass = emergency(cast, case)
    actions.end_break_glass(actor=getattr(cast, name), glass=glass)
    assert not access.can(cast.tam, case)
    with pytest.raises(AlreadyDone):
        actions.end_break_glass(actor=cast.tam, glass=glass)
    assert access.can(cast.hanh, case) and access.can(cast.bich, case)


def test_nobody_else_ends_it(cast, case):
    glass = emergency(cast, case)
    for name in ("hanh", "loan", "an", "lan"):
        with pytest.raises(NotFound):
            actions.end_break_glass(actor=getattr(cast, name), glass=glass)


def test_a_consent_taken_back_ends_it_too(cast, case):
    emergency(cast, case)
    file_consent = next(c for c in actions.live_consents(case) if c.purpose == "file")
    actions.withdraw(actor=cast.hanh, consent=file_consent, method="verbal")
    assert name_of(cast.tam, case) is LOCKED


@pytest.mark.parametrize(
    "wrong", [{"compartments": ["health"]}, {"compartments": []}, {"words": " "}, {"reason": "x"}]
)
def test_what_is_wrong_with_the_form_tells_nothing_of_a_code(cast, case, wrong):
    said = []
    for code in (case.code, "HS-222222"):
        with pytest.raises(Invalid) as caught:
            emergency(cast, Case(code=code), **wrong)
        said.append(caught.value.errors)
    assert said[0] == said[1]


def test_nor_does_the_limit(cast, case):
    for item in [f.case_opened(cast) for _ in range(3)]:
        emergency(cast, item)
    for code in (case.code, "HS-222222"):
        with pytest.raises(WrongState):
            emergency(cast, Case(code=code))


def test_three_at_most(cast, case):
    others = [f.case_opened(cast) for _ in range(3)]
    glasses = [emergency(cast, item) for item in others]
    with pytest.raises(WrongState):
        emergency(cast, case)
    actions.end_break_glass(actor=cast.tam, glass=glasses[0])
    emergency(cast, case)


def test_the_same_file_may_be_opened_again(cast, case):
    first = emergency(cast, case)
    actions.end_break_glass(actor=cast.tam, glass=first)
    again = emergency(cast, case, compartments=["identity"])
    assert again.pk != first.pk and access.can(cast.tam, case)
    assert not access.can(cast.tam, case, C.CONTACT.permission)


def test_both_are_told_at_once_in_neutral_words(cast, case, sign_in):
    glass = emergency(cast, case)
    waiting = WorkItem.objects.filter(flow="emergency", done_at__isnull=True)
    assert {(item.step, item.role, item.team_id) for item in waiting} == {
        ("review", "dpo", cast.teams["programme"].pk),
        ("told", "supervisor", cast.teams["office"].pk),
    }
    assert {item.reference for item in waiting} == {glass.reference}
    review = waiting.get(step="review")
    assert review.due_at == glass.review_by
    for name in ("yen", "bich"):
        text = sign_in(name).get("/").content.decode()
        assert glass.reference in text and f.ALIAS not in text
    # The officer who reviews it never learns which file it was.
    assert case.code not in sign_in("yen").get(f"{URL}{glass.uuid}/").content.decode()


def test_without_an_officer_nothing_opens(cast, case):
    Membership.objects.filter(role="dpo").update(ends_on=timezone.localdate() - timedelta(days=1))
    with pytest.raises(WrongState):
        emergency(cast, case)


def test_it_stands_in_the_file(cast, case, sign_in):
    emergency(cast, case)
    page = sign_in("hanh").get(f"/cases/{case.uuid}/").content.decode()
    assert "Đỗ Thanh Tâm" in page
    assert "Đỗ Thanh Tâm" in sign_in("hanh").get(f"/cases/{case.uuid}/timeline/").content.decode()
    events = ChangeRecord.objects.filter(event="case.emergency_opened", subject_id=case.pk)
    assert events.get().reason == "danger"


def test_the_supervisor_notes_that_she_has_seen_it(cast, case):
    glass = emergency(cast, case)
    for name in ("tam", "yen"):
        with pytest.raises(Forbidden):
            actions.note_emergency_seen(actor=getattr(cast, name), glass=glass)
    actions.note_emergency_seen(actor=cast.bich, glass=glass)
    with pytest.raises(AlreadyDone):
        actions.note_emergency_seen(actor=cast.bich, glass=glass)


def test_only_the_officer_reads_why_and_closes_the_review(cast, case, sign_in):
    glass = emergency(cast, case)
    for name in ("tam", "bich"):
        assert "Có người đe doạ" not in sign_in(name).get(f"{URL}{glass.uuid}/").content.decode()
    client = sign_in("yen")
    assert "Có người đe doạ" in client.get(f"{URL}{glass.uuid}/").content.decode()
    assert client.post(f"{URL}{glass.uuid}/", {"finding": "", "words": ""}).status_code == 422
    answer = client.post(
        f"{URL}{glass.uuid}/", {"finding": "justified", "words": "Đã gọi cho chị Bích"}
    )
    assert answer.status_code == 302
    glass.refresh_from_db()
    assert (glass.state, glass.reviewed_by, glass.finding) == (
        "reviewed",
        cast.user("yen"),
        "justified",
    )
    assert not WorkItem.objects.filter(
        flow="emergency", step="review", done_at__isnull=True
    ).exists()
    with pytest.raises(AlreadyDone):
        actions.review_break_glass(actor=cast.yen, glass=glass, finding="justified", words="x")


@pytest.mark.parametrize("name", ["tam", "hanh", "bich", "loan", "an", "kien"])
def test_nobody_else_reviews(cast, case, name):
    glass = emergency(cast, case)
    with pytest.raises(NotFound):
        actions.review_break_glass(
            actor=getattr(cast, name), glass=glass, finding="justified", words="x"
        )


def test_the_database_keeps_the_reviewer_apart(cast, case):
    glass = emergency(cast, case)
    with pytest.raises(IntegrityError), transaction.atomic():
        BreakGlass.objects.filter(pk=glass.pk).update(reviewed_by=glass.by)
