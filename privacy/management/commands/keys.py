"""``manage.py keys status|rotate|reseal|destroy-epoch``: the life of keys, at a terminal."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from privacy import keys
from privacy.alone import Busy
from privacy.compartments import Compartment
from privacy.keys import epochs, resealing, rotation, status
from privacy.keys.batches import Stopped
from privacy.keys.provider import EpochState
from privacy.management.progress import Bar

COMPARTMENTS = [item.value for item in Compartment]


def moment(text: str) -> datetime:
    found = parse_datetime(text)
    if found is None:
        raise ValueError(text)
    return found if timezone.is_aware(found) else timezone.make_aware(found)


class Command(BaseCommand):
    help = (
        "Keys: what stands (status), new key-encryption keys (rotate), new data keys (reseal), "
        "the end of an old epoch (destroy-epoch). Each may be killed at any moment and run again."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)

        verbs.add_parser(
            "status", help="epochs, what rests on them, what is wrong; 1 if anything is"
        )

        rotate = verbs.add_parser("rotate", help="re-wrap every data key under the current epochs")
        rotate.add_argument(
            "--new-epoch", action="store_true", help="begin a new epoch first; without it: finish"
        )
        rotate.add_argument(
            "--compartment", action="append", choices=COMPARTMENTS, help="new epoch only for these"
        )

        reseal = verbs.add_parser("reseal", help="seal every value anew under a new data key")
        reseal.add_argument(
            "--new-keys", action="store_true", help="begin; without it: finish what was begun"
        )
        reseal.add_argument(
            "--made-before",
            type=moment,
            help="new keys for those made before this moment (default: now). After an "
            "interruption, give the same moment again",
        )
        reseal.add_argument("--owner", action="append", type=UUID, help="only this owner's (uuid)")
        reseal.add_argument(
            "--compartment", action="append", choices=COMPARTMENTS, help="only these"
        )

        end = verbs.add_parser("destroy-epoch", help="the end of an epoch that nothing rests on")
        end.add_argument("epoch", help="such as notes.3")
        end.add_argument(
            "--confirm", metavar="EPOCH", default="", help="the second step: its name once more"
        )

        for verb in (rotate, reseal):
            verb.add_argument(
                "--purpose", default="maintenance", help="a word for the audit (a code)"
            )
        for verb in (rotate, reseal, end):
            verb.add_argument("--dry-run", action="store_true", help="only say what would happen")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        verbs: dict[str, Callable[..., None]] = {
            "status": self.status,
            "rotate": self.rotate,
            "reseal": self.reseal,
            "destroy-epoch": self.destroy_epoch,
        }
        try:
            with keys.fresh_ring():
                verbs[verb](**options)
        except Busy:
            raise CommandError("Another process works on the keys. Nothing was changed.") from None
        except Stopped as error:
            raise CommandError(
                f"{error} Nothing is lost: what was done stays done. Make room or bring the "
                "keyring back, and run the same command again."
            ) from None
        except epochs.Refused as error:
            raise CommandError(str(error)) from None
        except keys.KeyringUnavailable as error:
            raise CommandError(f"{error} ({error.code}) Nothing was changed.") from None
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {type(error).__name__}.") from None

    def say(self, text: str) -> None:
        self.stdout.write(text)

    # -- status

    def status(self, **_: Any) -> None:
        found = status.status()
        self.say(f"Keyring of installation {found.installation}")
        self.say(f"{'epoch':<16} {'state':<8} {'since':<17} {'data keys':>10}")
        for epoch, resting in found.epochs:
            since = timezone.localtime(epoch.at)
            name = epoch.kek.partition("@")[0]
            self.say(f"{name:<16} {epoch.state.value:<8} {since:%Y-%m-%d %H:%M}  {resting:>10,}")
        if found.behind:
            self.say(f"{found.behind:,} data keys rest on older epochs: keys rotate")
        if half := resealing.unfinished():
            self.say(f"{half:,} owners' keys are being re-sealed: keys reseal")
        for problem in found.problems:
            self.say(f"WRONG {problem.name}: {problem.code.value}")
        if found.problems:
            raise CommandError(f"{len(found.problems)} things are wrong with the keys.")
        self.say("Every key file opens.")

    # -- rotate

    def rotate(
        self,
        *,
        new_epoch: bool,
        compartment: list[str] | None,
        purpose: str,
        dry_run: bool,
        **_: Any,
    ) -> None:
        if compartment and not new_epoch:
            raise CommandError("--compartment says where to begin a new epoch: add --new-epoch.")
        wanted = [Compartment(item) for item in compartment or COMPARTMENTS] if new_epoch else []
        if dry_run:
            begun = {item.value for item in wanted}
            behind = sum(
                number
                for epoch, number in status.status().epochs
                if epoch.state is not EpochState.CURRENT or epoch.compartment in begun
            )
            self.say(f"New epochs: {len(wanted)}. Data keys to re-wrap: {behind:,}. Dry run.")
            return
        bar = Bar(sys.stderr, "Re-wrapping")
        try:
            found = rotation.rotate(new_epoch=wanted, purpose=purpose, report=bar)
        finally:
            bar.close()
        self.say(f"New epochs: {len(wanted)}. Re-wrapped: {found.done:,}.")
        if found.gone:
            self.say(f"Destroyed or replaced meanwhile, and left so: {found.gone:,}.")
        if found.shut:
            raise CommandError(
                f"{found.shut:,} data keys open under no key of this keyring and were left as they "
                "are: keys status tells which epoch is missing."
            )

    # -- reseal

    def reseal(
        self,
        *,
        new_keys: bool,
        made_before: datetime | None,
        owner: list[UUID] | None,
        compartment: list[str] | None,
        purpose: str,
        dry_run: bool,
        **_: Any,
    ) -> None:
        if made_before and not new_keys:
            raise CommandError("--made-before says which keys to replace: add --new-keys.")
        before = (made_before or timezone.now()) if new_keys else None
        compartments = [Compartment(item) for item in compartment] if compartment else None
        rows = resealing.scope(owner, compartments)
        if owner and rows.values("owner_uuid").distinct().count() < len(set(owner)):
            raise CommandError("There is no key of that owner. Nothing was changed.")
        if dry_run:
            number = rows.filter(created_at__lt=before).count() if before else 0
            self.say(
                f"New data keys: {number:,}. Begun before and unfinished: "
                f"{resealing.unfinished():,}. Dry run."
            )
            return
        if before is not None:
            self.say(
                "If this is interrupted: keys reseal --new-keys "
                f"--made-before {before.isoformat(timespec='seconds')}"
            )
        bar = Bar(sys.stderr, "Re-sealing")
        try:
            found = resealing.reseal(
                made_before=before,
                owners=owner,
                compartments=compartments,
                purpose=purpose,
                report=bar,
            )
        finally:
            bar.close()
        self.say(
            f"New data keys: {found.made:,}. Values sealed anew: {found.values:,}. "
            f"Old data keys dropped: {found.dropped:,}."
        )
        if found.overtaken:
            self.say(f"Written by somebody meanwhile, for the next run: {found.overtaken:,}.")
        if found.waiting:
            self.say(
                f"{found.waiting:,} old keys stay for now: at least "
                f"{resealing.GRACE.seconds // 60} minutes, and until nothing names them. The "
                "background work finishes it, or run keys reseal again. Then make a new backup of "
                "the data: older ones do not open for what was re-sealed."
            )
        if found.shut:
            raise CommandError(
                f"{found.shut:,} values or keys do not open and were left as they are, with their "
                "old keys."
            )

    # -- destroy-epoch

    def destroy_epoch(self, *, epoch: str, confirm: str, dry_run: bool, **_: Any) -> None:
        found = epochs.find(epoch)
        name = found.kek.partition("@")[0]
        why = epochs.refusal(found)
        if why and (dry_run or found.state is not EpochState.RETIRED):
            raise epochs.Refused(why)
        if confirm and confirm != name:
            raise CommandError(f"The confirmation does not name {name}. Nothing was changed.")
        if dry_run:
            step = "destroyed" if found.state is EpochState.RETIRED and confirm else "set aside"
            self.say(f"No data key rests on {name}; it would be {step}. Dry run.")
            return
        if not confirm:
            aside = epochs.set_aside(found.kek, purpose="maintenance")
            after = timezone.localtime(epochs.may_end_at(aside))
            self.say(
                f"{name} is set aside and opens nothing. Nothing is destroyed yet.\nA copy of the "
                "key store that names it will never open once it is. If that is meant, after "
                f"{after:%H:%M:%S}:\n  keys destroy-epoch {name} --confirm {name}"
            )
            return
        epochs.destroy(found.kek, purpose="maintenance")
        self.say(f"{name} is destroyed. Destroy it in the escrowed copies too.")
