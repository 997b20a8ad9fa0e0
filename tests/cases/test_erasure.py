"""Erasing a file: asked, decided by a second person, carried out whatever is killed in between."""

import io
from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from cases import actions
from cases.actions import erasure as steps
from cases.models import Case, CaseGrant, CaseLink, ClientCopy, ErasureRequest, Screening
from cases.selectors import duplicates
from cases.selectors import erasure as selectors
from privacy import keys, throttle
from privacy.compartments import Compartment as C
from privacy.errors import AlreadyDone, Forbidden, Invalid, NotFound, WrongState
from privacy.fields import LOCKED
from privacy.models import (
    AuditEvent,
    BlindIndex,
    JobGrant,
    Outbox,
    Tombstone,
    Tries,
    WrappedDataKey,
)
from privacy.proof import NeedsProof
from referrals.models import Referral
from tests import door
from tests import factories as make
from tests.cases import rights_story as story
from tests.cases.world import open_everything
from tests.cast import PASSWORD
from workflow import relay
from workflow.models import WorkItem

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


def asked(cast, case, *, by="hanh", **changed):
    answers = {
        "asked_by": "client",
        "asked_how": "in_person",
        "asked_on": timezone.localdate(),
        "reason": "Chị ấy bắt đầu cuộc sống mới",
    } | changed
    return actions.request_erasure(actor=getattr(cast, by), case=case, **answers)


def approved(cast, case):
    request = asked(cast, case)
    actions.approve_erasure(actor=door.proved(cast.yen), erasure=request)
    return request


def erased(cast, case):
    request = approved(cast, case)
    relay.drain()
    return make.fresh(request)


def stone_of(case):
    return Tombstone.objects.get(subject_uuid=case.uuid)


# -- asking


def test_a_stranger_does_not_ask(cast):
    case = make.case_in_support(cast)
    for who in ("tam", "lan", "kien", "loan", "an", "quy", "hoa"):
        with pytest.raises(NotFound):
            asked(cast, case, by=who)
    assert not ErasureRequest.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("asked_by", "police"),
        ("asked_how", ""),
        ("asked_on", timezone.localdate() + timedelta(days=1)),
        ("reason", "x" * 2001),
    ],
)
def test_it_says_what_does_not_fit(cast, field, value):
    case = make.case_opened(cast)
    with pytest.raises(Invalid) as wrong:
        asked(cast, case, **{field: value})
    assert set(wrong.value.errors) == {field}
    assert not ErasureRequest.objects.exists()


def test_it_is_asked_once(cast):
    case = make.case_opened(cast)
    asked(cast, case)
    with pytest.raises(AlreadyDone):
        asked(cast, case, by="bich")


def test_nobody_protects_data_here(cast):
    cast.memberships["yen"].delete()
    with pytest.raises(WrongState):
        asked(cast, make.case_opened(cast))


def test_asking_erases_nothing_and_waits_for_the_officer(cast):
    case = make.case_in_support(cast)
    request = asked(cast, case, asked_on=timezone.localdate() - timedelta(days=2))
    item = WorkItem.objects.get(flow="erasure", done_at__isnull=True)
    assert item.role == "dpo" and item.team_id == cast.teams["programme"].pk
    assert request.law_limit - request.decide_by == timedelta(days=15)
    assert timezone.localdate(request.law_limit) == timezone.localdate() + timedelta(days=18)
    assert "91/2025" in request.law_source
    with make.opened(cast.hanh, case, C.IDENTITY):
        assert make.fresh(case).alias == make.ALIAS
    with make.opened(cast.yen, request, C.REGISTER):
        assert make.fresh(request).reason == "Chị ấy bắt đầu cuộc sống mới"
    with make.opened(cast.tam, request, C.REGISTER):
        assert make.fresh(request).reason is LOCKED
    call_command("check_flows")


# -- deciding


def test_who_asked_never_decides(cast):
    request = asked(cast, make.case_in_support(cast), by="bich")
    for decide in (
        lambda: actions.approve_erasure(actor=door.proved(cast.bich), erasure=request),
        lambda: actions.refuse_erasure(actor=cast.bich, erasure=request, because="law"),
    ):
        with pytest.raises(Forbidden):
            decide()
    by_officer = asked(cast, make.case_opened(cast), by="yen")
    with pytest.raises(Forbidden):
        actions.approve_erasure(actor=door.proved(cast.yen), erasure=by_officer)


