from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from privacy.models import Organisation
from services import loading, selectors
from services.folding import fold
from services.models import AdminUnit, RuleSet, ServiceOffer, ServiceType
from services.selectors import Freshness, NoRuleInForce
from tests.rehearsal import Point, retold

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])
DAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def reference(db):
    retold(Point(), ("reference",), loading.load_reference)


def codes(units):
    return [unit.code for unit in units]


# --- areas


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Đắk Lắk", "dak lak"),
        ("Ðông Hà", "dong ha"),
        ("Ea H’Leo", "ea hleo"),
        ("Ea H'Leo", "ea hleo"),
        ("  Hòa   Bình ", "hoa binh"),
        ("Hoà Bình", "hoa binh"),
        ("Cam Ly - Đà Lạt", "cam ly da lat"),
    ],
)
def test_names_fold_to_the_same_words(written, folded):
    assert fold(written) == folded


@pytest.mark.parametrize("query", ["Duy Tiên", "duy tien", "Phường Duy Tiên", "13324", "DUY TIEN"])
def test_it_finds_a_commune_however_it_is_typed(query):
    assert codes(selectors.areas(query))[0] == "13324"


def test_it_lists_every_hit_of_a_folded_name():
    found = selectors.areas("tân thành")
    assert len([unit for unit in found if fold(unit.name) == "tan thanh"]) == 15
    assert {"Tân Thành", "Tân Thạnh"} <= {unit.name for unit in found}


def test_pairs_that_collide_inside_a_province_both_show():
    assert {"02143", "05665"} <= set(codes(selectors.areas("van lang thai nguyen")))


def test_the_province_narrows_and_comes_first():
    assert selectors.areas("gia lai")[0].code == "52"
    inside = selectors.areas("an", province="52", communes_only=True)
    assert inside
    assert {unit.parent_id for unit in inside} == {"52"}


def test_it_forgives_the_apostrophe():
    assert codes(selectors.areas("ea hleo")) == codes(selectors.areas("Ea H’Leo"))


@pytest.mark.parametrize("query", ["", " ", "a", "đ", "không có nơi này đâu"])
def test_it_finds_nothing_in_too_little(query):
    assert selectors.areas(query) == []


def test_an_area_that_ended_is_not_offered():
    AdminUnit.objects.filter(pk="13324").update(valid_to=DAY - timedelta(days=1))
    assert "13324" not in codes(selectors.areas("duy tien", on=DAY))
    assert "13324" in codes(selectors.areas("duy tien", on=DAY - timedelta(days=1)))


def test_a_name_says_its_kind_and_province(django_assert_num_queries):
    with django_assert_num_queries(1), translation.override("en"):
        assert selectors.areas("duy tien")[0].full_name == "Duy Tiên ward, Ninh Bình province"


def test_the_provinces_and_one_area():
    assert len(selectors.provinces()) == 34
    assert selectors.area("15127").name == "Cẩm Thủy"
    assert selectors.area("99999") is None


# --- rules


def test_the_rules_of_the_day_are_used():
    assert selectors.rule_set("training", date(2025, 12, 31)).version == "2015.1"
    assert selectors.rule_set("training", date(2026, 1, 1)).version == "2026.1"
    assert selectors.rule_set_version("training", "2015.1").payload["once_per_person"] is True


def test_no_rules_is_an_error_that_names_the_kind():
    with pytest.raises(NoRuleInForce, match="training"):
        selectors.rule_set("training", date(2000, 1, 1))


def test_a_payload_is_read_once_and_again_when_it_changed(django_assert_num_queries):
    selectors.rule_set("triage", DAY)
    with django_assert_num_queries(1):
        known = selectors.rule_set("triage", DAY)
    row = RuleSet.objects.get(kind="triage")
    row.payload = {"rules": []}
    row.save()
    assert selectors.rule_set("triage", DAY).payload == {"rules": []}
    assert known.payload["rules"]


def test_a_deadline_knows_weekends_and_holidays(django_assert_num_queries):
    friday_before_tet = datetime(2026, 2, 13, 3, tzinfo=UTC)
    assert selectors.due("triage_soon", friday_before_tet) == datetime(2026, 2, 25, 10, tzinfo=UTC)
    assert selectors.due("triage_24h", friday_before_tet) - friday_before_tet == timedelta(days=1)
    with django_assert_num_queries(2):
        selectors.due("referral_routine", friday_before_tet)


def test_an_unknown_clock_is_an_error():
    with pytest.raises(KeyError):
        selectors.clock("no_such_clock", DAY)


# --- services


def test_channels_are_no_place_to_refer_to():
    assert "CH-HOT" not in {item.code for item in selectors.service_types(DAY)}
    assert "CH-HOT" in {item.code for item in selectors.service_types(DAY, channels=True)}


def test_a_service_is_named_in_the_language_of_the_reader():
    service = ServiceType.objects.get(code="J-JOB")
    with translation.override("vi"):
        assert str(service) == "Giới thiệu việc làm"
    with translation.override("en"):
        assert str(service) == "Job introduction"


def offer(name, *areas, capacity="accepting", checked=DAY, code="H-STI", **more):
    organisation = Organisation.objects.create(code=name, name=name, kind="health_station")
    made = ServiceOffer.objects.create(
        organisation=organisation,
        service_type=ServiceType.objects.get(code=code),
        capacity=capacity,
        checked_on=checked,
        **more,
    )
    made.areas.set(areas)
    return made


def names(found):
    return [item.offer.organisation.name for item in found]


def test_it_finds_who_serves_the_commune_its_province_or_the_country():
    offer("commune", "13324")
    offer("province", "37")
    offer("country", nationwide=True)
    offer("elsewhere", "15127")
    offer("other help", "13324", code="J-JOB")
    assert names(selectors.offers("H-STI", "13324", DAY)) == ["commune", "province", "country"]
    assert names(selectors.offers("H-STI", "37", DAY)) == ["commune", "province", "country"]
    assert "elsewhere" in names(selectors.offers("H-STI", on=DAY))


def test_the_best_chance_comes_first_and_full_ones_are_seen_last():
    offer("full", "13324", capacity="full")
    offer("unknown", "13324", capacity="unknown", checked=None)
    offer("old", "13324", checked=DAY - timedelta(days=100))
    offer("new", "13324")
    offer("waiting", "13324", capacity="waitlist", checked=DAY - timedelta(days=31))
    found = selectors.offers("H-STI", "13324", DAY)
    assert names(found) == ["new", "old", "waiting", "unknown", "full"]
    assert [item.freshness for item in found] == [
        Freshness.FRESH,
        Freshness.STALE,
        Freshness.AGEING,
        Freshness.NEVER_CHECKED,
        Freshness.FRESH,
    ]
    assert [item.can_take_people for item in found] == [True] * 4 + [False]


def test_what_ended_is_not_offered():
    offer("ended", "13324", ended_on=DAY - timedelta(days=1))
    offer("last day", "13324", ended_on=DAY)
    gone = offer("closed house", "13324")
    Organisation.objects.filter(pk=gone.organisation_id).update(is_active=False)
    assert names(selectors.offers("H-STI", "13324", DAY)) == ["last day"]


def test_the_number_of_queries_does_not_grow(django_assert_num_queries):
    selectors.rule_set("clock", DAY)
    offer("first", "13324")
    with django_assert_num_queries(3):
        names(selectors.offers("H-STI", "13324", DAY))
    for number in range(12):
        offer(f"another {number}", "13324", "15127")
    with django_assert_num_queries(3):
        [list(item.offer.areas.all()) for item in selectors.offers("H-STI", "13324", DAY)]
