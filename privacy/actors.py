"""Who acts. Every action takes an ``actor``; jobs act as the named system user."""

from dataclasses import dataclass
from uuid import UUID

from privacy.roles import Role

SYSTEM_USERNAME = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """One person in one membership, for one session. ``session`` is a hash, never the key.

    The system has no membership: its ids are 0, which belongs to nobody.
    """

    user_id: int
    user_uuid: UUID
    name: str
    role: str
    membership_id: int = 0
    organisation_id: int = 0
    team_id: int = 0
    session: str = ""
    # When she last showed password and code in this session, Unix seconds (privacy/proof.py).
    proved_at: int = 0

    @property
    def is_system(self) -> bool:
        return self.role == Role.SYSTEM

    def is_a(self, *roles: str) -> bool:
        return self.role in roles
