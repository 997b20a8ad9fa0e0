"""Who acts. Every action takes an ``actor``; jobs act as the named system user."""

from dataclasses import dataclass
from uuid import UUID

from privacy.roles import Role

SYSTEM_USERNAME = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """One person in one membership, for one session. ``session`` is a hash, never the key."""

    user_id: int
    user_uuid: UUID
    name: str
    role: str
    membership_id: int | None = None
    organisation_id: int | None = None
    team_id: int | None = None
    session: str = ""

    @property
    def is_system(self) -> bool:
        return self.role == Role.SYSTEM

    def is_a(self, *roles: str) -> bool:
        return self.role in roles
