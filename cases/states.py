"""Which change of state is legal: lead, case, care plan, follow-up, closure, transfer."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from privacy.errors import AlreadyDone, WrongState


class LeadState(models.TextChoices):
    CONTACT_MADE = "contact_made", _("Contact made")
    INFORMED = "informed", _("Information given")
    NOT_NOW = "not_now", _("Not now, ask again later")
    HANDED_OVER = "handed_over", _("Handed over to a social worker")
    CASE_OPENED = "case_opened", _("Case opened")
    ENDED = "ended", _("Ended")


class CaseState(models.TextChoices):
    ENGAGEMENT = "engagement", _("Engagement and consent")
    SCREENING = "screening", _("Needs screening")
    SAFETY = "safety", _("Safety first")
    ASSESSMENT = "assessment", _("Needs assessment")
    PLANNING = "planning", _("Agreeing the plan")
    PLAN_REVIEW = "plan_review", _("Plan waiting for approval")
    SUPPORT = "support", _("Support under way")
    CLOSING = "closing", _("Closure waiting for approval")
    CLOSED = "closed", _("Closed")
    PROTECTED = "protected", _("Handed over to child protection")


class CarePlanState(models.TextChoices):
    DRAFT = "draft", _("Being written")
    SUBMITTED = "submitted", _("Waiting for approval")
    APPROVED = "approved", _("Approved")
    RETURNED = "returned", _("Returned for changes")
    REPLACED = "replaced", _("Replaced by a newer plan")


class GoalState(models.TextChoices):
    OPEN = "open", _("Open")
    UNDER_WAY = "under_way", _("Under way")
    REACHED = "reached", _("Reached")
    DROPPED = "dropped", _("No longer wished")


class FollowUpState(models.TextChoices):
    PLANNED = "planned", _("Planned")
    DONE = "done", _("Done")
    NOT_REACHED = "not_reached", _("Not reached")
    CANCELLED = "cancelled", _("Cancelled")


class ClosureState(models.TextChoices):
    REQUESTED = "requested", _("Waiting for approval")
    APPROVED = "approved", _("Approved")
    RETURNED = "returned", _("Returned")


class TransferState(models.TextChoices):
    REQUESTED = "requested", _("Waiting for our supervisor")
    OFFERED = "offered", _("Waiting for the receiving office")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")


class ErasureState(models.TextChoices):
    REQUESTED = "requested", _("Waiting for the second person")
    APPROVED = "approved", _("Approved, being erased")
    DONE = "done", _("Erased")
    REFUSED = "refused", _("Refused")
    CANCELLED = "cancelled", _("Taken back")


class HoldState(models.TextChoices):
    PROPOSED = "proposed", _("Waiting for the second person")
    IN_FORCE = "in_force", _("In force")
    LIFTING = "lifting", _("Lifting waits for the second person")
    LIFTED = "lifted", _("Lifted")
    REFUSED = "refused", _("Refused")


class MatchState(models.TextChoices):
    OPEN = "open", _("The client is to be asked")
    LINKED = "linked", _("Linked with her yes")
    CLOSED = "closed", _("Closed without a word")


class BreakGlassState(models.TextChoices):
    """Of the review; whether it is still open is a matter of the clock."""

    TO_REVIEW = "to_review", _("Waiting for its review")
    REVIEWED = "reviewed", _("Reviewed")


class RightsState(models.TextChoices):
    RECEIVED = "received", _("Waiting for the first answer")
    ANSWERED = "answered", _("Answered, waiting for the decision")
    SECOND = "second", _("Waiting for the second person")
    GRANTED = "granted", _("Granted, to be carried out")
    DONE = "done", _("Carried out")
    REFUSED = "refused", _("Refused")
    OVER = "over", _("Over: the file was erased")


class BreachState(models.TextChoices):
    OPEN = "open", _("Being looked into")
    NOTIFIED = "notified", _("Notified")
    KEPT_INSIDE = "kept_inside", _("No notice needed")
    CLOSED = "closed", _("Closed")


class AuthorityState(models.TextChoices):
    REGISTERED = "registered", _("Waiting for the data-protection officer")
    PROPOSED = "proposed", _("Waiting for the second person")
    AGREED = "agreed", _("Decided, to be answered on paper")
    ANSWERED = "answered", _("Answered")


L, C, P, T = LeadState, CaseState, CarePlanState, TransferState

EDGES: dict[type[models.TextChoices], frozenset[tuple[str, str]]] = {
    LeadState: frozenset(
        {
            (L.CONTACT_MADE, L.INFORMED),
            (L.INFORMED, L.NOT_NOW),
            (L.INFORMED, L.HANDED_OVER),
            (L.NOT_NOW, L.INFORMED),
            (L.HANDED_OVER, L.CASE_OPENED),
            (L.HANDED_OVER, L.ENDED),
            (L.CONTACT_MADE, L.ENDED),
            (L.INFORMED, L.ENDED),
            (L.NOT_NOW, L.ENDED),
        }
    ),
    CaseState: frozenset(
        {
            (C.ENGAGEMENT, C.SCREENING),
            (C.ENGAGEMENT, C.CLOSED),
            (C.SCREENING, C.ASSESSMENT),
            (C.SCREENING, C.SAFETY),
            (C.SAFETY, C.ASSESSMENT),
            (C.ASSESSMENT, C.PLANNING),
            (C.PLANNING, C.PLAN_REVIEW),
            (C.PLAN_REVIEW, C.PLANNING),
            (C.PLAN_REVIEW, C.SUPPORT),
            (C.SUPPORT, C.PLANNING),
            (C.SUPPORT, C.SUPPORT),
            (C.SUPPORT, C.CLOSING),
            (C.CLOSING, C.SUPPORT),
            (C.CLOSING, C.CLOSED),
            (C.CLOSED, C.ENGAGEMENT),
            (C.ENGAGEMENT, C.PROTECTED),
            (C.SCREENING, C.PROTECTED),
            (C.PROTECTED, C.CLOSED),
            # Her consent to keep a file is taken back: the case ends wherever it stands.
            *((state, C.CLOSED) for state in C if state not in (C.CLOSED, C.PROTECTED)),
        }
    ),
    CarePlanState: frozenset(
        {
            (P.DRAFT, P.SUBMITTED),
            (P.RETURNED, P.SUBMITTED),
            (P.SUBMITTED, P.APPROVED),
            (P.SUBMITTED, P.RETURNED),
            (P.APPROVED, P.REPLACED),
        }
    ),
    FollowUpState: frozenset(
        {
            (FollowUpState.PLANNED, FollowUpState.DONE),
            (FollowUpState.PLANNED, FollowUpState.NOT_REACHED),
            (FollowUpState.PLANNED, FollowUpState.CANCELLED),
        }
    ),
    ClosureState: frozenset(
        {
            (ClosureState.REQUESTED, ClosureState.APPROVED),
            (ClosureState.REQUESTED, ClosureState.RETURNED),
        }
    ),
    BreakGlassState: frozenset({(BreakGlassState.TO_REVIEW, BreakGlassState.REVIEWED)}),
    TransferState: frozenset(
        {
            (T.REQUESTED, T.OFFERED),
            (T.REQUESTED, T.REFUSED),
            (T.OFFERED, T.ACCEPTED),
            (T.OFFERED, T.REFUSED),
        }
    ),
    ErasureState: frozenset(
        {
            (ErasureState.REQUESTED, ErasureState.APPROVED),
            (ErasureState.REQUESTED, ErasureState.REFUSED),
            (ErasureState.REQUESTED, ErasureState.CANCELLED),
            (ErasureState.APPROVED, ErasureState.DONE),
        }
    ),
    HoldState: frozenset(
        {
            (HoldState.PROPOSED, HoldState.IN_FORCE),
            (HoldState.PROPOSED, HoldState.REFUSED),
            (HoldState.IN_FORCE, HoldState.LIFTING),
            (HoldState.LIFTING, HoldState.LIFTED),
            (HoldState.LIFTING, HoldState.IN_FORCE),
        }
    ),
    MatchState: frozenset(
        {(MatchState.OPEN, MatchState.LINKED), (MatchState.OPEN, MatchState.CLOSED)}
    ),
    RightsState: frozenset(
        {
            (RightsState.RECEIVED, RightsState.ANSWERED),
            (RightsState.ANSWERED, RightsState.SECOND),
            (RightsState.ANSWERED, RightsState.GRANTED),
            (RightsState.ANSWERED, RightsState.DONE),
            (RightsState.ANSWERED, RightsState.REFUSED),
            (RightsState.SECOND, RightsState.ANSWERED),
            (RightsState.SECOND, RightsState.GRANTED),
            (RightsState.SECOND, RightsState.DONE),
            (RightsState.SECOND, RightsState.REFUSED),
            (RightsState.GRANTED, RightsState.DONE),
            (RightsState.RECEIVED, RightsState.OVER),
            (RightsState.ANSWERED, RightsState.OVER),
            (RightsState.SECOND, RightsState.OVER),
            (RightsState.GRANTED, RightsState.OVER),
        }
    ),
    BreachState: frozenset(
        {
            (BreachState.OPEN, BreachState.NOTIFIED),
            (BreachState.OPEN, BreachState.KEPT_INSIDE),
            (BreachState.NOTIFIED, BreachState.CLOSED),
            (BreachState.KEPT_INSIDE, BreachState.CLOSED),
        }
    ),
    AuthorityState: frozenset(
        {
            (AuthorityState.REGISTERED, AuthorityState.PROPOSED),
            (AuthorityState.PROPOSED, AuthorityState.REGISTERED),
            (AuthorityState.PROPOSED, AuthorityState.AGREED),
            (AuthorityState.AGREED, AuthorityState.ANSWERED),
        }
    ),
}

# While support can still be planned or given; the states in which a referral may be sent.
ACTIVE = (
    C.ENGAGEMENT,
    C.SCREENING,
    C.SAFETY,
    C.ASSESSMENT,
    C.PLANNING,
    C.PLAN_REVIEW,
    C.SUPPORT,
)
MAY_REFER = (C.SAFETY, C.ASSESSMENT, C.PLANNING, C.PLAN_REVIEW, C.SUPPORT)


def check(kind: type[models.TextChoices], before: str, after: str) -> None:
    """Raises AlreadyDone or WrongState, in words."""
    if (before, after) in EDGES[kind]:
        return
    if before == after:
        raise AlreadyDone(_("This has been done already."))
    raise WrongState(
        _("This stands at “%(state)s”, so it is not possible now.") % {"state": kind(before).label}
    )


class AgeBand(models.TextChoices):
    """The first question of all: under 18 leaves the adult flow before anything else is asked."""

    UNDER_16 = "under_16", _("Under 16")
    FROM_16_TO_17 = "16_17", _("16 or 17")
    ADULT = "18_over", _("18 or older")


class ClosureReason(models.TextChoices):
    GOALS_REACHED = "goals_reached", _("The client's goals are reached")
    CLIENT_WISH = "client_wish", _("The client wishes to end")
    MOVED = "moved", _("The client moved away")
    NO_CONTACT = "no_contact", _("No contact for a long time")
    OTHER = "other", _("Another reason")
    # Set by the system only:
    CONSENT_WITHDRAWN = "consent_withdrawn", _("The client took back the consent to a file")
    NO_FILE = "no_file", _("Advice without a file")
    CHILD_CONCLUDED = "child_concluded", _("Child protection concluded")
    ERASED = "erased", _("The file was erased")


WORKERS_CLOSURE_REASONS = (
    ClosureReason.GOALS_REACHED,
    ClosureReason.CLIENT_WISH,
    ClosureReason.MOVED,
    ClosureReason.NO_CONTACT,
    ClosureReason.OTHER,
)


class EmergencyReason(models.TextChoices):
    DANGER = "danger", _("Somebody is in danger now")
    REACH = "reach", _("She has to be reached today and her worker is away")
    SHE_ASKS = "she_asks", _("She is here and asks for help; her worker is away")
    HAND_OVER = "hand_over", _("A promised service would be lost today")


class ReviewFinding(models.TextChoices):
    JUSTIFIED = "justified", _("It was needed, and no more was opened than needed")
    TOO_WIDE = "too_wide", _("It was needed, but more was opened than needed")
    NOT_JUSTIFIED = "not_justified", _("It was not needed: taken further")
