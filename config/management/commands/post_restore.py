"""After a restore: what was erased since the backup is purged from it again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases import actions
from privacy import keys
from workflow import relay

KEYLESS = 3
NO_KEYRING = 5


class Command(BaseCommand):
    help = (
        "Run it after every restore, as often as you like: purges what was erased since the "
        "backup, ends slips and contacts whose keys are gone. Ends with 3 when files have no keys "
        "although nobody erased them (a key store that does not belong to these data)."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            keys.provider().index_root()
            found = actions.mend_restored()
        except keys.KeyringUnavailable:
            raise CommandError(
                "The keyring does not answer: nothing was changed.", returncode=NO_KEYRING
            ) from None
        relay.drain()
        for code in found.purged:
            self.stdout.write(f"{code}  purged again")
        for code in found.buried_again:
            self.stdout.write(f"{code}  its keys had come back, and are destroyed again")
        self.stdout.write(
            f"purged {len(found.purged)}, keys destroyed again {len(found.buried_again)}, "
            f"unchanged {found.unchanged}, slips ended {found.slips_ended}, "
            f"contacts ended {found.contacts_ended}"
        )
        if found.keyless:
            for code in found.keyless:
                self.stderr.write(f"{code}  has no keys, and nobody erased it")
            raise CommandError("This key store does not belong to these data.", returncode=KEYLESS)
