"""The compartments of a file: what is opened together, and never more than that."""

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy


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

    @property
    def label(self) -> str:
        """How it is called inside a sentence, to those who work here and to the client."""
        return str(LABELS[self])


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

LABELS: dict[Compartment, Any] = {
    Compartment.IDENTITY: gettext_lazy("name and personal details"),
    Compartment.CONTACT: gettext_lazy("how to be reached"),
    Compartment.NEEDS: gettext_lazy("needs and goals"),
    Compartment.PROTECTION: gettext_lazy("safety"),
    Compartment.CHILD: gettext_lazy("child protection"),
    Compartment.HEALTH: gettext_lazy("health"),
    Compartment.LEGAL: gettext_lazy("legal matters"),
    Compartment.LIVELIHOOD: gettext_lazy("livelihood"),
    Compartment.NOTES: gettext_lazy("notes"),
    Compartment.PACKET: gettext_lazy("referral slip"),
    Compartment.ENTRIES: gettext_lazy("notes of the receiving office"),
    Compartment.REGISTER: gettext_lazy("registers of data protection"),
    Compartment.DRAFT: gettext_lazy("drafts of somebody who works here"),
    Compartment.FACTOR: gettext_lazy("second factor of somebody who works here"),
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
