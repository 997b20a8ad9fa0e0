"""A person with a browser: she opens pages, fills in forms that stand there, presses buttons."""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import mechanicalsoup
from bs4 import BeautifulSoup, Tag

CODE_PAGE = "/sign-in/code/"
Values = Mapping[str, str | Iterable[str]]


class Surprise(Exception):
    """Something was not as the story says."""


@dataclass
class Page:
    status: int
    path: str
    soup: BeautifulSoup

    @property
    def text(self) -> str:
        main = self.soup.find("main")
        return re.sub(r"\s+", " ", (main or self.soup).get_text(" ")).strip()

    def has(self, words: str) -> bool:
        return words in self.text

    def link(self, pattern: str) -> str:
        """The first address on the page that fits the pattern."""
        for anchor in self.soup.find_all("a", href=True):
            if re.search(pattern, str(anchor["href"])):
                return str(anchor["href"])
        raise Surprise(f"no link {pattern} on {self.path}")

    def link_named(self, words: str) -> str:
        """The address behind these words, or behind a link that begins with them."""
        for anchor in self.soup.find_all("a", href=True):
            if re.sub(r"\s+", " ", anchor.get_text(" ")).strip().startswith(words):
                return str(anchor["href"])
        raise Surprise(f"no link “{words}” on {self.path}")

    def link_beside(self, words: str, pattern: str) -> str:
        """The address fitting ``pattern`` in the same card or row as these words."""
        for anchor in self.soup.find_all("a", href=re.compile(pattern)):
            card = anchor.find_parent(class_="govuk-summary-card") or anchor.find_parent(
                ["li", "tr"]
            )
            if card is not None and words in card.get_text(" "):
                return str(anchor["href"])
        raise Surprise(f"nothing beside “{words}” on {self.path}")

    def errors(self) -> str:
        summary = self.soup.find(class_="govuk-error-summary")
        return re.sub(r"\s+", " ", summary.get_text(" ")).strip() if summary else ""


def names_in(part: Tag, kind: str = "") -> set[str]:
    """Names of the fields (of this kind) inside."""
    return {str(field["name"]) for field in part.select(f"{kind}[name]")}


class Person:
    def __init__(
        self, name: str, base: str, password: str, wait: Callable[[int], None] = time.sleep
    ) -> None:
        """``wait`` lets so many seconds go by, when every code of this moment was used."""
        self.name, self.base, self._password, self._wait = name, base, password, wait
        self.browser = self._new()

    def _new(self) -> mechanicalsoup.StatefulBrowser:
        browser = mechanicalsoup.StatefulBrowser(soup_config={"features": "html.parser"})
        browser.session.headers["Accept-Language"] = "vi"
        return browser

    def _page(self, response: Any) -> Page:
        path = str(response.url).removeprefix(self.base)
        return Page(response.status_code, path, response.soup)

    def sign_in(self) -> Page:
        self.browser = self._new()
        self.browser.open(f"{self.base}/sign-in/")
        self.browser.select_form('main form[method="post"]')
        self.browser["username"] = self.name
        self.browser["password"] = self._password
        page = self.show_code(self._page(self.browser.submit_selected()))
        if page.path.startswith("/sign-in") or page.status != 200:
            raise Surprise(f"{self.name} cannot sign in: {page.status} {page.errors()}")
        return page

    def show_code(self, page: Page) -> Page:
        """The second question of the door, answered with what the demonstration shows."""
        for _ in range(3):
            if page.path != CODE_PAGE or page.soup.find(id="id_code") is None:
                return page  # inside; or her kept text, which the door answers with itself
            shown = page.soup.find(id="demo-code")
            if shown is None:
                self._wait(31)
                page = self._reload(page)
                continue
            page = self._submit(page, {"code": shown.get_text().strip()}, "")
        return page

    def _reload(self, page: Page) -> Page:
        return self._page(self.browser.open(self.base + page.path))

    def open(self, path: str) -> Page:
        """A page as she sees it; when her session is over she signs in again."""
        page = self._page(self.browser.open(self.base + path))
        if page.path.startswith("/sign-in"):
            self.sign_in()
            page = self._page(self.browser.open(self.base + path))
        return page

    def send(self, path: str, values: Values | None = None, to: str = "") -> Page:
        """Open ``path``, fill in the form there with these fields (or leading ``to``), send it."""
        page = self.open(path)
        if page.status != 200:
            raise Surprise(f"{self.name} gets {page.status} at {path}")
        return self._submit(page, values or {}, to)

    def submit(self, page: Page, values: Values | None = None, to: str = "") -> Page:
        """Send the form on the page that she has open in a tab, however old it is by now."""
        self.browser.open_fake_page(str(page.soup), url=self.base + page.path)
        return self._submit(page, values or {}, to)

    def _submit(self, page: Page, values: Values, to: str) -> Page:
        number = self._form_number(page, values, to)
        self.browser.select_form(nr=number)
        form = self.browser.form
        for name, value in values.items():
            if isinstance(value, str):
                form.set(name, value)
            else:
                self._tick(form.form, name, set(value))
        buttons = form.form.find_all("button", class_="govuk-button")
        # A secondary button looks at something first; what the form is for stands out.
        main = [item for item in buttons if "govuk-button--secondary" not in item["class"]]
        form.choose_submit((main or buttons or [None])[0])
        return self._page(self.browser.submit_selected())

    def _form_number(self, page: Page, values: Values, to: str) -> int:
        forms = page.soup.find_all("form")
        for number, form in enumerate(forms):
            if str(form.get("method", "")).lower() != "post" or form.find_parent("main") is None:
                continue
            target = str(form.get("action") or page.path)
            names = names_in(form)
            if to and not re.search(to, target):
                continue
            if set(values) <= names:
                return number
        raise Surprise(f"{self.name}: no form with {sorted(values)} {to} at {page.path}")

    def _tick(self, form: Tag, name: str, wanted: set[str]) -> None:
        boxes = form.find_all("input", attrs={"name": name, "type": "checkbox"})
        known = {str(box.get("value")) for box in boxes}
        if wanted - known:
            raise Surprise(f"{self.name}: {name} does not offer {wanted - known}")
        for box in boxes:
            if str(box.get("value")) in wanted:
                box["checked"] = ""
            elif box.has_attr("checked"):
                del box["checked"]

    def walk(self, path: str, answers: Values) -> Page:
        """Short forms one after the other: answer what each asks, until another page shows."""
        page = self.open(path)
        for _ in range(20):
            if page.status not in (200, 422):
                raise Surprise(f"{self.name} gets {page.status} at {path}")
            if page.errors():
                raise Surprise(f"{self.name} at {path}: {page.errors()}")
            if page.path != path:
                return page
            main = page.soup.find("main") or page.soup
            names, hidden = names_in(main), names_in(main, 'input[type="hidden"]')
            here = {name: value for name, value in answers.items() if name in names - hidden}
            page = self._submit(page, here, "")
        raise Surprise(f"{self.name}: {path} does not end")
