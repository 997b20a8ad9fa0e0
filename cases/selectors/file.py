"""What the pages of a file show: my files, what is next, what has been done, what happened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases import policies
from cases.models import (
    Assessment,
    CarePlan,
    Case,
    CaseReferral,
    ChildPlan,
    Closure,
    Consent,
    FollowUp,
    FollowUpPlan,
    Goal,
    Level,
    Purpose,
    ReferenceEvent,
    SafetyPlan,
    Screening,
    Track,
)
from cases.states import (
    CaseState,
    ClosureReason,
    EmergencyReason,
    FollowUpState,
    ReviewFinding,
)
from privacy import access
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.errors import NotFound
from privacy.roles import Role
from workflow.models import WorkItem

PAGE = 25


# -- one file


def purpose_of(actor: Actor, page: str) -> str:
    """Why keys are opened, for the audit: a supervisor's look is told apart from the worker's."""
    return f"supervision:{page}" if actor.role == Role.SUPERVISOR else page


def find(actor: Actor, uuid: UUID, *compartments: Compartment, page: str) -> Case:
    """The file if she may work on it, with the compartments open that this page shows."""
    case: Case = access.find(actor, Case, uuid)
    access.open_keys(actor, [case], compartments, purpose=purpose_of(actor, page))
    return case


def find_adult(actor: Actor, uuid: UUID, *compartments: Compartment, page: str) -> Case:
    """A file of the adult way, for its worker and her supervisors only. The adult pages of a
    child's file do not exist for anybody."""
    case: Case = access.find(actor, Case, uuid)
    policies.require_case_team(actor, case)
    if case.track != Track.ADULT:
        raise NotFound
    access.open_keys(actor, [case], compartments, purpose=purpose_of(actor, page))
    return case


# -- my files


@dataclass(frozen=True)
class CasePage:
    cases: list[Case]
    next: int | None


def cases_of(
    actor: Actor, *, closed: bool = False, code: str = "", after: int | None = None
) -> CasePage:
    """Newest first. A worker's own, a supervisor's team, a child officer's children."""
    rows = access.visible(actor, Case).select_related("worker")
    rows = rows.filter(state=CaseState.CLOSED) if closed else rows.exclude(state=CaseState.CLOSED)
    if code:
        rows = rows.filter(code=code)
    if after is not None:
        rows = rows.filter(pk__lt=after)
    found = list(rows.order_by("-pk")[: PAGE + 1])
    shown = found[:PAGE]
    access.open_keys(actor, shown, [Compartment.IDENTITY], purpose=purpose_of(actor, "case_list"))
    return CasePage(shown, shown[-1].pk if len(found) > PAGE else None)


def handed_over_by(actor: Actor) -> list[str]:
    """Codes of the files that this worker handed over to child protection: nothing more."""
    if actor.role != Role.SOCIAL_WORKER:
        return []
    rows = Case.objects.filter(
        worker_id=actor.user_id, track=Track.CHILD, erased_at__isnull=True
    ).order_by("-pk")
    return list(rows.values_list("code", flat=True)[:50])


# -- what stands in a file


@dataclass(frozen=True)
class Overview:
    consents: list[Consent]
    screening: Screening | None
    begun_screening: bool
    safety_plans: int
    assessment: Assessment | None
    plan: CarePlan | None
    goals: list[Goal]
    links: list[CaseReferral]
    follow_ups: list[FollowUp]
    closure: Closure | None
    child_plan: ChildPlan | None
    items: list[WorkItem] = field(default_factory=list)

    @property
    def file_consent(self) -> Consent | None:
        """Her last answer to keeping a file."""
        asked = [consent for consent in self.consents if consent.purpose == Purpose.FILE]
        return asked[-1] if asked else None

    @property
    def shared_with(self) -> list[Consent]:
        return [
            consent
            for consent in self.consents
            if consent.purpose == Purpose.SHARE and consent.given and not has_ended(consent)
        ]

    @property
    def next_follow_up(self) -> FollowUp | None:
        return next((f for f in self.follow_ups if f.state == FollowUpState.PLANNED), None)


def has_ended(consent: Consent) -> bool:
    return getattr(consent, "end", None) is not None or (
        consent.basis is not None and not consent.basis.is_live
    )


