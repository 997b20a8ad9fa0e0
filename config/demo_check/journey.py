"""A story in steps, and after each step the question: who sees it now, and who does not?"""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from config.demo_check.people import Page, Person, Surprise
from config.demo_check.server import Server
from services import loading
from services.clocks import VIET_NAM

# One of each role, and strangers: the people who look after every step.
WATCHERS = (
    "hanh", "tam", "bich", "hoa", "lan", "thu", "minh", "dung", "van", "phuong", "quy", "an", "yen",
    "kien", "loan", "xuan",
)  # fmt: skip


@dataclass
class Watched:
    """A page of the story: who may see it, which words on it are a person's, who may read those."""

    path: str
    seen_by: set[str]
    name: str


@dataclass
class Row:
    number: int
    who: str
    what: str
    seen_by: str
    checks: int
    surprise: str = ""


@dataclass
class Journey:
    server: Server
    make: Callable[[str], Any]
    title: str
    secret: tuple[str, ...] = ()
    readers: set[str] = field(default_factory=set)
    watchers: tuple[str, ...] = WATCHERS
    looks: bool = True  # the browser tells the same stories without everybody looking on
    watched: dict[str, Watched] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    people: dict[str, Any] = field(default_factory=dict)
    lookers: dict[str, Person] = field(default_factory=dict)
    checks: int = 0

    # -- people

    def __call__(self, name: str) -> Any:
        """The one who acts."""
        if name not in self.people:
            self.people[name] = self.make(name)
            self.people[name].sign_in()
        return self.people[name]

    def looker(self, name: str) -> Person:
        """The same account in another browser, only to look."""
        if name not in self.lookers:
            self.lookers[name] = self.server.person(name)
            self.lookers[name].sign_in()
        return self.lookers[name]

    # -- steps

    @contextmanager
    def step(self, who: str, what: str) -> Iterator[None]:
        """One step; after it everybody looks. A surprise stands in the table and ends the story."""
        row = Row(len(self.rows) + 1, who, what, "", 0)
        self.rows.append(row)
        before = self.checks
        try:
            yield
            if self.looks:
                self._everybody_looks()
        except Surprise as surprise:
            row.surprise = str(surprise)
            raise
        finally:
            row.checks = self.checks - before
            row.seen_by = "; ".join(
                f"{item.name}: {','.join(sorted(item.seen_by)) or '–'}"
                for item in self.watched.values()
            )

    def watch(self, name: str, path: str, seen_by: Iterable[str]) -> None:
        """From now on this page opens for these people and for nobody else."""
        self.watched[name] = Watched(path.split("?")[0], set(seen_by), name)

    def now_seen_by(self, name: str, seen_by: Iterable[str]) -> None:
        self.watched[name].seen_by = set(seen_by)

    def _everybody_looks(self) -> None:
        acting = {name for item in self.watched.values() for name in item.seen_by}
        for name in sorted({*self.watchers, *acting}):
            person = self.looker(name)
            for item in self.watched.values():
                page = person.open(item.path)
                may = name in item.seen_by
                self.expect(
                    (page.status == 200) == may,
                    f"{name} gets {page.status} at the {item.name}; may see it: {may}",
                )
                if not may:
                    self.expect(page.status == 404, f"{name} is told more than “not found”")
                    self._says_nothing(name, page)
            if name not in self.readers:
                self._says_nothing(name, person.open("/"))

    def _says_nothing(self, name: str, page: Page) -> None:
        if name in self.readers:
            return
        for word in self.secret:
            self.expect(
                re.search(rf"\b{re.escape(word)}\b", page.text) is None,
                f"{name} reads a word of the client at {page.path}",
            )

    def expect(self, right: bool, otherwise: str) -> None:
        self.checks += 1
        if not right:
            raise Surprise(otherwise)

    def ends_at(self, page: Page, pattern: str) -> Page:
        """The page that an action leads to; anything else is a surprise, with its errors."""
        self.expect(
            page.status == 200 and re.search(pattern, page.path) is not None,
            f"led to {page.path} ({page.status}) {page.errors()}",
        )
        return page

    def refused(self, page: Page, status: int) -> None:
        self.expect(page.status == status, f"{page.path} answers {page.status}, not {status}")

    def eventually(self, what: str, ask: Callable[[], bool], seconds: float = 30) -> None:
        """The runner works beside the server; give it a moment."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if ask():
                self.checks += 1
                return
            time.sleep(0.3)
        raise Surprise(f"did not happen: {what}")

    def has_task(self, name: str, path: str) -> bool:
        """Whether her list leads to this page."""
        return any(
            str(anchor["href"]) == path
            for anchor in self.looker(name).open("/").soup.find_all("a", href=True)
        )

    # -- time

    def later(self, **delta: float) -> None:
        """Time passes; everybody signs in again when it was long."""
        self.server.jump(**delta)

    def today(self) -> date:
        return self.server.now().astimezone(VIET_NAM).date()

    def day(self, name: str, days: int) -> dict[str, str]:
        """Three boxes of a date field."""
        day = self.today() + timedelta(days=days)
        return {
            f"{name}_day": str(day.day),
            f"{name}_month": str(day.month),
            f"{name}_year": str(day.year),
        }

    # -- services

    def service(self, code: str) -> str:
        """Its Vietnamese name, as it stands on the page."""
        return next(
            str(item["name_vi"]) for item in loading.service_types() if item["code"] == code
        )
