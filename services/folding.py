"""How a name is compared when accents may be missing.

Codes are the key, never names: two communes of one province may fold to the same words,
so whoever searches by a folded name must show every hit.
"""

import re
import unicodedata

_NOT_A_WORD = re.compile(r"[^0-9a-z]+")
# Đ has no decomposition; Ð (Icelandic eth) is what some keyboards and OCR give instead of it.
_D_WITH_STROKE = str.maketrans({"đ": "d", "Đ": "d", "ð": "d", "Ð": "d"})
# Written in two code points in official names (Ea H'Leo, Ea H’Leo) and often left out.
_APOSTROPHES = str.maketrans(dict.fromkeys("'’‘ʼ`´"))


def fold(value: str) -> str:
    """Lower case, no marks, đ → d, words separated by one space: "Ea H’Leo" → "ea hleo"."""
    bare = value.translate(_D_WITH_STROKE).translate(_APOSTROPHES)
    marks_apart = unicodedata.normalize("NFKD", bare)
    letters = "".join(char for char in marks_apart if not unicodedata.combining(char))
    return _NOT_A_WORD.sub(" ", letters.casefold()).strip()