def overview(case: Case) -> Overview:
    """Everything a page about the file needs; the number of queries never grows."""
    plan = CarePlan.objects.filter(case=case).order_by("-number").first()
    screenings = list(Screening.objects.filter(case=case).order_by("-pk")[:2])
    plans = FollowUpPlan.objects.filter(case=case, ended_at__isnull=True)
    links = list(
        CaseReferral.objects.filter(case=case)
        .select_related("referral__recipient_team__organisation")
        .order_by("-pk")
    )
    return Overview(
        consents=list(
            Consent.objects.filter(case=case)
            .select_related("recipient", "basis", "end")
            .order_by("created_at", "pk")
        ),
        screening=next((s for s in screenings if s.completed_at), None),
        begun_screening=any(s.completed_at is None for s in screenings),
        safety_plans=SafetyPlan.objects.filter(case=case).count(),
        assessment=Assessment.objects.filter(case=case).order_by("-pk").first(),
        plan=plan,
        goals=list(Goal.objects.filter(plan=plan)) if plan else [],
        links=links,
        follow_ups=list(FollowUp.objects.filter(case=case, plan__in=plans).select_related("plan")),
        closure=Closure.objects.filter(case=case).order_by("-pk").first(),
        child_plan=ChildPlan.objects.filter(case=case).order_by("-pk").first(),
        items=_waiting(case, [link.referral_id for link in links]),
    )


def _waiting(case: Case, referral_ids: list[int]) -> list[WorkItem]:
    """Steps of our side that wait: of the file, its follow-ups, its referrals. One query."""
    plans = FollowUpPlan.objects.filter(case=case, ended_at__isnull=True).values("pk")
    desk = (Role.SOCIAL_WORKER, Role.SUPERVISOR, Role.CHILD_OFFICER)
    return list(
        WorkItem.objects.filter(
            Q(flow="case", subject_id=case.pk)
            | Q(flow="follow_up", subject_id__in=plans)
            | Q(flow="referral", subject_id__in=referral_ids, role__in=desk[:2]),
            role__in=desk,
            done_at__isnull=True,
        )
        .select_related("user", "organisation")
        .order_by("due_at", "pk")
    )


def child_plans(case: Case) -> list[ChildPlan]:
    return list(ChildPlan.objects.filter(case=case).select_related("by").order_by("-pk"))


def last_assessment(case: Case) -> Assessment | None:
    return Assessment.objects.filter(case=case).select_related("by").order_by("-pk").first()


def find_goal(actor: Actor, uuid: UUID) -> Goal:
    goal = Goal.objects.select_related("case", "plan").filter(uuid=uuid).first()
    if goal is None:
        raise NotFound
    policies.require_case_team(actor, goal.case)
    access.open_keys(
        actor, [goal.case], [Compartment.NEEDS], purpose=purpose_of(actor, "goal_page")
    )
    return goal


# -- what has happened, in words

