"""In and out: sign-in by keyboard, another language, the quick exit, a session that ends."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from config.demo.world import DUY_TIEN
from config.demo_check import work
from config.demo_check.journey import Journey
from tests.browser.keyboard import Keyboard
from tests.browser.person import BrowserPerson

pytestmark = pytest.mark.browser

TYPED = "Đến chỗ chị Hoa trước khi trời tối."


@pytest.fixture
def case(over_http: Journey) -> str:
    """An open file of Tâm's, whose client is called Mận."""
    path = work.open_case(over_http, "tam", "Mận", DUY_TIEN)
    work.agree_to_file(over_http, "tam", path)
    return path


def test_doors_that_nobody_signs_in_for(person: Callable[..., BrowserPerson]) -> None:
    visitor = person("nobody")
    for path in ("/sign-in/", "/session-ended/", "/weather/", "/help/", "/licence/"):
        assert visitor.go(path).status == 200
    assert visitor.go("/nowhere/").status == 404
    refused = visitor.go("/sign-in/") and visitor.sign_in_here()
    assert refused.errors()
    assert visitor.go("/cases/").path.startswith("/sign-in/?next=")


def test_two_places_of_work(person: Callable[..., BrowserPerson]) -> None:
    toan = person("toan")
    toan.go("/sign-in/")
    page = toan.sign_in_here()
    assert page.path == "/sign-in/work/"
    assert toan.go("/").path.startswith("/sign-in/"), "a password alone is no session"
    page = toan.go("/sign-in/work/")
    chosen = page.soup.select_one('label:-soup-contains("Phòng khám") input')
    page = toan.show_code(toan.submit(page, {chosen["name"]: chosen["value"]}))
    assert (page.status, page.path) == (200, "/")
    assert "Phòng khám" in page.soup.find(class_="app-header__who").get_text()


def test_the_language_switch(person: Callable[..., BrowserPerson]) -> None:
    visitor = person("yen", inspected=False)
    for path, status in (("/sign-in/", 200), (f"/cases/{uuid4()}/", 404)):
        if status == 404:
            visitor.sign_in()
        for language in ("en", "vi"):
            visitor.go(path)
            page = visitor.press(visitor.tab.locator(f'.app-language [value="{language}"]'))
            assert (page.status, page.path) == (status, path)
            assert page.soup.html["lang"] == language
            assert page.has("not found" if status == 404 else "Sign in") is (language == "en")


def test_sign_in_by_keyboard(person: Callable[..., BrowserPerson]) -> None:
    tam = person("tam", inspected=False)
    tam.go("/sign-in/")
    keys = Keyboard(tam.tab)
    keys.to(tam.tab.locator(".govuk-skip-link"))
    assert keys.steps == 1, "the skip link is not the first stop"
    keys.to(tam.tab.locator("#id_username"))
    tam.tab.keyboard.type("tam")
    keys.to(tam.tab.locator("#id_password"))
    tam.tab.keyboard.type(tam.secret)
    keys.to(tam.tab.locator("main form button.govuk-button"))
    with tam.tab.expect_navigation():
        tam.tab.keyboard.press("Enter")
    assert tam.here == "/sign-in/code/"
    keys.to(tam.tab.locator("#id_code"))
    tam.tab.keyboard.type(tam.tab.locator("#demo-code").inner_text())
    with tam.tab.expect_navigation():
        tam.tab.keyboard.press("Enter")
    assert tam.here == "/"
    assert not keys.unseen, f"focus cannot be seen on {keys.unseen}"


@pytest.mark.parametrize("way", ["shift three times", "button"])
def test_the_quick_exit(way: str, case: str, person: Callable[..., BrowserPerson]) -> None:
    tam = person("tam", inspected=False)
    assert tam.open(case).has("Mận")
    with tam.tab.expect_navigation(url="**/weather/"):
        if way == "button":
            tam.tab.locator("#quick-exit button").click()
        else:
            for _ in range(3):
                tam.tab.keyboard.press("Shift")
    page = tam.read()
    assert "Chương trình" not in page.soup.get_text()
    assert tam.go(case).path.startswith("/sign-in/"), "the session goes on"
    for _ in range(3):
        tam.tab.go_back()
        assert "Mận" not in tam.tab.content(), "the back button shows the file"


def test_shift_in_between_words_does_not_leave(
    case: str, person: Callable[..., BrowserPerson]
) -> None:
    tam = person("tam", inspected=False)
    tam.open(f"{case}safety-plan/")
    box = tam.tab.locator("main form textarea")
    box.focus()
    for letter in "ĐVN":
        tam.tab.keyboard.press("Shift")
        tam.tab.keyboard.type(letter)
    assert tam.here == f"{case}safety-plan/"
    assert box.input_value() == "ĐVN"


def test_the_idle_dialog_keeps_the_text(case: str, person: Callable[..., BrowserPerson]) -> None:
    tam = person("tam", inspected=False)
    tam.sign_in()
    tam.tab.clock.install()
    tam.open(f"{case}safety-plan/")
    box, dialog = tam.tab.locator("main form textarea"), tam.tab.locator("#idle-dialog")
    box.fill(TYPED)
    tam.tab.clock.fast_forward("12:30")
    assert not dialog.is_visible(), "the warning comes too early"
    tam.tab.clock.fast_forward("00:40")
    dialog.wait_for(state="visible")
    with tam.tab.expect_response("**/stay/"):
        tam.tab.locator("#idle-stay").click()
    assert not dialog.is_visible()
    assert box.input_value() == TYPED

    with tam.tab.expect_navigation(url=f"**{case}safety-plan/") as going:
        tam.tab.clock.fast_forward("15:10")
    page = tam.arrived(going.value)
    assert page.status == 401
    assert TYPED not in tam.tab.content(), "the text stands open on a screen nobody watches"
    page = tam.sign_in_here()
    assert page.has(TYPED)
    page = tam.submit(page)
    assert page.status == 200
    assert tam.open(f"{case}safety-plan/").has(TYPED)


def test_a_session_that_ended_while_typing(
    case: str, server: object, over_http: Journey, person: Callable[..., BrowserPerson]
) -> None:
    tam = person("tam")
    typing = tam.open(f"{case}safety-plan/")
    over_http.later(minutes=20)
    page = tam.submit(typing, {"text": TYPED})
    assert page.status == 401
    assert tam.sign_in_here().has(TYPED)
    page = tam.submit(tam.seen)
    assert page.status == 200
    assert tam.open(f"{case}safety-plan/").has(TYPED)


def test_kept_text_is_for_nobody_else(
    case: str, over_http: Journey, person: Callable[..., BrowserPerson]
) -> None:
    tam = person("tam", inspected=False)
    typing = tam.open(f"{case}safety-plan/")
    over_http.later(minutes=20)
    assert tam.submit(typing, {"text": TYPED}).status == 401
    page = tam.sign_in_here("yen")
    assert TYPED not in tam.tab.content()
    assert not page.has("Mận")
