"""The people of the stories at a real screen: they see what Chromium shows, fill in the boxes that
stand there and press the buttons."""

import time
from collections.abc import Callable

from bs4 import BeautifulSoup
from playwright.sync_api import Browser, BrowserContext, Locator, Response, Route
from playwright.sync_api import Page as Tab

from config.demo_check.people import Page, Person, Surprise, Values
from tests.browser.inspector import Inspector

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


class BrowserPerson(Person):
    """A ``Person`` whose pages come from Chromium, looked at by an inspector on the way."""

    def __init__(
        self,
        name: str,
        base: str,
        password: str,
        chromium: Browser,
        inspector: Inspector | None = None,
        *,
        screen: dict[str, int] = PHONE,
        scripts: bool = True,
        wait: Callable[[int], None] = time.sleep,
    ) -> None:
        self.chromium, self.inspector = chromium, inspector
        self.screen, self.scripts = screen, scripts
        self.context: BrowserContext | None = None
        super().__init__(name, base, password, wait)

    def _new(self) -> BrowserContext:
        """A browser that was never used."""
        self.close()
        self.context = self.chromium.new_context(
            locale="vi-VN", viewport=self.screen, java_script_enabled=self.scripts
        )
        if self.inspector is not None and self.scripts:
            self.inspector.listen(self.context)
        self.tab: Tab = self.context.new_page()
        return self.context

    def close(self) -> None:
        if self.context is not None:
            self.context.close()

    @property
    def secret(self) -> str:
        return self._password

    # -- what the stories ask of a person

    def sign_in(self) -> Page:
        self.browser = self._new()
        self.go("/sign-in/")
        page = self.sign_in_here()
        if page.path.startswith("/sign-in") or page.status != 200:
            raise Surprise(f"{self.name} cannot sign in: {page.status} {page.errors()}")
        return page

    def sign_in_here(self, name: str = "") -> Page:
        """On the page that asks for it, wherever that is."""
        values = {"username": name or self.name, "password": self._password}
        return self.show_code(self._submit(self.seen, values, ""))

    def _reload(self, page: Page) -> Page:
        return self.go(page.path)

    def open(self, path: str) -> Page:
        page = self.go(path)
        if page.path.startswith("/sign-in"):
            self.sign_in()
            page = self.go(path)
        return page

    def go(self, path: str) -> Page:
        """The address as it is, also when it asks to sign in."""
        return self.arrived(self.tab.goto(self.base + path))

    def submit(self, page: Page, values: Values | None = None, to: str = "") -> Page:
        if page is not self.seen:
            self._turn_back_to(page)
        return self._submit(page, values or {}, to)

    def _turn_back_to(self, page: Page) -> None:
        """To a page as it was when she had it before her, not as it would be asked for now."""

        def from_memory(route: Route) -> None:
            route.fulfill(content_type="text/html; charset=utf-8", body=str(page.soup))

        address = self.base + page.path
        self.tab.route(lambda url: url == address, from_memory, times=1)
        self.tab.goto(address)
        self.seen = page

    def press(self, button: Locator) -> Page:
        """Press what leads to another page."""
        with self.tab.expect_navigation() as going:
            button.click()
        return self.arrived(going.value)

    def _submit(self, page: Page, values: Values, to: str) -> Page:
        if page.path != self.here:
            raise Surprise(f"{self.name} has left {page.path} for {self.here}")
        form = self.tab.locator("form").nth(self._form_number(page, values, to))
        self.fill(form, values)
        # A secondary button looks at something first; what the form is for stands out.
        buttons = form.locator("button.govuk-button:not(.govuk-button--secondary)")
        if not buttons.count():
            buttons = form.locator("button.govuk-button")
        return self.press((buttons if buttons.count() else form.locator("button")).first)

    # -- boxes

    def fill(self, form: Locator, values: Values) -> None:
        folded = form.locator("xpath=ancestor::details[not(@open)]/summary")
        if folded.count():
            folded.first.click()
        for name, value in values.items():
            boxes = form.locator(f'[name="{name}"]:not([type="hidden"])')
            if not boxes.count():
                raise Surprise(f"{self.name}: nobody can fill in {name} at {self.here}")
            if not isinstance(value, str):
                self._tick_shown(boxes, name, set(value))
                continue
            kind = boxes.first.evaluate("box => box.type")
            if kind == "radio":
                form.locator(f'[name="{name}"][value="{value}"]').check()
            elif kind == "select-one":
                boxes.first.select_option(value)
            else:
                boxes.first.fill(value)

    def _tick_shown(self, boxes: Locator, name: str, wanted: set[str]) -> None:
        shown = {str(box.get_attribute("value")): box for box in boxes.all()}
        if wanted - set(shown):
            raise Surprise(f"{self.name}: {name} does not offer {wanted - set(shown)}")
        for value, box in shown.items():
            box.set_checked(value in wanted)

    # -- pages

    @property
    def here(self) -> str:
        return self.tab.url.split("#")[0].removeprefix(self.base)

    def arrived(self, response: Response | None) -> Page:
        if response is None:
            raise Surprise(f"{self.name}: {self.here} did not answer")
        self.seen = self.read(response.status)
        if self.inspector is not None and self.scripts:
            self.inspector.look(self.tab, response)
        return self.seen

    def read(self, status: int = 200) -> Page:
        """The screen as it stands now."""
        return Page(status, self.here, BeautifulSoup(self.tab.content(), "html.parser"))
