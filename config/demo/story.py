"""Which cases are told, and that each is told once.

Every case is promised as one outbox row with a key of its own. The row is marked done in the very
transaction that writes the case, so whatever is killed in between, a case is there whole and once,
or its promise still stands. The first cases are told before the first page, the others by the
runner, one after the other.
"""

from datetime import timedelta

from django.db import models, transaction
from django.utils import timezone, translation

from config.demo import clock, five, invented
from config.demo.teller import Teller
from config.demo.world import World
from privacy import outbox
from privacy.models import Outbox

KIND = "demo.case"
FIVE = len(five.STORIES)
AT_ONCE, LATER = 30, 270
BETWEEN = timedelta(seconds=0.7)


def _key(number: int) -> str:
    return f"{KIND}:{number}"


def promise(invented_cases: int = AT_ONCE + LATER) -> None:
    for number in range(1, FIVE + invented_cases + 1):
        outbox.put(KIND, number, dedupe_key=_key(number))


def untold() -> "models.QuerySet[Outbox]":
    return Outbox.objects.filter(kind=KIND, done_at__isnull=True).order_by("object_id")


def told_of() -> tuple[int, int]:
    """How many of the invented cases are told, and of how many."""
    lives = Outbox.objects.filter(kind=KIND, object_id__gt=FIVE)
    return lives.filter(done_at__isnull=False).count(), lives.count()


def tell_first(invented_cases: int = AT_ONCE) -> int:
    """The five and the first invented ones, here and now; those that are told already stay."""
    first = untold().filter(object_id__lte=FIVE + invented_cases)
    numbers = [number for number in first.values_list("object_id", flat=True) if number]
    for number in numbers:
        tell(number)
    return len(numbers)


def spread_the_rest() -> int:
    """The runner tells the rest one by one, with air between them for the work of people."""
    rest = list(untold())
    now = timezone.now()
    for place, row in enumerate(rest, start=1):
        row.run_at, row.lease_until = now + place * BETWEEN, None
    Outbox.objects.bulk_update(rest, ["run_at", "lease_until"], batch_size=200)
    return len(rest)


def tell(number: int) -> None:
    """Outbox handler. Keys and audit commit before the case that uses them."""
    with (
        transaction.atomic(),
        transaction.atomic(using="keystore"),
        transaction.atomic(using="audit"),
        translation.override("vi"),
    ):
        mine = Outbox.objects.filter(dedupe_key=_key(number), done_at__isnull=True)
        if not mine.update(done_at=timezone.now()):
            return
        now = timezone.now()
        with clock.at(now) as moved:
            teller = Teller(World.load(), moved, now)
            if number <= FIVE:
                five.STORIES[number - 1](teller)
            else:
                invented.tell(teller, number - FIVE)
            teller.finish()


def tell_next(number: int) -> None:
    """As the runner does it: where cases are due faster than this machine tells them, the rest
    waits again, so that people's own work finds the database free in between."""
    tell(number)
    if untold().filter(run_at__lte=timezone.now()).exists():
        spread_the_rest()


def listen() -> None:
    """The runner's part."""
    outbox.on(KIND, tell_next)
