"""A data-protection officer looks into what the audit's counters show, and says what came of it."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import policies
from privacy import audit
from privacy.actors import Actor
from privacy.audit.reading import Thresholds, signals
from privacy.errors import AlreadyDone, Invalid
from privacy.models import AuditReview, ReviewOutcome, Signal, User
from services import selectors as services
from services.models import RuleSet


@transaction.atomic
def review_signal(*, actor: Actor, person: User, signal: str, outcome: str) -> AuditReview:
    """``outcome`` is one of ``ReviewOutcome``. What was counted so far is settled by it; what she
    does from now on counts anew. Nobody reviews herself."""
    policies.require_dpo(actor)
    if person.pk == actor.user_id:
        policies.refuse_own_signal(actor)
    if signal not in Signal.values:
        raise Invalid({"signal": _("There is nothing of this kind to look into.")})
    if outcome not in ReviewOutcome.values:
        raise Invalid({"outcome": _("Choose what came of it.")})
    # Under lock, so that two officers at once settle it once.
    person = User.objects.select_for_update().get(pk=person.pk)
    limits = Thresholds.parse(services.rule_set(RuleSet.Kind.AUDIT_WATCH).payload)
    open_now = [
        one for one in signals(limits) if one.person == person.uuid and one.signal == signal
    ]
    if not open_now:
        raise AlreadyDone(_("This has been looked into already."))
    review = AuditReview.objects.create(
        signal=signal,
        person=person,
        until=max((one.until for one in open_now), default=timezone.now()),
        count=sum(one.count for one in open_now),
        outcome=outcome,
        by_id=actor.user_id,
    )
    audit.record_change(
        actor=actor, event="audit.reviewed", subject=review, before=signal, after=outcome
    )
    return review
