"""The retention schedule from the terminal: what is due, and obeying it now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy import keys, retention
from workflow import relay


class Command(BaseCommand):
    help = (
        "--dry-run counts what is over its time, per rule, and changes nothing; --run obeys the "
        "schedule now (the night does it by itself). Killed anywhere it goes on the next time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--dry-run", action="store_true", dest="dry")
        what.add_argument("--run", action="store_true", dest="now")
        parser.add_argument("--only", nargs="*", default=[], help="codes of rules")

    def handle(self, *args: Any, **options: Any) -> None:
        standing = retention.schedule()
        known = {rule.code for rule in standing.rules}
        if set(options["only"]) - known:
            raise CommandError(f"Known rules: {', '.join(sorted(known))}")
        if options["dry"]:
            return self._dry(standing, options["only"])
        failed = 0
        try:
            keys.provider().index_root()
            for run in retention.run(options["only"]):
                failed += run.failed
                self.stdout.write(
                    f"{run.code:18} let go {run.let_go:6}  held {run.held:5}  failed {run.failed}"
                )
        except keys.KeyringUnavailable:
            raise CommandError("The keyring does not answer: nothing was changed.") from None
        relay.drain()
        if failed:
            raise CommandError(f"{failed} records could not be let go; the next run tries again.")

    def _dry(self, standing: retention.Schedule, only: list[str]) -> None:
        self.stdout.write(f"schedule {standing.version}, {standing.source} ({standing.status})")
        for due in retention.outlook():
            if only and due.rule.code not in only:
                continue
            period = f"{due.rule.amount} {due.rule.unit}"
            self.stdout.write(
                f"{due.rule.code:18} {period:10} due {due.now:6}  in 90 days {due.soon:6}  "
                f"held {due.held:5}  {due.rule.then}"
            )
