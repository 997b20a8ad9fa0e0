"""Rule data carries its words in both languages; this is how a page reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence of rule data in Vietnamese and English; `str()` follows the active language."""

    vi: str
    en: str

    def in_language(self, code: str | None) -> str:
        return self.en if code is not None and code.startswith("en") else self.vi

    def __str__(self) -> str:
        return self.in_language(get_language())


def text(raw: Mapping[str, Any]) -> Text:
    """Read `{"vi": ..., "en": ...}`; other keys are ignored, a missing language is an error."""
    return Text(vi=str(raw["vi"]), en=str(raw["en"]))