def test_approving_asks_for_a_fresh_proof(cast):
    request = asked(cast, make.case_in_support(cast))
    with pytest.raises(NeedsProof):
        actions.approve_erasure(actor=cast.yen, erasure=request)
    assert make.fresh(request).state == "requested"


def test_others_do_not_decide(cast):
    request = asked(cast, make.case_in_support(cast))
    with pytest.raises(Forbidden):  # she holds the file, the decision is the officer's
        actions.approve_erasure(actor=door.proved(cast.bich), erasure=request)
    for who in ("tam", "lan", "loan", "an"):
        with pytest.raises(NotFound):
            actions.approve_erasure(actor=door.proved(getattr(cast, who)), erasure=request)
    assert make.fresh(request).state == "requested"


def test_what_the_officer_asks_a_supervisor_decides(cast):
    case = make.case_in_support(cast)
    request = asked(cast, case, by="yen", asked_by="office")
    assert WorkItem.objects.get(flow="erasure", done_at__isnull=True).role == "supervisor"
    actions.approve_erasure(actor=door.proved(cast.bich), erasure=request)
    relay.drain()
    assert stone_of(case).basis == "duty"


def test_a_hold_between_request_and_approval(cast):
    case = make.case_in_support(cast)
    request = asked(cast, case)
    hold = actions.propose_hold(
        actor=cast.yen, case=case, source="court", reason="Quyết định của tòa"
    )
    with pytest.raises(WrongState):
        actions.approve_erasure(actor=door.proved(cast.yen), erasure=request)
    actions.decide_hold(actor=cast.bich, hold=hold, agrees=True)
    with pytest.raises(WrongState):
        actions.approve_erasure(actor=door.proved(cast.yen), erasure=request)
    actions.propose_lift(actor=cast.yen, hold=make.fresh(hold))
    with pytest.raises(Forbidden):
        actions.decide_hold(actor=cast.yen, hold=make.fresh(hold), agrees=True)
    with pytest.raises(WrongState):
        actions.approve_erasure(actor=door.proved(cast.yen), erasure=request)
    actions.decide_hold(actor=cast.bich, hold=make.fresh(hold), agrees=True)
    actions.approve_erasure(actor=door.proved(cast.yen), erasure=request)
    with pytest.raises(WrongState):
        actions.propose_hold(actor=cast.yen, case=case, source="court", reason="Trễ")


def test_it_is_decided_once(cast):
    request = asked(cast, make.case_in_support(cast))
    actions.approve_erasure(actor=door.proved(cast.yen), erasure=request)
    with pytest.raises(AlreadyDone) as late:
        actions.approve_erasure(actor=door.proved(cast.yen), erasure=request)
    assert late.value.who == cast.user("yen").display_name
    with pytest.raises(AlreadyDone):
        actions.refuse_erasure(actor=cast.yen, erasure=request, because="law")
    with pytest.raises(AlreadyDone):
        actions.cancel_erasure(actor=cast.yen, erasure=request)
    assert Outbox.objects.filter(kind=steps.ERASE).count() == 1


def test_a_refusal_and_a_change_of_mind_leave_the_file_alone(cast):
    case = make.case_in_support(cast)
    request = asked(cast, case)
    with pytest.raises(Invalid):
        actions.refuse_erasure(actor=cast.yen, erasure=request, because="no time")
    actions.refuse_erasure(actor=cast.yen, erasure=request, because="not_sure")
    again = asked(cast, case)
    with pytest.raises(Forbidden):
        actions.cancel_erasure(actor=cast.bich, erasure=again)
    actions.cancel_erasure(actor=cast.hanh, erasure=again)
    relay.drain()
    assert not Tombstone.objects.exists()
    with make.opened(cast.hanh, case, C.IDENTITY):
        assert make.fresh(case).alias == make.ALIAS
    call_command("check_flows")


# -- after it


