"""Role × compartment × verb: who may ever do what, before grant, consent and lock are asked.

Three tables make one matrix: who may *see* a compartment (``MATRIX``), who may *write* in it
(``WRITES``), and what may be done with a record as a whole (``VERBS``). What is not in them is
closed. Policies read them; no policy names a role by hand. Source: flows.md 4, domain.md 5.1
(default matrix); Law 64/2006/QH11 art. 30 for who may be told about HIV. Rendered into
docs/access-matrix.md.
"""

from enum import StrEnum

from privacy.compartments import Compartment as C
from privacy.roles import CASE_ROLES, RECEIVING_ROLES, Role


class Scope(StrEnum):
    """``OWN`` = what is hers by name; ``TEAM`` = her team's as well; ``OTHERS`` = her team's,
    never her own; ``ALL`` = everywhere. Of compartments only the first two."""

    OWN = "own"
    TEAM = "team"
    OTHERS = "others"
    ALL = "all"


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
    # Of her registers the words, and why colleagues needed emergency access; of a file nothing.
    Role.DPO: {C.REGISTER: Scope.TEAM},
    Role.SYSTEM: {},
}

# Who may write in what: a subset of what she may see.
WRITES: dict[str, frozenset[C]] = {
    Role.PEER_WORKER: frozenset({C.IDENTITY, C.CONTACT, C.NOTES}),
    Role.SOCIAL_WORKER: frozenset(
        {
            C.IDENTITY,
            C.CONTACT,
            C.NEEDS,
            C.PROTECTION,
            C.LIVELIHOOD,
            C.NOTES,
            C.PACKET,
            C.REGISTER,
        }
    ),
    Role.SUPERVISOR: frozenset({C.IDENTITY, C.CONTACT, C.NOTES, C.CHILD, C.PACKET, C.REGISTER}),
    Role.CHILD_OFFICER: frozenset({C.IDENTITY, C.CONTACT, C.CHILD, C.PACKET, C.ENTRIES}),
    Role.HEALTH_STATION: frozenset({C.PACKET, C.ENTRIES}),
    Role.WOMENS_UNION: frozenset({C.PACKET, C.ENTRIES}),
    Role.VOCATIONAL: frozenset({C.PACKET, C.ENTRIES}),
    Role.LEGAL_AID: frozenset({C.PACKET, C.ENTRIES}),
    Role.SERVICE_OFFICER: frozenset({C.PACKET, C.ENTRIES}),
    Role.DPO: frozenset({C.REGISTER}),
}


class Verb(StrEnum):
    """What may be done with a record as a whole."""

    # contacts and files
    RECORD_CONTACT = "record contact"
    TAKE_OVER_CONTACT = "take over contact"
    OPEN_CASE = "open case"
    LIST_CASES = "list cases"
    WORK_CASE = "work on case"
    EDIT_CASE = "edit contact and identity"
    PROTECT_CHILD = "protect child"
    SEE_TEAM = "see team's work"
    # consent
    RECORD_CONSENT = "record consent"
    WITHDRAW_CONSENT = "withdraw consent"
    RELAY_WITHDRAWAL = "relay withdrawal"
    # referrals
    SEND = "send referral"
    CANCEL = "cancel or chase referral"
    SEND_BACK = "send referral back"
    ANSWER = "answer referral"
    TRACK_LIVELIHOOD = "track livelihood"
    # decisions: asked by one person, taken by another
    REQUEST = "request approval"
    APPROVE = "approve plan or closure"
    ASSIGN = "assign case"
    RELEASE = "release transfer"
    ACCEPT = "accept transfer"
    NAME_DEPUTY = "name deputy"
    # out of the ordinary
    BREAK_GLASS = "emergency access"
    REVIEW_BREAK_GLASS = "review emergency access"
    VIEW_LOG = "see who opened"
    EXPORT = "export"
    ERASE = "ask for erasure"
    APPROVE_ERASURE = "approve erasure"
    REGISTER_AUTHORITY = "register an authority's request"
    DECIDE_AUTHORITY = "decide an authority's request"
    MANAGE_ACCOUNTS = "manage accounts"
    VIEW_ACCOUNTS = "see accounts"


_RECEIVING: dict[str, Scope] = {role.value: Scope.TEAM for role in sorted(RECEIVING_ROLES)}

