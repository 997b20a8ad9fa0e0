"""Numbers are compared as what they are, not as they were typed; nothing else is indexed."""

from uuid import uuid4

import pytest

from privacy import blind
from privacy.models import BlindIndex

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


@pytest.mark.parametrize(
    "typed",
    [
        "0912345678",
        "0912 345 678",
        "+84 912 345 678",
        "+84912345678",
        "0084912345678",
        "+84 (0) 912.345.678",
        "0912-345-678",
    ],
)
def test_one_number_in_every_way_it_is_typed(typed):
    assert blind.normalise_phone(typed) == "0912345678"


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("01681234567", "0381234567"),
        ("0123 456 7890", "0834567890"),
        ("+84 1681234567", "0381234567"),
        ("024 3825 3041", "02438253041"),
        ("+1 202-456-1111", "+12024561111"),
    ],
)
def test_old_prefixes_landlines_and_other_countries(typed, number):
    assert blind.normalise_phone(typed) == number


@pytest.mark.parametrize(
    "typed", ["", "không có", "0", "091234567", "09123456789", "0112345678", "113"]
)
def test_what_is_no_phone_number_is_not_indexed(typed):
    assert blind.normalise_phone(typed) == ""


def test_a_citizen_number_is_checked_by_its_parts():
    assert blind.normalise_cccd("037 198 012345") == "037198012345"
    assert blind.normalise_cccd("037.304.012345") == "037304012345"
    for wrong in (
        "",
        "03719801234",
        "0371980123456",
        "000198012345",
        "037198000000",
        "03719801234a",
        "٠٣٧١٩٨٠١٢٣٤٥",
        "037999012345",
        "037250012345",
    ):
        assert blind.normalise_cccd(wrong) == ""


def test_other_owners_of_a_number_are_found_by_index_only():
    mine, other, stranger = uuid4(), uuid4(), uuid4()
    blind.remember_phone(mine, "0912 345 678")
    blind.remember_cccd(mine, "037198012345")
    blind.remember_phone(stranger, "0912 345 679")
    assert blind.elsewhere(mine) == set() and blind.elsewhere(uuid4()) == set()
    blind.remember_phone(other, "+84912345678")
    assert blind.elsewhere(mine) == {other} and blind.elsewhere(stranger) == set()
    assert set(blind.owners_of(blind.PHONE, "0912345678")) == {mine, other}
    assert blind.owners_of(blind.CCCD, "037198012345") == [mine]
    assert blind.owners_of(blind.PHONE, "không") == []


def test_a_number_of_one_kind_never_matches_the_other():
    blind.remember_phone(uuid4(), "0912345678")
    assert all(len(bytes(row.digest)) == 8 for row in BlindIndex.objects.all())
    assert blind.owners_of(blind.CCCD, "0912345678") == []


def test_an_unreadable_number_leaves_no_index():
    owner = uuid4()
    blind.remember_phone(owner, "0912345678")
    assert blind.knows(owner, blind.PHONE)
    blind.remember_phone(owner, "không có")
    assert not blind.knows(owner, blind.PHONE)
