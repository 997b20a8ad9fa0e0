"""Data keys: made with their owner, open for one request, never guessed and never made anew."""

import os
import shutil
import stat
import threading
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connections, transaction
from django.test import Client, RequestFactory
from django.utils import timezone

from privacy import blind, crypto, kept, keys, tasks
from privacy.compartments import BYTES, CASE_COMPARTMENTS, Compartment
from privacy.middleware import KeyRing, Refusals
from privacy.models import BlindIndex, WrappedDataKey
from tests import factories
from tests.cast import PASSWORD
from tests.factories import ALIAS

C = Compartment
pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])


def place(owner, compartment=C.NOTES):
    return crypto.Place("test", uuid4(), owner, compartment.byte)


# -- the folder


def test_every_file_is_for_its_owner_only(own_keyring):
    names = sorted(path.name for path in own_keyring.iterdir())
    fixed = ["root.key", "index.key", *keys.AUDIT_KEYS]
    assert names == sorted([*fixed, *(f"{item.value}.1.kek" for item in BYTES)])
    for path in own_keyring.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(own_keyring.stat().st_mode) == 0o700


def test_a_keyring_is_never_written_over(own_keyring):
    before = {path.name: path.read_bytes() for path in own_keyring.iterdir()}
    with pytest.raises(FileExistsError):
        keys.FileKeyring.create(own_keyring)
    assert before == {path.name: path.read_bytes() for path in own_keyring.iterdir()}


