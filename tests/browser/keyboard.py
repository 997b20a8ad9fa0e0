"""A person without a mouse: she goes from stop to stop, and must see where she is."""

from playwright.sync_api import Locator
from playwright.sync_api import Page as Tab

MOST_STOPS = 80


class Keyboard:
    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self.steps = 0
        self.unseen: list[str] = []

    def to(self, target: Locator) -> None:
        """Tab until the target is reached; each stop on the way must show that it is one."""
        for _ in range(MOST_STOPS):
            if self._is_at(target):
                return
            self.tab.keyboard.press("Tab")
            self.steps += 1
            self._look()
        raise AssertionError(f"Tab does not reach {target}")

    def choose(self, option: Locator) -> None:
        """A radio group is one stop; arrows go through it."""
        name = option.get_attribute("name")
        group = self.tab.locator(f'input[type="radio"][name="{name}"]')
        chosen = group.and_(self.tab.locator(":checked"))
        self.to(chosen if chosen.count() else group.first)
        self.tab.keyboard.press("Space")
        for _ in range(group.count()):
            if option.is_checked():
                return
            self.tab.keyboard.press("ArrowDown")
        assert option.is_checked(), "the arrows do not reach it"

    def _is_at(self, target: Locator) -> bool:
        return bool(target.first.evaluate("part => part === document.activeElement"))

    def _look(self) -> None:
        """The same spot with and without focus: the pictures must differ."""
        part = self.tab.evaluate_handle("document.activeElement").as_element()
        box = part.bounding_box() if part is not None else None
        if part is None or box is None:
            return
        if part.evaluate("part => part === document.body"):
            return
        spot = {
            "x": max(box["x"] - 8, 0),
            "y": max(box["y"] - 8, 0),
            "width": box["width"] + 16,
            "height": box["height"] + 16,
        }
        with_focus = self.tab.screenshot(clip=spot, caret="initial")  # type: ignore[arg-type]
        part.evaluate("part => part.blur()")
        without = self.tab.screenshot(clip=spot, caret="initial")  # type: ignore[arg-type]
        part.evaluate("part => part.focus({ preventScroll: true })")
        if with_focus == without:
            self.unseen.append(part.evaluate("part => part.outerHTML.slice(0, 120)"))
