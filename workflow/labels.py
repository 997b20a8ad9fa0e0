"""What a worklist row is called and where it leads.

The read model holds no alias. Each room registers a ``Labeller`` for the items it can name; a page
asks all of them, opens every key it needs in one go, and only then reads the names. So a page costs
the same number of queries whatever stands on it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from django.db import models

from privacy import access
from privacy.actors import Actor
from privacy.compartments import Compartment
from workflow.models import WorkItem


class Label(NamedTuple):
    """``name`` may be LOCKED or empty; ``reference`` is the room's own, shown to its own people."""

    url: str
    reference: str
    name: Any = ""


class Labeller(Protocol):
    """``roles`` empty = every role. The first registered labeller that claims an item names it."""

    @property
    def flows(self) -> frozenset[str]: ...

    @property
    def roles(self) -> frozenset[str]: ...

    @property
    def compartments(self) -> tuple[Compartment, ...]: ...

    def fetch(self, items: list[WorkItem]) -> Mapping[int, models.Model]:
        """Item id → the record whose keys name it; one query."""

    def label(self, item: WorkItem, record: models.Model) -> Label: ...


_labellers: list[Labeller] = []


def register(labeller: Labeller) -> None:
    if not any(type(known) is type(labeller) for known in _labellers):
        # A room higher up knows more of an item (whose referral it is): it is asked first.
        _labellers.insert(0, labeller)


def _claims(labeller: Labeller, item: WorkItem) -> bool:
    return item.flow in labeller.flows and (not labeller.roles or item.role in labeller.roles)


def name_all(actor: Actor, items: Iterable[WorkItem]) -> dict[int, Label]:
    """Item id → label, for the items of one page."""
    claimed: list[tuple[Labeller, list[WorkItem]]] = []
    left = list(items)
    for labeller in _labellers:
        mine = [item for item in left if _claims(labeller, item)]
        if mine:
            claimed.append((labeller, mine))
            left = [item for item in left if not _claims(labeller, item)]
    fetched = [(labeller, mine, labeller.fetch(mine)) for labeller, mine in claimed]
    records: dict[tuple[type, Any], models.Model] = {}
    compartments: dict[Compartment, None] = {}
    for labeller, _mine, found in fetched:
        compartments.update(dict.fromkeys(labeller.compartments))
        for record in found.values():
            records.setdefault((type(record), record.pk), record)
    access.open_keys(actor, records.values(), list(compartments), purpose="worklist")
    return {
        item.pk: labeller.label(item, found[item.pk])
        for labeller, mine, found in fetched
        for item in mine
        if item.pk in found
    }
