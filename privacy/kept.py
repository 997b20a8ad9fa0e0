"""Text that must not be lost when a session ends, a form expires, or a step was already taken.

What a person typed is sealed under her own key and lies in the database under a random uuid;
the browser gets only that uuid in a signed form field. It is offered to the same person after
she signed in again, once, within 24 hours (privacy.md 10).
"""

import json
import re
from datetime import timedelta
from uuid import UUID

from django.core import signing
from django.http import HttpRequest
from django.utils import timezone

from privacy import own_keys
from privacy.compartments import Compartment
from privacy.models import KeptText, User

SALT = "privacy.kept-text"
LIFETIME = timedelta(hours=24)
MOST = 20
# Passwords and codes are typed again: they are not lost by it, and lie nowhere.
NEVER_KEPT = {"csrfmiddlewaretoken", "kept", "once"} | {
    "password",
    "passphrase",
    "old_password",
    "new_password",
    "again",
    "code",
}


# What a program wrote into a form, not a person: codes, numbers of choices, uuids.
_CODE = re.compile(r"[a-z][a-z0-9_.:]*|[A-Z][A-Z0-9-]{0,9}|[0-9]{1,5}|[0-9a-f-]{36}")


def words_of(fields: dict[str, list[str]]) -> list[str]:
    """What a person typed, to be shown to her again; without the codes of choices."""
    values = [value for many in fields.values() for value in many]
    return [value for value in values if value.strip() and not _CODE.fullmatch(value.strip())]


def typed_in(request: HttpRequest) -> dict[str, list[str]]:
    return {name: request.POST.getlist(name) for name in request.POST if name not in NEVER_KEPT}


def keep(user: User, path: str, fields: dict[str, list[str]]) -> str:
    """Seal the fields for this person; the answer is the token for the signed form field."""
    own_keys.have(user, Compartment.DRAFT)
    row = KeptText(owner_uuid=user.uuid, user=user)
    row.text = json.dumps({"path": path, "fields": fields})
    row.save()
    # A forgotten browser must not fill the disk: the newest few are enough to lose nothing.
    older = KeptText.objects.filter(user=user).order_by("-pk").values_list("pk", flat=True)
    KeptText.objects.filter(pk__in=list(older[MOST:])).delete()
    return signing.dumps(str(row.uuid), salt=SALT)


def take(user: User, token: str) -> tuple[str, dict[str, list[str]]] | None:
    """What this person had typed, and where; then it is gone. ``None`` for anybody else."""
    try:
        uuid = UUID(signing.loads(token, salt=SALT, max_age=LIFETIME))
    except (signing.BadSignature, ValueError):
        return None
    row = KeptText.objects.filter(
        uuid=uuid, user=user, created_at__gt=timezone.now() - LIFETIME
    ).first()
    if row is None:
        return None
    own_keys.open_for(user, Compartment.DRAFT)
    text = row.text
    if not text:
        return None
    found = json.loads(text)
    row.delete()
    return found["path"], found["fields"]


def drop_old() -> int:
    return KeptText.objects.filter(created_at__lt=timezone.now() - LIFETIME).delete()[0]


def drop_all(user: User) -> None:
    """Quick exit leaves nothing behind."""
    KeptText.objects.filter(user=user).delete()
