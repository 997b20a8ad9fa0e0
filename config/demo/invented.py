"""Three hundred more lives, so that lists look like life. The number decides everything.

Each follows one of the paths below up to some point; the days are dealt so that its last step lies
shortly before today, and therefore some of what waits is fresh, some due, some overdue.
"""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from cases.models import Case, CaseReferral, Channel, Lead
from cases.states import AgeBand
from config.demo import words
from config.demo.teller import Teller
from config.demo.words import Need
from config.demo.world import (
    AREA_OF,
    CAM_THUY,
    COMMUNES,
    DONG_XOAI,
    DUY_TIEN,
    OFFERS,
    PROVINCE_OF,
    QUY_NHON,
    Offered,
)
from privacy.models import Membership
from privacy.roles import Role
from referrals.models import IncomeBand, LivelihoodPlan, MilestoneKind
from referrals.states import DeclineReason, NotCompletedReason
from services.models import ServiceType


class Life:
    """One invented person and where her story stands."""

    def __init__(self, told: Teller, chance: Random, number: int, area: str, need: Need) -> None:
        self.told, self.chance, self.area, self.need = told, chance, area, need
        self.alias = f"{words.ALIASES[number % len(words.ALIASES)]}"
        if number >= len(words.ALIASES):
            self.alias += f" {number // len(words.ALIASES) + 1}"
        self.contact = {
            "may_text": chance.random() < 0.8,
            "may_call": chance.random() < 0.4,
            "phone": words.phone(number),
            "hours": chance.choice(words.HOURS),
            "code_word": chance.choice(words.CODE_WORDS),
        }
        self.case: Case
        self.link: CaseReferral
        self.lead: Lead | None = None
        self.plan: LivelihoodPlan

    def staff(self, *roles: str) -> str:
        people: list[Membership] = self.told.world.workers_in(self.area, *roles)
        return self.chance.choice(people).user.username


Chapter = Callable[[Life], None]


# -- chapters: what happens on one day


def meet(life: Life) -> None:
    life.lead = life.told.meet(
        life.staff(Role.PEER_WORKER),
        area=life.area,
        alias=life.alias,
        contact=life.contact,
        channel=life.chance.choice((Channel.OUTREACH, Channel.ONLINE)),
    )


def inform(life: Life) -> None:
    if life.lead is not None:
        life.told.inform(life.lead)


def hand_over(life: Life) -> None:
    if life.lead is not None:
        life.told.hand_over(life.lead, life.staff(Role.SOCIAL_WORKER))


def not_now(life: Life) -> None:
    if life.lead is not None:
        life.told.not_now(life.lead)


def open_case(life: Life) -> None:
    who = life.staff(Role.SOCIAL_WORKER)
    if life.lead is not None and life.lead.handed_to_id is None:
        life.lead.refresh_from_db()
    if life.lead is not None and life.lead.handed_to_id is not None:
        who = life.told.world.membership_of(life.lead.handed_to_id).user.username
    life.case = life.told.open(
        who,
        area=life.area,
        alias=life.alias,
        contact=life.contact,
        channel=life.lead.channel if life.lead else life.chance.choice(_CHANNELS),
        lead=life.lead,
    )


_CHANNELS = (Channel.WALK_IN, Channel.HOTLINE, Channel.CLINIC, Channel.ONLINE)


def open_for_child(life: Life) -> None:
    life.case = life.told.open(
        life.staff(Role.SOCIAL_WORKER),
        area=life.area,
        alias=life.alias,
        contact={},
        channel=Channel.CLINIC,
        age=life.chance.choice((AgeBand.UNDER_16, AgeBand.FROM_16_TO_17)),
    )


def protect(life: Life) -> None:
    today = life.told.today()
    life.told.child_plan(
        life.case,
        life.staff(Role.CHILD_OFFICER),
        words.CHILD_FACTS,
        {"line_111": today, "health_check": today},
    )


def consent(life: Life) -> None:
    life.told.consent(life.case, keep_answers=life.chance.random() < 0.2)


def advice_only(life: Life) -> None:
    life.told.consent(life.case, given=False)


