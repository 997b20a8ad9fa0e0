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
from privacy.models.audit import (
    AppendOnly,
    AuditEvent,
    AuditReview,
    AuditSeal,
    AuditSealRange,
    ReviewOutcome,
    Signal,
)
from privacy.models.changes import ChangeRecord
from privacy.models.deputies import Deputy, DeputyQuerySet, DeputyRight
from privacy.models.doors import OpenSession, Tries
from privacy.models.erasure import ErasedOwner, ErasureBasis, RetentionRun, Tombstone
from privacy.models.exports import ExportPurpose, ExportRequest, ExportStage
from privacy.models.files import DeleteReason, FileKind, SealedChunk, SealedFile
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
from privacy.models.second_factor import SecondFactor
from privacy.models.snapshots import Publication, Snapshot

__all__ = [
    "AccountChange",
    "AppendOnly",
    "AuditEvent",
    "AuditReview",
    "AuditSeal",
    "AuditSealRange",
    "Basis",
    "BasisQuerySet",
    "BlindIndex",
    "ChangeKind",
    "ChangeRecord",
    "ChangeState",
    "CodePurpose",
    "DeleteReason",
    "Deputy",
    "DeputyQuerySet",
    "DeputyRight",
    "ErasedOwner",
    "ErasureBasis",
    "ExportPurpose",
    "ExportRequest",
    "ExportStage",
    "FileKind",
    "Grant",
    "GrantSource",
    "JobGrant",
    "KeptText",
    "Membership",
    "MembershipQuerySet",
    "MembershipReview",
    "OneTimeCode",
    "OpenSession",
    "Organisation",
    "Outbox",
    "Publication",
    "Recovery",
    "RecoveryState",
    "RetentionRun",
    "ReviewOutcome",
    "SealedChunk",
    "SealedFile",
    "SealedModel",
    "SealedModel",
    "SecondFactor",
    "SentForm",
    "SentForm",
    "Signal",
    "Snapshot",
    "Team",
    "Tombstone",
    "Tries",
    "User",
    "UserManager",
    "WrappedDataKey",
]
