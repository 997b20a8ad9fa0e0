"""Emergency access ("break-glass"): one person, one file, named compartments, an hour; supervisor
and data-protection officer are told at once, and somebody else closes the review (privacy.md 5).

It never overrides a consent: a closed file, and the protected child track, stay shut.
"""

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import policies, turns
from cases.actions.plot import note, required
from cases.models import BreakGlass, Case
from cases.policies import GLASS_COMPARTMENTS
from cases.states import BreakGlassState, EmergencyReason, ReviewFinding, check
from privacy import access, audit, keys, proof
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.errors import AlreadyDone, Invalid, WrongState
from privacy.matrix import REVIEW, may_hold
from privacy.models import GrantSource, User
from services import selectors as services
from workflow import engine

MOST_OPEN = 3
SOURCE = GrantSource.BREAK_GLASS


@transaction.atomic
def break_glass(
    *,
    actor: Actor,
    code: str,
    reason: str,
    words: str,
    compartments: Collection[str],
) -> BreakGlass:
    """Open these compartments of the file with this code, for 60 minutes (rule data).

    Absent, closed, a child's, another team's: one and the same answer, at the field ``code``.
    """
    policies.require_break_glass(actor)
    proof.require(actor)
    # One row to stand in line at: two clicks at once cannot open a fourth file.
    User.objects.select_for_update().get(pk=actor.user_id)
    # Everything that does not depend on the file comes first: no answer here tells of a code.
    asked = _offered(actor, compartments)
    if reason not in EmergencyReason.values:
        raise Invalid({"reason": _("Choose a reason.")})
    text = required("words", words, _("Write what happened, in a sentence."))
    if _open_of(actor) >= MOST_OPEN:
        raise WrongState(
            _("You have three emergency accesses open. End one before you open another.")
        )
    reviewers = turns.dpo_team()
    if reviewers is None:
        raise WrongState(
            _("No data-protection officer is named, so nobody could review it. Call one in first.")
        )
    case = _findable(actor, code)
    wanted = _closed_to_her(actor, case, asked)
    now = timezone.now()
    glass = BreakGlass(
        case=case,
        by_id=actor.user_id,
        membership_id=actor.membership_id,
        reason=reason,
        compartments=[item.value for item in wanted],
        starts_at=now,
        expires_at=services.due("break_glass", now),
        review_by=services.due("break_glass_review", now),
    )
    keys.make(glass.uuid, (Compartment.REGISTER,))
    glass.words = text
    glass.save()
    access.give(
        case,
        ["work", *(item.permission for item in wanted)],
        user=actor.user_id,
        source=SOURCE,
        granted_by=actor,
        sort_key=case.sort_key,
        purpose="break_glass",
        expires_at=glass.expires_at,
    )
    access.give(
        glass,
        [REVIEW, Compartment.REGISTER.permission],
        team=reviewers,
        source=GrantSource.TEAM,
        granted_by=actor,
        sort_key=glass.sort_key,
        purpose="review",
    )
    audit.record_change(
        actor=actor, event="emergency.opened", subject=glass, after=glass.state, reason=reason
    )
    note(actor, case, "case.emergency_opened", reason=reason)
    engine.start(subject=glass, actor=actor)
    return glass


def _findable(actor: Actor, code: str) -> Case:
    case = (
        Case.objects.select_for_update(of=("self",))
        .select_related("team", "organisation")
        .filter(code=code.strip().upper())
        .first()
    )
    if case is None or not policies.may_break_glass(actor, case):
        audit.refused(actor=actor, action="break_glass", subject=case, reason="absent")
        raise Invalid({"code": _("No file with this code can be opened this way. Check the code.")})
    return case


def _offered(actor: Actor, compartments: Collection[str]) -> list[Compartment]:
    offered = [item for item in GLASS_COMPARTMENTS if may_hold(actor.role, item.permission)]
    wanted = [item for item in offered if item.value in compartments]
    if not wanted or set(compartments) - {item.value for item in offered}:
        raise Invalid({"compartments": _("Choose what you need to see, and no more.")})
    return wanted


def _closed_to_her(actor: Actor, case: Case, wanted: list[Compartment]) -> list[Compartment]:
    if all(access.can(actor, case, item.permission) for item in wanted):
        raise Invalid({"compartments": _("This is open to you already. Go to the file.")})
    return wanted


def _open_of(actor: Actor) -> int:
    return BreakGlass.objects.filter(
        by_id=actor.user_id, ended_at__isnull=True, expires_at__gt=timezone.now()
    ).count()


def _locked(glass: BreakGlass) -> BreakGlass:
    return (
        BreakGlass.objects.select_for_update(of=("self",))
        .select_related("case", "by", "reviewed_by", "ended_by")
        .get(pk=glass.pk)
    )


@transaction.atomic
def end_break_glass(*, actor: Actor, glass: BreakGlass) -> None:
    """Before its hour: by herself, a supervisor of the file's team or the reviewer. At once."""
    glass = _locked(glass)
    policies.require_party(actor, glass)
    if glass.ended_at is not None:
        raise AlreadyDone(
            _("This emergency access has ended already."),
            who=glass.ended_by.display_name if glass.ended_by else "",
            when=glass.ended_at,
        )
    if not glass.is_open:
        raise AlreadyDone(_("This emergency access has ended already."), when=glass.expires_at)
    glass.ended_at, glass.ended_by_id = timezone.now(), actor.user_id
    glass.save(update_fields=["ended_at", "ended_by"])
    access.take_away(glass.case, by=actor, user=glass.by_id, source=SOURCE)
    audit.record_change(actor=actor, event="emergency.ended", subject=glass)
    note(actor, glass.case, "case.emergency_ended")


@transaction.atomic
def note_emergency_seen(*, actor: Actor, glass: BreakGlass) -> None:
    """A supervisor of the file's team has seen that somebody opened it."""
    glass = _locked(glass)
    policies.require_told(actor, glass)
    audit.record_change(actor=actor, event="emergency.seen", subject=glass)
    engine.complete(subject=glass, step="told", actor=actor)


@transaction.atomic
def review_break_glass(*, actor: Actor, glass: BreakGlass, finding: str, words: str) -> None:
    """The data-protection officer's word on it, within 72 hours."""
    glass = _locked(glass)
    policies.require_reviewer(actor, glass)
    if glass.reviewed_at is not None:
        raise AlreadyDone(
            _("This emergency access was reviewed already."),
            who=glass.reviewed_by.display_name if glass.reviewed_by else "",
            when=glass.reviewed_at,
        )
    if finding not in ReviewFinding.values:
        raise Invalid({"finding": _("Choose what you found.")})
    text = required("words", words, _("Write how you came to it."))
    check(BreakGlassState, glass.state, BreakGlassState.REVIEWED)
    before = glass.state
    glass.state, glass.finding = BreakGlassState.REVIEWED, finding
    glass.reviewed_by_id, glass.reviewed_at = actor.user_id, timezone.now()
    glass.review_words = text
    glass.save(update_fields=["state", "finding", "reviewed_by", "reviewed_at", "review_words"])
    audit.record_change(
        actor=actor,
        event="emergency.reviewed",
        subject=glass,
        before=before,
        after=glass.state,
        reason=finding,
    )
    note(actor, glass.case, "case.emergency_reviewed", reason=finding)
    engine.complete(subject=glass, step="review", actor=actor)
