"""An inspector who finds nothing must be one who would have found something."""

from collections.abc import Callable

import pytest

from tests.browser.inspector import Inspector
from tests.browser.person import BrowserPerson

pytestmark = pytest.mark.browser

SPOIL = """() => {
  const main = document.querySelector("main");
  const wide = document.createElement("div");
  wide.className = "too-wide";
  wide.textContent = "W";
  wide.style.width = "1400px";
  const picture = document.createElement("img");
  picture.src = "https://example.org/picture.png";
  const small = document.createElement("button");
  small.className = "govuk-button";
  small.style.cssText = "min-height: 0; padding: 0; line-height: 1";
  small.textContent = "Small";
  main.append(wide, picture, small);
  console.error("something broke");
}"""


def test_it_finds_what_is_wrong(inspector: Inspector, person: Callable[..., BrowserPerson]) -> None:
    visitor = person("nobody")
    visitor.go("/sign-in/")
    assert not inspector.findings()
    visitor.tab.evaluate(SPOIL)
    inspector.check(visitor.tab, "spoilt", "en", picture=False)
    found = inspector.findings()
    rules = {finding.rule for finding in found}
    assert {"wider than 320 px", "wider than 1280 px", "action under 44 px"} <= rules
    assert {"axe image-alt", "language"} <= rules
    said = [finding.where for finding in found if finding.rule == "console"]
    assert any("something broke" in words for words in said)
    assert any(words.startswith("CSP img-src https://example.org") for words in said)
