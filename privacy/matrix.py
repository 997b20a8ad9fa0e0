"""Role × compartment: who may ever open what, before grant, consent and lock are asked.

``OWN`` = only through a grant to her by name; ``TEAM`` = a grant to her team counts as well.
What is not in this table is closed. Source: flows.md 4, domain.md 5.1 (default matrix); Law
64/2006/QH11 art. 30 for who may be told about HIV. Rendered into docs/access-matrix.md.
"""

from enum import StrEnum

from privacy.compartments import Compartment as C
from privacy.roles import Role


class Scope(StrEnum):
    OWN = "own"
    TEAM = "team"


MATRIX: dict[str, dict[C, Scope]] = {
    # A peer worker knows her own contacts; of a case only what a dated grant hands her for a task.
    Role.PEER_WORKER: {C.IDENTITY: Scope.OWN, C.CONTACT: Scope.OWN, C.NOTES: Scope.OWN},
    Role.SOCIAL_WORKER: {
        C.IDENTITY: Scope.OWN,
        C.CONTACT: Scope.OWN,
        C.NEEDS: Scope.OWN,
        C.PROTECTION: Scope.OWN,
        C.LIVELIHOOD: Scope.OWN,
        C.NOTES: Scope.OWN,
        C.PACKET: Scope.OWN,  # the slip she wrote herself; never the recipient's entries
        C.REGISTER: Scope.OWN,  # her own client's request; never a complaint
    },
    Role.SUPERVISOR: {
        C.IDENTITY: Scope.TEAM,
        C.CONTACT: Scope.TEAM,
        C.NEEDS: Scope.TEAM,
        C.PROTECTION: Scope.TEAM,
        C.LIVELIHOOD: Scope.TEAM,
        C.NOTES: Scope.TEAM,
        C.PACKET: Scope.TEAM,
        C.CHILD: Scope.OWN,  # only the supervisor named for that child
        C.REGISTER: Scope.TEAM,  # as the second person
    },
    Role.CHILD_OFFICER: {
        C.IDENTITY: Scope.TEAM,
        C.CONTACT: Scope.TEAM,
        C.CHILD: Scope.TEAM,
        C.PACKET: Scope.TEAM,
        C.ENTRIES: Scope.TEAM,
        C.REGISTER: Scope.TEAM,  # a child's requests
    },
    Role.HEALTH_STATION: {C.PACKET: Scope.TEAM, C.ENTRIES: Scope.TEAM},
    Role.WOMENS_UNION: {C.PACKET: Scope.TEAM, C.ENTRIES: Scope.TEAM},
    Role.VOCATIONAL: {C.PACKET: Scope.TEAM, C.ENTRIES: Scope.TEAM},
    Role.LEGAL_AID: {C.PACKET: Scope.TEAM, C.ENTRIES: Scope.TEAM},
    Role.SERVICE_OFFICER: {C.PACKET: Scope.TEAM, C.ENTRIES: Scope.TEAM},
    Role.PROGRAMME_OFFICER: {},
    Role.ADMINISTRATOR: {},
    # Of her registers the words; of a file, a slip or a contact nothing.
    Role.DPO: {C.REGISTER: Scope.TEAM},
    Role.SYSTEM: {},
}


def scope(role: str, compartment: C) -> Scope | None:
    """How far this role reaches into this compartment; ``None`` = never."""
    return MATRIX.get(role, {}).get(compartment)


# Whose ``work`` grant to a team counts: a social worker works on her own cases only.
TEAM_WORK = frozenset(
    {
        Role.SUPERVISOR,
        Role.CHILD_OFFICER,
        Role.HEALTH_STATION,
        Role.WOMENS_UNION,
        Role.VOCATIONAL,
        Role.LEGAL_AID,
        Role.SERVICE_OFFICER,
        Role.DPO,
    }
)


def may_use_team_grant(role: str, permission: str) -> bool:
    if permission == "work":
        return role in TEAM_WORK
    return scope(role, C(permission.removeprefix("open_"))) is Scope.TEAM


def may_hold(role: str, permission: str) -> bool:
    """Whether a live grant of this permission counts at all under this role."""
    if permission == "work":
        return bool(MATRIX.get(role))
    return scope(role, C(permission.removeprefix("open_"))) is not None
