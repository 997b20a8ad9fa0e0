"""The door: signing in, the clocks of a session, and typed text that is never lost."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from privacy.models import AuditEvent, KeptText, Membership
from referrals.models import Entry, Referral
from tests.cast import PASSWORD
from tests.door import enter, show_code

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])

TEXT = "Chị đã đến đúng hẹn, đã khám xong và hẹn tuần sau quay lại."


def hidden(page: str, name: str) -> str:
    """The value of the last hidden box of that name on a page, or nothing."""
    for tag in reversed(page.split("<input")[1:]):
        if f'name="{name}"' in tag.split(">")[0] and 'value="' in tag.split(">")[0]:
            return tag.split('value="')[1].split('"')[0]
    return ""


@pytest.fixture
def referral(cast) -> Referral:
    from privacy import keys
    from privacy.models import Basis
    from referrals import actions

    basis = Basis.objects.create(recipient=cast.organisations["station"], compartments=[])
    with keys.fresh_ring():
        made = actions.prepare(
            actor=cast.hanh,
            sender=cast.user("hanh"),
            sender_team=cast.teams["office"],
            recipient_team=cast.teams["station"],
            recipient_role="health_station",
            basis=basis,
            family="health",
            service="H-STI",
            priority="soon",
            packet={"identity.alias": "Mây"},
        )
        actions.send(actor=cast.hanh, referral=made)
        actions.receive(actor=cast.lan, referral=made)
        actions.accept(actor=cast.lan, referral=made)
        actions.begin_service(actor=cast.lan, referral=made)
    return made


@pytest.fixture
def too_late(cast, referral, sign_in) -> Callable[..., tuple[Client, str]]:
    """Lan typed for sixteen minutes, then pressed: the browser, and the page she gets."""

    def press(name: str = "lan") -> tuple[Client, str]:
        client = sign_in(name)
        with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=True):
            answer = client.post(
                f"/referrals/{referral.uuid}/entry/", {"kind": "visit", "text": TEXT}
            )
        assert answer.status_code == 401
        return client, answer.content.decode()

    return press


# -- signing in


def test_every_door_page_opens(cast):
    for path in ("/sign-in/", "/weather/", "/session-ended/", "/help/", "/licence/"):
        assert Client().get(path).status_code == 200


def test_the_neutral_page_says_nothing(cast):
    page = Client().get("/weather/").content.decode().lower()
    for word in ("programme", "chương trình", "sign", "hòa nhập", "/referrals", "menu"):
        assert word not in page


def test_a_wrong_password_and_an_unknown_name_look_alike(cast):
    wrong = Client().post("/sign-in/", {"username": "lan", "password": "no"})
    unknown = Client().post("/sign-in/", {"username": "lam", "password": "no"})
    assert wrong.context["form"].non_field_errors() == unknown.context["form"].non_field_errors()
    assert AuditEvent.objects.filter(action="sign_in", result="refused").count() == 2


def test_next_leads_only_to_pages_of_our_own(cast):
    for bad in ("https://example.org/", "//example.org", "/nowhere/at/all/", "javascript:alert(1)"):
        assert enter(Client(), "lan", next=bad)["Location"] == "/"
    assert enter(Client(), "lan", next="/referrals/?show=all")["Location"] == "/referrals/?show=all"


def test_a_page_that_was_asked_for_comes_after_signing_in(cast, referral):
    client = Client()
    asked = client.get(f"/referrals/{referral.uuid}/")
    assert asked.status_code == 302
    page = client.get(asked["Location"]).content.decode()
    assert hidden(page, "next") == f"/referrals/{referral.uuid}/"


def test_two_memberships_are_asked_for(cast):
    Membership.objects.create(
        user=cast.user("lan"),
        organisation=cast.organisations["union"],
        team=cast.teams["union"],
        role="womens_union",
    )
    client = Client()
    assert enter(client, "lan")["Location"] == "/sign-in/work/"
    assert client.get("/").status_code == 302  # not in yet
    assert client.get("/sign-in/work/").status_code == 200
    assert b"govuk-error-summary" in client.post("/sign-in/work/", {"membership": "x"}).content
    chosen = Membership.objects.get(user=cast.user("lan"), role="womens_union")
    asked = client.post("/sign-in/work/", {"membership": str(chosen.uuid)})
    assert asked["Location"] == "/sign-in/code/" and client.get("/").status_code == 302
    assert show_code(client, "lan").status_code == 302
    assert client.get("/referrals/").context["actor"].role == "womens_union"


def test_without_a_membership_there_is_no_way_in(cast):
    Membership.objects.filter(user=cast.user("lan")).delete()
    client = Client()
    assert enter(client, "lan").status_code == 403
    assert client.get("/").status_code == 302


def test_after_eight_wrong_tries_the_name_is_locked(cast):
    client = Client()
    for _ in range(9):
        answer = client.post("/sign-in/", {"username": "lan", "password": "guess"})
    assert answer.status_code == 429
    assert enter(client, "lan").status_code == 429
    assert enter(Client(), "thu").status_code == 302


# -- the session ends while she types


def test_her_text_comes_back_and_can_be_sent(too_late, referral):
    client, page = too_late()
    token = hidden(page, "kept")
    assert token and TEXT not in page and not Entry.objects.exists()
    back = enter(client, "lan", kept=token, next=hidden(page, "next"))
    assert back.status_code == 200
    shown = back.content.decode()
    assert TEXT in shown and "readonly" in shown and not Entry.objects.exists()
    assert f'action="/referrals/{referral.uuid}/entry/"' in shown
    fields = {name: hidden(shown, name) for name in ("kind", "text")}
    assert client.post(f"/referrals/{referral.uuid}/entry/", fields).status_code == 302
    assert Entry.objects.count() == 1
    assert TEXT in client.get(f"/referrals/{referral.uuid}/").content.decode()


def test_it_lies_sealed(too_late):
    too_late()
    row = KeptText.objects.get()
    assert not row.text  # locked: nobody opened her key
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM privacy_kepttext")
        assert TEXT.encode() not in bytes(cursor.fetchone()[0])


def test_nobody_else_gets_it(too_late):
    client, page = too_late()
    other = enter(client, "thu", kept=hidden(page, "kept"))
    assert other.status_code == 302 and KeptText.objects.count() == 1
    assert enter(Client(), "lan", kept="made-up").status_code == 302
    assert enter(Client(), "lan", kept=hidden(page, "kept") + "x").status_code == 302


def test_it_comes_back_once_and_not_after_a_day(too_late):
    client, page = too_late()
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=True):
        assert enter(Client(), "lan", kept=hidden(page, "kept")).status_code == 302
    assert enter(client, "lan", kept=hidden(page, "kept")).status_code == 200
    assert enter(Client(), "lan", kept=hidden(page, "kept")).status_code == 302


def test_a_wrong_password_in_between_loses_nothing(too_late):
    client, page = too_late()
    token = hidden(page, "kept")
    again = client.post("/sign-in/", {"username": "lan", "password": "x", "kept": token})
    assert hidden(again.content.decode(), "kept") == token


def test_another_way_to_the_sign_in_page_loses_nothing(too_late):
    """She changes the language first, which takes her to a page without the token."""
    client, _page = too_late()
    client.post("/language/", {"language": "en", "next": "/sign-in/"})
    assert TEXT in enter(client, "lan").content.decode()


def test_it_survives_the_choice_of_a_membership(cast, too_late):
    client, page = too_late()
    Membership.objects.create(
        user=cast.user("lan"),
        organisation=cast.organisations["union"],
        team=cast.teams["union"],
        role="womens_union",
    )
    assert enter(client, "lan", kept=hidden(page, "kept")).status_code == 302
    chosen = Membership.objects.get(user=cast.user("lan"), role="health_station")
    client.post("/sign-in/work/", {"membership": str(chosen.uuid)})
    back = show_code(client, "lan")
    assert TEXT in back.content.decode()


def test_quick_exit_leaves_nothing_behind(too_late, sign_in):
    client, page = too_late()
    left = client.post("/leave/")  # from the page that asks to sign in again
    assert left["Location"] == "/weather/" and "last_person" in left.cookies
    assert left.cookies["last_person"].value == ""
    assert not KeptText.objects.exists()
    assert enter(client, "lan", kept=hidden(page, "kept")).status_code == 302


def test_quick_exit_works_from_a_page_of_any_age(sign_in):
    client = sign_in("lan")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert strict.post("/leave/")["Location"] == "/weather/"
    assert client.get("/").status_code == 302


def test_an_idle_page_signs_out_and_her_text_is_kept(referral, sign_in):
    """What static/js/app.js does after 15 minutes: end the session, then send the form."""
    client = sign_in("lan")
    client.post("/sign-out/", {"idle": "1"})
    answer = client.post(f"/referrals/{referral.uuid}/entry/", {"kind": "visit", "text": TEXT})
    assert answer.status_code == 401 and not Entry.objects.exists()
    back = enter(client, "lan", kept=hidden(answer.content.decode(), "kept"))
    assert TEXT in back.content.decode()


def test_who_signs_out_herself_is_forgotten(referral, sign_in):
    client = sign_in("lan")
    client.post("/sign-out/")
    client.post(f"/referrals/{referral.uuid}/entry/", {"kind": "visit", "text": TEXT})
    assert not KeptText.objects.exists()


def test_a_password_is_never_kept(cast, sign_in):
    client = sign_in("lan")
    client.post("/sign-out/", {"idle": "1"})
    client.post("/stay/", {"password": PASSWORD, "note": "một câu"})
    from privacy import keys
    from privacy.compartments import Compartment

    row = KeptText.objects.get()
    keys.open_pairs([(row.owner_uuid, Compartment.DRAFT)])
    assert json.loads(row.text)["fields"] == {"note": ["một câu"]}


# -- an old form


def test_an_old_form_gives_its_text_back(referral, sign_in):
    client = Client(enforce_csrf_checks=True)
    client.cookies = sign_in("lan").cookies
    typed = {"kind": "visit", "text": TEXT}
    answer = client.post(f"/referrals/{referral.uuid}/entry/", typed)
    assert answer.status_code == 403 and not Entry.objects.exists()
    page = answer.content.decode()
    assert TEXT in page and f'action="/referrals/{referral.uuid}/entry/"' in page
    again = {name: hidden(page, name) for name in ("kind", "text", "csrfmiddlewaretoken")}
    assert client.post(f"/referrals/{referral.uuid}/entry/", again).status_code == 302
    assert Entry.objects.count() == 1


def test_an_old_form_without_a_session_is_kept(referral, too_late):
    client, _page = too_late()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    answer = strict.post(f"/referrals/{referral.uuid}/entry/", {"kind": "visit", "text": TEXT})
    assert answer.status_code == 401 and hidden(answer.content.decode(), "kept")


def test_a_form_of_another_site_gets_nothing(referral, cast):
    """Its request carries no cookie of ours (SameSite): no session, no person, nothing kept."""
    answer = Client(enforce_csrf_checks=True).post(
        f"/referrals/{referral.uuid}/entry/", {"kind": "visit", "text": TEXT}
    )
    assert answer.status_code == 401 and TEXT not in answer.content.decode()
    assert not KeptText.objects.exists()


def test_ten_hours_are_enough(sign_in):
    client = sign_in("lan")
    start = timezone.now()
    for minutes in range(0, 620, 10):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=True):
            status = client.get("/referrals/").status_code
    assert status == 302
