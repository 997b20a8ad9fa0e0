"""A day of work in the demo's folder, then every sealed word of it, opened: for test_no_clear_text.

Run as a process of its own under the demo's settings: words.json is written outside the folder.
"""

import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import django

django.setup()

from django.apps import apps  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from cases.models import Case  # noqa: E402
from config.demo import prepare  # noqa: E402
from privacy import keys  # noqa: E402
from privacy.compartments import BYTES  # noqa: E402
from privacy.fields import LOCKED, sealed_names  # noqa: E402
from privacy.models import SealedModel, User, WrappedDataKey  # noqa: E402
from referrals.models import Referral  # noqa: E402
from tests.door import code_of  # noqa: E402
from workflow.runner import Runner  # noqa: E402


def words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from words(part)
    elif isinstance(value, list):
        for part in value:
            yield from words(part)


setup_test_environment()
TYPED = sys.argv[2]
password = prepare.password()
for name in ("hanh", "lan", "hoa"):
    browser = Client(raise_request_exception=False)
    signed_in = browser.post("/sign-in/", {"username": name, "password": password})
    assert signed_in["Location"] == "/sign-in/code/", (name, signed_in.status_code)
    signed_in = browser.post("/sign-in/code/", {"code": code_of(User.objects.get(username=name))})
    assert signed_in.status_code == 302, (name, signed_in.status_code)
    pages = [browser.get("/").status_code]
    pages += [browser.get(f"/cases/{item.uuid}/").status_code for item in Case.objects.all()]
    pages += [browser.get(f"/referrals/{row.uuid}/").status_code for row in Referral.objects.all()]
    assert 200 in pages and not [code for code in pages if code >= 500], (name, pages)
    lead = {"alias": TYPED, "note": TYPED}
    assert browser.post("/contacts/new/", lead).status_code < 500
    browser.cookies.pop("sessionid")
    assert browser.post("/contacts/new/", lead).status_code < 500  # kept for her, sealed
Runner().once()
try:
    raise ValueError(TYPED)
except ValueError:
    logging.getLogger("cases").exception("told")
    logging.getLogger("somebody.else").error(TYPED)

by_byte = {byte: compartment for compartment, byte in BYTES.items()}
pairs = [(row.owner_uuid, by_byte[row.compartment]) for row in WrappedDataKey.objects.all()]
keys.open_pairs(pairs)

found, shut = set(), 0
for model in apps.get_models():
    if issubclass(model, SealedModel):
        for row in model._base_manager.all():
            for name in sealed_names(model):
                value = getattr(row, name)
                if value is LOCKED:
                    shut += 1  # its key is destroyed
                else:
                    found.update(words(value))
with open(sys.argv[1], "w") as out:
    json.dump({"words": sorted(found), "shut": shut}, out)
