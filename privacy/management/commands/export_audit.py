"""``manage.py export_audit FOLDER``: what somebody elsewhere needs to check the anchors."""

import shutil
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy import keys
from privacy.audit import anchor, verify


class Command(BaseCommand):
    help = (
        "Writes the seals, the anchors and the public key into a new folder. No key, row or name "
        "is in them. Check with: verify_audit --seals … --anchors … --public-key …"
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", help="a folder that does not exist yet")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(options["folder"])
        try:
            public = anchor.public_key()
            folder.mkdir(parents=True)
            count = verify.export(folder / "seals.jsonl")
            (folder / "public.key").write_text(public.hex() + "\n")
            kept = anchor.files(anchor.folder())
            (folder / "anchors").mkdir()
            for path in kept:
                shutil.copyfile(path, folder / "anchors" / path.name)
        except FileExistsError:
            raise CommandError(f"{folder} exists already. Name a new folder.") from None
        except keys.KeyringUnavailable:
            raise CommandError("The keyring does not answer, so there is no public key.") from None
        except OSError as error:
            raise CommandError(f"{folder} cannot be written: {error.strerror}") from None
        self.stdout.write(f"{count} seals and {len(kept)} anchors are in {folder}.")
