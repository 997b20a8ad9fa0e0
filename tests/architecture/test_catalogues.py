"""Both languages are complete; the collected set itself is compared by ``make check``."""

import polib
import pytest

from config import catalogues


@pytest.mark.parametrize("language", list(catalogues.HEADERS))
def test_it_is_translated_and_compiled(language):
    assert list(catalogues.problems(language)) == []


def test_it_holds_the_same_texts_in_both_languages():
    vietnamese, english = (
        {catalogues.key(entry) for entry in catalogues.read(language)} for language in ("vi", "en")
    )
    assert vietnamese == english


def test_it_lets_english_stand_for_itself():
    assert all(
        entry.msgstr == entry.msgid for entry in catalogues.read("en") if not entry.msgid_plural
    )


@pytest.mark.parametrize(
    ("msgid", "said", "good"),
    [
        ("Due on %(date)s.", "Hạn ngày %(date)s.", True),
        ("Due on %(date)s.", "Hạn ngày.", False),
        ("Due on %(date)s.", "Hạn ngày %(ngay)s.", False),
        ("{count} people", "{count} người", True),
        ("Saved.\n", "Đã lưu.", False),
        ("Saved.", "Đa\u0303 lưu.", False),
    ],
)
def test_it_notices_a_lost_placeholder_or_line_break(msgid, said, good):
    assert (list(catalogues._faults(polib.POEntry(msgid=msgid), said)) == []) is good
