"""The door and what surrounds every request."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.db import OperationalError, connections
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from privacy import audit
from privacy.errors import AlreadyDone, Forbidden, Invalid, NotFound, WrongState
from privacy.middleware import PrivateResponses, Refusals
from privacy.models import (
    AuditEvent,
    Membership,
    OpenSession,
    Organisation,
    SentForm,
    Team,
    User,
)
from privacy.roles import Role
from privacy.session_store import row_of
from privacy.sessions import PROVED, STARTED
from privacy.views import safe_next
from privacy.views.door import PENDING
from tests import door, factories
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])
IDLE, WHOLE_DAY = 15 * 60, 10 * 3600


def enters(browser, name="hanh", **more):
    return door.enter(browser, name, **more)


def is_in(browser):
    """The worklist shows; otherwise the way leads to the sign-in page."""
    answer = browser.get("/")
    assert answer.status_code in (200, 302)
    return answer.status_code == 200


# -- signing in


def test_the_right_password_opens_the_worklist(cast):
    browser = Client()
    assert not is_in(browser)
    answer = enters(browser)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert is_in(browser)


@pytest.mark.parametrize(
    ("username", "password"),
    [("hanh", "wrong"), ("nobody", PASSWORD), ("", PASSWORD), ("hanh", ""), ("hanh\0", PASSWORD)]
    + [("hanh", PASSWORD + "\0"), ("x" * 500, "x"), ("hanh", "x" * 5000), ("' OR 1=1 --", "x")]
    + [("system", ""), ("<script>", "x")],
)
def test_anything_else_does_not(cast, username, password):
    browser = Client()
    answer = browser.post("/sign-in/", {"username": username, "password": password})
    assert answer.status_code == 200 and not is_in(browser)
    assert PASSWORD not in answer.content.decode()


def test_user_names_are_read_without_case_and_spaces(cast):
    browser = Client()
    assert enters(browser, " HANH ").status_code == 302


def test_unknown_and_wrong_look_alike(cast):
    bodies = []
    for name in ("hanh", "nobody"):
        answer = Client().post("/sign-in/", {"username": name, "password": "wrong"})
        text = answer.content.decode().replace(name, "")
        bodies.append([line for line in text.splitlines() if "csrf" not in line])
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize("how", ["inactive", "no membership", "membership over"])
def test_who_has_left_stays_outside(cast, how):
    if how == "inactive":
        User.objects.filter(username="hanh").update(is_active=False)
    elif how == "no membership":
        Membership.objects.filter(user__username="hanh").delete()
    else:
        Membership.objects.filter(user__username="hanh").update(ends_on="2020-01-01")
    browser = Client()
    assert enters(browser).status_code in (200, 403)
    assert not is_in(browser)


def test_guessing_locks_the_account_and_nobody_else(cast):
    browser = Client()
    answers = [
        browser.post("/sign-in/", {"username": "hanh", "password": f"guess {n}"}).status_code
        for n in range(8)
    ]
    assert answers[:7] == [200] * 7 and answers[-1] == 429
    assert enters(Client()).status_code == 429
    assert enters(Client(), "tam").status_code == 302
    assert AuditEvent.objects.filter(result="locked_out").exists()
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert enters(Client()).status_code == 302


def test_the_session_key_changes_at_the_door(cast):
    """A planted key is worth nothing after the sign-in."""
    browser = Client()
    planted = browser.session
    planted["x"] = 1
    planted.save()
    browser.cookies["sessionid"] = planted.session_key
    enters(browser)
    assert browser.session.session_key != planted.session_key
    thief = Client()
    thief.cookies["sessionid"] = planted.session_key
    assert not is_in(thief)


def test_signing_in_again_begins_a_new_session(cast):
    browser = Client()
    enters(browser)
    first = browser.session.session_key
    for name in ("hanh", "tam"):
        enters(browser, name)
        assert browser.session.session_key != first
        assert not Session.objects.filter(session_key=row_of(first)).exists()


def test_a_session_holds_ids_and_clocks_only(cast):
    browser = Client()
    enters(browser)
    browser.get("/")
    assert set(browser.session.keys()) <= {
        "_auth_user_id",
        "_auth_user_backend",
        "_auth_user_hash",
        "membership",
        "jobs",
        "started",
        "seen",
        "proved",
        "_messages",
    }


def test_what_the_database_keeps_of_a_session_signs_nobody_in(cast):
    browser = Client()
    enters(browser)
    key = browser.session.session_key
    kept = {*Session.objects.values_list("session_key", flat=True)}
    kept |= {*OpenSession.objects.values_list("row", flat=True)}
    assert kept == {row_of(key)} and key not in kept
    for name, value in ((key, True), *((row, False) for row in kept)):
        thief = Client()
        thief.cookies["sessionid"] = name
        assert is_in(thief) is value


def test_what_a_session_holds_is_no_session_in_another_row(cast):
    """Written into the table by somebody who may write there."""
    hers, thief = Client(), Client()
    door.enter(hers, "hanh")
    thief.get("/sign-in/")
    door.knock(thief, "lan")
    content = Session.objects.get(pk=row_of(hers.session.session_key)).session_data
    Session.objects.filter(pk=row_of(thief.session.session_key)).update(session_data=content)
    assert hers.get("/").status_code == 200
    assert thief.get("/").status_code == 302


# -- two jobs


@pytest.fixture
def two_jobs(cast):
    return Membership.objects.create(
        user=cast.user("hanh"),
        organisation=cast.organisations["other_office"],
        team=cast.teams["other_office"],
        role=Role.SUPERVISOR,
    )


def test_who_has_two_jobs_chooses_one(cast, two_jobs):
    case = factories.case_opened(cast)
    browser = Client()
    assert enters(browser)["Location"] == "/sign-in/work/"
    assert not is_in(browser)  # the password alone opens nothing
    page = browser.get("/sign-in/work/").content.decode()
    assert str(two_jobs.uuid) in page and str(cast.memberships["hanh"].uuid) in page
    stranger = cast.memberships["tam"].uuid
    assert browser.post("/sign-in/work/", {"membership": stranger}).status_code == 200
    assert not is_in(browser)
    browser.post("/sign-in/work/", {"membership": two_jobs.uuid})
    assert not is_in(browser)  # and neither does the choice
    door.show_code(browser, "hanh")
    assert is_in(browser)
    assert browser.get(f"/cases/{case.uuid}/").status_code == 404
    assert AuditEvent.objects.latest("pk").membership_id == two_jobs.pk


def test_the_choice_does_not_wait_for_ever(cast, two_jobs):
    browser = Client()
    enters(browser)
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        answer = browser.post("/sign-in/work/", {"membership": two_jobs.uuid})
        assert answer["Location"] == "/sign-in/" and not is_in(browser)
    assert PENDING not in browser.session


def test_leaving_ends_a_half_open_door(cast, two_jobs):
    browser = Client()
    enters(browser)
    browser.post("/leave/")
    assert browser.get("/sign-in/work/").status_code == 302
    assert PENDING not in browser.session


def changes_over(browser, job):
    return browser.post("/work/", {"membership": str(job.uuid)})


def test_changing_over_prolongs_no_day(cast, sign_in, two_jobs):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        browser = two_jobs_in(cast)
        started, proved = browser.session[STARTED], browser.session[PROVED]
        clock.shift(timedelta(minutes=10))
        assert changes_over(browser, two_jobs)["Location"] == "/"
        assert browser.session["membership"] == two_jobs.pk
        assert (browser.session[STARTED], browser.session[PROVED]) == (started, proved)
        for _ in range((WHOLE_DAY - 600) // 800):
            clock.shift(timedelta(seconds=800))
            assert browser.post("/stay/").status_code == 204
        clock.shift(timedelta(seconds=801))
        assert not is_in(browser)


def two_jobs_in(cast):
    """Signed in with password and code, for the work in her own office."""
    browser = Client()
    enters(browser)
    browser.post("/sign-in/work/", {"membership": cast.memberships["hanh"].uuid})
    door.show_code(browser, "hanh")
    return browser


@pytest.mark.parametrize("shown", [False, True], ids=["password", "password twice"])
def test_where_only_the_other_job_asks_for_a_code_she_signs_in_anew(cast, shown):
    """A password that is shown again is no second factor."""
    other = Membership.objects.create(
        user=cast.user("quy"),
        organisation=cast.organisations["office"],
        team=cast.teams["office"],
        role=Role.SUPERVISOR,
    )
    browser = Client()
    door.knock(browser, "quy")
    browser.post("/sign-in/work/", {"membership": cast.memberships["quy"].uuid})
    if shown:
        assert browser.post("/prove/", {"password": PASSWORD}).status_code == 302
    assert browser.get("/account/").status_code == 200
    assert changes_over(browser, other)["Location"] == "/sign-in/"
    assert "membership" not in browser.session and browser.get("/account/").status_code == 302


# -- the end of a session


def test_idle_fifteen_minutes(cast, sign_in):
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        browser = sign_in("hanh")
        for _ in range(4):
            clock.shift(timedelta(seconds=IDLE - 1))
            assert is_in(browser)
        clock.shift(timedelta(seconds=IDLE + 61))
        assert not is_in(browser)
        clock.move_to(start + timedelta(minutes=1))
        assert not is_in(browser)  # a session that ended does not come back


def test_ten_hours_in_all(cast, sign_in):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        browser = sign_in("hanh")
        for _ in range(WHOLE_DAY // 800):
            clock.shift(timedelta(seconds=800))
            assert browser.post("/stay/").status_code == 204
        clock.shift(timedelta(seconds=1))
        assert not is_in(browser)


def test_staying_moves_the_idle_clock(cast, sign_in):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        browser = sign_in("hanh")
        clock.shift(timedelta(seconds=IDLE - 10))
        assert browser.post("/stay/").status_code == 204
        clock.shift(timedelta(seconds=IDLE - 10))
        assert is_in(browser)


@pytest.mark.parametrize(
    "end",
    [
        lambda cast: User.objects.filter(username="hanh").update(is_active=False),
        lambda cast: Membership.objects.filter(user__username="hanh").update(ends_on="2020-01-01"),
        lambda cast: Membership.objects.filter(user__username="hanh").update(
            starts_on="2999-01-01"
        ),
        lambda cast: Organisation.objects.filter(code="office").update(is_active=False),
        lambda cast: Team.objects.filter(pk=cast.teams["office"].pk).update(is_active=False),
        lambda cast: cast.user("hanh").set_password("another") or cast.user("hanh").save(),
    ],
    ids=["deactivated", "membership over", "not begun", "organisation", "team", "password"],
)
def test_an_end_counts_from_the_next_request(cast, sign_in, end):
    browser = sign_in("hanh")
    assert is_in(browser)
    end(cast)
    assert not is_in(browser)
    assert "membership" not in browser.session


def test_signing_out_and_leaving(cast, sign_in):
    for path, after in (("/sign-out/", "/sign-in/"), ("/leave/", "/weather/")):
        browser = sign_in("hanh")
        key = browser.session.session_key
        answer = browser.post(path)
        assert answer["Location"] == after
        assert answer["Clear-Site-Data"] == '"cache", "storage"'
        assert answer.cookies["last_person"].value == ""
        assert not is_in(browser)
        assert not Session.objects.filter(session_key=row_of(key)).exists()
    assert set(AuditEvent.objects.values_list("action", flat=True)) >= {"sign_out", "quick_exit"}


def test_leaving_works_for_anybody_and_by_button_only(cast):
    assert Client().post("/leave/").status_code == 302
    assert Client().get("/leave/").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/leave/")["Location"] == "/weather/"
    assert strict.post("/sign-out/").status_code == 403
    page = Client().get("/weather/").content.decode()
    assert "Đồng Hành" not in page and "sign-in" not in page


# -- locked doors

PUBLIC = {
    "sign_in",
    "choose_membership",
    "ask_code",
    "set_up_factor",
    "factor_picture",
    "factor_ready",
    "use_office_code",
    "choose_password",
    "ask_recovery",
    "sign_out",
    "quick_exit",
    "neutral_page",
    "set_language_choice",
    "session_ended",
    "home",
    "help",
    "licence",
    None,  # livez, readyz
}


def patterns(resolver=None):
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        else:
            yield from patterns(pattern)


def test_every_other_door_is_locked():
    open_doors = {
        pattern.name for pattern in patterns() if getattr(pattern.callback, "public", False)
    }
    assert open_doors == PUBLIC


def test_every_locked_page_asks_to_sign_in(cast):
    browser = Client()
    for pattern in patterns():
        if getattr(pattern.callback, "public", False):
            continue
        values = {
            "uuid": uuid4(),
            "offer": uuid4(),
            "code": "c",
            "flow": "case",
            "token": "t",
            "signal": "s",
            "paper": uuid4(),
            "link": uuid4(),
        }
        kwargs = {name: values[name] for name in pattern.pattern.converters}
        url = reverse(pattern.name, kwargs=kwargs)
        answer = browser.get(url)
        assert answer.status_code == 302 and answer["Location"].startswith("/sign-in/?next="), url
        assert browser.post(url).status_code == 401, url


# -- where to go after


@pytest.mark.parametrize(
    "path",
    ["https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil"]
    + ["javascript:alert(1)", "http:evil", "/no/such/page/", "", "/\n//evil.example", "cases/new/"]
    + ["http://testserver@evil.example/", "/%0d%0aLocation:%20//evil"],
)
def test_after_signing_in_nobody_is_sent_away(cast, path):
    answer = enters(Client(), next=path)
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_the_page_she_wanted_comes_after_the_door(cast):
    asked = Client().get("/cases/new/?draft=1")
    assert asked["Location"] == "/sign-in/?next=%2Fcases%2Fnew%2F"
    assert enters(Client(), next="/cases/new/")["Location"] == "/cases/new/"


@given(st.text(max_size=40))
def test_no_text_leads_outside(text):
    request = RequestFactory().get("/")
    found = safe_next(request, text)
    assert found == "/" or (found.startswith("/") and not found.startswith(("//", "/\\")))


# -- language


def test_the_language_is_hers_and_stays(cast, sign_in):
    browser = sign_in("hanh")
    answer = browser.post("/language/", {"language": "en", "next": "/"})
    assert answer["Location"] == "/" and answer.cookies["django_language"].value == "en"
    assert User.objects.get(username="hanh").language == "en"
    assert 'lang="en"' in browser.get("/").content.decode()
    other = Client()
    enters(other)
    assert 'lang="en"' in other.get("/").content.decode()


@pytest.mark.parametrize("language", ["fr", "", "en\r\nSet-Cookie: x=1", "../en", "xx" * 400])
def test_another_language_changes_nothing(cast, sign_in, language):
    browser = sign_in("hanh")
    answer = browser.post("/language/", {"language": language, "next": "//evil.example"})
    assert answer["Location"] == "/" and "django_language" not in answer.cookies
    assert User.objects.get(username="hanh").language == "vi"


def test_before_signing_in_the_language_can_be_chosen(cast):
    browser = Client()
    answer = browser.post("/language/", {"language": "en", "next": "/"})
    assert answer["Location"] == "/sign-in/"
    assert 'lang="en"' in browser.get("/sign-in/").content.decode()


# -- headers

PAGES = ["/", "/sign-in/", "/weather/", "/help/", "/licence/", "/no/such/page/", "/cases/new/"]
PAGES += ["/livez", "/session-ended/", "/cases/new"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("signed_in", [True, False])
def test_every_answer_is_private_and_strict(cast, sign_in, path, signed_in):
    browser = sign_in("hanh") if signed_in else Client()
    answer = browser.get(path)
    assert "no-store" in answer["Cache-Control"] and "private" in answer["Cache-Control"]
    policy = answer["Content-Security-Policy"]
    assert set(policy.split("; ")) == {
        "default-src 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    }
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    if answer.status_code == 200 and "html" in answer["Content-Type"]:
        assert answer["X-Frame-Options"] == "DENY"
        text = answer.content.decode()
        assert "<style" not in text and " style=" not in text and "onclick" not in text


def test_a_wrong_host_is_refused_and_not_stored(cast):
    answer = Client().get("/", headers={"host": "evil.example"})
    assert answer.status_code == 400 and "no-store" in answer["Cache-Control"]
    assert "evil.example" not in answer.content.decode()


def test_what_may_be_stored_says_so_itself():
    def static(request):
        return HttpResponse(headers={"Cache-Control": "max-age=60, public"})

    answer = PrivateResponses(static)(RequestFactory().get("/"))
    assert answer["Cache-Control"] == "max-age=60, public"


def test_cookies_are_out_of_reach_of_scripts(cast):
    answer = enters(Client())
    for name in ("sessionid", "last_person", "django_language"):
        assert answer.cookies[name]["httponly"] and answer.cookies[name]["samesite"] == "Lax"
    assert cast.user("hanh").username not in answer.cookies["last_person"].value


# -- refusals become pages


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound(), 404),
        (Forbidden("Only the case worker of this file may do this."), 403),
        (WrongState("This is not possible now."), 409),
        (AlreadyDone("Done.", who="Hạnh", when=timezone.now()), 409),
        (Invalid({"x": "Choose one."}), 400),
        (OperationalError("database is locked"), 503),
    ],
)
def test_each_refusal_has_its_page_and_loses_no_text(cast, error, status):
    request = RequestFactory().post("/x/", {"note": "Chị ấy kể", "csrfmiddlewaretoken": "t" * 32})
    request.actor = request.membership = None
    answer = Refusals(lambda request: None).process_exception(request, error)
    text = answer.content.decode()
    assert answer.status_code == status and "Chị ấy kể" in text and "t" * 32 not in text
    if isinstance(error, AlreadyDone):
        assert "Hạnh" in text
    assert "locked" not in text or status != 503


def test_other_errors_stay_errors():
    request = RequestFactory().get("/x/")
    for error in (ValueError("x"), OperationalError("disk full"), KeyError("x")):
        assert Refusals(lambda request: None).process_exception(request, error) is None


def test_an_unexpected_error_says_nothing(cast, sign_in, monkeypatch):
    browser = sign_in("hanh")
    browser.raise_request_exception = False

    def fails(*_args, **_kwargs):
        raise ValueError("Mây Trắng")

    monkeypatch.setattr("workflow.views.my_page", fails)
    answer = browser.get("/")
    assert answer.status_code == 500 and "Mây Trắng" not in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_the_actor_of_the_audit_ends_with_the_request(cast, sign_in):
    browser = sign_in("hanh")
    browser.get("/")
    assert audit.current_actor.get() is None


# -- once


def test_a_form_is_carried_out_once(cast, sign_in):
    browser, once = sign_in("hoa"), str(uuid4())
    lead = factories.lead_made(cast)
    url = f"/contacts/{lead.uuid}/informed/"
    assert browser.post(url, {"once": once}).status_code == 302
    second = browser.post(url, {"once": once})
    assert second.status_code == 409
    assert SentForm.objects.count() == 1


def test_a_form_that_was_refused_may_be_sent_again(cast, sign_in):
    browser, once = sign_in("hoa"), str(uuid4())
    lead = factories.lead_made(cast)
    data = {"once": once, "to": "nobody"}
    assert browser.post(f"/contacts/{lead.uuid}/hand-over/", data).status_code in (409, 422)
    assert not SentForm.objects.exists()


def test_once_opens_no_door(cast, sign_in):
    """The check runs behind the sign-in and the form's own token."""
    lead = factories.lead_made(cast)
    url, data = f"/contacts/{lead.uuid}/informed/", {"once": str(uuid4())}
    assert Client().post(url, data).status_code == 401
    assert sign_in("lan").post(url, data).status_code == 404
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = sign_in("hoa").cookies
    assert strict.post(url, data).status_code == 403
    assert factories.fresh(lead).state == "contact_made" and not SentForm.objects.exists()


# -- what a request costs


def test_the_door_costs_two_queries(cast, sign_in):
    browser = sign_in("hanh")
    browser.get("/stay/")
    counted = []
    with connections["default"].execute_wrapper(
        lambda execute, *args: (counted.append(args[0]), execute(*args))[1]
    ):
        browser.get("/stay/")  # 405: nothing of the page itself
    assert len(counted) == 2, counted
