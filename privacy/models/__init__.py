"""What the ground floor keeps, a question a file. Import from here."""

from privacy.models.audit import AppendOnly, AuditEvent
from privacy.models.changes import ChangeRecord
from privacy.models.forms import KeptText, SentForm
from privacy.models.grants import Basis, BasisQuerySet, Grant, GrantSource
from privacy.models.jobs import JobGrant
from privacy.models.keystore import BlindIndex, WrappedDataKey
from privacy.models.outbox import Outbox
from privacy.models.people import (
    Membership,
    MembershipQuerySet,
    Organisation,
    Team,
    User,
    UserManager,
)
from privacy.models.sealed import SealedModel

__all__ = [
    "AppendOnly",
    "AuditEvent",
    "Basis",
    "BasisQuerySet",
    "BlindIndex",
    "ChangeRecord",
    "Grant",
    "GrantSource",
    "JobGrant",
    "KeptText",
    "Membership",
    "MembershipQuerySet",
    "Organisation",
    "Outbox",
    "SealedModel",
    "SentForm",
    "Team",
    "User",
    "UserManager",
    "WrappedDataKey",
]