VERBS: dict[Verb, dict[str, Scope]] = {
    Verb.RECORD_CONTACT: {Role.PEER_WORKER: Scope.OWN, Role.SOCIAL_WORKER: Scope.OWN},
    Verb.TAKE_OVER_CONTACT: {Role.SOCIAL_WORKER: Scope.OWN},
    Verb.OPEN_CASE: {Role.SOCIAL_WORKER: Scope.OWN},
    Verb.LIST_CASES: {
        Role.SOCIAL_WORKER: Scope.OWN,
        Role.SUPERVISOR: Scope.TEAM,
        Role.CHILD_OFFICER: Scope.TEAM,
    },
    Verb.WORK_CASE: {Role.SOCIAL_WORKER: Scope.OWN},
    Verb.EDIT_CASE: {Role.SOCIAL_WORKER: Scope.OWN, Role.SUPERVISOR: Scope.TEAM},
    # A supervisor only for the child she is named for.
    Verb.PROTECT_CHILD: {Role.CHILD_OFFICER: Scope.TEAM, Role.SUPERVISOR: Scope.OWN},
    Verb.SEE_TEAM: {Role.SUPERVISOR: Scope.TEAM},
    Verb.RECORD_CONSENT: {Role.SOCIAL_WORKER: Scope.OWN},
    Verb.WITHDRAW_CONSENT: {Role.SOCIAL_WORKER: Scope.OWN, Role.SUPERVISOR: Scope.TEAM},
    Verb.RELAY_WITHDRAWAL: _RECEIVING,
    Verb.SEND: {Role.SOCIAL_WORKER: Scope.OWN},
    Verb.CANCEL: {Role.SOCIAL_WORKER: Scope.OWN, Role.SUPERVISOR: Scope.TEAM},
    Verb.SEND_BACK: {Role.SUPERVISOR: Scope.OTHERS},
    Verb.ANSWER: _RECEIVING,
    Verb.TRACK_LIVELIHOOD: {Role.WOMENS_UNION: Scope.TEAM},
    Verb.REQUEST: {Role.SOCIAL_WORKER: Scope.OWN},
    Verb.APPROVE: {Role.SUPERVISOR: Scope.OTHERS},
    Verb.ASSIGN: {Role.SUPERVISOR: Scope.OTHERS},
    Verb.RELEASE: {Role.SUPERVISOR: Scope.OTHERS},
    Verb.ACCEPT: {Role.SUPERVISOR: Scope.TEAM},
    Verb.NAME_DEPUTY: {Role.SUPERVISOR: Scope.OWN},
    Verb.BREAK_GLASS: {Role.SOCIAL_WORKER: Scope.TEAM, Role.SUPERVISOR: Scope.ALL},
    Verb.REVIEW_BREAK_GLASS: {Role.DPO: Scope.ALL},
    Verb.VIEW_LOG: {
        Role.SOCIAL_WORKER: Scope.OWN,
        Role.SUPERVISOR: Scope.TEAM,
        Role.DPO: Scope.ALL,
    },
    # Numbers and registers; a person's own file leaves only with two approvers.
    Verb.EXPORT: {Role.PROGRAMME_OFFICER: Scope.ALL, Role.DPO: Scope.ALL},
    Verb.ERASE: {
        Role.SOCIAL_WORKER: Scope.OWN,
        Role.SUPERVISOR: Scope.TEAM,
        Role.DPO: Scope.ALL,
    },
    Verb.APPROVE_ERASURE: {Role.SUPERVISOR: Scope.OTHERS, Role.DPO: Scope.OTHERS},
    Verb.REGISTER_AUTHORITY: dict.fromkeys(
        sorted(CASE_ROLES | RECEIVING_ROLES | {Role.DPO}), Scope.OWN
    ),
    Verb.DECIDE_AUTHORITY: {Role.DPO: Scope.ALL},
    Verb.MANAGE_ACCOUNTS: {Role.ADMINISTRATOR: Scope.ALL},
    Verb.VIEW_ACCOUNTS: {Role.ADMINISTRATOR: Scope.ALL, Role.DPO: Scope.ALL},
}


def reach(role: str, verb: Verb) -> Scope | None:
    """How far this role reaches with this verb; ``None`` = never."""
    return VERBS[verb].get(role)


def may(role: str, verb: Verb) -> bool:
    return role in VERBS[verb]


def may_write(role: str, compartment: C) -> bool:
    return compartment in WRITES.get(role, frozenset())


def scope(role: str, compartment: C) -> Scope | None:
    """How far this role reaches into this compartment; ``None`` = never."""
    return MATRIX.get(role, {}).get(compartment)


# The permissions that are no compartment, and whose grant to a team counts for them: a social
# worker works on her own cases only, the data-protection officer on her registers. ``review`` is
# hers on an emergency access.
WORK = "work"
REVIEW = "review"
WORKING_ROLES = CASE_ROLES | RECEIVING_ROLES | {Role.DPO}
TEAM_WORK = WORKING_ROLES - {Role.SOCIAL_WORKER, Role.PEER_WORKER}


def may_use_team_grant(role: str, permission: str) -> bool:
    if permission == WORK:
        return role in TEAM_WORK
    if permission == REVIEW:
        return may(role, Verb.REVIEW_BREAK_GLASS)
    return scope(role, C(permission.removeprefix("open_"))) is Scope.TEAM


def may_hold(role: str, permission: str) -> bool:
    """Whether a live grant of this permission counts at all under this role."""
    if permission == WORK:
        return role in WORKING_ROLES
    if permission == REVIEW:
        return may(role, Verb.REVIEW_BREAK_GLASS)
    return scope(role, C(permission.removeprefix("open_"))) is not None