def test_nothing_opens_and_nobody_finds_it(cast, sign_in):
    case = make.case_in_support(cast)
    slip = make.referral_in_service(cast, case)
    entry_keys = WrappedDataKey.objects.filter(
        owner_uuid=slip.owner_uuid, compartment=C.ENTRIES.byte
    ).count()
    assert BlindIndex.objects.filter(owner_uuid=case.uuid).exists()
    request = erased(cast, case)
    assert request.state == "done"
    assert not WrappedDataKey.objects.filter(owner_uuid=case.uuid).exists()
    assert not BlindIndex.objects.filter(owner_uuid=case.uuid).exists()
    left = WrappedDataKey.objects.filter(owner_uuid=slip.owner_uuid)
    assert [row.compartment for row in left] == [C.ENTRIES.byte] * entry_keys
    assert not CaseGrant.objects.filter(content_object=case, revoked_at__isnull=True).exists()
    assert make.fresh(slip).state == "withdrawn"
    for who in ("hanh", "bich", "yen"):
        assert sign_in(who).get(f"/cases/{case.uuid}/").status_code == 404
    assert sign_in("lan").get(f"/referrals/{slip.uuid}/").status_code == 404
    with keys.fresh_ring():
        open_everything(cast.hanh, case)
        assert make.fresh(case).alias is LOCKED
    stone = stone_of(case)
    assert stone.done_at and stone.keys_gone_at
    assert "identity.1" in {name.partition("@")[0] for name in stone.epochs}
    assert stone.reference == case.code and stone.counts["referrals"] == 1
    assert selectors.proof(stone).clean
    # It counts still: the row, its codes and its screening's level stand.
    assert Case.objects.filter(area_code=case.area_code, state="closed").exists()
    assert Screening.objects.get(case=case).level == "soon"
    call_command("check_flows")


@pytest.mark.parametrize("stage", ["case_opened", "case_closed", "child_case", "case_screened"])
def test_it_ends_a_file_wherever_it_stands(cast, stage):
    case = getattr(make, stage)(cast)
    if case.track == "child":
        request = asked(cast, case, by="van")
        actions.approve_erasure(actor=door.proved(cast.yen), erasure=request)
        relay.drain()
    else:
        erased(cast, case)
    assert make.fresh(case).state == "closed" and make.fresh(case).erased_at
    assert selectors.proof(stone_of(case)).clean
    call_command("check_flows")


def test_a_file_that_moved_away(cast):
    transfer = make.transfer_accepted(cast)
    case = make.fresh(transfer.case)
    with pytest.raises(NotFound):
        asked(cast, case, by="bich")
    request = asked(cast, case, by="kien")
    actions.approve_erasure(actor=door.proved(cast.yen), erasure=request)
    relay.drain()
    assert not WrappedDataKey.objects.filter(owner_uuid=transfer.owner_uuid).exists()
    assert selectors.proof(stone_of(case)).clean


def test_withdrawal_and_erasure_at_once(cast):
    """Whoever comes second finds it ended."""
    case = make.case_in_support(cast)
    slip = make.referral_sent(cast, case)
    consent = make.link_of(slip).consent
    request = asked(cast, case)
    actions.withdraw(actor=cast.hanh, consent=consent, method="verbal")
    actions.approve_erasure(actor=door.proved(cast.yen), erasure=request)
    with pytest.raises(NotFound):
        actions.withdraw(actor=cast.hanh, consent=consent, method="verbal")
    relay.drain()
    assert make.fresh(slip).state == "withdrawn"
    assert selectors.proof(stone_of(case)).clean


def test_an_erased_file_is_not_erased_twice(cast):
    case = make.case_in_support(cast)
    erased(cast, case)
    first = stone_of(case)
    for who in ("hanh", "yen"):
        with pytest.raises(NotFound):
            asked(cast, make.fresh(case), by=who)
    steps.carry_out(case.pk)
    relay.drain()
    again = stone_of(case)
    assert (again.done_at, again.keys_gone_at) == (first.done_at, first.keys_gone_at)
    assert selectors.proof(again).clean


# -- killed


class Killed(BaseException):
    """As SIGKILL: nothing catches it."""


def killing(name, when):
    def around(step):
        def run(work):
            if when == "after":
                step(work)
            raise Killed(name)

        return run

    return tuple((known, around(step) if known == name else step) for known, step in steps.STEPS)


FIRST = steps.STEPS[0][0]


# After one step is before the next.
@pytest.mark.parametrize(
    ("name", "when"), [(FIRST, "before"), *((name, "after") for name, _ in steps.STEPS)]
)
def test_it_goes_on_after_a_kill(cast, monkeypatch, name, when):
    case = make.case_consented(cast)
    approved(cast, case)
    with monkeypatch.context() as broken:
        broken.setattr(steps, "STEPS", killing(name, when))
        with pytest.raises(Killed):
            relay.drain()
    # Nobody finds it meanwhile, and the key store alone knows how far it came.
    assert not CaseGrant.objects.filter(content_object=case, revoked_at__isnull=True).exists()
    Outbox.objects.filter(kind=steps.ERASE).update(lease="", lease_until=None)
    relay.drain()
    assert make.fresh(case).erased_at
    assert selectors.proof(stone_of(case)).clean


