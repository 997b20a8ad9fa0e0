"""The list and the page: what stands on them, and a number of queries that never grows."""

from datetime import timedelta

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from referrals.models import Entry, Referral
from referrals.selectors import PAGE

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


def queries(client, path: str) -> int:
    total = 0
    captured = [
        CaptureQueriesContext(connections[name]) for name in ("default", "keystore", "audit")
    ]
    for capture in captured:
        capture.__enter__()
    assert client.get(path).status_code == 200
    for capture in captured:
        capture.__exit__(None, None, None)
        total += len(capture)
    return total


def test_the_list_costs_the_same_for_one_and_for_many(send, lan):
    send(until="received")
    lan.get("/referrals/")
    one = queries(lan, "/referrals/")
    for until in ("sent", "received", "accepted", "scheduled", "in_service"):
        send(until=until)
    assert queries(lan, "/referrals/") == one <= 12


def test_the_page_costs_the_same_for_one_entry_and_for_many(send, lan):
    referral = send(until="in_service")
    path = f"/referrals/{referral.uuid}/"
    lan.post(f"{path}entry/", {"kind": "visit", "text": "Một lần"})
    lan.get(path)
    one = queries(lan, path)
    for number in range(6):
        lan.post(f"{path}entry/", {"kind": "note", "text": f"Lần {number}"})
    assert Entry.objects.count() == 7
    lan.get(path)  # takes the words of thanks out of the session
    assert queries(lan, path) == one <= 20


def test_open_and_all(send, lan):
    going, over = send(until="accepted"), send(until="completed")
    page = lan.get("/referrals/").content.decode()
    assert going.reference in page and over.reference not in page
    page = lan.get("/referrals/?show=all").content.decode()
    assert going.reference in page and over.reference in page


def test_pages_follow_each_other_without_a_gap(send, lan):
    for _ in range(PAGE + 3):
        send()
    now = timezone.now()
    for number, referral in enumerate(Referral.objects.order_by("pk")):
        # Some in the same moment: the order still has no tie.
        Referral.objects.filter(pk=referral.pk).update(sent_at=now - timedelta(minutes=number // 3))
    first = lan.get("/referrals/")
    second = lan.get(first.context["next_url"])
    seen = [row["reference"] for row in (*first.context["rows"], *second.context["rows"])]
    assert len(first.context["rows"]) == PAGE and not second.context["next_url"]
    assert sorted(seen) == sorted(Referral.objects.values_list("reference", flat=True))


@pytest.mark.parametrize("after", ["", "x", "1-", "-1", "9" * 40 + "-1", "12-ab", "1-1; DROP"])
def test_a_made_up_page_address_is_harmless(send, lan, after):
    send()
    assert lan.get("/referrals/", {"after": after, "show": "zzz"}).status_code == 200


def test_another_team_has_another_list(send, sign_in):
    referral = send("union")
    assert referral.reference in sign_in("thu").get("/referrals/").content.decode()
    for name in ("lan", "stranger", "minh", "hanh", "bich"):
        assert referral.reference not in sign_in(name).get("/referrals/?show=all").content.decode()


def test_no_address_and_no_title_tells_anything(send, lan):
    referral = send(until="received")
    page = lan.get(f"/referrals/{referral.uuid}/").content.decode()
    title = page[page.index("<title>") : page.index("</title>")]
    assert "Mây" not in title and "H-STI" not in page