def begin_screening(life: Life) -> None:
    half = dict(list(life.need.answers.items())[:4])
    life.told.answer(life.case, half)


def screen(life: Life) -> None:
    life.told.screen(life.case, life.need.answers)


def make_safe(life: Life) -> None:
    life.told.seen(life.case)
    life.told.wait(hours=0.5)
    life.told.safety(life.case, words.SAFETY_PLAN)


def assess(life: Life) -> None:
    life.told.assess(life.case, life.need.situation, life.need.strengths)


def plan(life: Life) -> None:
    life.told.plan(life.case, life.need.goals)


def submit(life: Life) -> None:
    life.told.submit(life.case)


def return_plan(life: Life) -> None:
    life.told.return_plan(life.case)


def approve(life: Life) -> None:
    life.told.approve(life.case)


class Slip(NamedTuple):
    unit: str
    service: str
    written: dict[str, str]
    priority: str


_WHERE_NEEDED = ("needs.language", "needs.accessibility")


def _slip(life: Life) -> Slip:
    """What goes to whom: never a field that the service does not need."""
    offer = _served(life.need, life.area)
    if offer is None:
        raise RuntimeError("nobody gives what this life needs")
    kind = ServiceType.objects.get(code=offer.service)
    fields = [code for code in kind.packet_fields if code in words.ON_SLIP]
    chosen = [code for code in fields if code not in _WHERE_NEEDED]
    return Slip(
        offer.unit,
        offer.service,
        {code: words.ON_SLIP[code] for code in chosen},
        life.chance.choice((kind.answer_class, "routine")),
    )


def draft(life: Life) -> None:
    life.link = life.told.draft(
        life.case, *_slip(life)[:3], also=("identity.alias", "contact.safe_contact")
    )


def refuse_to_share(life: Life) -> None:
    slip = _slip(life)
    life.told.share(life.case, slip.unit, slip.service, (), given=False)


def send(life: Life) -> None:
    unit, service, written, priority = _slip(life)
    life.link = life.told.refer(
        life.case,
        unit,
        service,
        written,
        priority=priority,
        also=("identity.alias", "contact.safe_contact"),
    )


def receive(life: Life) -> None:
    life.told.receive(life.link)


def accept(life: Life) -> None:
    life.told.accept(life.link)


def decline(life: Life) -> None:
    life.told.decline(
        life.link, life.chance.choice((DeclineReason.NO_CAPACITY, DeclineReason.OUT_OF_AREA))
    )


def redirect(life: Life) -> None:
    life.told.redirect(life.link)


def schedule(life: Life) -> None:
    life.told.schedule(life.link, days=3, hour=life.chance.choice((8, 9, 14)))


def no_show(life: Life) -> None:
    life.told.no_show(life.link)


def talk_again(life: Life) -> None:
    life.told.contacted(life.link)


def serve(life: Life) -> None:
    life.told.serve(life.link)


def hold(life: Life) -> None:
    life.told.hold(life.link, days=14)


def complete(life: Life) -> None:
    life.told.complete(life.link)


def unfinished(life: Life) -> None:
    life.told.unfinished(life.link, NotCompletedReason.CLIENT_STOPPED)


def confirm(life: Life) -> None:
    life.told.confirm(life.link)


def withdraw(life: Life) -> None:
    life.told.withdraw(life.link)


def plan_livelihood(life: Life) -> None:
    life.plan = life.told.livelihood(
        life.link, trade="Buôn bán nhỏ", support="Vay vốn quay vòng", amount="15.000.000"
    )


def start_livelihood(life: Life) -> None:
    life.told.start_livelihood(life.plan)


def visit(life: Life) -> None:
    life.told.visit(life.plan, life.chance.choice((IncomeBand.BELOW_2, IncomeBand.FROM_2_TO_5)))
    life.told.milestone(life.plan, MilestoneKind.REPAYMENT, amount="500.000", forward=True)


def follow_up(life: Life) -> None:
    life.told.follow_up(life.case, answers={"E1": "0", "E2": "0"})


