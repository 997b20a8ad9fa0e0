"""``manage.py verify_audit``: proves the audit, or says what is wrong with it."""

import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy.audit.verify import Report, Verdict, verify, verify_outside

SAID = {
    Verdict.OK: "The audit is whole.",
    Verdict.GAP: "Rows are missing.",
    Verdict.BAD_HMAC: "Rows were changed, planted or moved.",
    Verdict.SEAL_MISMATCH: "The rows or seals are not those that were sealed.",
    Verdict.ANCHOR_MISMATCH: "The audit is not the one that was anchored.",
    Verdict.STALE_ANCHOR: "The last anchor is too old to prove much.",
    Verdict.UNREADABLE: "Nothing could be proved.",
}


class Command(BaseCommand):
    help = (
        "Proves the audit: chains, seals, anchors. Ends with 0 = whole, 10 = rows missing, "
        "11 = rows changed, 12 = seals differ, 13 = anchors differ, 14 = last anchor too old, "
        "15 = keyring or database do not answer."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--anchors", help="folder of the anchors (default: the instance's)")
        parser.add_argument(
            "--seals", help="elsewhere, without keyring and database: the exported seals"
        )
        parser.add_argument("--public-key", help="elsewhere: the file with the public key")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        where = Path(options["anchors"]) if options["anchors"] else None
        if options["seals"] or options["public_key"]:
            report = self._outside(options, where)
        else:
            report = verify(where=where, progress=self._progress)
        self._tell(report, time.monotonic() - began)
        if report.verdict:
            sys.exit(int(report.verdict))

    def _outside(self, options: dict[str, Any], where: Path | None) -> Report:
        if not (options["seals"] and options["public_key"] and where):
            raise CommandError("Elsewhere, name all three: --seals, --anchors and --public-key.")
        try:
            public = bytes.fromhex(Path(options["public_key"]).read_text().strip())
        except (OSError, ValueError):
            raise CommandError(f"{options['public_key']} holds no public key.") from None
        return verify_outside(Path(options["seals"]), where, public)

    def _progress(self, rows: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{rows:,} rows …", ending="")

    def _tell(self, report: Report, seconds: float) -> None:
        for verdict, where in report.findings:
            self.stdout.write(f"{verdict.name}: {where}")
        for verdict, count in report.counts.items():
            shown = sum(1 for found, _ in report.findings if found is verdict)
            if count > shown:
                self.stdout.write(f"{verdict.name}: and {count - shown} more")
        if report.rows:
            self.stdout.write(
                f"{report.rows:,} rows ({report.rows / max(seconds, 0.001):,.0f} a second), "
                f"{report.rows - report.sealed:,} of them not sealed yet"
                if report.rows >= report.sealed
                else f"{report.rows:,} rows of {report.sealed:,} sealed"
            )
        self.stdout.write(f"{report.seals:,} seals, {report.anchors:,} anchors")
        if report.unsigned:
            self.stdout.write(
                f"{report.unsigned:,} refusals and sign-ins were written while the keyring was shut"
            )
        if report.before_chains:
            self.stdout.write(f"{report.before_chains:,} rows are older than the chains")
        self.stdout.write(SAID[report.verdict])
