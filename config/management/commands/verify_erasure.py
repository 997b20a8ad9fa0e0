"""The proof that an erased file opens for nobody: every key is tried on every sealed value."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.selectors import erasure as selectors
from privacy import keys
from privacy.erasure import Finding
from privacy.models import Tombstone

READABLE = 2
LEFT_OVER = 3
NOT_ERASED = 4
NO_KEYRING = 5


class Command(BaseCommand):
    help = (
        "Proves that no key opens what was erased. Ends with 0 = proved, 2 = a key is left or "
        "something opens, 3 = nothing opens but something was not purged (run post_restore), "
        "4 = no such erasure, 5 = no keyring, so nothing was tried."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", nargs="?", default="", help="a case code")
        parser.add_argument("--all", action="store_true", help="every erased file")

    def handle(self, *args: Any, **options: Any) -> None:
        code = options["code"].strip().upper()
        if bool(code) == options["all"]:
            raise CommandError("Name one case code, or --all.")
        stones = Tombstone.objects.order_by("pk")
        if code:
            stones = stones.filter(reference=code)
            if not stones.exists():
                raise CommandError("No erasure of this case is known.", returncode=NOT_ERASED)
        worst = 0
        for stone in stones.iterator(chunk_size=200):
            try:
                found = selectors.proof(stone)
            except keys.KeyringUnavailable:
                raise CommandError(
                    "The keyring does not answer: nothing was tried, nothing is proved.",
                    returncode=NO_KEYRING,
                ) from None
            self._tell(found)
            worst = READABLE if found.readable or worst == READABLE else max(worst, _left(found))
        if worst == READABLE:
            raise CommandError("Something can still be opened.", returncode=READABLE)
        if worst:
            raise CommandError(
                "Nothing opens, but not everything is purged. Run post_restore.",
                returncode=LEFT_OVER,
            )
        self.stdout.write(f"Proved for {stones.count()} erased files: no key opens anything.")

    def _tell(self, found: Finding) -> None:
        state = "proved" if found.clean else "READABLE" if found.readable else "left over"
        self.stdout.write(
            f"{found.reference}  {state}  records {found.rows}  sealed values tried {found.fields}"
            f"  opened {len(found.opened)}  keys {found.keys}  indexes {found.indexes}"
        )
        for place in found.opened:
            self.stdout.write(f"    opens: {place}")
        for name, count in found.left.items():
            if count:
                self.stdout.write(f"    left: {name} {count}")
        if not found.done:
            self.stdout.write("    the erasure has not come to its end")


def _left(found: Finding) -> int:
    return 0 if found.clean else LEFT_OVER
