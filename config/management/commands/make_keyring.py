"""A new keyring for a new instance. Its root key is the secret of all data: back it up apart."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from privacy import keys


class Command(BaseCommand):
    help = "Makes a keyring in DONGHANH_KEYRING. Refuses to touch a folder that holds one."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.KEYRING_DIR)
        try:
            keys.FileKeyring.create(folder)
        except FileExistsError:
            raise CommandError(
                f"{folder} holds a keyring already. Without it everything sealed stays shut for "
                "ever, so it is not replaced."
            ) from None
        except OSError as error:
            raise CommandError(f"{folder} cannot be written: {error.strerror}") from None
        self.stdout.write(
            f"The keyring is in {folder}. Keep a copy of it in a safe place, apart from the "
            "copies of the data."
        )
