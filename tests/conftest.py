"""Fixtures shared by the whole suite."""

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.test import Client

from privacy import keys
from services import loading
from services.models import AdminUnit
from tests import cast as casting
from tests import door
from tests.rehearsal import retold

# A busy machine makes drawing examples slow; that says nothing about the code.
hypothesis.settings.register_profile(
    "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def _keyring() -> None:
    keys.FileKeyring.create(Path(settings.KEYRING_DIR))


@pytest.fixture(autouse=True)
def _fresh_ring() -> Iterator[None]:
    with keys.fresh_ring():
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):  # type: ignore[no-untyped-def]
    """Rules and the few places of the cast, once a session; every test rolls back to here."""
    with django_db_blocker.unblock():
        loading.load_rules()
        for code, parent, kind, name in (
            ("37", None, "tinh", "Ninh Bình"),
            ("38", None, "tinh", "Thanh Hóa"),
            (casting.HOME, "37", "phuong", "Duy Tiên"),
            (casting.AWAY, "38", "xa", "Cẩm Thủy"),
        ):
            AdminUnit.objects.create(
                code=code,
                parent_id=parent,
                type=kind,
                name=name,
                search_key=name.lower(),
                valid_from="2025-07-01",
                source="test",
            )
        casting.rehearse()


@pytest.fixture
def cast(db) -> casting.Cast:  # type: ignore[no-untyped-def]
    return casting.enter()


@pytest.fixture
def sign_in(cast):  # type: ignore[no-untyped-def]
    """``sign_in("hanh")`` → a browser in which she is signed in.

    As the door does it after password and code, without the door's pages: those have tests of
    their own (tests/privacy/test_door.py, test_second_factor.py), and hundreds of tests begin here.
    """

    def enter(name: str) -> Client:
        client = Client()

        def sign() -> dict[str, str]:
            return door.inside(cast.user(name))

        client.cookies.load(retold(cast.point, ("sign_in", name), sign))
        return client

    return enter


def pytest_collection_modifyitems(items):  # type: ignore[no-untyped-def]
    """Three databases: every test that touches one may touch all."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        uses = "db" in getattr(item, "fixturenames", ()) or "cast" in getattr(
            item, "fixturenames", ()
        )
        if marker is None and uses:
            item.add_marker(pytest.mark.django_db(databases=["default", "keystore", "audit"]))