def not_reached(life: Life) -> None:
    life.told.follow_up(life.case, reached=False, note="")


def review(life: Life) -> None:
    life.told.review(life.case)


def renew(life: Life) -> None:
    life.told.review(life.case, renew=True)


def ask_to_close(life: Life) -> None:
    life.told.ask_to_close(life.case)


def close(life: Life) -> None:
    life.told.close(life.case)


def move_away(life: Life) -> None:
    life.told.ask_to_move(life.case, "dn-office", words.MOVED)


# -- paths: days since the chapter before, and the chapter


Path = tuple[tuple[int, Chapter], ...]

_MET: Path = ((0, meet), (0, inform))
_CAME: Path = ((0, open_case),)
_KNOWN: Path = (*_MET, (1, hand_over), (2, open_case))
_FILE: Path = (*_CAME, (1, consent))
_SCREENED: Path = (*_FILE, (1, screen))
_PLANNED: Path = (*_SCREENED, (2, assess), (1, plan))
_SUBMITTED: Path = (*_PLANNED, (1, submit))
_SUPPORT: Path = (*_SUBMITTED, (1, approve))
_SENT: Path = (*_SUPPORT, (1, send))
_ACCEPTED: Path = (*_SENT, (1, accept))
_EXPECTED: Path = (*_ACCEPTED, (1, schedule))
_SERVED: Path = (*_EXPECTED, (4, serve))
_DONE: Path = (*_SERVED, (9, complete))
_CONFIRMED: Path = (*_DONE, (2, confirm))
_FOLLOWED: Path = (*_CONFIRMED, (18, follow_up))
_LIVELIHOOD: Path = (*_SERVED, (2, plan_livelihood))


class Kind(NamedTuple):
    """``early`` of ``share`` lives are among the first thirty; ``quiet`` = how many days ago the
    last chapter may lie."""

    share: int
    early: int
    path: Path
    quiet: tuple[int, int] = (0, 4)
    needs: tuple[Need, ...] = words.NEEDS
    areas: tuple[str, ...] = tuple(COMMUNES)


_LOAN = (words.NEEDS[7],)
_DANGER = (words.IN_DANGER,)
_UNIONS = (DUY_TIEN, CAM_THUY)
_PEERS = (DUY_TIEN, QUY_NHON)
_ELSEWHERE = tuple(area for area in COMMUNES if area != DONG_XOAI)
_STARTED: Path = (*_LIVELIHOOD, (1, start_livelihood))