def test_a_decision_that_rolled_back_destroys_nothing(cast, monkeypatch):
    case = make.case_in_support(cast)
    request = asked(cast, case)

    def killed(*_args, **_kwargs):
        raise Killed

    monkeypatch.setattr(steps.outbox, "put", killed)

    with pytest.raises(Killed), transaction.atomic():
        actions.approve_erasure(actor=door.proved(cast.yen), erasure=request)
    monkeypatch.undo()
    relay.drain()
    with make.opened(cast.hanh, case, C.IDENTITY):
        assert make.fresh(case).alias == make.ALIAS
    assert not Referral.objects.filter(state="withdrawn").exists()


# -- the proof itself


def test_the_proof_notices_what_is_left(cast):
    case = make.case_in_support(cast)
    with keys.fresh_ring():
        open_everything(cast.hanh, case)
    with connection.cursor() as cursor:
        cursor.execute("SELECT alias FROM cases_case WHERE id = %s", [case.pk])
        (sealed,) = cursor.fetchone()
    kept = list(WrappedDataKey.objects.filter(owner_uuid=case.uuid))
    erased(cast, case)
    stone = stone_of(case)
    WrappedDataKey.objects.bulk_create(kept)
    found = selectors.proof(stone)
    assert found.readable and found.keys == len(kept) and not found.opened
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET alias = %s WHERE id = %s", [sealed, case.pk])
    found = selectors.proof(stone)
    assert found.opened == [f"cases.case {case.pk} alias"] and found.left["sealed values"] == 1
    keys.destroy(case.uuid)
    found = selectors.proof(stone)
    assert not found.readable and not found.clean


# -- the terminal


def erase_case(monkeypatch, *args, password=PASSWORD, code=None):
    typed = password if code is None else f"{password}\n{code}"
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
    out = io.StringIO()
    call_command("erase_case", *args, "--password-stdin", stdout=out)
    return out.getvalue()


def test_the_terminal_keeps_the_same_rules(cast, monkeypatch, tmp_path, capsys):
    case = make.case_in_support(cast)
    words = tmp_path / "reason"
    words.write_text("Chị ấy muốn bắt đầu lại")
    ask = ("request", case.code, "--asked-by", "client", "--asked-how", "letter")
    with pytest.raises(CommandError, match="do not fit"):
        erase_case(monkeypatch, *ask, "--by", "hanh", password="đoán")
    with pytest.raises(CommandError, match="no such case"):
        erase_case(monkeypatch, *ask, "--by", "tam")
    with pytest.raises(CommandError, match="yyyy-mm-dd"):
        erase_case(monkeypatch, *ask, "--by", "hanh", "--asked-on", "2025-13-40")
    assert "asked for" in erase_case(monkeypatch, *ask, "--by", "hanh", "--reason-file", str(words))
    with pytest.raises(CommandError):
        erase_case(monkeypatch, "approve", case.code, "--by", "hanh")
    with pytest.raises(CommandError) as early:
        call_command("verify_erasure", case.code)
    assert early.value.returncode == 4
    assert "tombstone" in erase_case(monkeypatch, "approve", case.code, "--by", "yen")
    call_command("erase_case", "status", case.code)
    call_command("verify_erasure", case.code.lower())
    call_command("verify_erasure", all=True)
    shown = capsys.readouterr().out
    assert "final when these epochs are destroyed" in shown and "Proved for 1" in shown
    assert make.ALIAS not in shown


def test_the_terminal_asks_for_the_code_too(cast, monkeypatch):
    case, user = make.case_in_support(cast), door.device("hanh")
    ask = ("request", case.code, "--asked-by", "client", "--asked-how", "letter", "--by", "hanh")
    for wrong in (None, "000000", door.code_of(door.device("yen"))):
        with pytest.raises(CommandError, match="do not fit"):
            erase_case(monkeypatch, *ask, code=wrong)
    code = door.code_of(user)
    with pytest.raises(CommandError, match="do not fit"):
        erase_case(monkeypatch, *ask, password="đoán", code=code)
    assert not ErasureRequest.objects.exists()
    assert "asked for" in erase_case(monkeypatch, *ask, code=code)
    with pytest.raises(CommandError, match="do not fit"):  # it counts once
        erase_case(monkeypatch, *ask, code=code)
    rows = AuditEvent.objects.filter(action="erase_case").order_by("pk")
    assert [row.result for row in rows] == ["refused"] * 4 + ["allowed", "refused"]
    assert rows[4].actor_uuid == user.uuid


