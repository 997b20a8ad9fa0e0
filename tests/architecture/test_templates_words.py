"""Words that wound or accuse are shown to nobody (docs/glossary.md says what stands for them)."""

import re
import unicodedata
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parents[2]

AVOIDED = [
    "mại dâm",
    "bán dâm",
    "mua dâm",
    "hoàn lương",
    "cảm hóa",
    "cảm hoá",
    "đối tượng",
    "tái phạm",
    "tệ nạn",
    "nhạy cảm, trá hình",
    "cơ sở nhạy cảm",
    "trá hình",
    "người nghiện",
    "con nghiện",
    "bệnh xã hội",
    "tín dụng đen",
    "prostitut",
    "social evil",
    "social disease",
    "drug addict",
    "reformed",
]


def plain(text):
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def avoided(text):
    shown = plain(text)
    return [word for word in map(plain, AVOIDED) if re.search(rf"(?<!\w){re.escape(word)}", shown)]


def test_it_notices_a_word_in_any_writing():
    assert avoided(unicodedata.normalize("NFD", "Người Bán  Dâm"))
    assert avoided("Sustaining stability") == []


def test_templates_avoid_them():
    found = {
        str(path.relative_to(ROOT)): words
        for path in sorted((ROOT / "templates").rglob("*"))
        if path.is_file() and (words := avoided(path.read_text()))
    }
    assert not found


@pytest.mark.parametrize("language", ["vi", "en"])
def test_catalogues_avoid_them(language):
    entries = polib.pofile(str(ROOT / "locale" / language / "LC_MESSAGES" / "django.po"))
    said = [text for entry in entries for text in [entry.msgstr, *entry.msgstr_plural.values()]]
    assert [text for text in said if avoided(text)] == []
