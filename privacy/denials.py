"""A refusal explained: which right, grant or consent is missing, and who can give it.

One place makes these words. They are for a person who holds the object but not the verb (403); to
everybody else an object that she may not see is absent (404), without a word.
"""

from enum import StrEnum
from typing import Any, NamedTuple

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

from privacy import access, audit
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.errors import Forbidden
from privacy.matrix import REVIEW, WORK, may_hold
from privacy.models import GrantSource


class Missing(StrEnum):
    """What is missing; its value stands in the audit (at most 12 letters)."""

    ROLE = "role"
    NOT_WORKER = "not_worker"
    NOT_MAKER = "not_maker"
    NOT_TAKER = "not_taker"
    NOT_SUPERVISOR = "not_superv"
    NOT_SENDING_SUPERVISOR = "not_sending"
    NOT_LIVELIHOOD = "not_livelih"
    OWN_CASE = "own_case"
    OWN_FILE = "own_file"
    OWN_REFERRAL = "own_referral"
    OWN_ACCESS = "own_access"
    OWN_WORK = "own_work"
    OWN_REQUEST = "own_request"
    OWN_PROPOSAL = "own_proposal"
    OWN_SIGNAL = "own"
    NOT_SECOND = "not_second"
    NOT_DPO = "not_dpo"
    OWN_ACCOUNT = "herself"
    OWN_RIGHTS = "own_rights"
    OTHER_TEAM = "other_team"
    NOT_DECIDER = "not_decider"
    PROPOSED_IT = "proposed_it"
    NOT_CONFIRMER = "not_confirm"
    CONFIRMED_IT = "confirmed_it"
    RESTRICTED = "restricted"
    NOT_ASKER = "not_hers"
    ONE_APPROVAL = "one_approval"
    HOLDER = "not_holder"
    # why a grant does not hold
    COMPARTMENT = "compartment"
    NO_GRANT = "no_grant"
    GRANT_TAKEN = "grant_taken"
    GRANT_ENDED = "grant_ended"
    NOT_YET = "not_yet"
    HAND_OVER = "hand_over"
    DEPUTY = "deputy_date"
    EMERGENCY = "emergency"
    CONSENT_ENDED = "consent_end"
    CONSENT_OUT = "consent_out"
    INSPECTION = "inspection"
    MEMBERSHIP = "membership"


class Words(NamedTuple):
    what: Any
    next: Any


_ASK_SUPERVISOR = gettext_lazy(
    "If you need it for your work, ask your supervisor. Nothing was changed."
)
_ASK_DEPUTY = gettext_lazy(
    "A supervisor names a deputy under “Deputies”; a deputy of hers may decide at once."
)
_SECOND = gettext_lazy("It waits in the list of whoever may decide; nothing was changed.")
_NOTHING = gettext_lazy("Nothing was changed.")
_ASK_KEEPER = gettext_lazy("An administrator can propose it. Nothing was changed.")
_NOT_HER_OWN = Words(
    gettext_lazy(
        "A supervisor never decides about her own case. A deputy or another supervisor can."
    ),
    _ASK_DEPUTY,
)

