"""A client's requests: who may, in which order, by which clock; restriction; correction."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from cases import actions
from cases.models import Case, Correction, ErasureRequest, RightsRequest
from config.management.commands.check_flows import problems
from privacy import access, keys
from privacy.compartments import Compartment as C
from privacy.errors import AlreadyDone, Forbidden, Invalid, NotFound, WrongState
from privacy.fields import LOCKED
from privacy.models import AuditEvent, ChangeRecord, WrappedDataKey
from services import selectors as services
from tests import door
from tests import factories as make
from tests.cases import rights_story as story
from workflow import relay
from workflow.models import WorkItem
from workflow.selectors import waiting_for

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


def steps(actor):
    return sorted(waiting_for(actor).filter(flow="rights").values_list("step", flat=True))


def register(actor, case, **changed):
    words = {
        "kind": "view",
        "asked_by": "client",
        "asked_how": "office",
        "identity_check": "known",
        "received_on": timezone.localdate(),
        "words": "Muốn xem",
    }
    return actions.register_request(actor=actor, case=case, **{**words, **changed})


# -- registering


@pytest.mark.parametrize("who", ["tam", "kien", "loan", "lan", "quy", "an", "van", "hoa"])
def test_nobody_without_a_part_in_the_file_registers_for_it(cast, who):
    case = make.case_in_support(cast)
    with pytest.raises(NotFound):
        register(getattr(cast, who), case)
    assert not RightsRequest.objects.exists()


def test_only_the_officer_registers_without_a_file(cast):
    with pytest.raises(NotFound):
        register(cast.hanh, None)
    assert register(cast.yen, None).case is None
    with pytest.raises(Invalid):
        register(cast.yen, None, kind="delete")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "nonsense"),
        ("asked_by", ""),
        ("identity_check", "photo of a paper"),
        ("words", "  "),
        ("received_on", timezone.localdate() + timedelta(days=2)),
        ("received_on", timezone.localdate() - timedelta(days=400)),
    ],
)
def test_bad_input_registers_nothing(cast, field, value):
    case = make.case_in_support(cast)
    with pytest.raises(Invalid) as refused:
        register(cast.hanh, case, **{field: value})
    assert field in refused.value.errors
    assert not RightsRequest.objects.exists()


def test_the_officer_finds_a_file_by_its_whole_code_only(cast):
    case = make.case_in_support(cast)
    assert actions.case_by_code(cast.yen, f" {case.code.lower()} ") == case
    for actor, code in ((cast.yen, case.code[:-1]), (cast.hanh, case.code)):
        with pytest.raises(Invalid):
            actions.case_by_code(actor, code)
    assert AuditEvent.objects.filter(result="refused:absent").count() == 2


@pytest.mark.parametrize(
    ("kind", "clock"),
    [
        ("view", "rights_view"),
        ("copy", "rights_view"),
        ("correct", "rights_view"),
        ("restrict", "rights_object"),
        ("withdraw", "rights_object"),
        ("delete", "rights_delete"),
        ("complaint", "complaint"),
    ],
)
def test_each_kind_has_its_legal_clock(cast, kind, clock):
    request = story.asked(cast, kind)
    assert request.due_by == services.due(clock, request.received_at)
    assert request.answer_by == services.due("rights_answer", request.received_at)
    assert "answer" in steps(cast.yen)
    item = WorkItem.objects.get(flow="rights", done_at=None)
    assert item.due_at == request.answer_by


def test_the_first_answer_counts_working_days(cast):
    case = make.case_in_support(cast)
    with time_machine.travel("2026-12-11 09:00+07:00", tick=False):  # a Friday
        request = register(cast.hanh, case)
        assert timezone.localtime(request.answer_by).date().isoformat() == "2026-12-15"
        assert timezone.localtime(request.due_by).date().isoformat() == "2026-12-21"


# -- who reads what


def test_what_she_asked_is_sealed_for_the_officer_and_her_worker(cast):
    request = story.asked(cast)
    for name in ("yen", "hanh", "bich"):
        with make.opened(getattr(cast, name), request, C.REGISTER):
            assert make.fresh(request).words == story.WORDS
    for name in ("tam", "loan", "lan", "an", "quy"):
        assert not access.can(getattr(cast, name), request)
        with make.opened(getattr(cast, name), request, C.REGISTER):
            assert make.fresh(request).words is LOCKED


def test_the_officer_opens_nothing_of_the_file(cast):
    request = story.asked(cast)
    with make.opened(cast.yen, request.case, *make.WORKER_KEYS):
        assert make.fresh(request.case).alias is LOCKED
    assert not access.can(cast.yen, request.case)


@pytest.mark.parametrize("by", ["hanh", "bich", "yen"])
def test_a_complaint_passes_the_worker_by(cast, by):
    request = story.asked(cast, "complaint", by=by)
    for name in ("hanh", "bich", "tam"):
        assert not access.can(getattr(cast, name), request)
    events = ChangeRecord.objects.filter(event__startswith="rights.", subject_id=request.case_id)
    assert not [row for row in events if row.subject_type.model == "case"]
    actions.answer_request(actor=cast.yen, request=request, answer="Đã nhận")
    actions.decide_request(actor=cast.yen, request=request, outcome="granted", findings="Đúng")
    request = make.fresh(request)
    assert request.second == cast.user("loan") and steps(cast.loan) == ["second"]
    assert steps(cast.bich) == steps(cast.hanh) == []


# -- the way


def test_nobody_else_answers_or_decides(cast):
    request = story.asked(cast)
    for name, error in (("hanh", Forbidden), ("bich", Forbidden), ("loan", NotFound)):
        actor = getattr(cast, name)
        with pytest.raises(error):
            actions.answer_request(actor=actor, request=request, answer="x")
        with pytest.raises(error):
            actions.decide_request(actor=actor, request=request, outcome="granted", findings="x")
        with pytest.raises(error):
            actions.extend_request(actor=actor, request=request, because="x")


def test_it_is_answered_before_it_is_decided_and_once(cast):
    request = story.asked(cast)
    with pytest.raises(WrongState):
        actions.decide_request(actor=cast.yen, request=request, outcome="granted", findings="x")
    with pytest.raises(Invalid):
        actions.answer_request(actor=cast.yen, request=request, answer=" ")
    actions.answer_request(actor=cast.yen, request=request, answer="Đã nhận")
    with pytest.raises(AlreadyDone):
        actions.answer_request(actor=cast.yen, request=request, answer="Đã nhận")
    with pytest.raises(Invalid):
        actions.decide_request(actor=cast.yen, request=request, outcome="refused", findings="x")
    assert steps(cast.yen) == ["decide"]


def test_the_time_is_made_longer_once_by_as_long_again(cast):
    request = story.asked(cast, "delete")
    with pytest.raises(Invalid):
        actions.extend_request(actor=cast.yen, request=request, because="")
    actions.extend_request(actor=cast.yen, request=request, because="Phải hỏi nơi khác")
    longer = make.fresh(request)
    assert timedelta(days=19) < longer.due_by - request.due_by <= timedelta(days=20)
    with pytest.raises(AlreadyDone):
        actions.extend_request(actor=cast.yen, request=request, because="Lần nữa")
    assert list(problems()) == []


def test_seen_with_her_worker_it_is_done(cast):
    request = story.decided(cast)
    assert steps(cast.hanh) == ["carry_out"]
    with pytest.raises(Forbidden):
        actions.carry_out_request(actor=cast.bich, request=request)
    with pytest.raises(NotFound):
        actions.carry_out_request(actor=cast.tam, request=request)
    actions.carry_out_request(actor=cast.hanh, request=request)
    assert make.fresh(request).state == "done" and steps(cast.hanh) == []
    with pytest.raises(AlreadyDone):
        actions.carry_out_request(actor=cast.hanh, request=request)
    assert list(problems()) == []


def test_it_is_not_carried_out_before_it_is_granted(cast):
    for request in (story.asked(cast), story.decided(cast, outcome="refused")):
        with pytest.raises(WrongState):
            actions.carry_out_request(actor=cast.hanh, request=request)


def test_open_requests_follow_the_file_to_another_worker(cast):
    request = story.decided(cast)
    actions.assign_case(actor=cast.bich, case=request.case, worker=cast.user("tam"))
    assert not access.can(cast.hanh, request) and access.can(cast.tam, request)
    assert steps(cast.hanh) == [] and steps(cast.tam) == ["carry_out"]
    actions.carry_out_request(actor=cast.tam, request=request)


def test_a_second_person_is_another_person(cast):
    request = story.decided(cast, "copy")
    assert request.state == "second" and request.second == cast.user("bich")
    for name, error in (("yen", Forbidden), ("hanh", Forbidden), ("loan", NotFound)):
        with pytest.raises(error):
            actions.second_request(
                actor=getattr(cast, name), request=request, agree=True, words="x"
            )
    with pytest.raises(Invalid):
        actions.second_request(actor=cast.bich, request=request, agree=True, words="")
    actions.second_request(actor=cast.bich, request=request, agree=False, words="Chưa rõ")
    assert make.fresh(request).state == "answered" and steps(cast.yen) == ["decide"]
    with pytest.raises((AlreadyDone, NotFound, Forbidden)):
        actions.second_request(actor=cast.bich, request=request, agree=True, words="x")
    assert list(problems()) == []


def test_who_registered_it_is_never_the_second(cast):
    request = story.decided(cast, "copy", by="bich")
    assert request.second == cast.user("loan")


# -- restriction


@pytest.mark.parametrize("kind", ["restrict", "object"])
def test_a_restricted_file_is_kept_and_opens_for_nobody(cast, kind):
    request = story.decided(cast, kind)
    case = make.fresh(request.case)
    assert request.state == "done" and case.restricted_at is not None
    for name in ("hanh", "bich"):
        actor = getattr(cast, name)
        assert access.can(actor, case) and not access.can(actor, case, "open_identity")
        with make.opened(actor, case, *make.WORKER_KEYS):
            assert make.fresh(case).alias is LOCKED
    with pytest.raises(Forbidden):
        actions.answer_sharing(
            actor=cast.hanh,
            case=case,
            recipient=cast.organisations["station"],
            service=make.ServiceType.objects.get(code="H-STI"),
            given=True,
            fields=["identity.alias"],
            method="verbal",
        )
    for act in (
        lambda: actions.request_closure(actor=cast.hanh, case=case, reason="goals_reached"),
        lambda: actions.assign_case(actor=cast.bich, case=case, worker=cast.user("tam")),
    ):
        with pytest.raises(Forbidden):
            act()
    with pytest.raises(Forbidden):
        actions.change_contact(actor=cast.hanh, case=case, contact={})
    # Her own rights go on.
    assert register(cast.hanh, case).pk


def test_the_restriction_ends_with_a_reason_and_is_recorded(cast):
    request = story.decided(cast, "restrict")
    with pytest.raises(Forbidden):
        actions.lift_restriction(actor=cast.hanh, request=request, because="x")
    with pytest.raises(Invalid):
        actions.lift_restriction(actor=cast.yen, request=request, because="")
    actions.lift_restriction(actor=cast.yen, request=request, because="Chị muốn đi tiếp")
    case = make.fresh(request.case)
    assert case.restricted_at is None
    with make.opened(cast.hanh, case, C.IDENTITY):
        assert make.fresh(case).alias == make.ALIAS
    with pytest.raises(AlreadyDone):
        actions.lift_restriction(actor=cast.yen, request=request, because="x")
    assert ChangeRecord.objects.filter(event="case.unrestricted").count() == 1


def test_a_refused_objection_restricts_nothing(cast):
    request = story.decided(cast, "object", outcome="refused")
    assert make.fresh(request.case).restricted_at is None


def test_a_childs_file_is_not_restricted(cast):
    case = make.child_case(cast)
    request = register(cast.van, case, kind="restrict")
    actions.answer_request(actor=cast.yen, request=request, answer="Đã nhận")
    with pytest.raises(WrongState):
        actions.decide_request(actor=cast.yen, request=request, outcome="granted", findings="x")


# -- correction


def correct(cast, request, by="hanh", **changed):
    words = {"field": "alias", "value": "Nắng", "because": "Tên này làm lộ"}
    return actions.correct(actor=getattr(cast, by), request=request, **{**words, **changed})


def test_a_correction_is_a_new_version_beside_the_old(cast):
    request = story.decided(cast, "correct")
    correct(cast, request)
    case = make.fresh(request.case)
    with make.opened(cast.hanh, case, C.IDENTITY, C.NOTES):
        assert make.fresh(case).alias == "Nắng"
        version = Correction.objects.get()
        assert version.identity == {"field": "alias", "after": "Nắng", "before": make.ALIAS}
        assert version.because == "Tên này làm lộ" and version.by == cast.user("hanh")
    with keys.fresh_ring():
        assert Correction.objects.get().identity is LOCKED
    assert make.fresh(request).state == "done"
    with pytest.raises(AlreadyDone):
        correct(cast, request)


def test_an_old_value_is_destroyed_where_she_wishes_so(cast):
    request = story.decided(cast, "correct")
    correct(cast, request, field="phone", value="0987 654 321", destroy_old=True)
    with make.opened(cast.hanh, request.case, C.CONTACT):
        assert Correction.objects.get().contact == {"field": "phone", "after": "0987 654 321"}
        contact = Case.objects.get(pk=request.case_id).contact
        assert contact["phone"] == "0987 654 321" and contact["code_word"] == "giao hàng"


@pytest.mark.parametrize(
    "changed",
    [{"field": "health"}, {"value": ""}, {"because": " "}, {"field": "birth_year", "value": "20"}],
)
def test_a_wrong_correction_changes_nothing(cast, changed):
    request = story.decided(cast, "correct")
    with pytest.raises(Invalid):
        correct(cast, request, **changed)
    assert not Correction.objects.exists() and make.fresh(request).state == "granted"


def test_only_her_worker_corrects_and_only_what_was_granted(cast):
    request = story.decided(cast, "correct")
    for name, error in (("bich", Forbidden), ("tam", NotFound), ("yen", NotFound)):
        with pytest.raises(error):
            correct(cast, request, by=name)
    with pytest.raises(WrongState):
        correct(cast, story.answered(cast, "correct"))
    with pytest.raises(NotFound):
        correct(cast, story.decided(cast, "view"))


# -- deletion: the way of every erasure


def test_a_granted_deletion_opens_the_erasure_and_ends_with_its_keys(cast):
    request = story.answered(cast, "delete")
    actions.decide_request(actor=cast.yen, request=request, outcome="granted", findings="x")
    erasure = ErasureRequest.objects.get(case=request.case)
    assert (erasure.asked_by, erasure.state) == ("client", "requested")
    assert erasure.asked_on == timezone.localdate(request.received_at)
    with pytest.raises(Forbidden):  # nobody decides what she asked for herself
        actions.approve_erasure(actor=door.proved(cast.yen), erasure=erasure)
    with pytest.raises(WrongState):  # not on anybody's word
        actions.finish_deletion(actor=cast.yen, request=request)
    with pytest.raises(Forbidden):
        actions.finish_deletion(actor=cast.hanh, request=request)
    actions.approve_erasure(actor=door.proved(cast.bich), erasure=erasure)
    relay.drain()
    assert not WrappedDataKey.objects.filter(owner_uuid=request.case.uuid).exists()
    assert make.fresh(request).state == "done"
    call_command("check_flows")


def test_what_else_she_asked_for_is_over_with_the_file(cast):
    asked = story.asked(cast)
    erasure = actions.request_erasure(
        actor=cast.hanh,
        case=asked.case,
        asked_by="client",
        asked_how="in_person",
        asked_on=timezone.localdate(),
    )
    actions.approve_erasure(actor=door.proved(cast.yen), erasure=erasure)
    relay.drain()
    assert make.fresh(asked).state == "over" and not steps(cast.yen)
    assert access.can(cast.yen, asked) and not access.can(cast.hanh, asked)
    call_command("check_flows")


def test_a_wish_to_delete_finds_the_erasure_that_waits(cast):
    request = story.answered(cast, "delete")
    waiting = actions.request_erasure(
        actor=cast.hanh,
        case=request.case,
        asked_by="client",
        asked_how="in_person",
        asked_on=timezone.localdate(),
    )
    actions.decide_request(actor=cast.yen, request=request, outcome="granted", findings="x")
    actions.approve_erasure(actor=door.proved(cast.yen), erasure=waiting)
    relay.drain()
    assert make.fresh(request).state == "done"


def test_the_second_person_reads_it_until_she_has_spoken(cast):
    request = story.decided(cast, "complaint")
    second = getattr(cast, make.fresh(request).second.username)
    assert access.can(second, request)
    actions.second_request(actor=second, request=request, agree=True, words="Đã xem")
    assert not access.can(second, request) and access.can(cast.yen, request)
