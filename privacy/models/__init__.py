"""What the ground floor keeps, a question a file. Import from here."""

from privacy.models.audit import AppendOnly, AuditEvent
from privacy.models.changes import ChangeRecord
from privacy.models.exports import ExportPurpose, ExportRequest, ExportStage
from privacy.models.files import DeleteReason, FileKind, SealedChunk, SealedFile
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
from privacy.models.snapshots import Publication, Snapshot

__all__ = [
    "AppendOnly",
    "AuditEvent",
    "Basis",
    "BasisQuerySet",
    "BlindIndex",
    "ChangeRecord",
    "DeleteReason",
    "ExportPurpose",
    "ExportRequest",
    "ExportStage",
    "FileKind",
    "Grant",
    "GrantSource",
    "KeptText",
    "Membership",
    "MembershipQuerySet",
    "Organisation",
    "Outbox",
    "Publication",
    "SealedChunk",
    "SealedFile",
    "SealedModel",
    "SentForm",
    "Snapshot",
    "Team",
    "User",
    "UserManager",
    "WrappedDataKey",
]
