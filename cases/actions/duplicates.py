"""Is there another file of this person? Asked of her first; never answered to whoever asks.

The look runs as a job, whatever it finds: the page, its words, its time and its queries are the
same with and without a match. A match becomes a task for the supervisor of the file that was
there, who asks that client. Linked with her yes, and it can be undone; otherwise nobody hears it.
"""

from datetime import datetime, time, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import policies
from cases.actions.plot import locked, must_be, note, require_adult
from cases.models import Case, CaseLink, ConsentMethod, DuplicateCheck, DuplicateMatch
from cases.states import ACTIVE, CaseState, MatchState, check
from privacy import audit, blind, outbox
from privacy.actors import Actor
from privacy.errors import AlreadyDone, Invalid
from privacy.models import Organisation
from privacy.sessions import system_actor
from services import selectors as services
from services.clocks import VIET_NAM
from workflow import engine

LOOK = "cases.look_for_duplicates"


@transaction.atomic
def ask_for_duplicates(
    *, actor: Actor, case: Case, agreed: bool, method: str, cccd: str = ""
) -> None:
    """Record her answer; with a yes, promise the look. ``cccd`` is kept as a blind index only.

    Capped per day for the person and for her office: intake must not become a way to learn who is
    in the programme by typing a neighbour's number."""
    case = locked(case)
    policies.require_worker(actor, case)
    require_adult(case)
    must_be(case, *ACTIVE, CaseState.CLOSING)
    if method not in ConsentMethod.values:
        raise Invalid({"method": _("Choose how the answer was given.")})
    if agreed:
        if cccd and not blind.normalise_cccd(cccd):
            raise Invalid({"cccd": _("A citizen number has 12 digits. Check it on the card.")})
        if not cccd and not blind.knows(case.uuid, blind.PHONE):
            raise Invalid(
                {"cccd": _("The file has no phone number to look for. Enter the citizen number.")}
            )
        _within_the_day(actor, case)
        if cccd:
            blind.remember_cccd(case.uuid, cccd)
    asked = DuplicateCheck.objects.create(
        case=case,
        agreed=agreed,
        method=method,
        organisation_id=actor.organisation_id,
        asked_by_id=actor.user_id,
    )
    note(actor, case, "duplicate.asked" if agreed else "duplicate.declined")
    if agreed:
        outbox.put(LOOK, asked.pk, dedupe_key=f"{LOOK}:{asked.pk}")


def _within_the_day(actor: Actor, case: Case) -> None:
    # Two clicks at once count one after the other.
    Organisation.objects.select_for_update().get(pk=actor.organisation_id)
    begins = datetime.combine(services.today(), time(), tzinfo=VIET_NAM)
    today = DuplicateCheck.objects.filter(created_at__gte=begins, agreed=True)
    if today.filter(asked_by=actor.user_id).count() >= services.limit(
        "duplicate_checks_person_day"
    ) or today.filter(organisation=actor.organisation_id).count() >= services.limit(
        "duplicate_checks_office_day"
    ):
        audit.refused(actor=actor, action="duplicate_check", subject=case, reason="cap")
        raise Invalid({"": _("No more checks are possible today. Go on tomorrow.")})


@transaction.atomic
def look_for_duplicates(check_id: int) -> None:
    """Outbox handler; twice does no harm. Acts as the system: the asker sees nothing of it."""
    asked = (
        DuplicateCheck.objects.select_for_update(of=("self",))
        .select_related("case")
        .filter(pk=check_id, agreed=True, looked_at__isnull=True)
        .first()
    )
    if asked is None:
        return
    asked.looked_at = timezone.now()
    asked.save(update_fields=["looked_at"])
    # Of a file that is kept and not used, or erased, nobody is asked anything.
    found = Case.objects.filter(
        uuid__in=blind.elsewhere(asked.case.uuid),
        restricted_at__isnull=True,
        erased_at__isnull=True,
    ).order_by("pk")
    for case in found.select_related("team"):
        _make_task(case, asked.case)


def _make_task(case: Case, other: Case) -> None:
    """Once for a pair: not while she is being asked, is linked, or has said no a short time ago."""
    quiet = timezone.now() - timedelta(days=services.clock("reoffer").amount)
    before = DuplicateMatch.objects.filter(case=case, other=other)
    if (
        before.filter(state=MatchState.OPEN).exists()
        or before.filter(state=MatchState.CLOSED, decided_at__gt=quiet).exists()
        or links_of(case).filter(pk__in=links_of(other)).exists()
    ):
        return
    system = system_actor()
    match = DuplicateMatch.objects.create(case=case, other=other)
    audit.record_change(actor=system, event="duplicate.found", subject=match, after=match.state)
    engine.start(subject=match, actor=system)


def links_of(case: Case) -> "QuerySet[CaseLink]":
    """Of this file, in force."""
    live = CaseLink.objects.filter(ended_at__isnull=True)
    return live.filter(first=case) | live.filter(second=case)


def open_matches(case: Case) -> "QuerySet[DuplicateMatch]":
    return DuplicateMatch.objects.filter(case=case, state=MatchState.OPEN)


@transaction.atomic
def answer_match(*, actor: Actor, match: DuplicateMatch, agreed: bool, method: str = "") -> None:
    """What the client of the file that was there said. A no, or no answer, leaves no trace with
    the others: nothing is written on their file, and nobody is told."""
    match = (
        DuplicateMatch.objects.select_for_update(of=("self",))
        .select_related("case__team", "other")
        .get(pk=match.pk)
    )
    policies.require_supervisor(actor, match.case)
    after = MatchState.LINKED if agreed else MatchState.CLOSED
    check(MatchState, match.state, after)
    if agreed and method not in ConsentMethod.values:
        raise Invalid({"method": _("Choose how the answer was given.")})
    before = match.state
    match.state, match.decided_at, match.decided_by_id = after, timezone.now(), actor.user_id
    match.save(update_fields=["state", "decided_at", "decided_by"])
    if agreed:
        _link(actor, match, method)
        audit.record_change(
            actor=actor, event="case.linked", subject=match, before=before, after=after
        )
    else:
        audit.record_change(
            actor=actor, event="duplicate.closed", subject=match, before=before, after=after
        )
    engine.complete(subject=match, step="ask", actor=actor)


def _link(actor: Actor, match: DuplicateMatch, method: str) -> None:
    first, second = sorted((match.case, match.other), key=lambda case: case.pk)
    try:
        with transaction.atomic():
            CaseLink.objects.create(
                first=first, second=second, method=method, made_by_id=actor.user_id
            )
    except IntegrityError:
        raise AlreadyDone(_("The two files are linked already.")) from None
    for case in (first, second):
        note(actor, case, "case.linked")


@transaction.atomic
def undo_link(*, actor: Actor, link: CaseLink, case: Case) -> None:
    """The supervisor of either file takes it apart again; both files stay as they are."""
    policies.require_supervisor(actor, case)
    link = CaseLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
    if case.pk not in (link.first_id, link.second_id):
        raise Invalid({"": _("This link is not of this file.")})
    if link.ended_at is not None:
        raise AlreadyDone(_("This has been done already."), when=link.ended_at)
    link.ended_at, link.ended_by_id = timezone.now(), actor.user_id
    link.save(update_fields=["ended_at", "ended_by"])
    for one in Case.objects.filter(pk__in=(link.first_id, link.second_id)):
        note(actor, one, "case.unlinked")
