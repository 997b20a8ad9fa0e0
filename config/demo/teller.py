"""One case, told through the actions: each done by the right person at a moment of the past.

Between two moments the clock does its part: reminders, escalations, expiries and follow-ups fire at
their own time, and promised work is delivered, so that what a visitor finds is what would be there.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import models
from django.db.models import Max
from django.utils import timezone

from cases import actions as cases
from cases.models import Case, CaseReferral, Consent, FollowUp, Lead, Transfer
from cases.states import FollowUpState
from config.demo import words
from config.demo.clock import Clock
from config.demo.world import World
from privacy import access, audit, keys
from privacy.actors import Actor
from privacy.compartments import Compartment as C
from privacy.models import Outbox, Team
from privacy.roles import Role
from referrals import actions as referrals
from referrals.models import LivelihoodPlan, Referral
from services import selectors as services
from services.clocks import VIET_NAM, Calendar
from services.models import ServiceType
from workflow import notices, relay, timers
from workflow.models import WorkItem

FILE = (C.IDENTITY, C.CONTACT, C.NEEDS)
ANSWERS = (C.NEEDS, C.PROTECTION)
# Within so short a time no clock runs out that the next longer step would not catch.
MOMENT = timedelta(hours=1)


def _latest(model: type[models.Model], field: str = "pk") -> int:
    return model._default_manager.aggregate(latest=Max(field))["latest"] or 0


class Teller:
    """Knows whose turn it is and what day it is; every verb is one or two actions.

    ``until`` is the present: no moment is set behind it. Days are counted back from it, and a day
    on which offices are closed becomes the working day before.
    """

    def __init__(self, world: World, clock: Clock, until: datetime) -> None:
        self.world = world
        self.until = until
        self._clock = clock
        self._calendar: Calendar = services.working_calendar()
        self._processes = _latest(WorkItem, "process")
        self._promises = _latest(Outbox)

    # -- the clock

    def begin(self, ago: int, hour: int = 9, minute: int = 0) -> None:
        self._clock.set(min(self.moment(ago, hour, minute), self.until))

    def go(self, ago: int, hour: int = 9, minute: int = 0) -> None:
        """To this day, counted back from today."""
        self._move(self.moment(ago, hour, minute))

    def wait(self, days: int = 0, hours: float = 0.5) -> None:
        """So much later; after a wait of days the office is open."""
        later = timezone.now() + timedelta(days=days, hours=hours)
        self._move(self._working(later) if days else later)

    def moment(self, ago: int, hour: int = 9, minute: int = 0) -> datetime:
        day = self.day(ago)
        return self._working(datetime.combine(day, time(hour, minute), tzinfo=VIET_NAM))

    def day(self, ago: int) -> date:
        return (self.until.astimezone(VIET_NAM) - timedelta(days=ago)).date()

    def today(self) -> date:
        """The day it is in the story."""
        return timezone.now().astimezone(VIET_NAM).date()

    def working_days_ago(self, count: int) -> int:
        """How many days back the day lies that is so many working days ago."""
        ago = 0
        while count:
            ago += 1
            count -= self._calendar.is_working(self.day(ago))
        return ago

    def _working(self, moment: datetime) -> datetime:
        while not self._calendar.is_working(moment.astimezone(VIET_NAM).date()):
            moment -= timedelta(days=1)
        return moment

    def _move(self, to: datetime) -> None:
        now = timezone.now()
        to = min(max(to, now + timedelta(minutes=5)), self.until)
        if to - now < MOMENT and to < self.until:
            self._clock.set(to)
            return
        self._deliver()
        while (due := timers.next_moment(since=self._processes)) is not None and due < to:
            self._clock.set(max(due, timezone.now()))
            if not timers.fire_due(since=self._processes):
                raise RuntimeError("a timer of this case did not fire")
            self._deliver()
        self._clock.set(to)

    def _deliver(self) -> None:
        """What was promised, but for notices: those of today go out with the runner."""
        promised = Outbox.objects.filter(pk__gt=self._promises, done_at__isnull=True)
        for row_id in promised.exclude(kind=notices.KIND).values_list("pk", flat=True):
            relay.run_row(row_id)

    def finish(self) -> None:
        self._move(self.until)
        self._deliver()

    # -- who acts

    @contextmanager
    def acting(
        self, who: str | Actor, subject: Case | Referral | None = None, *opening: C
    ) -> Iterator[Actor]:
        """As this person, with the keys that her page would open."""
        actor = self.world.actor(who) if isinstance(who, str) else who
        token = audit.current_actor.set(actor)
        try:
            with keys.fresh_ring():
                if subject is not None and opening:
                    access.open_keys(actor, [subject], opening, purpose="casework")
                yield actor
        finally:
            audit.current_actor.reset(token)

    def worker(self, case: Case) -> Actor:
        case.refresh_from_db(fields=["worker", "team"])
        return self.world.actor_of(case.worker_id)

    def supervisor(self, case: Case) -> Actor:
        return self.world.members(case.team_id, Role.SUPERVISOR)[0]

    def recipient(self, referral: Referral) -> Actor:
        return self.world.members(referral.recipient_team_id, referral.recipient_role)[0]

    # -- meeting

    def count(self, who: str, area: str, channel: str = "outreach", times: int = 1) -> None:
        with self.acting(who) as actor:
            for _ in range(times):
                cases.count_contact(actor=actor, area_code=area, channel=channel)

    def meet(
        self,
        who: str,
        *,
        area: str,
        alias: str,
        contact: Mapping[str, Any],
        channel: str = "outreach",
        age: str = "18_over",
        note: str = "",
    ) -> Lead:
        with self.acting(who) as actor:
            return cases.record_contact(
                actor=actor,
                area_code=area,
                channel=channel,
                age_band=age,
                alias=alias,
                contact=dict(contact),
                note_text=note,
            )

    def inform(self, lead: Lead) -> None:
        with self.acting(self.world.actor_of(lead.worker_id)) as actor:
            cases.give_information(actor=actor, lead=lead)

    def hand_over(self, lead: Lead, to: str) -> None:
        with self.acting(self.world.actor_of(lead.worker_id)) as actor:
            cases.hand_over(actor=actor, lead=lead, to=self.world.membership(to))

    def not_now(self, lead: Lead) -> None:
        with self.acting(self.world.actor_of(lead.worker_id)) as actor:
            cases.not_now(actor=actor, lead=lead)

    def open(
        self,
        who: str,
        *,
        area: str,
        alias: str,
        contact: Mapping[str, Any],
        channel: str = "outreach",
        age: str = "18_over",
        lead: Lead | None = None,
    ) -> Case:
        with self.acting(who) as actor:
            return cases.open_case(
                actor=actor,
                area_code=area,
                channel=channel,
                age_band=age,
                alias=alias,
                contact=dict(contact),
                lead=lead,
            )

    def identity(self, case: Case, *, legal_name: str, birth_year: str, address: str) -> None:
        """What a chosen service needs, and only then."""
        with self.acting(self.worker(case), case, C.IDENTITY) as actor:
            alias = Case.objects.get(pk=case.pk).alias
            cases.change_identity(
                actor=actor,
                case=case,
                alias=alias,
                legal_name=legal_name,
                birth_year=birth_year,
                address=address,
            )

    # -- from consent to plan

    def consent(self, case: Case, *, given: bool = True, keep_answers: bool = False) -> None:
        with self.acting(self.worker(case)) as actor:
            cases.answer_file_consent(
                actor=actor, case=case, given=given, method="verbal", keep_answers=keep_answers
            )

    def answer(self, case: Case, answers: Mapping[str, str]) -> None:
        with self.acting(self.worker(case), case, *ANSWERS) as actor:
            cases.save_answers(actor=actor, case=case, answers=answers)

    def screen(self, case: Case, answers: Mapping[str, str]) -> None:
        self.answer(case, answers)
        self.wait(hours=0.4)
        with self.acting(self.worker(case), case, *ANSWERS) as actor:
            cases.finish(actor=actor, case=case)

    def safety(self, case: Case, text: str) -> None:
        with self.acting(self.worker(case)) as actor:
            cases.make_safety_plan(actor=actor, case=case, text=text)

    def seen(self, case: Case) -> None:
        with self.acting(self.supervisor(case)) as actor:
            cases.acknowledge_urgent(actor=actor, case=case)

    def assess(self, case: Case, situation: str, strengths: str) -> None:
        with self.acting(self.worker(case)) as actor:
            cases.write_assessment(actor=actor, case=case, situation=situation, strengths=strengths)

    def plan(self, case: Case, goals: Iterable[tuple[str, str]]) -> None:
        drafts = [cases.GoalDraft(text, service) for text, service in goals]
        with self.acting(self.worker(case)) as actor:
            cases.save_plan(actor=actor, case=case, goals=drafts)

    def submit(self, case: Case) -> None:
        with self.acting(self.worker(case)) as actor:
            cases.submit_plan(actor=actor, case=case)

    def approve(self, case: Case) -> None:
        with self.acting(self.supervisor(case)) as actor:
            cases.approve_plan(actor=actor, case=case)

    def return_plan(self, case: Case) -> None:
        with self.acting(self.supervisor(case)) as actor:
            cases.return_plan(actor=actor, case=case, because=words.RETURNED)

    # -- referring

    def share(
        self, case: Case, unit: str, service: str, fields: Iterable[str], *, given: bool = True
    ) -> Consent:
        with self.acting(self.worker(case)) as actor:
            return cases.answer_sharing(
                actor=actor,
                case=case,
                recipient=self.world.organisation(unit),
                service=ServiceType.objects.get(code=service),
                given=given,
                fields=list(fields) if given else [],
                method="verbal",
            )

    def draft(
        self,
        case: Case,
        unit: str,
        service: str,
        written: Mapping[str, str],
        *,
        priority: str = "routine",
        also: Iterable[str] = ("identity.alias",),
    ) -> CaseReferral:
        """Her yes for this recipient and these fields, and the slip that follows from it."""
        consent = self.share(case, unit, service, [*also, *written])
        with self.acting(self.worker(case), case, *FILE) as actor:
            return cases.prepare_referral(
                actor=actor, case=case, consent=consent, priority=priority, written=written
            )

    def refer(self, case: Case, unit: str, service: str, *args: Any, **kwargs: Any) -> CaseReferral:
        link = self.draft(case, unit, service, *args, **kwargs)
        with self.acting(self.worker(case), case, *FILE) as actor:
            cases.send_referral(actor=actor, link=link)
        return link

    def receive(self, link: CaseReferral) -> None:
        with self.acting(self.recipient(link.referral)) as actor:
            referrals.receive(actor=actor, referral=link.referral)

    def accept(self, link: CaseReferral, note: str = words.WELCOME) -> None:
        """Opens the slip first."""
        self.receive(link)
        self.wait(hours=0.3)
        with self.acting(self.recipient(link.referral), link.referral, C.PACKET) as actor:
            referrals.accept(actor=actor, referral=link.referral, note=note)

    def decline(self, link: CaseReferral, reason: str, text: str = words.DECLINED) -> None:
        self.receive(link)
        self.wait(hours=0.3)
        with self.acting(self.recipient(link.referral), link.referral, C.PACKET) as actor:
            referrals.decline(actor=actor, referral=link.referral, reason=reason, text=text)

    def redirect(self, link: CaseReferral) -> None:
        self.receive(link)
        self.wait(hours=0.3)
        with self.acting(self.recipient(link.referral), link.referral, C.PACKET) as actor:
            referrals.propose_redirect(actor=actor, referral=link.referral, text=words.REDIRECTED)

    def schedule(self, link: CaseReferral, *, days: int, hour: int = 9) -> None:
        """An appointment so many days ahead, on a working day."""
        day = timezone.now().astimezone(VIET_NAM).date() + timedelta(days=days)
        while not self._calendar.is_working(day):
            day += timedelta(days=1)
        with self.acting(self.recipient(link.referral)) as actor:
            referrals.schedule(
                actor=actor,
                referral=link.referral,
                at=datetime.combine(day, time(hour), tzinfo=VIET_NAM),
                place=words.WELCOME,
            )

    def no_show(self, link: CaseReferral) -> None:
        with self.acting(self.recipient(link.referral)) as actor:
            referrals.record_no_show(actor=actor, referral=link.referral)

    def contacted(self, link: CaseReferral) -> None:
        with self.acting(self.worker(link.case)) as actor:
            cases.client_contacted(actor=actor, link=link)

    def serve(self, link: CaseReferral, text: str = words.ENTRY) -> None:
        """She came; the recipient writes its own entry."""
        with self.acting(self.recipient(link.referral)) as actor:
            referrals.begin_service(actor=actor, referral=link.referral)
            referrals.add_entry(actor=actor, referral=link.referral, kind="visit", text=text)

    def hold(self, link: CaseReferral, *, days: int, text: str = words.ON_HOLD) -> None:
        with self.acting(self.recipient(link.referral)) as actor:
            referrals.hold(
                actor=actor,
                referral=link.referral,
                text=text,
                review_on=timezone.localdate() + timedelta(days=days),
            )

    def complete(self, link: CaseReferral, outcome: str = "", text: str = "") -> None:
        """With this outcome, or the first that the service knows."""
        with self.acting(self.recipient(link.referral), link.referral, C.PACKET) as actor:
            referral = Referral.objects.get(pk=link.referral_id)
            known = [
                item["code"] for item in ServiceType.objects.get(code=referral.service).outcomes
            ]
            referrals.complete(
                actor=actor,
                referral=referral,
                outcome=outcome or known[0],
                outcomes=known,
                text=text,
            )

    def unfinished(self, link: CaseReferral, reason: str) -> None:
        with self.acting(self.recipient(link.referral)) as actor:
            referrals.end_unfinished(actor=actor, referral=link.referral, reason=reason)

    def confirm(self, link: CaseReferral, said: str = words.AFTER) -> None:
        with self.acting(self.worker(link.case), link.case, C.NOTES) as actor:
            cases.confirm_referral(
                actor=actor, link=link, helped="yes", respected="yes", words=said
            )

    def withdraw(self, link: CaseReferral) -> None:
        with self.acting(self.worker(link.case)) as actor:
            cases.withdraw(actor=actor, consent=link.consent, method="verbal")

    # -- livelihood

    def livelihood(
        self, link: CaseReferral, *, trade: str, support: str, amount: str = ""
    ) -> LivelihoodPlan:
        with self.acting(self.recipient(link.referral)) as actor:
            return referrals.make_plan(
                actor=actor, referral=link.referral, trade=trade, support=support, amount=amount
            )

    def start_livelihood(self, plan: LivelihoodPlan, on: date | None = None) -> None:
        with self.acting(self.recipient(plan.referral)) as actor:
            referrals.start_plan(actor=actor, plan=plan, on=on or timezone.localdate())

    def milestone(
        self, plan: LivelihoodPlan, kind: str, *, amount: str = "", forward: bool = False
    ) -> None:
        with self.acting(self.recipient(plan.referral)) as actor:
            referrals.record_milestone(
                actor=actor,
                plan=plan,
                kind=kind,
                on=timezone.localdate(),
                amount=amount,
                evidence="seen",
                forward=forward,
            )

    def visit(self, plan: LivelihoodPlan, income: str, note: str = "") -> None:
        visit = plan.visits.filter(done_on__isnull=True).order_by("due_on").first()
        if visit is None:
            raise RuntimeError("no visit is left")
        with self.acting(self.recipient(plan.referral)) as actor:
            referrals.record_visit(
                actor=actor, plan=plan, visit=visit, income_band=income, note=note
            )

    # -- going on, moving, ending

    def follow_up(
        self,
        case: Case,
        *,
        reached: bool = True,
        answers: Mapping[str, str] | None = None,
        decision: str = "continue",
        note: str = words.FOLLOWED_UP,
    ) -> None:
        due = (
            FollowUp.objects.filter(case=case, state=FollowUpState.PLANNED)
            .order_by("due_on")
            .first()
        )
        if due is None:
            raise RuntimeError("no follow-up is left")
        with self.acting(self.worker(case), case, *ANSWERS, C.NOTES) as actor:
            cases.record_follow_up(
                actor=actor,
                follow_up=due,
                reached=reached,
                answers=answers or {},
                decision=decision if reached else "",
                note_text=note,
            )

    def review(self, case: Case, *, renew: bool = False) -> None:
        with self.acting(self.worker(case)) as actor:
            cases.review_case(actor=actor, case=case, renew=renew)

    def ask_to_close(self, case: Case, reason: str = "goals_reached") -> None:
        with self.acting(self.worker(case)) as actor:
            cases.request_closure(actor=actor, case=case, reason=reason, note_text=words.CLOSED)

    def close(self, case: Case) -> None:
        with self.acting(self.supervisor(case)) as actor:
            cases.approve_closure(actor=actor, case=case)

    def return_closure(self, case: Case) -> None:
        with self.acting(self.supervisor(case)) as actor:
            cases.return_closure(actor=actor, case=case, because=words.NOT_YET)

    def ask_to_move(self, case: Case, to_unit: str, summary: str) -> Transfer:
        team = Team.objects.get(organisation=self.world.organisation(to_unit))
        with self.acting(self.worker(case)) as actor:
            return cases.request_transfer(
                actor=actor, case=case, to_team=team, summary=summary, method="verbal"
            )

    def release(self, case: Case, transfer: Transfer) -> None:
        with self.acting(self.supervisor(case)) as actor:
            cases.release_transfer(actor=actor, transfer=transfer)

    def take_over(self, transfer: Transfer) -> None:
        """The receiving supervisor accepts and names a worker of her team."""
        supervisor = self.world.members(transfer.to_team_id, Role.SUPERVISOR)[0]
        worker = self.world.members(transfer.to_team_id, Role.SOCIAL_WORKER)[0]
        with self.acting(supervisor) as actor:
            cases.accept_transfer(
                actor=actor,
                transfer=transfer,
                worker=self.world.membership_of(worker.user_id).user,
            )

    def child_plan(self, case: Case, who: str, text: str, steps: Mapping[str, date]) -> None:
        with self.acting(who) as actor:
            cases.write_child_plan(
                actor=actor,
                case=case,
                text=text,
                steps={code: day.isoformat() for code, day in steps.items()},
            )
