"""A passphrase that a client makes up for her own file, and nobody else knows.

It locks a PDF (AES-256), whose own key derivation is quick to try: so it has to be long. Only
plain Latin letters, digits, spaces and signs: an accented letter has two codings, and a phone may
send the other one, which would lock her out of her own file.
"""

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LEAST = 16
DIFFERENT = 8
MOST = 100


def weakness(passphrase: str) -> str:
    """What is wrong with it, in words; empty when it holds."""
    if not (passphrase.isascii() and passphrase.isprintable()):
        return _("Use letters without accents, digits and spaces: every phone can type them.")
    if len(passphrase) > MOST:
        return _("Use %(most)d characters or fewer.") % {"most": MOST}
    if len(passphrase) < LEAST:
        return _("Use %(least)d characters or more: four words, for example.") % {"least": LEAST}
    if len(set(passphrase.lower()) - {" "}) < DIFFERENT or _is_run(passphrase):
        return _("This is easy to guess. Mix words that have nothing to do with each other.")
    try:
        CommonPasswordValidator().validate(passphrase.replace(" ", ""))
    except ValidationError:
        return _("This is easy to guess. Mix words that have nothing to do with each other.")
    return ""


def _is_run(passphrase: str) -> bool:
    """A row of the keyboard or of the alphabet, forwards, or one part said again and again."""
    plain = passphrase.lower().replace(" ", "")
    rows = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm")
    if any(plain[:10] in row or plain[:10] in row[::-1] for row in rows):
        return True
    return any(
        plain == (plain[:size] * len(plain))[: len(plain)] for size in range(1, len(plain) // 2 + 1)
    )
