"""The second factor: a code that changes every 30 seconds, from a secret that only her phone and
her own sealed row hold (RFC 6238; the algorithm is django-otp's).

    set up     begin → she scans the picture → confirm, with a first right code → recovery codes
    each time  check: a code of the step before, this one or the next, never one used already,
               or one of her recovery codes, which is gone after it

A row that cannot be opened lets nobody in: the keyring is asked for, never gone around.
"""

import base64
import hashlib
import hmac
import io
import os
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import segno
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_otp.oath import hotp

from privacy import codes, keys, own_keys
from privacy.compartments import Compartment
from privacy.matrix import may_hold
from privacy.models import SecondFactor, User
from privacy.roles import Role

STEP_SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20
# A neutral name: the label stands in the list of an app on a phone that others may see.
ISSUER = "HTHN"
RECOVERY_CODES = 10
_HALF = 5
_DIGITS = re.compile(r"[0-9]{6}")


def is_required(role: str) -> bool:
    """Whoever can open a compartment, and who decides about accounts and rights."""
    return role in (Role.ADMINISTRATOR, Role.DPO) or any(
        may_hold(role, compartment.permission) for compartment in Compartment
    )


def is_set_up(user: User) -> bool:
    return SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).exists()


def is_asked(user: User, role: str) -> bool:
    return is_required(role) or is_set_up(user)


def was_shown(user: User, proved_at: int) -> bool:
    """Whether what she showed at that moment held a code: before it was set up none was asked."""
    before = datetime.fromtimestamp(proved_at + 1, UTC)
    return SecondFactor.objects.filter(user=user, confirmed_at__lt=before).exists()


def current_step() -> int:
    return int(time.time()) // STEP_SECONDS


def code_at(secret: str, step: int) -> str:
    """Six digits for one time step of 30 seconds."""
    return f"{hotp(bytes.fromhex(secret), step, DIGITS):0{DIGITS}d}"


def _opened(factor: SecondFactor) -> SecondFactor:
    """
    :raises KeyMissing: the secret does not open; nobody gets in around it.
    """
    own_keys.open_for(factor.user, Compartment.FACTOR)
    if not factor.secret:
        raise keys.KeyMissing("the second factor does not open")
    return factor


# -- setting up


def begin(user: User) -> SecondFactor:
    """The secret to scan: the one begun before, while it is unconfirmed, or a new one.

    A confirmed one is never shown again and never replaced here.
    """
    own_keys.have(user, Compartment.FACTOR)
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().filter(user=user).first()
        if factor is None:
            factor = SecondFactor(user=user, owner_uuid=user.uuid)
            factor.secret = os.urandom(SECRET_BYTES).hex()
            factor.recovery = []
            factor.save()
    if factor.confirmed_at is not None:
        raise ValueError("the second factor is set up already")
    return _opened(factor)


def address(factor: SecondFactor) -> str:
    """What the picture says to the app (Key URI format)."""
    secret = secret_text(factor)
    label = quote(f"{ISSUER}:{factor.user.username}")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': ISSUER})}"


def secret_text(factor: SecondFactor) -> str:
    """The secret in base32, for typing."""
    return base64.b32encode(bytes.fromhex(factor.secret)).decode().rstrip("=")


def picture(factor: SecondFactor) -> bytes:
    """The address as a QR code, SVG without style or script."""
    out = io.BytesIO()
    code = segno.make(address(factor), error="m", micro=False)
    code.save(out, kind="svg", scale=5, border=4, light="#fff", xmldecl=False, svgclass=None)
    return out.getvalue()


def confirm(user: User, typed: str) -> list[str] | None:
    """The first right code makes it count. The answer is the recovery codes, shown this once."""
    with transaction.atomic():
        factor = (
            SecondFactor.objects.select_for_update(of=("self",))
            .select_related("user")
            .filter(user=user, confirmed_at__isnull=True)
            .first()
        )
        if factor is None or not _use_code(_opened(factor), _plain(typed)):
            return None
        factor.confirmed_at = timezone.now()
        return _new_recovery(factor)


