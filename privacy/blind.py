"""Blind indexes: exact match on a phone or citizen number, without the number. Never a name,
never health.

Used for one thing only: a check the person agreed to. Never an answer to whoever types a number.
"""

import re
from uuid import UUID

import phonenumbers
from django.db.models import Q
from django.utils import timezone

from privacy import crypto, keys
from privacy.models import BlindIndex

PHONE = "phone"
CCCD = "cccd"

# Mobile prefixes of eleven digits until 2018 (Decision 798/QĐ-BTTTT of 2018): an old slip of paper
# still carries them, and the person behind is the same.
OLD_MOBILE = {
    **{f"016{last}": f"03{last}" for last in "23456789"},
    "0120": "070",
    "0121": "079",
    "0122": "077",
    "0126": "076",
    "0128": "078",
    "0123": "083",
    "0124": "084",
    "0125": "085",
    "0127": "081",
    "0129": "082",
    "0186": "056",
    "0188": "058",
    "0199": "059",
}
_SEPARATORS = re.compile(r"[\s.\-()]")
_CCCD = re.compile(r"[0-9]{12}")


def normalise_phone(text: str) -> str:
    """A Vietnamese number as ten or eleven digits from 0 on ("+84 912…" → "0912…"), a foreign one
    as +…; empty when it is not a number that exists in its country's plan."""
    typed = _SEPARATORS.sub("", text)
    for country in ("+84", "0084"):
        if typed.startswith(country):
            typed = "0" + typed.removeprefix(country).removeprefix("0")
    if len(typed) == 11 and typed[:4] in OLD_MOBILE:
        typed = OLD_MOBILE[typed[:4]] + typed[4:]
    try:
        number = phonenumbers.parse(typed, "VN")
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    if number.country_code == 84:
        return f"0{number.national_number}"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normalise_cccd(text: str) -> str:
    """Twelve digits of a citizen identity number, empty when it cannot be one: three for the place
    of registration, one for century and sex, two for the year of birth, six at random (Decree
    137/2015/NĐ-CP art. 13; Circular 59/2021/TT-BCA). It has no check digit."""
    digits = _SEPARATORS.sub("", text)
    if not _CCCD.fullmatch(digits) or digits[:3] == "000" or digits[6:] == "000000":
        return ""
    century = 1900 + int(digits[3]) // 2 * 100
    born = century + int(digits[4:6])
    return digits if 1900 <= born <= timezone.localdate().year else ""


def remember_phone(owner: UUID, text: str) -> None:
    """Replace the owner's phone index; an empty or unreadable number leaves none."""
    _remember(PHONE, owner, normalise_phone(text))


def remember_cccd(owner: UUID, text: str) -> None:
    """Replace the owner's index of her citizen number. The number itself is kept nowhere."""
    _remember(CCCD, owner, normalise_cccd(text))


def _remember(label: str, owner: UUID, normalised: str) -> None:
    BlindIndex.objects.filter(label=label, owner_uuid=owner).delete()
    if normalised:
        BlindIndex.objects.create(label=label, owner_uuid=owner, digest=_digest(label, normalised))


def _digest(label: str, normalised: str) -> bytes:
    return crypto.blind_index(keys.provider().index_root(), label, normalised)


def knows(owner: UUID, label: str) -> bool:
    return BlindIndex.objects.filter(label=label, owner_uuid=owner).exists()


def owners_of(label: str, text: str) -> list[UUID]:
    """Whose index this number is: one look-up by index. For jobs, never for a page."""
    normalise = normalise_phone if label == PHONE else normalise_cccd
    normalised = normalise(text)
    if not normalised:
        return []
    return list(
        BlindIndex.objects.filter(label=label, digest=_digest(label, normalised)).values_list(
            "owner_uuid", flat=True
        )
    )


def elsewhere(owner: UUID) -> set[UUID]:
    """Other owners that share one of this owner's numbers. For jobs, never for a page."""
    same = Q(pk__in=[])
    for label, digest in BlindIndex.objects.filter(owner_uuid=owner).values_list("label", "digest"):
        same |= Q(label=label, digest=digest)
    rows = BlindIndex.objects.filter(same).exclude(owner_uuid=owner)
    return set(rows.values_list("owner_uuid", flat=True))
