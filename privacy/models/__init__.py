"""What the ground floor keeps, a question a file. Import from here."""

from privacy.models.accounts import (
    AccountChange,
    ChangeKind,
    ChangeState,
    CodePurpose,
    MembershipReview,
    OneTimeCode,
    Recovery,
    RecoveryState,
)
from privacy.models.audit import AppendOnly, AuditEvent
from privacy.models.changes import ChangeRecord
from privacy.models.doors import OpenSession, Tries
from privacy.models.forms import KeptText, SentForm
from privacy.models.grants import Basis, BasisQuerySet, Grant, GrantSource
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
from privacy.models.second_factor import SecondFactor

__all__ = [
    "AccountChange",
    "AppendOnly",
    "AuditEvent",
    "Basis",
    "BasisQuerySet",
    "BlindIndex",
    "ChangeKind",
    "ChangeRecord",
    "ChangeState",
    "CodePurpose",
    "Grant",
    "GrantSource",
    "KeptText",
    "Membership",
    "MembershipQuerySet",
    "MembershipReview",
    "OneTimeCode",
    "OpenSession",
    "Organisation",
    "Outbox",
    "Recovery",
    "RecoveryState",
    "SealedModel",
    "SecondFactor",
    "SentForm",
    "Team",
    "Tries",
    "User",
    "UserManager",
    "WrappedDataKey",
]
