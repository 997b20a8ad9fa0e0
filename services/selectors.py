"""What is shown of areas, services and rules. Reads only; the number of queries never grows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import reduce
from typing import Any
from uuid import UUID

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.utils.timezone import now

from privacy.suppression import Rule
from services import clocks
from services.clocks import VIET_NAM, Calendar, Clock
from services.folding import fold
from services.models import AdminUnit, Holiday, RuleSet, ServiceOffer, ServiceType

SHORTEST_AREA_QUERY = 2
# Typed before a name and not part of it; folded.
_TYPE_WORDS = ("thanh pho ", "dac khu ", "phuong ", "tinh ", "xa ", "tp ")


class NoRuleInForce(LookupError):
    """Nobody loaded rules of this kind for this day: run `load_reference`."""


def today() -> date:
    """The calendar day in Viet Nam, where all rules are in force."""
    return now().astimezone(VIET_NAM).date()


# --- areas -------------------------------------------------------------------------------------


def areas(
    query: str, *, province: str | None = None, communes_only: bool = False, on: date | None = None
) -> list[AdminUnit]:
    """Every unit whose code is `query`, or in whose name each word of `query` begins a word.

    Accents may be missing, the type may be written first ("phường Duy Tiên"), and the province
    may follow ("tan thanh tay ninh"). All hits are listed, best first, because folded names
    collide. Fewer than two letters find nothing.
    """
    folded = fold(query)
    if len(folded) < SHORTEST_AREA_QUERY:
        return []
    units: QuerySet[AdminUnit] = AdminUnit.objects.in_force(on or today())
    if province is not None:
        units = units.filter(Q(parent=province) | Q(pk=province))
    if communes_only:
        units = units.filter(parent__isnull=False)
    if folded.isdigit():
        found = units.filter(pk=folded)
    else:
        # The type word is dropped only before other words: "Xã" may begin a name.
        readings = {folded, _without_type(folded)}
        found = units.filter(reduce(lambda a, b: a | b, (_each_word(r) for r in readings)))
    hits = list(found.select_related("parent"))
    return sorted(hits, key=lambda unit: _rank(unit, folded))


def area(code: str) -> AdminUnit | None:
    return AdminUnit.objects.select_related("parent").filter(pk=code).first()


_units: dict[str, AdminUnit] = {}


def area_names(codes: Iterable[str]) -> dict[str, str]:
    """Code → name, sorted by name; unknown codes are left out. A process asks once for each unit:
    its name changes only with a new reference file, that is with a new start."""
    wanted = {code for code in codes if code}
    missing = wanted - _units.keys()
    if missing:
        _units.update(AdminUnit.objects.in_bulk(missing))
    names = {code: str(_units[code]) for code in wanted & _units.keys()}
    return dict(sorted(names.items(), key=lambda pair: pair[1]))


def provinces(on: date | None = None) -> list[AdminUnit]:
    return list(AdminUnit.objects.in_force(on or today()).filter(parent__isnull=True))


def search_key(name: str, province: str = "") -> str:
    """What `areas` looks into: each word after a space, the province after a bar."""
    return f" {fold(name)} | {fold(province)}" if province else f" {fold(name)}"


def _each_word(folded: str) -> Q:
    words = (Q(search_key__contains=f" {word}") for word in folded.split())
    return reduce(lambda a, b: a & b, words)


def _without_type(folded: str) -> str:
    for prefix in _TYPE_WORDS:
        if folded.startswith(prefix):
            return folded.removeprefix(prefix)
    return folded


def _rank(unit: AdminUnit, folded: str) -> tuple[int, int, str, str]:
    """Provinces and exact names first, then names that begin so, then the rest."""
    name, wanted = fold(unit.name), _without_type(folded)
    closeness = 0 if name in (wanted, folded) else 1 if name.startswith(wanted) else 2
    return closeness, 0 if unit.is_province else 1, name, unit.code


# --- rules -------------------------------------------------------------------------------------

_payloads: dict[tuple[UUID, datetime], dict[str, Any]] = {}
_PAYLOADS_KEPT = 64


@dataclass(frozen=True, slots=True)
class Rules:
    """A rule set as read. `payload` is shared by the whole process: read it, never change it."""

    pk: int
    kind: str
    version: str
    source: str
    source_url: str
    status: str
    payload: dict[str, Any]


def rule_set(kind: str, on: date | None = None) -> Rules:
    """The rules of `kind` in force on that day (today by default): the newest that has begun.

    One small query; the payload is read once per process and content.
    """
    return _read(RuleSet.objects.in_force(on or today()).filter(kind=kind), kind)


def rule_set_version(kind: str, version: str) -> Rules:
    """The very rules an earlier decision was taken with, in force or not."""
    return _read(RuleSet.objects.filter(kind=kind, version=version), kind)


def _read(rules: QuerySet[RuleSet], kind: str) -> Rules:
    row = rules.order_by("-valid_from", "-version").defer("payload").first()
    if row is None:
        raise NoRuleInForce(kind)
    content = (row.uuid, row.changed_at)
    payload = _payloads.get(content)
    if payload is None:
        if len(_payloads) >= _PAYLOADS_KEPT:
            _payloads.clear()
        payload = _payloads[content] = row.payload
    return Rules(
        pk=row.pk,
        kind=row.kind,
        version=row.version,
        source=row.source,
        source_url=row.source_url,
        status=row.status,
        payload=payload,
    )


# --- clocks ------------------------------------------------------------------------------------


def clock(code: str, on: date | None = None) -> Clock:
    """KeyError if the rules in force know no such clock."""
    return clocks.parse_clocks(rule_set(RuleSet.Kind.CLOCK, on).payload)[code]


def working_calendar() -> Calendar:
    days = list(Holiday.objects.values_list("date", "is_made_up"))
    return Calendar(
        holidays=frozenset(day for day, made_up in days if not made_up),
        made_up=frozenset(day for day, made_up in days if made_up),
    )


def due(code: str, start: datetime | None = None) -> datetime:
    """When clock `code`, started at `start` (now by default), runs out; UTC."""
    start = start or now()
    running = clock(code, start.astimezone(VIET_NAM).date())
    calendar = working_calendar() if running.unit is clocks.Unit.WORKING_DAYS else None
    return clocks.due(running, start, calendar)


# --- limits that guard people -------------------------------------------------------------------


def disclosure(audience: str, on: date | None = None) -> Rule:
    """How small counts are hidden for this audience (``published``, ``inside``); KeyError if the
    rules in force know no such audience."""
    payload = rule_set(RuleSet.Kind.DISCLOSURE, on).payload
    return Rule.parse({item["code"]: item for item in payload["audiences"]}[audience])


def limit(code: str, on: date | None = None) -> int:
    """A cap or a threshold by its code; KeyError if the rules in force know no such limit."""
    payload = rule_set(RuleSet.Kind.GUARD, on).payload
    return int({item["code"]: item for item in payload["limits"]}[code]["amount"])


# --- services ----------------------------------------------------------------------------------


def service_types(on: date | None = None, *, channels: bool = False) -> list[ServiceType]:
    """The kinds of help that a referral may go to; with `channels` also the ways to reach help."""
    types: QuerySet[ServiceType] = ServiceType.objects.in_force(on or today())
    return list(types if channels else types.filter(is_channel=False))


class Freshness(StrEnum):
    """How far what we know about an offer can be trusted; the limits are clocks, see below."""

    FRESH = "fresh"
    AGEING = "ageing"
    STALE = "stale"
    NEVER_CHECKED = "never_checked"


@dataclass(frozen=True, slots=True)
class Offer:
    offer: ServiceOffer
    freshness: Freshness

    @property
    def can_take_people(self) -> bool:
        return self.offer.capacity != ServiceOffer.Capacity.FULL


_CAPACITY_ORDER = (
    ServiceOffer.Capacity.ACCEPTING,
    ServiceOffer.Capacity.WAITLIST,
    ServiceOffer.Capacity.UNKNOWN,
    ServiceOffer.Capacity.FULL,
)


def offers(service_code: str, area_code: str | None = None, on: date | None = None) -> list[Offer]:
    """Who gives this help in this commune: best chance first, local before national.

    For a province: who gives it anywhere inside. Without an area: everywhere, because a client
    may wish to be helped far from home. Offers that are full are listed too, last, so that the
    worker sees why they are not chosen.
    """
    on = on or today()
    open_offers = ServiceOffer.objects.filter(
        Q(ended_on__isnull=True) | Q(ended_on__gte=on),
        service_type__code=service_code,
        organisation__is_active=True,
    )
    if area_code is not None:
        serving = AdminUnit.objects.filter(
            Q(pk=area_code) | Q(communes=area_code) | Q(parent=area_code)
        )
        here = ServiceOffer.areas.through.objects.filter(
            serviceoffer=OuterRef("pk"), adminunit__in=serving.values("pk")
        )
        open_offers = open_offers.filter(Q(Exists(here)) | Q(nationwide=True))
    likely = Case(
        *(When(capacity=capacity, then=Value(n)) for n, capacity in enumerate(_CAPACITY_ORDER)),
        output_field=IntegerField(),
    )
    rows = (
        open_offers.select_related("organisation", "service_type")
        .prefetch_related("areas")
        .annotate(likely=likely)
        .order_by("likely", "nationwide", F("checked_on").desc(nulls_last=True), "pk")
    )
    limits = clocks.parse_clocks(rule_set(RuleSet.Kind.CLOCK, on).payload)
    fresh = timedelta(days=limits["offer_fresh"].amount)
    stale = timedelta(days=limits["offer_stale"].amount)
    return [Offer(row, _freshness(row.checked_on, on, fresh, stale)) for row in rows]


def _freshness(checked: date | None, on: date, fresh: timedelta, stale: timedelta) -> Freshness:
    if checked is None:
        return Freshness.NEVER_CHECKED
    age = on - checked
    if age <= fresh:
        return Freshness.FRESH
    return Freshness.AGEING if age <= stale else Freshness.STALE
