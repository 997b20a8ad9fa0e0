"""She takes her consent back: what ends at once, what dies, what stays shut and is still there."""

import pytest
from django.utils import timezone

from privacy import access, keys
from privacy.compartments import Compartment as C
from privacy.errors import NotFound
from privacy.fields import LOCKED
from privacy.models import Basis, WrappedDataKey
from referrals import actions
from referrals.models import Appointment, Entry, Referral
from referrals.states import PlanState, State
from workflow import engine, relay
from workflow.selectors import waiting_for

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


def withdraw(cast, referral: Referral) -> int:
    """As the room above does it: the basis ends, then everything that rested on it."""
    Basis.objects.filter(pk=referral.basis_id).update(ended_at=timezone.now())
    basis = Basis.objects.get(pk=referral.basis_id)
    return actions.withdraw_for(actor=cast.hanh, basis=basis)


def packet_keys(referral: Referral) -> int:
    return WrappedDataKey.objects.filter(
        owner_uuid=referral.owner_uuid, compartment=C.PACKET.byte
    ).count()


@pytest.mark.parametrize(
    "until", ["sent", "received", "accepted", "scheduled", "no_show", "in_service", "on_hold"]
)
def test_sight_ends_in_the_same_moment(send, cast, until):
    referral = send(until=until)
    assert withdraw(cast, referral) == 1
    with pytest.raises(NotFound):
        access.require(cast.lan, referral)
    with pytest.raises(NotFound):
        access.find(cast.lan, Referral, referral.uuid)
    with keys.fresh_ring():
        assert access.open_keys(cast.lan, [referral], [C.PACKET, C.ENTRIES], purpose="t") == set()
        assert Referral.objects.get().packet is LOCKED
    assert Referral.objects.get().state == State.WITHDRAWN
    assert not Appointment.objects.filter(state="planned").exists()
    assert engine.waiting_steps(Referral.objects.get()) == []
    assert not waiting_for(cast.lan).exists()


def test_the_page_is_gone_with_the_next_request(send, cast, lan):
    referral = send(until="in_service")
    path = f"/referrals/{referral.uuid}/"
    assert lan.get(path).status_code == 200
    withdraw(cast, referral)
    assert lan.get(path).status_code == 404
    lost = lan.post(f"{path}entry/", {"kind": "visit", "text": "Một câu dài đã gõ"})
    assert lost.status_code == 404
    told = lan.get("/referrals/?show=all").content.decode()
    # She is told that it ended, by its reference: no way in, no name, no reason.
    assert told.count(referral.reference) == 1
    assert path not in told and "Mây" not in told


def test_an_ended_basis_is_enough(send, cast):
    """Even before a grant is revoked: every opening joins the basis."""
    referral = send(until="received")
    Basis.objects.update(ended_at=timezone.now())
    with pytest.raises(NotFound):
        access.require(cast.lan, referral)


def test_the_packet_dies_for_everybody(send, cast):
    referral = send(until="accepted")
    withdraw(cast, referral)
    assert packet_keys(referral) == 1
    relay.drain()
    assert packet_keys(referral) == 0
    with keys.fresh_ring():
        access.open_keys(cast.hanh, [referral], [C.PACKET], purpose="sender")
        kept = Referral.objects.get()
        assert kept.packet is LOCKED and kept.service is LOCKED and kept.message is LOCKED
    relay.drain()  # the handler may run again


def test_the_recipients_entries_stay_shut_and_are_still_there(send, cast):
    referral = send(until="in_service")
    with keys.fresh_ring():
        actions.add_entry(actor=cast.lan, referral=referral, kind="visit", text="Đã khám")
    withdraw(cast, referral)
    relay.drain()
    assert Entry.objects.count() == 1
    owner = {"owner_uuid": referral.owner_uuid, "compartment": C.ENTRIES.byte}
    assert WrappedDataKey.objects.filter(**owner).count() == 1
    for actor in (cast.lan, cast.hanh, cast.bich):
        with keys.fresh_ring():
            access.open_keys(actor, [referral], [C.ENTRIES], purpose="t")
            assert Entry.objects.get().text is LOCKED


def test_what_is_over_already_keeps_its_state_and_loses_its_packet(send, cast):
    referral = send(until="completed")
    assert withdraw(cast, referral) == 0
    assert Referral.objects.get().state == State.COMPLETED
    with pytest.raises(NotFound):
        access.require(cast.lan, referral)
    relay.drain()
    assert packet_keys(referral) == 0


def test_a_draft_is_withdrawn_too(send, cast):
    referral = send(until="draft")
    assert withdraw(cast, referral) == 1
    assert Referral.objects.get().state == State.WITHDRAWN


def test_only_what_rested_on_this_consent_ends(send, cast):
    mine, other = send("station", "accepted"), send("union", "accepted")
    withdraw(cast, mine)
    other.refresh_from_db()
    assert other.state == State.ACCEPTED
    access.require(cast.thu, other)


def test_the_livelihood_plan_ends_with_it(cast, running):
    withdraw(cast, running.referral)
    running.refresh_from_db()
    assert running.state == PlanState.ENDED
    assert engine.waiting_steps(running) == [] and not waiting_for(cast.thu).exists()
    with keys.fresh_ring():
        access.open_keys(cast.thu, [running.referral], [C.ENTRIES], purpose="t")
        running.refresh_from_db()
        assert running.trade is LOCKED


def test_twice_changes_nothing(send, cast):
    referral = send(until="accepted")
    withdraw(cast, referral)
    assert withdraw(cast, referral) == 0
    relay.drain()
