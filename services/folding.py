"""How a name is compared when accents may be missing.

Codes are the key, never names: two communes of one province may fold to the same words,
so whoever searches by a folded name must show every hit.
"""

import re
import unicodedata

_NOT_A_WORD = re.compile(r"[^0-9a-z]+")
# Đ has no decomposition; Ð (Icelandic eth) is what some keyboards and OCR give instead of it.
_D_WITH_STROKE = dict.fromkeys("đĐðÐ", "d")
# Written in two code points in official names (Ea H'Leo, Ea H’Leo) and often left out.
_APOSTROPHES = dict.fromkeys("'’‘ʼ`´", "")


class _Letters(dict[int, str]):
    """What each character folds to, worked out when it is first met: a search for a name folds
    thousands of names, and ``str.translate`` asks here without a line of Python for known ones."""

    def __missing__(self, code: int) -> str:
        marks_apart = unicodedata.normalize("NFKD", chr(code))
        bare = "".join(char for char in marks_apart if not unicodedata.combining(char))
        self[code] = folded = bare.casefold()
        return folded


_LETTERS = _Letters({ord(char): to for char, to in (_D_WITH_STROKE | _APOSTROPHES).items()})


def fold(value: str) -> str:
    """Lower case, no marks, đ → d, words separated by one space: "Ea H’Leo" → "ea hleo"."""
    return _NOT_A_WORD.sub(" ", value.translate(_LETTERS)).strip()