def test_two_commands_at_once_make_one_keyring(tmp_path):
    results = []

    def attempt():
        try:
            keys.FileKeyring.create(tmp_path / "k")
            results.append("made")
        except FileExistsError:
            results.append("refused")

    threads = [threading.Thread(target=attempt) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["made", "refused", "refused", "refused"]
    ring = keys.FileKeyring(tmp_path / "k")
    assert ring.wrap(ring.current(C.NOTES), bytes(32), b"")


def test_a_new_epoch_is_used_for_new_keys(own_keyring):
    ring = keys.FileKeyring(own_keyring)
    for _ in range(9):
        made = ring.new_epoch(C.NOTES)
    (own_keyring / "notes.old.kek").write_bytes(b"a stray file")
    assert made == ring.current(C.NOTES) == f"notes.10@{ring.installation()}"
    assert ring.current(C.NEEDS).startswith("needs.1@")


@pytest.mark.parametrize("broken", ["root.key", "index.key", "notes.1.kek", "everything"])
@pytest.mark.parametrize("how", ["missing", "empty", "other", "unreadable"])
def test_a_broken_keyring_is_unavailable_and_never_made_anew(own_keyring, broken, how):
    owner = uuid4()
    keys.make(owner, [C.NOTES])
    keys._providers.clear()
    names = [path.name for path in own_keyring.iterdir()] if broken == "everything" else [broken]
    for name in names:
        path = own_keyring / name
        path.unlink()
        if how == "empty":
            path.write_bytes(b"")
        elif how == "other":
            path.write_bytes(os.urandom(32))
        elif how == "unreadable":
            path.mkdir()
    before = sorted(path.name for path in own_keyring.iterdir())
    with keys.fresh_ring():
        if broken == "index.key":
            with pytest.raises(keys.KeyringUnavailable):
                keys.provider().index_root()
        elif broken == "notes.1.kek" and how == "missing":
            # A destroyed epoch shuts what rested on it, and nothing else.
            assert keys.open_pairs([(owner, C.NOTES)]) == set()
            with pytest.raises(keys.KeyringUnavailable):
                keys.make(uuid4(), [C.NOTES])
        else:
            with pytest.raises(keys.KeyringUnavailable):
                keys.open_pairs([(owner, C.NOTES)])
            with pytest.raises(keys.KeyringUnavailable):
                keys.make(uuid4(), [C.NOTES])
    assert before == sorted(path.name for path in own_keyring.iterdir())


@pytest.mark.parametrize(
    "name",
    ["../notes.1", "/etc/passwd", "notes", "", "x" * 40, "notes.1@00000000"]
    # PostgreSQL keeps no such sign in a text at all.
    + [pytest.param("notes.1\0", marks=pytest.mark.sqlite)],
)
def test_a_planted_key_name_opens_no_file(own_keyring, name):
    good, bad = uuid4(), uuid4()
    keys.make(good, [C.NOTES])
    keys.make(bad, [C.NOTES])
    WrappedDataKey.objects.filter(owner_uuid=bad).update(kek=name)
    with keys.fresh_ring():
        assert keys.open_pairs([(good, C.NOTES), (bad, C.NOTES)]) == {(good, C.NOTES)}


@pytest.mark.parametrize("wrapped", [b"", b"x", bytes(60), bytes(300)])
def test_a_planted_key_opens_nothing(wrapped):
    owner = uuid4()
    keys.make(owner, [C.NOTES])
    WrappedDataKey.objects.filter(owner_uuid=owner).update(wrapped=wrapped)
    with keys.fresh_ring():
        assert keys.open_pairs([(owner, C.NOTES)]) == set()
        with pytest.raises(keys.KeyMissing):
            keys.ring().sealer(owner, C.NOTES)


def test_a_key_moved_to_another_owner_or_compartment_stays_shut():
    mine, other = uuid4(), uuid4()
    keys.make(mine, [C.NOTES])
    keys.make(other, [C.NEEDS])
    row = WrappedDataKey.objects.get(owner_uuid=mine)
    WrappedDataKey.objects.filter(owner_uuid=other).update(wrapped=row.wrapped, kek=row.kek)
    WrappedDataKey.objects.filter(pk=row.pk).update(compartment=C.HEALTH.byte)
    with keys.fresh_ring():
        assert keys.open_pairs([(mine, C.HEALTH), (other, C.NEEDS)]) == set()


def test_the_key_cache_runs_out(own_keyring, monkeypatch):
    ring = keys.FileKeyring(own_keyring)
    kek = ring.current(C.NOTES)
    item = keys.WrappedKey(kek, ring.wrap(kek, bytes(32), b"c"), b"c")
    (own_keyring / "root.key").unlink()
    assert ring.unwrap_many([item]) == [bytes(32)]
    later = time.monotonic() + keys.KEK_CACHE_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    with pytest.raises(keys.KeyringUnavailable):
        ring.unwrap_many([item])


def test_one_keyring_serves_many_threads(own_keyring):
    ring = keys.FileKeyring(own_keyring)
    failures = []

    def work():
        for number in range(40):
            name = ring.current(list(BYTES)[number % len(BYTES)])
            raw = crypto.new_key()
            wrapped = ring.wrap(name, raw, name.encode())
            if ring.unwrap_many([keys.WrappedKey(name, wrapped, name.encode())]) != [raw]:
                failures.append(name)
            ring._cache.clear()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


# -- rows


def test_all_keys_of_a_case_are_made_together(cast):
    case = factories.case_opened(cast)
    rows = WrappedDataKey.objects.filter(owner_uuid=case.owner_uuid)
    assert {row.compartment for row in rows} == {item.byte for item in CASE_COMPARTMENTS}
    assert {row.version for row in rows} == {1} and len({bytes(r.wrapped) for r in rows}) == 9


def test_keys_are_made_once():
    owner = uuid4()
    keys.make(owner, [C.NOTES])
    with keys.fresh_ring():
        with pytest.raises(IntegrityError), transaction.atomic(using="keystore"):
            keys.make(owner, [C.NOTES])
        # What was not kept is never used for sealing.
        assert (owner, C.NOTES) not in keys.ring().sealing


def test_fifty_owners_cost_one_query():
    owners = [uuid4() for _ in range(50)]
    for owner in owners:
        keys.make(owner, [C.IDENTITY, C.CONTACT])
    pairs = [(owner, item) for owner in owners for item in (C.IDENTITY, C.CONTACT)]
    with keys.fresh_ring():
        with CountQueries("keystore") as counted:
            assert keys.open_pairs(pairs) == set(pairs)
        assert counted.number == 1
        with CountQueries("keystore") as counted:
            keys.open_pairs(pairs)
        assert counted.number == 0


class CountQueries:
    def __init__(self, alias):
        self.connection = connections[alias]

    def __enter__(self):
        self.number = 0
        self.wrapper = self.connection.execute_wrapper(self._count)
        self.wrapper.__enter__()
        return self

    def _count(self, execute, *args):
        self.number += 1
        return execute(*args)

    def __exit__(self, *error):
        self.wrapper.__exit__(*error)


def test_only_the_asked_pairs_open():
    one, two = uuid4(), uuid4()
    for owner in (one, two):
        keys.make(owner, [C.IDENTITY, C.HEALTH])
    with keys.fresh_ring():
        keys.open_pairs([(one, C.IDENTITY), (two, C.HEALTH)])
        assert set(keys.ring().seen) == {(one, C.IDENTITY), (two, C.HEALTH)}


def test_versions_open_side_by_side_and_the_newest_seals():
    owner = uuid4()
    keys.make(owner, [C.NOTES])
    old = keys.ring().sealer(owner, C.NOTES).seal(b"old", here := place(owner))
    raw, ring = crypto.new_key(), keys.provider()
    kek = ring.current(C.NOTES)
    WrappedDataKey.objects.create(
        owner_uuid=owner,
        compartment=C.NOTES.byte,
        version=2,
        kek=kek,
        wrapped=ring.wrap(kek, raw, keys.dek_context(owner, C.NOTES, 2, kek)),
    )
    with keys.fresh_ring():
        assert keys.ring().sealer(owner, C.NOTES).version == 2
        keys.open_pairs([(owner, C.NOTES)])
        assert keys.ring().opener(owner, C.NOTES, 1).open(old, here) == b"old"
        assert keys.ring().opener(owner, C.NOTES, 3) is None
        assert keys.ring().sealer(owner, C.NOTES).version == 2


def test_the_context_names_every_part():
    owner = uuid4()
    base = keys.dek_context(owner, C.NOTES, 1, "notes.1")
    others = {
        keys.dek_context(uuid4(), C.NOTES, 1, "notes.1"),
        keys.dek_context(owner, C.NEEDS, 1, "notes.1"),
        keys.dek_context(owner, C.NOTES, 2, "notes.1"),
        keys.dek_context(owner, C.NOTES, 1, "notes.2"),
    }
    assert base not in others and len(others) == 4


# -- the ring of one request


def test_sealing_gives_no_sight():
    owner = uuid4()
    keys.make(owner, [C.NOTES])
    with keys.fresh_ring():
        assert keys.ring().sealer(owner, C.NOTES)
        assert keys.ring().opener(owner, C.NOTES, 1) is None


def test_the_ring_is_emptied_whatever_happens():
    owner = uuid4()
    keys.make(owner, [C.NOTES])
    outer = keys.ring()
    with pytest.raises(ZeroDivisionError), keys.fresh_ring() as ring:
        keys.open_pairs([(owner, C.NOTES)])
        assert ring.seen
        raise ZeroDivisionError
    assert (ring.seen, ring.sealing, ring.locked) == ({}, {}, set())
    assert keys.ring() is outer


def test_a_request_leaves_no_key_behind():
    owner = uuid4()
    keys.make(owner, [C.NOTES])
    rings = []

    def view(request):
        keys.open_pairs([(owner, C.NOTES)])
        rings.append(keys.ring())
        raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            KeyRing(view)(RequestFactory().get("/"))
    assert rings[0] is not rings[1] and not any(ring.seen for ring in rings)


def test_requests_side_by_side_have_rings_of_their_own():
    barrier, seen = threading.Barrier(2), {}

    def request(name):
        with keys.fresh_ring() as ring:
            ring.seen[name, C.NOTES] = {1: crypto.DataKey(bytes(32), 1)}
            barrier.wait()
            seen[name] = set(keys.ring().seen)
            barrier.wait()

    threads = [threading.Thread(target=request, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {"a": {("a", C.NOTES)}, "b": {("b", C.NOTES)}}


def test_a_new_thread_begins_with_nothing():
    owner = uuid4()
    keys.make(owner, [C.NOTES])
    keys.open_pairs([(owner, C.NOTES)])
    found = []
    thread = threading.Thread(target=lambda: found.append(keys.ring().seen))
    thread.start()
    thread.join()
    assert found == [{}]


# -- the end of a key


def test_destroying_shuts_for_ever_and_may_be_repeated(cast):
    case = factories.case_opened(cast)
    with factories.opened(cast.hanh, case, C.IDENTITY):
        assert keys.destroy(case.owner_uuid) == 9
        assert keys.destroy(case.owner_uuid) == 0
        assert not factories.fresh(case).alias
    assert not BlindIndex.objects.filter(owner_uuid=case.owner_uuid).exists()
    with factories.opened(cast.hanh, case, C.IDENTITY):
        assert not factories.fresh(case).alias


def test_one_compartment_can_die_alone():
    owner = uuid4()
    keys.make(owner, [C.PACKET, C.ENTRIES])
    keys.destroy(owner, [C.PACKET])
    with keys.fresh_ring():
        assert keys.open_pairs([(owner, C.PACKET), (owner, C.ENTRIES)]) == {(owner, C.ENTRIES)}


def test_the_sweep_takes_orphans_and_nothing_else(cast):
    case, lead = factories.case_opened(cast), factories.lead_made(cast)
    referral = factories.referral_sent(cast)
    factories.transfer_requested(cast)
    kept.keep(cast.user("hanh"), "/", {"text": ["a b"]})
    orphan, young = uuid4(), uuid4()
    keys.make(orphan, [C.NOTES])
    blind.remember_phone(orphan, "0912345678")
    live = set(WrappedDataKey.objects.values_list("owner_uuid", flat=True)) - {orphan}
    WrappedDataKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    keys.make(young, [C.NOTES])
    assert tasks.sweep_orphan_keys() == 1
    assert set(WrappedDataKey.objects.values_list("owner_uuid", flat=True)) == live | {young}
    assert {case.uuid, lead.uuid, referral.uuid, cast.user("hanh").uuid} <= live
    assert not BlindIndex.objects.filter(owner_uuid=orphan).exists()
    assert BlindIndex.objects.filter(owner_uuid=case.uuid).exists()


# -- at the desk


def test_without_a_keyring_pages_lock_and_nothing_is_lost(cast, tmp_path, settings, sign_in):
    case = factories.case_in_support(cast)
    browser = sign_in("hanh")
    settings.KEYRING_DIR = tmp_path / "gone"
    page = browser.get(f"/cases/{case.uuid}/")
    assert page.status_code == 200 and ALIAS not in page.content.decode()
    answer = browser.post(
        f"/cases/{case.uuid}/closure/", {"reason": "goals_reached", "note_text": "Chị ấy ổn rồi"}
    )
    assert answer.status_code == 503
    assert "Chị ấy ổn rồi" in answer.content.decode()
    assert factories.fresh(case).state == "support"
    assert not (tmp_path / "gone").exists()


def test_key_trouble_becomes_a_page_of_its_own():
    for error in (keys.KeyringUnavailable, keys.KeyMissing):
        request = RequestFactory().get("/")
        request.actor = request.membership = None
        answer = Refusals(lambda request: None).process_exception(request, error("no key"))
        assert answer.status_code == 503 and b"no key" not in answer.content


def test_nobody_gets_in_where_the_audit_cannot_be_written(cast, tmp_path, settings):
    """The chains of the audit need their key: no row, no session. The page says so plainly."""
    settings.KEYRING_DIR = tmp_path / "gone"
    browser = Client()
    answer = browser.post("/sign-in/", {"username": "hanh", "password": PASSWORD})
    assert answer.status_code == 503 and PASSWORD not in answer.content.decode()
    assert browser.get("/").status_code == 302


def test_a_folder_that_vanishes_is_unavailable(own_keyring):
    ring = keys.FileKeyring(own_keyring)
    shutil.rmtree(own_keyring)
    with pytest.raises(keys.KeyringUnavailable):
        ring.current(C.NOTES)
    with pytest.raises(keys.KeyringUnavailable):
        ring.unwrap_many([keys.WrappedKey("notes.1@00000000", bytes(60), b"")])