KINDS = (
    Kind(5, 1, ((0, meet),), (0, 5), areas=_PEERS),
    Kind(5, 1, _MET, (0, 5), areas=_PEERS),
    Kind(4, 0, (*_MET, (1, not_now)), (3, 80), areas=_PEERS),
    Kind(2, 0, (*_MET, (1, not_now)), (91, 96), areas=_PEERS),
    Kind(6, 1, (*_MET, (1, hand_over)), areas=_PEERS),
    Kind(6, 1, _CAME),
    Kind(4, 0, _KNOWN, areas=_PEERS),
    Kind(3, 0, (*_CAME, (1, advice_only)), (2, 60)),
    Kind(5, 1, _FILE),
    Kind(4, 1, (*_FILE, (1, begin_screening))),
    Kind(4, 1, _SCREENED, (0, 0), _DANGER),
    Kind(2, 0, _SCREENED, (1, 2), _DANGER),
    Kind(6, 1, _SCREENED),
    Kind(3, 0, (*_SCREENED, (0, make_safe)), (0, 2), _DANGER),
    Kind(6, 1, _PLANNED, (0, 9)),
    Kind(8, 2, _SUBMITTED),
    Kind(3, 1, (*_SUBMITTED, (1, return_plan))),
    Kind(5, 0, (*_SUPPORT, (1, draft))),
    Kind(3, 0, (*_SUPPORT, (1, refuse_to_share)), (0, 20)),
    Kind(12, 3, _SENT, (0, 3)),
    Kind(5, 1, _SENT, (4, 12)),
    Kind(3, 0, _SENT, (26, 40)),
    Kind(6, 0, (*_SENT, (1, receive)), (0, 3)),
    Kind(8, 2, _ACCEPTED, (0, 5)),
    Kind(5, 1, (*_SENT, (2, decline)), (0, 5)),
    Kind(3, 0, (*_SENT, (2, redirect)), (0, 5)),
    Kind(10, 2, _EXPECTED, (0, 5)),
    Kind(4, 1, (*_EXPECTED, (4, no_show)), (0, 5)),
    Kind(3, 0, (*_EXPECTED, (4, no_show), (2, talk_again)), (0, 4)),
    Kind(14, 2, _SERVED, (0, 30)),
    Kind(4, 0, (*_SERVED, (3, hold)), (3, 16)),
    Kind(9, 1, _DONE, (0, 9)),
    Kind(4, 0, (*_SERVED, (6, unfinished)), (0, 5)),
    Kind(12, 0, _CONFIRMED, (1, 16)),
    Kind(3, 0, (*_SERVED, (6, withdraw)), (1, 20)),
    Kind(4, 0, _LIVELIHOOD, (0, 9), _LOAN, _UNIONS),
    Kind(9, 1, _STARTED, (4, 34), _LOAN, _UNIONS),
    Kind(6, 0, (*_STARTED, (24, follow_up), (8, visit)), (10, 62), _LOAN, _UNIONS),
    Kind(10, 1, _FOLLOWED, (5, 45)),
    Kind(3, 0, (*_CONFIRMED, (18, not_reached)), (2, 40)),
    Kind(6, 0, (*_FOLLOWED, (58, review), (1, follow_up)), (2, 80)),
    Kind(3, 0, (*_FOLLOWED, (58, renew)), (0, 9)),
    Kind(5, 1, (*_FOLLOWED, (9, ask_to_close)), (0, 5)),
    Kind(10, 1, (*_FOLLOWED, (9, ask_to_close), (1, close)), (3, 70)),
    Kind(4, 1, (*_FOLLOWED, (6, move_away)), (0, 4), areas=_ELSEWHERE),
    Kind(2, 0, ((0, open_for_child),), (0, 0), areas=_UNIONS),
    Kind(2, 0, ((0, open_for_child), (0, protect)), (1, 5), areas=_UNIONS),
)


def _deal() -> list[Kind]:
    """The first thirty show as much of the work as three hundred do; then each in its share."""
    first = [kind for kind in KINDS for _ in range(kind.early)]
    rest = [kind for kind in KINDS for _ in range(kind.share - kind.early)]
    chance = Random("dong-hanh")  # noqa: S311  (nothing here is a secret)
    chance.shuffle(first)
    chance.shuffle(rest)
    return [*first, *rest]


_DEALT = _deal()
_EARLY = sum(kind.early for kind in KINDS)


def tell(told: Teller, number: int) -> None:
    kind = _DEALT[(number - 1) % len(_DEALT)]
    chance = Random(f"dong-hanh {number}")  # noqa: S311
    area = chance.choices(kind.areas, [COMMUNES[area] for area in kind.areas])[0]
    if number <= _EARLY and number % 4 and DUY_TIEN in kind.areas:
        area = DUY_TIEN  # most visitors begin as somebody of this ward
    needs = [need for need in kind.needs if _served(need, area)]
    life = Life(told, chance, number, area, needs[number % len(needs)])
    left = sum(days for days, _chapter in kind.path) + chance.randint(*kind.quiet)
    told.begin(left, 8, chance.randint(0, 50))
    for days, chapter in kind.path:
        if days:
            left -= days
            told.go(left, chance.randint(8, 15), chance.randint(0, 59))
        else:
            told.wait(hours=chance.uniform(0.1, 0.6))
        chapter(life)


def _served(need: Need, area: str) -> Offered | None:
    """Who takes people for the first goal that somebody near serves."""
    for _goal, service in need.goals:
        for offer in OFFERS:
            near = offer.nationwide or AREA_OF[offer.unit] in (area, PROVINCE_OF[area])
            if near and offer.service == service and offer.capacity != "full":
                return offer
    return None
