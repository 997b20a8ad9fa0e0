"""Looks at every kind of page that the stories pass, and at those one link away.

A page is known by the name of its view (and its status, where something was refused). It is looked
at in Vietnamese, and in English in a tab beside it; again when it shows a part that it has not
shown before. Findings are gathered and told at the end of a story, all at once.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django.urls import Resolver404, resolve
from playwright.sync_api import BrowserContext, ConsoleMessage, Response
from playwright.sync_api import Page as Tab

LANGUAGES = ("vi", "en")
NARROW, PHONE_WIDTH, DESK_WIDTH = 320, 390, 1280
PAGE_BYTES = 6 * 1024  # a page without its static files, as it travels (ux.md)
ACTION_PIXELS = 44
AXE_OPTIONS = {
    "resultTypes": ["violations"],
    # WCAG 2.2 asks for it; axe leaves it off unless told.
    "rules": {"target-size": {"enabled": True}},
}

_TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""

# What stands outside the screen; what scrolls in a box of its own is at home there.
_SIDEWAYS = """() => {
  const page = document.scrollingElement;
  if (page.scrollWidth <= page.clientWidth) return [];
  const outside = [...document.body.querySelectorAll("*")]
    .filter((part) => part.getBoundingClientRect().right > page.clientWidth + 0.5)
    .filter((part) => !part.closest(".app-scroll"));
  const named = (part) => [part.tagName.toLowerCase(), ...part.classList].join(".");
  return outside.length ? outside.slice(-3).map(named) : ["the page"];
}"""

_SMALL_ACTIONS = """(least) => [...document.querySelectorAll(".govuk-button")]
  .filter((button) => button.checkVisibility())
  .filter((button) => Math.round(button.getBoundingClientRect().height) < least)
  .map((button) => `${button.textContent.trim()} (${button.getBoundingClientRect().height} px)`)"""

_PARTS = """() => [...new Set([...document.querySelectorAll("main, main *")].flatMap(
  (part) => [part.tagName.toLowerCase(), ...part.classList]))]"""

_LINKS = """() => [...document.querySelectorAll("a[href]:not([download])")]
  .map((link) => link.getAttribute("href"))"""


@dataclass(frozen=True)
class Finding:
    page: str
    rule: str
    where: str

    def __str__(self) -> str:
        return f"{self.page}: {self.rule}: {self.where}"


def view_name(path: str) -> str:
    try:
        return resolve(path.split("?")[0].split("#")[0]).view_name or "unnamed"
    except Resolver404:
        return "nowhere"


class Inspector:
    def __init__(self, base: str, pictures: Path, server_log: Path) -> None:
        self.base, self.pictures, self.server_log = base, pictures, server_log
        self.axe = Axe()
        self.parts: dict[str, set[str]] = {}
        self.visited: set[str] = set()
        self._findings: dict[Finding, None] = {}
        self._log_read = 0

    # -- what is told at the end

    def add(self, page: str, rule: str, places: Iterable[str]) -> None:
        for where in places:
            self._findings[Finding(page, rule, re.sub(r"\s+", " ", where)[:300])] = None

    def findings(self) -> list[Finding]:
        """Everything since the last time this was asked."""
        lines = self.server_log.read_text().splitlines()
        self.add("server", "error", [x for x in lines[self._log_read :] if '"level": "error"' in x])
        self._log_read = len(lines)
        found, self._findings = list(self._findings), {}
        return found

    # -- what the browser complains about by itself

    def listen(self, context: BrowserContext) -> None:
        context.add_init_script(_TELL_VIOLATIONS)
        context.on("console", self._said)
        context.on(
            "weberror",
            lambda error: self.add("script", "error", [str(error.error)]),
        )

    def _said(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        address = message.location.get("url", "")
        if "Failed to load resource" in message.text and address == self._address(message):
            return  # the refusal of a page itself, which the story expects
        self.add(view_name(address.removeprefix(self.base)), "console", [message.text])

    def _address(self, message: ConsoleMessage) -> str:
        return message.page.url if message.page is not None else ""

    # -- looking

    def look(self, tab: Tab, response: Response) -> None:
        """At the page in this tab, and at pages it links to that nobody has seen."""
        name = self._name(tab, response)
        self._weigh(name, response)
        parts = set(tab.evaluate(_PARTS))
        known = self.parts.get(name)
        if known is None or parts - known:
            self.parts[name] = (known or set()) | parts
            self.check(tab, name, "vi")
            if known is None:
                self._in_english(tab, name, response)
        self._look_around(tab)

    def _name(self, tab: Tab, response: Response) -> str:
        if response.status in (401, 403, 404, 409):
            return f"refused-{response.status}"
        name = view_name(tab.url.removeprefix(self.base))
        # Several questions under one address tell in a hidden field which they ask.
        asked = tab.locator('main form input[type="hidden"][name="page"]')
        if asked.count():
            name += f"-{asked.first.get_attribute('value')}"
        return name if response.status == 200 else f"{name}-{response.status}"

    def _weigh(self, name: str, response: Response) -> None:
        size = response.request.sizes()["responseBodySize"]
        if size > PAGE_BYTES:
            self.add(name, f"heavier than {PAGE_BYTES // 1024} KB", [f"{size} bytes"])

    def _in_english(self, tab: Tab, name: str, response: Response) -> None:
        with _english(tab.context, self.base):
            if response.request.method == "GET":
                beside = tab.context.new_page()
                beside.set_viewport_size(tab.viewport_size or {"width": PHONE_WIDTH, "height": 844})
                self._open_beside(beside, name, tab.url, "en", response.status)
                beside.close()
                return
            # The answer to a form that was not carried out: the same form sent again.
            again = tab.reload()
            if again is None or again.status != response.status:
                self.add(name, "answers otherwise in English", [str(again and again.status)])
            else:
                self.check(tab, name, "en")
        tab.reload()

    def _look_around(self, tab: Tab) -> None:
        for address in tab.evaluate(_LINKS):
            if not address.startswith("/"):
                continue
            name = view_name(address)
            if name in self.visited or any(key.split("-")[0] == name for key in self.parts):
                continue
            self.visited.add(name)
            self._visit(tab.context, name, address)

    def _visit(self, context: BrowserContext, name: str, address: str) -> None:
        beside = context.new_page()
        beside.set_viewport_size({"width": PHONE_WIDTH, "height": 844})
        response = beside.goto(self.base + address)
        if response is not None and response.status == 200:
            self.look(beside, response)
        else:
            self.add(name, "a link leads to a refusal", [f"{response and response.status}"])
        beside.close()

    def _open_beside(self, tab: Tab, name: str, url: str, language: str, status: int) -> None:
        response = tab.goto(url)
        if response is None or response.status != status or tab.url != url:
            self.add(name, "answers otherwise in English", [f"{response and response.status}"])
            return
        self.check(tab, name, language)

    def check(self, tab: Tab, name: str, language: str, *, picture: bool = True) -> None:
        """Widths from narrow to wide; the tab gets its own width back."""
        page = f"{name} [{language}]"
        own = tab.viewport_size
        if tab.locator("html").get_attribute("lang") != language:
            self.add(page, "language", ["the page is in another one"])
        for width in (NARROW, DESK_WIDTH, PHONE_WIDTH):
            tab.set_viewport_size({"width": width, "height": 844})
            self.add(page, f"wider than {width} px", tab.evaluate(_SIDEWAYS))
            if picture and width != NARROW:
                self._picture(tab, f"{name}-{language}-{width}")
        self.add(
            page, f"action under {ACTION_PIXELS} px", tab.evaluate(_SMALL_ACTIONS, ACTION_PIXELS)
        )
        for violation in self.axe.run(tab, options=AXE_OPTIONS).response["violations"]:
            self.add(page, f"axe {violation['id']}", map(_node, violation["nodes"]))
        if own:
            tab.set_viewport_size(own)

    def _picture(self, tab: Tab, name: str) -> None:
        # Playwright would hide the caret with an inline style, which the CSP reports.
        tab.screenshot(path=self.pictures / f"{name}.png", full_page=True, caret="initial")


def _node(node: dict[str, Any]) -> str:
    return f"{' '.join(map(str, node['target']))} {node['html']}"


class _english:
    """The language cookie, as the page's own switch sets it; back to Vietnamese afterwards."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.context, self.base = context, base

    def __enter__(self) -> None:
        self._set("en")

    def __exit__(self, *error: object) -> None:
        self._set("vi")

    def _set(self, language: str) -> None:
        self.context.add_cookies([{"name": "django_language", "value": language, "url": self.base}])
