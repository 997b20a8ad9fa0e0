"""What somebody still holds when she goes. Rooms register how to count it; nobody learns whose.

A counter answers with words and a number, never with a name, code or word of a case::

    leaving.on(lambda membership: [Left(_("Open cases"), count)])
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from privacy.actors import Actor
from privacy.models import Membership


@dataclass(frozen=True, slots=True)
class Left:
    """``what`` = words for the kind of work, in the reader's language; ``count`` above 0."""

    what: str
    count: int


Counter = Callable[[Membership], list[Left]]
# Who ends it, whose work, and its last day; ``None`` = it is over now.
Ending = Callable[[Actor, Membership, date | None], None]
_counters: list[Counter] = []
_endings: list[Ending] = []


def on(counter: Counter) -> None:
    """Called from ``AppConfig.ready``."""
    if counter not in _counters:
        _counters.append(counter)


def still_held(membership: Membership) -> list[Left]:
    """What has to be handed over before this membership ends."""
    return [left for counter in _counters for left in counter(membership) if left.count]


def on_end(ending: Ending) -> None:
    """Called from ``AppConfig.ready``: what rests on somebody's work and has to end with it."""
    if ending not in _endings:
        _endings.append(ending)


def ends(actor: Actor, membership: Membership, on: date | None) -> None:
    """In the transaction that ends the work."""
    for ending in _endings:
        ending(actor, membership, on)