def renew_recovery(user: User) -> list[str]:
    """Ten new codes; those before are worth nothing any more."""
    with transaction.atomic():
        factor = _opened(_confirmed(user))
        return _new_recovery(factor)


def _new_recovery(factor: SecondFactor) -> list[str]:
    made = [codes.random_text(2 * _HALF) for _ in range(RECOVERY_CODES)]
    factor.recovery = [_digest(factor, code) for code in made]
    factor.save()
    return [f"{code[:_HALF]}-{code[_HALF:]}" for code in made]


def forget(user: User) -> None:
    """Lost or replaced: at the next sign-in she sets up a new one."""
    SecondFactor.objects.filter(user=user).delete()


# -- each time


@dataclass(frozen=True, slots=True)
class Checked:
    right: bool
    # How many recovery codes are left, when one of them was used.
    left: int | None = None


def check(user: User, typed: str) -> Checked:
    """Whether this is her code now. It is used up by it, also when two ask at once.

    :raises KeyMissing: her row does not open (see ``_opened``).
    """
    plain = _plain(typed)
    with transaction.atomic():
        factor = _opened(_confirmed(user))
        if _DIGITS.fullmatch(plain):
            return Checked(_use_code(factor, plain))
        digest, left = _digest(factor, plain), list(factor.recovery or [])
        found = [item for item in left if hmac.compare_digest(item, digest)]
        if not found:
            return Checked(False)
        left.remove(found[0])
        factor.recovery = left
        factor.save(update_fields=["recovery"])
        return Checked(True, len(left))


def recovery_left(user: User) -> int:
    return len(_opened(_confirmed(user)).recovery or [])


def _confirmed(user: User) -> SecondFactor:
    rows = SecondFactor.objects.select_for_update(of=("self",)).select_related("user")
    if not transaction.get_connection().in_atomic_block:
        rows = SecondFactor.objects.select_related("user")
    return rows.get(user=user, confirmed_at__isnull=False)


def _use_code(factor: SecondFactor, typed: str) -> bool:
    now = current_step()
    for step in (now - 1, now, now + 1):
        if step > factor.last_step and hmac.compare_digest(code_at(factor.secret, step), typed):
            factor.last_step = step
            factor.save(update_fields=["last_step"])
            return True
    return False


def _plain(typed: str) -> str:
    """Without what apps and people put between; anything but ASCII letters and digits is wrong."""
    text = re.sub(r"[\s-]", "", typed).upper()
    return text if text.isascii() else ""


def _digest(factor: SecondFactor, code: str) -> str:
    return hashlib.sha256(factor.uuid.bytes + code.encode()).hexdigest()


# -- the demonstration


@dataclass(frozen=True, slots=True)
class Shown:
    """``code`` to type now; empty while it has to be waited for ``seconds``."""

    code: str
    seconds: int


def shown_in_the_demo(user: User) -> Shown | None:
    """The code of an invented person, for whoever just typed her password in the demonstration.
    Nothing anywhere else: production refuses to start with the display switched on."""
    if not (settings.DEMO and settings.DEMO_CODE_DISPLAY) or not is_set_up(user):
        return None
    factor, now = _opened(_confirmed(user)), current_step()
    step = max(now, factor.last_step + 1)
    seconds = max(0, (step - 1) * STEP_SECONDS - int(time.time()))
    return Shown("" if seconds else code_at(factor.secret, step), seconds)


def give_ready(users: list[User]) -> None:
    """Devices for the people of the demonstration and of tests, as if each had set up her phone."""
    ready = set(
        SecondFactor.objects.filter(user__in=users, confirmed_at__isnull=False).values_list(
            "user_id", flat=True
        )
    )
    wanting = [user for user in users if user.pk not in ready]
    with transaction.atomic(using="keystore"):
        for user in wanting:
            own_keys.have(user, Compartment.FACTOR)
    SecondFactor.objects.filter(user__in=wanting).delete()
    rows = []
    for user in wanting:
        factor = SecondFactor(user=user, owner_uuid=user.uuid, confirmed_at=timezone.now())
        factor.secret, factor.recovery = os.urandom(SECRET_BYTES).hex(), []
        rows.append(factor)
    SecondFactor.objects.bulk_create(rows)
