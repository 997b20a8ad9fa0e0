"""``manage.py make_audit_keys``: for a keyring that is older than the audit's chains."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from privacy import audit, keys
from privacy.audit import anchor
from privacy.models import AuditEvent


class Command(BaseCommand):
    help = (
        "Gives an older keyring the keys of the audit. Refuses where rows are chained already: "
        "their keys must come back from the copy of the keyring, never anew."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = add_audit_keys()
        except keys.KeyringUnavailable as error:
            raise CommandError(f"{error}. Make a keyring with: manage.py make_keyring") from None
        except ChainedAlready as error:
            raise CommandError(str(error)) from None
        if made:
            self.stdout.write(
                f"Made {' and '.join(made)} in {settings.KEYRING_DIR}. Keep a copy of them in a "
                "safe place, apart from the copies of the data."
            )
        else:
            self.stdout.write("The keyring has the keys of the audit already.")


class ChainedAlready(Exception):
    """A fresh key would break what is written."""


def add_audit_keys() -> list[str]:
    """The names of what was missing and is made now.

    :raises ChainedAlready: rows, or anchors, were made with keys that are gone.
    :raises keys.KeyringUnavailable: there is no keyring to add to.
    """
    ring = keys.FileKeyring(Path(settings.KEYRING_DIR))
    missing = [name for name in keys.AUDIT_KEYS if not (ring.folder / name).exists()]
    if not missing:
        return []
    if "audit.key" in missing and AuditEvent.objects.exclude(mac=b"").exists():
        raise ChainedAlready(
            "Rows of the audit are chained with a key that is not in this keyring. Bring back "
            "audit.key from its copy: a fresh one would make every row look changed."
        )
    if "anchor.key" in missing and anchor.files(anchor.folder()):
        raise ChainedAlready(
            "Anchors were signed with a key that is not in this keyring. Bring back anchor.key "
            "from its copy, or move the old anchors to another folder and keep them."
        )
    made = ring.add_audit_keys()
    audit.key_event(action="key.audit_made", count=len(made))
    return made
