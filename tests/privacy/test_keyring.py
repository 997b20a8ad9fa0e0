"""Key files: missing, damaged, of another installation, or no disk for them. Told apart, answered
plainly, and never a fresh key."""

import errno
import os
import shutil
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from cases.models import Lead
from privacy import audit, keys
from privacy.compartments import Compartment as C
from privacy.keys import Trouble, keyfile
from privacy.models import AuditEvent, ChangeRecord, KeptText, WrappedDataKey
from tests import factories
from tests.cast import HOME
from tests.factories import ALIAS

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])
TYPED = "Chị ấy ổn rồi"


@pytest.fixture
def stranger(tmp_path):
    """The folder of another installation's keyring."""
    keys.FileKeyring.create(tmp_path / "stranger")
    return tmp_path / "stranger"


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def spoil(folder, stranger, name, how):
    path = folder / name
    match how:
        case "missing":
            path.unlink()
        case "flipped":
            flip(path)
        case "cut":
            path.write_bytes(path.read_bytes()[:-1])
        case "foreign":
            shutil.copy(stranger / name, path)
        case "renamed":
            shutil.copy(folder / "needs.1.kek", path)
        case "unreadable":
            path.unlink()
            path.mkdir()


CODES = {
    "missing": Trouble.MISSING,
    "flipped": Trouble.DAMAGED,
    "cut": Trouble.DAMAGED,
    "foreign": Trouble.FOREIGN,
    "renamed": Trouble.DAMAGED,
    "unreadable": Trouble.UNREADABLE,
}


@pytest.mark.parametrize("how", CODES)
def test_what_is_wrong_with_an_epoch_is_told_apart(own_keyring, stranger, how):
    owner = uuid4()
    keys.make(owner, [C.NOTES])
    assert keys.provider().check() == []
    spoil(own_keyring, stranger, "notes.1.kek", how)
    keys._providers.clear()
    problem = keys.provider().check()[0]
    assert problem.code is CODES[how] and problem.name.startswith("notes.")
    before = sorted(path.name for path in own_keyring.iterdir())
    with pytest.raises(keys.KeyringUnavailable) as caught:
        keys.make(uuid4(), [C.NOTES])
    assert caught.value.code is CODES[how]
    with pytest.raises(keys.KeyringUnavailable):
        keys.provider().new_epoch(C.NOTES)
    with pytest.raises(CommandError, match="wrong with the keys"):
        call_command("keys", "status", stdout=StringIO())
    assert before == sorted(path.name for path in own_keyring.iterdir())
    assert WrappedDataKey.objects.count() == 1


@pytest.mark.parametrize("name", ["root.key", "index.key"])
@pytest.mark.parametrize("how", ["flipped", "cut", "foreign", "unreadable"])
def test_what_is_wrong_with_a_root_is_told_apart(own_keyring, stranger, name, how):
    spoil(own_keyring, stranger, name, how)
    keys._providers.clear()
    found = keys.provider().check()
    if (name, how) == ("root.key", "foreign"):
        # It is whole: everything that lies beside it is then another installation's.
        assert {problem.code for problem in found} == {Trouble.FOREIGN}
        # The index, the two keys of the audit, and one of each compartment.
        assert len(found) == len(C) + 3
    else:
        assert found == [(name, CODES[how])]
    with pytest.raises(keys.KeyringUnavailable):
        keys.provider().index_root()


def test_the_keyring_of_another_installation_serves_nothing(own_keyring, stranger, settings):
    owner = uuid4()
    keys.make(owner, [C.NOTES])
    settings.KEYRING_DIR = stranger
    assert keys.provider().check() == []  # whole in itself
    with keys.fresh_ring() as ring:
        with pytest.raises(keys.KeyringUnavailable) as caught:
            keys.open_pairs([(owner, C.NOTES)])
        assert caught.value.code is ring.unavailable is Trouble.FOREIGN
    with pytest.raises(keys.KeyringUnavailable) as caught:
        keys.make(uuid4(), [C.NOTES])
    assert caught.value.code is Trouble.FOREIGN
    for words in (["rotate", "--new-epoch"], ["reseal", "--new-keys"]):
        with pytest.raises(CommandError, match="another installation"):
            call_command("keys", *words, stdout=StringIO())
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("keys", "status", stdout=out)
    assert "foreign" in out.getvalue()
    assert len(list(stranger.glob("notes.*"))) == 1
    keys._providers.pop(str(stranger))


def test_a_foreign_keyring_chains_no_row_of_the_audit(cast, own_keyring, stranger, settings):
    """Its chains would spoil the proof: what gives no sight stands unsigned, the rest nowhere."""
    owner = uuid4()
    keys.make(owner, [C.NOTES])
    before = AuditEvent.objects.count()
    settings.KEYRING_DIR = stranger
    with keys.fresh_ring(), pytest.raises(keys.KeyringUnavailable):
        keys.open_pairs([(owner, C.NOTES)])
    audit.signed(actor=None, action="sign_in", result="refused")
    with pytest.raises(keys.KeyringUnavailable):
        audit.signed(actor=cast.hanh, action="second_factor")
    rows = AuditEvent.objects.order_by("pk")[before:]
    assert [(row.action, row.result) for row in rows] == [
        ("key.unavailable", "foreign"),
        ("sign_in", "refused"),
    ]
    assert all(row.writer.startswith("u") and bytes(row.mac) == b"" for row in rows)
    keys._providers.pop(str(stranger))