WORDS: dict[Missing, Words] = {
    Missing.ROLE: Words(
        gettext_lazy("Your role does not include this."),
        gettext_lazy("Ask a colleague whose role it is; the help page lists who does what."),
    ),
    Missing.NOT_WORKER: Words(
        gettext_lazy("Only the case worker of this file may do this."),
        gettext_lazy("Ask her worker, or ask your supervisor to assign the case to you."),
    ),
    Missing.NOT_MAKER: Words(
        gettext_lazy("Only the worker who made the contact may do this."), _ASK_SUPERVISOR
    ),
    Missing.NOT_TAKER: Words(
        gettext_lazy("This contact was handed over to another social worker."), _ASK_SUPERVISOR
    ),
    Missing.NOT_SUPERVISOR: Words(
        gettext_lazy("Only a supervisor of this team may do this."), _ASK_DEPUTY
    ),
    Missing.NOT_SENDING_SUPERVISOR: Words(
        gettext_lazy("Only a supervisor of the sending team may do this."), _ASK_DEPUTY
    ),
    Missing.NOT_LIVELIHOOD: Words(
        gettext_lazy("Only the Women's Union officer tracks a livelihood plan."), _ASK_SUPERVISOR
    ),
    Missing.OWN_CASE: _NOT_HER_OWN,
    Missing.OWN_WORK: _NOT_HER_OWN,
    Missing.OWN_FILE: Words(
        gettext_lazy("Nobody decides about a file that she works on herself, in whatever job."),
        _SECOND,
    ),
    Missing.OWN_REQUEST: Words(
        gettext_lazy("Somebody else has to decide about what you asked for."), _SECOND
    ),
    Missing.OWN_PROPOSAL: Words(
        gettext_lazy("A legal hold is set and lifted by two people: somebody else decides."),
        _SECOND,
    ),
    Missing.OWN_SIGNAL: Words(
        gettext_lazy("Nobody looks into her own work. Another data-protection officer can."),
        _SECOND,
    ),
    Missing.NOT_SECOND: Words(
        gettext_lazy("This waits for the second person: you cannot decide about it."), _SECOND
    ),
    Missing.NOT_DPO: Words(gettext_lazy("Only the data-protection officer may do this."), _SECOND),
    Missing.OWN_ACCOUNT: Words(
        gettext_lazy("Nobody changes her own account. Ask another administrator."), _NOTHING
    ),
    Missing.OWN_RIGHTS: Words(gettext_lazy("Nobody decides about her own rights."), _SECOND),
    Missing.OTHER_TEAM: Words(
        gettext_lazy("A supervisor proposes work in her own team only."), _ASK_KEEPER
    ),
    Missing.NOT_DECIDER: Words(
        gettext_lazy("An administrator or the data-protection officer decides about it."), _SECOND
    ),
    Missing.PROPOSED_IT: Words(
        gettext_lazy(
            "You proposed it, so somebody else decides: another administrator or the "
            "data-protection officer."
        ),
        _SECOND,
    ),
    Missing.NOT_CONFIRMER: Words(
        gettext_lazy("Her own supervisor or the data-protection officer confirms that it is she."),
        _SECOND,
    ),
    Missing.CONFIRMED_IT: Words(
        gettext_lazy("You confirmed it, so another administrator hands over the code."), _SECOND
    ),
    Missing.RESTRICTED: Words(
        gettext_lazy("The client asked that this file is kept and not used."),
        gettext_lazy("Only her request, decided by the data-protection officer, ends that."),
    ),
    Missing.NOT_ASKER: Words(
        gettext_lazy("Only who asked for it may take it back."), _ASK_SUPERVISOR
    ),
    Missing.OWN_REFERRAL: Words(
        gettext_lazy("A supervisor never decides about her own referral."), _ASK_DEPUTY
    ),
    Missing.OWN_ACCESS: Words(
        gettext_lazy("Nobody reviews her own emergency access."),
        gettext_lazy("The data-protection officer closes it."),
    ),
    Missing.ONE_APPROVAL: Words(
        gettext_lazy("You were named for one approval of this case, and for nothing else."),
        _ASK_DEPUTY,
    ),
    Missing.HOLDER: Words(gettext_lazy("This step is waiting for somebody else."), _ASK_SUPERVISOR),
    Missing.COMPARTMENT: Words(
        gettext_lazy("Your role never opens this part of a file."),
        gettext_lazy("Ask the colleague whose work it is; she tells you what you need to know."),
    ),
    Missing.NO_GRANT: Words(
        gettext_lazy("Nobody has given you this part of the file."), _ASK_SUPERVISOR
    ),
    Missing.GRANT_TAKEN: Words(
        gettext_lazy("Your right to this part of the file was taken back."), _ASK_SUPERVISOR
    ),
    Missing.GRANT_ENDED: Words(
        gettext_lazy("Your right to this part of the file has run out."), _ASK_SUPERVISOR
    ),
    Missing.NOT_YET: Words(
        gettext_lazy("Your right to this part of the file begins later."), _ASK_SUPERVISOR
    ),
    Missing.HAND_OVER: Words(
        gettext_lazy("The case was handed over, and your days to read it are over."),
        gettext_lazy("The new worker can tell you what you need to know."),
    ),
    Missing.DEPUTY: Words(
        gettext_lazy("Your time as deputy is over."),
        gettext_lazy("The supervisor you stood in for can name you again."),
    ),
    Missing.EMERGENCY: Words(
        gettext_lazy("Your emergency access has ended."),
        gettext_lazy("If the danger goes on, ask for it again with its reason."),
    ),
    Missing.CONSENT_ENDED: Words(
        gettext_lazy("The consent that this rested on does not hold any more."),
        gettext_lazy("Only the client can give it anew; her case worker can ask."),
    ),
    Missing.CONSENT_OUT: Words(
        gettext_lazy("The consent that this rested on has run out."),
        gettext_lazy("Her case worker can ask the client whether she renews it."),
    ),
    Missing.INSPECTION: Words(
        gettext_lazy("A member of an inspection team does no casework."),
        gettext_lazy("Choose somebody who belongs to no inspection team."),
    ),
    Missing.MEMBERSHIP: Words(
        gettext_lazy("Your work in this team has ended."),
        gettext_lazy("An administrator can renew it."),
    ),
}