def test_guessing_at_the_terminal_is_ended(cast, monkeypatch):
    case, user = make.case_in_support(cast), door.device("hanh")
    ask = ("request", case.code, "--asked-by", "client", "--asked-how", "letter", "--by", "hanh")
    answers = set()
    for _ in range(throttle.PROOF.most):
        with pytest.raises(CommandError) as wrong:
            erase_case(monkeypatch, *ask, code="000000")
        answers.add(str(wrong.value))
    for name in ("hanh", "nobody"):  # closed, unknown: no answer tells which
        with pytest.raises(CommandError) as closed:
            erase_case(monkeypatch, *ask[:-1], name, code=door.code_of(user))
        answers.add(str(closed.value))
    assert len(answers) == 1
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=True):
        assert "asked for" in erase_case(monkeypatch, *ask, code=door.code_of(user))
    assert not Tries.objects.exists()


def test_verify_tells_the_endings_apart(cast, capsys):
    with pytest.raises(CommandError, match="Name one"):
        call_command("verify_erasure")
    case = make.case_in_support(cast)
    kept = list(WrappedDataKey.objects.filter(owner_uuid=case.uuid))
    erased(cast, case)
    CaseGrant.objects.filter(content_object=case).update(revoked_at=None)
    with pytest.raises(CommandError) as left:
        call_command("verify_erasure", all=True)
    assert left.value.returncode == 3
    WrappedDataKey.objects.bulk_create(kept)
    with pytest.raises(CommandError) as open_:
        call_command("verify_erasure", case.code)
    assert open_.value.returncode == 2
    call_command("post_restore")
    call_command("verify_erasure", case.code)
    call_command("post_restore")
    assert "purged 0" in capsys.readouterr().out


def test_post_restore_ends_what_lost_its_key_meanwhile(cast):
    """As if consent was withdrawn and a contact ended after the backup."""
    slip, lead = make.referral_sent(cast), make.lead_informed(cast)
    keys.destroy(slip.owner_uuid, [C.PACKET])
    keys.destroy(lead.owner_uuid)
    call_command("post_restore")
    assert make.fresh(slip).state == "withdrawn" and make.fresh(lead).state == "ended"
    call_command("check_flows")


def test_post_restore_beside_an_old_key_store(cast):
    case = make.case_in_support(cast)
    kept = list(WrappedDataKey.objects.filter(owner_uuid=case.uuid))
    erased(cast, case)
    Tombstone.objects.all().delete()
    WrappedDataKey.objects.bulk_create(kept)
    call_command("post_restore")
    assert selectors.proof(stone_of(case)).clean


def test_post_restore_says_when_the_key_store_is_another_one(cast):
    case = make.case_in_support(cast)
    keys.destroy(case.uuid)
    with pytest.raises(CommandError) as wrong:
        call_command("post_restore")
    assert wrong.value.returncode == 3
    assert not make.fresh(case).erased_at


def test_the_copy_that_was_made_for_her_dies_with_the_file(cast):
    request = story.agreed(cast, "copy")
    actions.make_copy(actor=door.proved(cast.hanh), request=request, passphrase=story.PASSPHRASE)
    with make.opened(cast.hanh, request, C.REGISTER):
        assert ClientCopy.objects.get(request=request).content
    erased(cast, request.case)
    with make.opened(cast.yen, request, C.REGISTER):
        copy = ClientCopy.objects.get(request=request)
        assert copy.content is LOCKED and copy.dropped_at is not None
        assert make.fresh(request).words is LOCKED
    assert not WrappedDataKey.objects.filter(owner_uuid=request.uuid).exists()
    call_command("verify_erasure", request.case.code)
    assert actions.drop_old_copies() == 0


def test_a_copy_that_was_allowed_is_not_made_any_more(cast):
    request = story.agreed(cast, "copy")
    erased(cast, request.case)
    assert JobGrant.objects.get(request_uuid=request.uuid).revoked_at is not None


def test_her_other_file_does_not_name_it_any_more(cast):
    case, other = make.case_in_support(cast), make.case_opened(cast, by="kien")
    link = CaseLink.objects.create(
        first=case, second=other, method="verbal", made_by=cast.user("hanh")
    )
    assert [one.code for one in duplicates.linked_files(other)] == [case.code]
    erased(cast, case)
    assert duplicates.linked_files(other) == []
    assert make.fresh(link).ended_by == cast.user("yen")


def test_its_code_opens_no_request_any_more(cast):
    case = make.case_in_support(cast)
    erased(cast, case)
    with pytest.raises(Invalid):
        actions.case_by_code(cast.yen, case.code)
