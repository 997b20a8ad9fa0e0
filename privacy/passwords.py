"""Passwords in the language of the people here: everyday Vietnamese words are the first guess."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Words, names and runs that lists of leaked passwords from Viet Nam begin with; own choice.
_LINES = (
    "anhyeuem emyeuanh yeuem yeuanh anh em yeu nhau minh con me cha bo ba ong gia dinh nha",
    "matkhau mat khau password pass admin dang nhap tai khoan xin chao hello",
    "viet nam vietnam ha noi hanoi sai gon saigon ho chi minh hcm hue da nang danang can tho",
    "nguyen tran le pham hoang huynh phan vu vo dang bui do ngo duong ly",
    "van thi lan hoa mai cuc truc linh huong thao trang tuan hung dung long",
    "so mot hai ba bon sau bay tam chin muoi khong tinh ban hanh phuc may man",
    "ho tro nhap cong dong phuong xa tram y te hoi phu nu",
    "qwerty asdfgh zxcvbn abc abcd iloveyou",
)
WORDS = frozenset(word for line in _LINES for word in line.split())
_BY_LENGTH = {size: {word for word in WORDS if len(word) == size} for size in map(len, WORDS)}
# What is left to guess when nothing but such words and signs is there.
LEAST_WORDS = 4


def fold(text: str) -> str:
    """Without accents, đ and case: people type both ways."""
    plain = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


def fewest_words(letters: str) -> int | None:
    """How many everyday words these letters are made of, at the least; None = of others too.
    Position by position, so that no password makes it slow."""
    best: list[int | None] = [0] + [None] * len(letters)
    for end in range(1, len(letters) + 1):
        ways = [
            before + 1
            for size, words in _BY_LENGTH.items()
            if size <= end
            and (before := best[end - size]) is not None
            and letters[end - size : end] in words
        ]
        best[end] = min(ways, default=None)
    return best[-1]


class NotOnlyEverydayWords:
    """A password of a few everyday words, with or without digits, is guessed early."""

    def validate(self, password: str, user: object = None) -> None:
        """
        :raises ValidationError: fewer than four everyday words, digits and signs are all there is.
        """
        words = fewest_words(re.sub(r"[^a-z]", "", fold(password)))
        if words is not None and words < LEAST_WORDS:
            raise ValidationError(self.get_help_text(), code="everyday_words")

    def get_help_text(self) -> str:
        return _(
            "Use more than everyday words, names and numbers: four words that do not belong "
            "together, for example."
        )
