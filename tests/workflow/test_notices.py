"""Outside the worklist a notice says that something waits, and nothing else."""

import json
import stat
from pathlib import Path

import pytest

from privacy.models import Membership, Outbox, User
from privacy.roles import Role
from tests import factories
from workflow import engine, notices, relay
from workflow.models import WorkItem
from workflow.nodes import Holder

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


@pytest.fixture
def spool(tmp_path, settings):
    settings.NOTICE_SPOOL = tmp_path / "spool"

    def read():
        folder = Path(settings.NOTICE_SPOOL)
        return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]

    return read


def told(spool):
    relay.drain()
    return sorted(notice["user"] for notice in spool())


def test_who_gets_work_is_told_once(cast, spool):
    referral = factories.referral_sent(cast)
    notices_of = Outbox.objects.filter(kind=notices.KIND)
    assert notices_of.exists()
    people = told(spool)
    assert people.count(cast.lan.user_id) == 1
    assert told(spool) == people
    for item in engine.items(referral):
        notices.tell_holder(item)
    assert told(spool) == people


def test_the_text_is_neutral_and_in_her_language(cast, spool):
    User.objects.filter(username="lan").update(language="en")
    referral = factories.referral_sent(cast)
    relay.drain()
    texts = {notice["text"] for notice in spool()}
    assert texts <= {notices.neutral_text("vi"), notices.neutral_text("en")}
    [mine] = [notice for notice in spool() if notice["user"] == cast.lan.user_id]
    assert mine["text"] == "You have 1 new task. Sign in to see it."
    case = factories.link_of(referral).case
    files = list(Path(notices.settings.NOTICE_SPOOL).iterdir())
    for path in files:
        said = path.name + path.read_text()
        for word in (referral.reference, case.code, str(referral.uuid), str(case.uuid)):
            assert word not in said
        for word in (factories.ALIAS, "H-STI", "health", "answer", "Đồng Hành", "Trạm Y tế"):
            assert word not in said
        assert set(json.loads(path.read_text())) == {"user", "text", "at"}
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_teams_work_is_told_to_whoever_can_do_it_now(cast, spool):
    nurse = User.objects.create_user("second-nurse", "x", display_name="N")
    left = User.objects.create_user("left-nurse", "x", display_name="N", is_active=False)
    for user in (nurse, left):
        Membership.objects.create(
            user=user,
            organisation=cast.organisations["station"],
            team=cast.teams["station"],
            role=Role.HEALTH_STATION,
        )
    factories.referral_sent(cast)
    people = told(spool)
    assert {cast.lan.user_id, nurse.pk} <= set(people)
    assert left.pk not in people and cast.stranger.user_id not in people


@pytest.mark.parametrize("gone", ["done", "person left", "row gone"])
def test_what_is_over_is_not_told(cast, spool, gone):
    case = factories.case_opened(cast)
    item = engine.items(case).get()
    if gone == "done":
        engine.complete(subject=case, step="engagement", actor=cast.hanh)
    elif gone == "person left":
        User.objects.filter(pk=item.user_id).update(is_active=False)
    else:
        WorkItem.objects.filter(pk=item.pk).delete()
    notices.send(item.pk)
    assert spool() == []


def test_a_moved_step_is_told_to_its_new_holder(cast, spool):
    case = factories.case_opened(cast)
    relay.drain()
    holder = Holder(Role.SOCIAL_WORKER, cast.tam.team_id, cast.tam.user_id, None)
    engine.reassign(subject=case, holder=holder, actor=cast.bich)
    assert cast.tam.user_id in told(spool)


def test_a_reminder_is_one_more(cast, spool):
    referral = factories.referral_sent(cast)
    before = told(spool).count(cast.lan.user_id)
    item = engine.items(referral).get()
    for _ in range(2):
        notices.remind_holder(item)
    assert told(spool).count(cast.lan.user_id) == before + 1
