"""The compartments of a file: what is opened together, and never more than that."""

from enum import StrEnum
from typing import Any


class Compartment(StrEnum):
    IDENTITY = "identity"
    CONTACT = "contact"
    NEEDS = "needs"
    PROTECTION = "protection"
    CHILD = "child"
    HEALTH = "health"
    LEGAL = "legal"
    LIVELIHOOD = "livelihood"
    NOTES = "notes"
    # Of a referral, not of a case: the slip that travels, and what its recipient writes.
    PACKET = "packet"
    ENTRIES = "entries"
    # Of a register (an erasure, a client's request, a breach, why somebody broke the glass): what
    # the data-protection officer reads, under a key of its own.
    REGISTER = "register"
    # Of a person who works here: drafts of typed text that came back after a session ended.
    DRAFT = "draft"
    # Also hers alone: the secret of her second factor and what is left of her recovery codes.
    FACTOR = "factor"

    @property
    def byte(self) -> int:
        return BYTES[self]

    @property
    def permission(self) -> str:
        return f"open_{self.value}"


# Written into every envelope: never change a number, never use one twice.
BYTES: dict[Compartment, int] = {
    Compartment.IDENTITY: 1,
    Compartment.CONTACT: 2,
    Compartment.NEEDS: 3,
    Compartment.PROTECTION: 4,
    Compartment.CHILD: 5,
    Compartment.HEALTH: 6,
    Compartment.LEGAL: 7,
    Compartment.LIVELIHOOD: 8,
    Compartment.NOTES: 9,
    Compartment.PACKET: 20,
    Compartment.ENTRIES: 21,
    Compartment.DRAFT: 30,
    Compartment.REGISTER: 40,
    Compartment.FACTOR: 31,
}

CASE_COMPARTMENTS: tuple[Compartment, ...] = (
    Compartment.IDENTITY,
    Compartment.CONTACT,
    Compartment.NEEDS,
    Compartment.PROTECTION,
    Compartment.CHILD,
    Compartment.HEALTH,
    Compartment.LEGAL,
    Compartment.LIVELIHOOD,
    Compartment.NOTES,
)
LEAD_COMPARTMENTS: tuple[Compartment, ...] = (
    Compartment.IDENTITY,
    Compartment.CONTACT,
    Compartment.NOTES,
)
REGISTER_COMPARTMENTS: tuple[Compartment, ...] = (Compartment.REGISTER,)


def permission_rows(compartments: tuple[Compartment, ...]) -> list[tuple[str, Any]]:
    """``Meta.permissions`` of a model that carries grants: ``work`` and one per compartment."""
    return [("work", "May work on it")] + [
        (item.permission, f"May open the {item.value} compartment") for item in compartments
    ]