EVENTS: Mapping[str, Any] = {
    "lead.contact_made": _("Contact kept with her yes"),
    "lead.informed": _("Information given"),
    "lead.handed_over": _("Handed over to a social worker"),
    "lead.not_now": _("Not now: we ask again later"),
    "lead.ask_again": _("Time to ask again"),
    "lead.ended": _("Contact ended, alias and contact deleted"),
    "lead.case_opened": _("A case was opened from the contact"),
    "case.opened": _("Case opened"),
    "case.child_track": _("Handed over to child protection"),
    "case.consented": _("She agreed to a file"),
    "case.no_file": _("Advice without a file"),
    "case.screened": _("Needs screened"),
    "case.became_urgent": _("The case became urgent"),
    "case.safety_plan": _("Safety plan made"),
    "case.safety_plan_late": _("The safety plan is late: the supervisor was told"),
    "case.urgent_seen": _("The supervisor has seen the urgent case"),
    "case.assessed": _("Situation assessed"),
    "case.plan_renewed": _("A new plan is being agreed"),
    "case.reviewed": _("Plan reviewed with the client"),
    "case.contact_changed": _("Contact plan changed"),
    "case.corrected": _("Corrected as the client asked"),
    "case.restricted": _("Restricted as the client asked: kept, and not used"),
    "case.unrestricted": _("The restriction ended"),
    "case.copy_made": _("The client's own copy was made"),
    "rights.registered": _("A client's request was registered"),
    "rights.answered": _("The first answer was given"),
    "rights.extended": _("The time was made longer"),
    "rights.decided": _("Decided by the data-protection officer"),
    "rights.seconded": _("The second person agreed"),
    "rights.sent_back": _("The second person sent it back"),
    "rights.done": _("The request was carried out"),
    "rights.over": _("The request ended with the file"),
    "rights.restriction_lifted": _("The restriction ended"),
    "rights.copy_made": _("The client's own copy was made"),
    "rights.copy_fetched": _("The client's own copy was fetched"),
    "rights.copy_dropped": _("The client's own copy was deleted here"),
    "breach.registered": _("A data breach was registered"),
    "breach.assessed": _("The data breach was looked into"),
    "breach.notified": _("The data breach was notified"),
    "breach.kept_inside": _("No notice was needed"),
    "breach.closed": _("The data breach was closed"),
    "authority.registered": _("An authority's request was registered"),
    "authority.proposed": _("A decision was proposed to the second person"),
    "authority.agreed": _("The second person agreed"),
    "authority.sent_back": _("The second person sent it back"),
    "authority.answered": _("The authority was answered on paper"),
    "case.identity_changed": _("Personal details changed"),
    "case.assigned": _("Assigned to another worker"),
    "case.closed": _("Case closed"),
    "case.reopened": _("Case opened again"),
    "child.plan_written": _("Child protection plan written"),
    "consent.given": _("Consent given"),
    "consent.refused": _("Consent refused, and respected"),
    "consent.renewed": _("Consent renewed"),
    "consent.left_to_end": _("A consent is left to run out"),
    "consent.withdrawn": _("Consent taken back"),
    "screening.answers_dropped": _("The single answers of the screening were deleted"),
    "plan.saved": _("Goals saved"),
    "plan.submitted": _("Plan sent for approval"),
    "plan.approved": _("Plan approved"),
    "plan.returned": _("Plan returned for changes"),
    "goal.changed": _("Progress of a goal noted"),
    "follow_up.planned": _("Follow-ups planned"),
    "follow_up.recorded": _("Follow-up recorded"),
    "paper.added": _("A paper was added"),
    "paper.deleted": _("A paper was deleted"),
    "duplicate.asked": _("Asked whether there is another file of hers"),
    "duplicate.declined": _("She does not want us to look for another file"),
    "duplicate.found": _("A number stands in two files"),
    "duplicate.closed": _("Not linked with another file"),
    "case.linked": _("Linked with another file, with her yes"),
    "case.unlinked": _("The link with another file was undone"),
    "closure.requested": _("Closure requested"),
    "closure.returned": _("Closure returned"),
    "referral.prepared": _("Referral prepared"),
    "referral.sent": _("Referral sent"),
    "referral.cancelled": _("Referral cancelled"),
    "referral.confirmed": _("Referral confirmed with the client"),
    "transfer.requested": _("Transfer requested"),
    "transfer.offered": _("Transfer released to the other office"),
    "transfer.accepted": _("Transfer accepted"),
    "transfer.refused": _("Transfer refused"),
    "transfer.ended": _("Transfer ended, because she took her consent back"),
    "consent.ended_again": _("Consent found ended after a restore"),
    "lead.ended_again": _("Contact found ended after a restore"),
    "case.erased": _("File erased"),
    "case.erased_again": _("File erased again after a restore"),
    "case.stripped": _("A part of the file reached the end of its time"),
    "erasure.requested": _("Erasure asked for"),
    "erasure.approved": _("Erasure approved"),
    "erasure.refused": _("Erasure refused"),
    "erasure.cancelled": _("Request for erasure taken back"),
    "erasure.done": _("Erasure carried out"),
    "hold.proposed": _("Legal hold proposed"),
    "hold.confirmed": _("Legal hold confirmed"),
    "hold.refused": _("Legal hold refused"),
    "hold.lift_proposed": _("Lifting of the legal hold proposed"),
    "hold.kept": _("Legal hold stays in force"),
    "hold.lifted": _("Legal hold lifted"),
    "emergency.opened": _("Opened by emergency access"),
    "emergency.ended": _("Emergency access ended early"),
    "emergency.seen": _("The supervisor has seen the emergency access"),
    "emergency.reviewed": _("Emergency access reviewed"),
    "deputy.named": _("A deputy was named"),
    "deputy.ended": _("A deputyship ended"),
    "deputy.shortened": _("A deputyship ends earlier"),
    "case.deputy_named": _("Another supervisor was named for the approval"),
    "case.emergency_opened": _("Opened by emergency access"),
    "case.emergency_ended": _("Emergency access ended early"),
    "case.emergency_reviewed": _("Emergency access reviewed"),
    "livelihood.milestone": _("A step forward in her livelihood plan"),
    "audit.reviewed": _("Unusual numbers looked into"),
}

# Reasons are codes of closed lists; a code that two lists share means the same in both.
REASONS: Mapping[str, Any] = {
    **dict(Purpose.choices),
    **dict(ClosureReason.choices),
    **dict(Level.choices),
    **dict(ReferenceEvent.choices),
    **dict(EmergencyReason.choices),
    **dict(ReviewFinding.choices),
}