def refuse(
    actor: Actor, subject: models.Model | None, action: str, missing: Missing, *, about: str = ""
) -> Forbidden:
    """The refusal to raise; it is kept in the audit before it is told."""
    audit.refused(actor=actor, action=action, subject=subject, reason=missing.value)
    words = WORDS[missing]
    what = f"{words.what} ({about})" if about else str(words.what)
    return Forbidden(what, next_step=str(words.next))


_BY_SOURCE = {
    GrantSource.HAND_OVER: Missing.HAND_OVER,
    GrantSource.DEPUTY: Missing.DEPUTY,
    GrantSource.BREAK_GLASS: Missing.EMERGENCY,
}


def why_not(actor: Actor, obj: models.Model, permission: str) -> Missing | None:
    """What keeps her from this permission; ``None`` when she holds it. The newest grant tells."""
    if not may_hold(actor.role, permission):
        return Missing.ROLE if permission in (WORK, REVIEW) else Missing.COMPARTMENT
    if not access.still_acts(actor):
        return Missing.MEMBERSHIP
    if access.can(actor, obj, permission):
        return None
    grant = access.last_grant(actor, obj, permission)
    if grant is None:
        return Missing.NO_GRANT
    now = timezone.now()
    basis = grant.basis
    if basis is not None and basis.ended_at is not None:
        return Missing.CONSENT_ENDED
    if basis is not None and basis.valid_until is not None and basis.valid_until <= now:
        return Missing.CONSENT_OUT
    over = grant.expires_at is not None and grant.expires_at <= now
    if over or grant.revoked_at is not None:
        usual = Missing.GRANT_TAKEN if grant.revoked_at is not None else Missing.GRANT_ENDED
        return _BY_SOURCE.get(GrantSource(grant.source), usual)
    return Missing.NOT_YET


def require_open(actor: Actor, obj: models.Model, compartment: Compartment) -> None:
    """She holds the object; may she open this part of it? Otherwise 403 in words."""
    missing = why_not(actor, obj, compartment.permission)
    if missing is not None:
        raise refuse(actor, obj, compartment.permission, missing, about=compartment.label)


def locked_words(actor: Actor, obj: models.Model, compartment: Compartment) -> str:
    """Beside a part that stays shut: why, and who can help. Empty when it is open to her."""
    missing = why_not(actor, obj, compartment.permission)
    if missing is None:
        return ""
    return f"{WORDS[missing].what} {WORDS[missing].next}"
