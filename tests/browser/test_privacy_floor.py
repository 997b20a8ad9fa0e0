"""The pages around the files: requests, erasure, registers, accounts, exports, emergency access;
each looked at by the inspector as its people come by."""

import re
from collections.abc import Callable

import pytest

from config.demo.world import DUY_TIEN
from config.demo_check import work
from config.demo_check.journey import Journey
from config.demo_check.server import Server
from tests.browser.person import PHONE, BrowserPerson

pytestmark = pytest.mark.browser

Come = Callable[..., BrowserPerson]


@pytest.fixture
def journey(server: Server, person: Come) -> Journey:
    return Journey(
        server, lambda name: person(name, screen=PHONE), "the privacy floor", looks=False
    )


@pytest.fixture
def case(over_http: Journey) -> str:
    path = work.open_case(over_http, "tam", "Sương", DUY_TIEN)
    work.agree_to_file(over_http, "tam", path)
    return path


def code_of(j: Journey, name: str, case: str) -> str:
    found = re.search(r"HS-[0-9A-Z]{6}", j(name).open(case).text)
    assert found is not None
    return found.group(0)


def test_what_she_may_ask_for(journey: Journey, case: str) -> None:
    """See, correct, copy, delete: registered at the desk, decided by the officer, carried out."""
    j = journey
    wish = {
        "asked_by": "client",
        "asked_how": "worker",
        "identity_check": "known",
        "words": "Muốn biết những gì đã ghi",
    }
    asked: dict[str, str] = {}
    for kind in ("view", "correct", "copy", "delete"):
        page = j("tam").send(f"{case}requests/new/", {**wish, "kind": kind})
        links = [str(a["href"]) for a in page.soup.select('main a[href^="/requests/"]')]
        (asked[kind],) = set(links) - set(asked.values())
    j("tam").open(f"{case}her-file/")
    for kind, path in asked.items():
        j("yen").send(path, {"answer": "Đã nhận, sẽ trả lời trong thời hạn"})
        page = j("yen").send(path, {"outcome": "granted", "findings": "Đúng là thân chủ"})
        j.expect(page.path == path, kind)
    j("bich").send(asked["copy"], {"agree": "yes", "words": "Đã xem"})
    j("tam").send(f"{asked['correct']}correct/", {
        "field": "alias", "value": "Sương Mai", "because": "Muốn được gọi như vậy",
    })  # fmt: skip
    j.expect(j("tam").open(case).has("Sương Mai"), "the correction does not show")
    phrase = "xoai nuoc bang ghe bay"
    page = j("tam").send(f"{asked['copy']}copy/", {"passphrase": phrase, "again": phrase})
    j.ends_at(page, r"^/requests/")
    j("tam").send(asked["view"], {}, to="")
    j("yen").open("/registers/")
    # What she wishes to be deleted waits for a supervisor.
    erasure = j("bich").open("/").link(r"^/erasures/[0-9a-f-]{36}/")
    j("bich").send(erasure, {"decision": "approve"})
    j.expect(j("tam").open(case).status == 404, "an erased file still opens")


def test_what_leaks_and_who_demands(journey: Journey) -> None:
    j = journey
    page = j("lan").send("/report/breach/", {"what": "Điện thoại của trạm bị mất", "hour": "8"})
    breach = j.ends_at(page, r"^/breaches/").path
    j("yen").send(breach, {
        "compartments": ["identity"], "people": "1", "consequences": "Có thể bị nhận ra",
        "measures": "Đã khóa phiên làm việc",
    })  # fmt: skip
    j("yen").open(f"{breach}notice/")
    page = j("lan").send("/report/authority/", {
        "kind": "police", "paper": "oral", "words": "Đòi danh sách thân chủ",
    })  # fmt: skip
    letter = j.ends_at(page, r"^/authority-requests/").path
    j("yen").send(letter, {"decision": "refuse", "legal_basis": "Không có căn cứ", "facts": ""})


def test_the_glass_is_broken_and_looked_at(journey: Journey, case: str) -> None:
    j = journey
    code = code_of(j, "tam", case)
    page = j("hanh").send("/emergency/", {
        "code": code, "reason": "danger", "words": "Có người đe dọa",
        "compartments": ["identity", "contact"],
    })  # fmt: skip
    glass = j.ends_at(page, r"^/emergency/").path
    j.expect(j("hanh").open(case).has("Sương"), "the glass is broken, and nothing is seen")
    j("yen").send(glass, {"finding": "justified", "words": "Đã hỏi người giám sát"})
    j("bich").send(glass, {}, to="seen")
    j("tam").open(f"{case}opened/")
    j("tam").open(f"{case}opened/client/")
    j("yen").open("/watch/")


def test_the_desks_of_office(journey: Journey, case: str) -> None:
    """Accounts, offices, exports, deputies, papers, the same person, a legal hold."""
    j = journey
    for name in ("an", "yen", "quy", "bich", "tam"):
        for path in ("/", "/account/", "/account/password/", "/account/phone/", "/report/"):
            j.expect(j(name).open(path).status == 200, f"{name} {path}")
    for path in ("/accounts/", "/accounts/new/", "/offices/", "/offices/new/"):
        j("an").open(path)
    for path in ("/erasures/", "/erasures/new/", "/retention/", "/exports/", "/accounts/"):
        j("yen").open(path)
    for path in ("/deputies/", "/exports/", "/accounts/", f"{case}deputy/"):
        j("bich").open(path)
    for path in ("papers/", "same-person/", "erasure/", "consents/history/"):
        j("tam").open(f"{case}{path}")
    j("tam").open("/cases/search/")
    page = j("yen").send("/holds/new/", {
        "code": code_of(j, "tam", case), "source": "court", "reason": "Tòa án yêu cầu giữ",
    })  # fmt: skip
    j.ends_at(page, r"^/holds/")
