"""A copy back into its database: old data beside the current key store, then post_restore."""

import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.backups import archive, databases


class Command(BaseCommand):
    help = (
        "Restores one archive into its own database, whole or not at all. Refuses a damaged "
        "archive, a database that somebody has open, one that is not empty (unless --replace), and "
        "a copy of the key store past its time. Run post_restore afterwards, before the server."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("archive", help="the folder data-…, keystore-… or audit-…")
        parser.add_argument("--passphrase-file", default="")
        parser.add_argument("--check", action="store_true", help="only verify the archive")
        parser.add_argument(
            "--replace", action="store_true", help="the database holds rows: exchange it"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(options["archive"]).absolute()
        try:
            manifest = archive.read(folder)
            path = options["passphrase_file"]
            passphrase = archive.passphrase_from(path) if path else None
            with tempfile.TemporaryDirectory(prefix="donghanh-restore-") as place:
                # Opened first: a wrong passphrase changes nothing.
                payload = archive.open_payload(folder, manifest, passphrase, Path(place))
                self.stdout.write(
                    f"{manifest.name} of {manifest.made_at}, {manifest.engine}, "
                    f"{sum(manifest.counts.values())} rows: whole"
                )
                if not options["check"]:
                    self._restore(manifest, payload, options)
        except archive.BackupError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"It could not be written: {error.strerror or error}.") from None

    def _restore(self, manifest: archive.Manifest, payload: Path, options: dict[str, Any]) -> None:
        alias = manifest.alias
        archive.refuse_old(manifest)
        if databases.engine_of(alias) != manifest.engine:
            raise CommandError(
                f"The archive is of {manifest.engine}, this instance runs on "
                f"{databases.engine_of(alias)}."
            )
        databases.check_stopped(alias)
        empty = databases.is_empty(alias)
        databases.check_stopped(alias)
        if not empty and not options["replace"]:
            raise CommandError(
                f"The database “{manifest.name}” holds tables. Say --replace to exchange it."
            )
        if not options["yes"]:
            typed = input(f"Type “{manifest.name}” to exchange this database now: ")
            if typed.strip() != manifest.name:
                raise CommandError("Nothing was changed.")
        databases.copy_in(alias, payload)
        if databases.migrations_of(alias) != manifest.migrations:
            raise CommandError("The restored database does not say what the archive says.")
        self.stdout.write(f"“{manifest.name}” is restored. Run post_restore before the server.")
