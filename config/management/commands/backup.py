"""Copies of data, key store and audit, each into a folder of its own. The keyring is in none."""

import tomllib
from datetime import UTC
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.backups import archive, databases


class Command(BaseCommand):
    help = (
        "Backs up while people work. Each of --data, --keystore and --audit names a folder; they "
        "must lie apart. Sealed with a passphrase unless you say --unsealed. The keyring is never "
        "part of it: keep its two copies in safes of their own. Copies of the key store older than "
        "14 days (retention schedule) are dropped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        for name in archive.ALIASES:
            parser.add_argument(f"--{name}", default="", help=f"folder for the copy of the {name}")
        how = parser.add_mutually_exclusive_group(required=True)
        how.add_argument("--passphrase-file", default="", help="its first 12 or more characters")
        how.add_argument(
            "--unsealed", action="store_true", help="the target is an encrypted disk of its own"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folders = {
            name: Path(options[name]).absolute() for name in archive.ALIASES if options[name]
        }
        if not folders:
            raise CommandError("Name at least one of --data, --keystore, --audit.")
        try:
            archive.apart(folders | {"the keyring": Path(settings.KEYRING_DIR)})
            path = options["passphrase_file"]
            passphrase = archive.passphrase_from(path) if path else None
            # Data first, keys after it: every key that a row names is in the copy of the key store.
            for name, folder in folders.items():
                self._one(name, folder, passphrase)
        except archive.BackupError as error:
            raise CommandError(str(error)) from None

    def _one(self, name: str, folder: Path, passphrase: bytes | None) -> None:
        alias, moment = archive.ALIASES[name], timezone.now().astimezone(UTC)
        with archive.fresh(folder, name, moment) as (part, final):
            engine = databases.engine_of(alias)
            manifest = archive.Manifest(
                name=name,
                made_at=moment.isoformat(timespec="seconds"),
                engine=engine,
                payload=databases.PAYLOADS[engine],
                version=_version(),
                migrations=databases.migrations_of(alias),
            )
            manifest.counts = databases.copy_out(alias, part / manifest.payload)
            archive.write(part, manifest, passphrase)
        archive.read(final)
        self.stdout.write(
            f"{final}  {manifest.size // 1024} KiB  {sum(manifest.counts.values())} rows"
            f"{'  sealed' if passphrase else ''}"
        )
        if name == "keystore":
            for gone in archive.prune(folder):
                self.stdout.write(f"{gone}  dropped, its time was over")


def _version() -> str:
    project = tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text())
    return str(project["project"]["version"])
