"""Blind indexes: exact match on a phone number, without the number. Never a name, never health.

Used for one thing only: a check the person agreed to. Never an answer to whoever types a number.
"""

from uuid import UUID

import phonenumbers

from privacy import crypto, keys
from privacy.models import BlindIndex

PHONE = "phone"


def normalise_phone(text: str) -> str:
    """E.164 for a Vietnamese or international number; empty when it is not a number at all."""
    try:
        number = phonenumbers.parse(text, "VN")
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def remember_phone(owner: UUID, text: str) -> None:
    """Replace the owner's phone index; an empty or unreadable number leaves none."""
    BlindIndex.objects.filter(label=PHONE, owner_uuid=owner).delete()
    number = normalise_phone(text)
    if number:
        digest = crypto.blind_index(keys.provider().index_root(), PHONE, number)
        BlindIndex.objects.create(label=PHONE, owner_uuid=owner, digest=digest)