def test_an_epoch_is_written_whole_or_not_at_all(own_keyring, monkeypatch):
    before = sorted(path.name for path in own_keyring.iterdir())
    for code, number in ((Trouble.DISK_FULL, errno.ENOSPC), (Trouble.UNREADABLE, errno.EACCES)):

        def refuses(*_args, number=number):
            raise OSError(number, os.strerror(number))

        with monkeypatch.context() as patch:
            patch.setattr(keyfile.os, "replace", refuses)
            with pytest.raises(keys.KeyringUnavailable) as caught:
                keys.provider().new_epoch(C.NOTES)
        assert caught.value.code is code
        assert sorted(path.name for path in own_keyring.iterdir()) == before
    assert keys.provider().new_epoch(C.NOTES).startswith("notes.2@")


def test_every_key_event_leaves_a_row(own_keyring):
    owner = uuid4()
    keys.make(owner, [C.NOTES, C.NEEDS])
    keys.destroy(owner, [C.NEEDS])
    keys.destroy(owner)
    keys.destroy(owner)
    rows = AuditEvent.objects.filter(object_uuid=owner).order_by("pk")
    assert [(row.action, row.compartments) for row in rows] == [
        ("key.made", "needs,notes"),
        ("key.destroyed", "needs"),
        ("key.destroyed", ""),
    ]


# -- at the desk


@pytest.fixture(params=["gone", "damaged", "foreign"])
def no_keys(request, tmp_path, settings):
    """Call it: from then on no key is to be had."""

    def fail():
        folder = settings.KEYRING_DIR = tmp_path / request.param
        if request.param != "gone":
            keys.FileKeyring.create(folder)
        if request.param == "damaged":
            flip(folder / "root.key")

    yield fail
    keys._providers.pop(str(tmp_path / request.param), None)


def english(browser, settings):
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return browser


def test_every_page_says_plainly_that_it_is_locked(cast, sign_in, settings, no_keys):
    case = factories.case_in_support(cast)
    browser = english(sign_in("hanh"), settings)
    pages = ["/", "/cases/", f"/cases/{case.uuid}/"]
    for path in pages:
        assert "The files are locked now" not in browser.get(path).content.decode()
    no_keys()
    for path in pages:
        answer = browser.get(path)
        text = answer.content.decode()
        assert answer.status_code == 200 and ALIAS not in text
        assert "The files are locked now" in text and "Nothing is lost" in text
    rows = AuditEvent.objects.filter(action="key.unavailable")
    # Unsigned: the chain has no key of this installation. It gives no sight of anything.
    assert rows.count() >= len(pages) and all(not row.mac for row in rows)


def test_what_must_be_sealed_is_refused_in_her_language(cast, sign_in, settings, no_keys):
    case = factories.case_in_support(cast)
    browser = sign_in("hanh")
    no_keys()
    before = factories.fresh(case).state, ChangeRecord.objects.count()
    path = f"/cases/{case.uuid}/closure/"
    for language, words in (("vi", "Hồ sơ"), ("en", "The files are locked now")):
        browser.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        answer = browser.post(path, {"reason": "goals_reached", "note_text": TYPED})
        text = answer.content.decode()
        assert answer.status_code == 503 and words in text and TYPED in text
        assert text.count("govuk-heading-l") == 1 and "notification-banner" not in text
    assert (factories.fresh(case).state, ChangeRecord.objects.count()) == before


def test_no_contact_is_begun_without_a_key(cast, sign_in, settings, no_keys):
    factories.lead_made(cast)
    browser = english(sign_in("hoa"), settings)
    no_keys()
    answers = {
        "page": "check",
        "keep": "yes",
        "age_band": "18_over",
        "alias": "Mây",
        "area_code": HOME,
        "channel": "outreach",
        "ways": ["may_text"],
        "phone": "0912 345 678",
        "note": TYPED,
    }
    before = WrappedDataKey.objects.count()
    answer = browser.post("/contacts/new/", answers)
    assert answer.status_code == 503 and TYPED in answer.content.decode()
    assert Lead.objects.count() == 1 and WrappedDataKey.objects.count() == before


def test_a_session_that_ended_meanwhile_gives_the_text_back(cast, sign_in, settings, no_keys):
    """It cannot be sealed for later, so it is shown once more where it was typed."""
    case = factories.case_in_support(cast)
    browser = english(sign_in("hanh"), settings)
    browser.post("/sign-out/", {"idle": "1"})
    no_keys()
    answer = browser.post(
        f"/cases/{case.uuid}/closure/", {"reason": "goals_reached", "note_text": TYPED}
    )
    assert answer.status_code == 503 and TYPED in answer.content.decode()
    assert not KeptText.objects.exists()


def test_health_of_the_service_names_the_part(client, cast, no_keys):
    factories.lead_made(cast)
    assert client.get("/readyz").json()["keyring"] is True
    no_keys()
    ready = client.get("/readyz")
    assert ready.status_code == 503 and ready.json()["keyring"] is False
