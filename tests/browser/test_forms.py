"""Forms under the thumb: errors that lead to their boxes, impatient presses, two at one step, no
script, no mouse."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from config.demo.world import DUY_TIEN
from config.demo_check import work
from config.demo_check.journey import Journey
from tests.browser.keyboard import Keyboard
from tests.browser.person import BrowserPerson

pytestmark = pytest.mark.browser

STATION = "Trạm Y tế phường Duy Tiên"


@pytest.fixture
def case(over_http: Journey) -> str:
    path = work.open_case(over_http, "tam", "Mơ", DUY_TIEN)
    work.agree_to_file(over_http, "tam", path)
    return path


@pytest.fixture
def slip(over_http: Journey, case: str) -> str:
    """A slip that the station has seen and not answered yet."""
    work.screen(over_http, "tam", case, {"C5": "yes", "C1h": "yes", "H1": "yes"})
    work.finish_screening(over_http, "tam", case)
    work.plan(over_http, "tam", "bich", case, [("Khỏi bệnh", "H-STI")])
    sent = work.refer(
        over_http, "tam", case, "H-STI", STATION, ["identity.alias", "health.concern"],
        {"health.concern": "Muốn được khám"},
    )  # fmt: skip
    work.receive(over_http, "ngoc", sent)
    return sent


def test_the_error_summary_leads_to_the_boxes(person: Callable[..., BrowserPerson]) -> None:
    cuc = person("cuc")
    page = cuc.send("/contacts/new/?all=1")
    assert page.status == 422
    assert page.soup.title.get_text().strip().startswith("Lỗi:")
    expect(cuc.tab.locator(".govuk-error-summary")).to_be_focused()
    links = cuc.tab.locator(".govuk-error-summary a").all()
    assert links
    for link in links:
        link.click()
        target = cuc.tab.locator(f'[id="{(link.get_attribute("href") or "")[1:]}"]')
        expect(target).to_be_focused()
        expect(target).to_be_in_viewport()
        described = target.evaluate(
            "box => (box.closest('.govuk-form-group--error') || {}).textContent || ''"
        )
        assert described, "the field itself does not repeat its error"


def _plans(tam: BrowserPerson, case: str, text: str) -> int:
    return tam.open(f"{case}safety-plan/").text.count(text)


@pytest.mark.parametrize("scripts", [True, False], ids=["with script", "without"])
def test_two_presses_send_once(
    scripts: bool, case: str, person: Callable[..., BrowserPerson]
) -> None:
    tam = person("tam", inspected=False, scripts=scripts)
    tam.open(f"{case}safety-plan/")
    sent: list[str] = []
    tam.tab.on("request", lambda made: sent.append(made.url) if made.method == "POST" else None)
    form = tam.tab.locator("main form")
    tam.fill(form, {"text": "Gọi em gái, số ở trong ví."})
    form.locator("button.govuk-button").dblclick(no_wait_after=True)
    # Without script the second press gives up waiting for the first answer.
    expect(tam.tab.locator("main textarea:not([readonly])")).to_have_count(0)
    tam.tab.wait_for_load_state()
    if scripts:
        assert len(sent) == 1, sent
    assert _plans(tam, case, "Gọi em gái, số ở trong ví.") == 1


def test_two_at_one_step(slip: str, person: Callable[..., BrowserPerson]) -> None:
    path = f"/referrals/{slip}/"
    lan, ngoc = person("lan"), person("ngoc")
    first, second = lan.open(f"{path}accept/"), ngoc.open(f"{path}accept/")
    page = lan.submit(first, {"note": "Mời đến sáng thứ hai"})
    assert (page.status, page.path) == (200, path)
    late = ngoc.submit(second, {"note": "Tôi cũng muốn nhận"})
    assert late.status == 409
    assert late.has("Phạm Thị Lan"), "the second is not told who was first"
    assert ngoc.tab.locator("textarea[readonly]").input_value() == "Tôi cũng muốn nhận"
    assert not ngoc.open(path).has("Tôi cũng muốn nhận")


def test_a_form_by_keyboard(person: Callable[..., BrowserPerson]) -> None:
    cuc = person("cuc", inspected=False)
    cuc.open("/contacts/new/")
    keys = Keyboard(cuc.tab)
    for answer in ("no", "", "outreach", ""):
        if answer:
            keys.choose(cuc.tab.locator(f'main form input[type="radio"][value="{answer}"]'))
        keys.to(cuc.tab.locator("main form button.govuk-button").first)
        with cuc.tab.expect_navigation():
            cuc.tab.keyboard.press("Enter")
        if cuc.tab.locator("main form").count() == 0:
            break
        assert not cuc.tab.locator(".govuk-error-summary").count()
    assert cuc.tab.locator("main form").count() == 0, "the form does not end"
    assert not keys.unseen, f"focus cannot be seen on {keys.unseen}"


def test_part_of_a_journey_without_script(case: str, person: Callable[..., BrowserPerson]) -> None:
    tam = person("tam", scripts=False)
    tam.sign_in()
    assert tam.open(case).has("Mơ")
    overview = tam.open(f"{case}screening/")
    section = overview.link(r"/screening/b/$")
    page = tam.open(section)
    name = page.soup.select_one('main form input[type="radio"]')["name"]
    page = tam.submit(page, {name: "no"})
    assert page.status == 200 and page.path != section
    kept = tam.open(section).soup.select_one(f'input[name="{name}"][checked]')
    assert kept["value"] == "no"
    page = tam.press(tam.tab.locator('form[action="/sign-out/"] button').first)
    assert page.path == "/sign-in/"
    assert tam.go(case).path.startswith("/sign-in/?next=")
