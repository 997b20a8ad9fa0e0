"""What somebody still holds when she goes. Rooms register how to count it; nobody learns whose.

A counter answers with words and a number, never with a name, code or word of a case::

    leaving.on(lambda membership: [Left(_("Open cases"), count)])
"""

from collections.abc import Callable
from dataclasses import dataclass

from privacy.models import Membership


@dataclass(frozen=True, slots=True)
class Left:
    """``what`` = words for the kind of work, in the reader's language; ``count`` above 0."""

    what: str
    count: int


Counter = Callable[[Membership], list[Left]]
_counters: list[Counter] = []


def on(counter: Counter) -> None:
    """Called from ``AppConfig.ready``."""
    if counter not in _counters:
        _counters.append(counter)


def still_held(membership: Membership) -> list[Left]:
    """What has to be handed over before this membership ends."""
    return [left for counter in _counters for left in counter(membership) if left.count]
