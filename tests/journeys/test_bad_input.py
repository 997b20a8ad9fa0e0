"""Whatever is typed into whichever form: a clear answer, nothing lost, nothing half-written."""

import html
import unicodedata

import pytest
from bs4 import BeautifulSoup
from django.db import transaction

from cases.models import Case, Consent, FollowUpPlan, Lead, Transfer
from referrals.models import Referral
from tests import factories as make
from tests.cases import rights_story as rights

pytestmark = pytest.mark.django_db(databases=["default", "keystore", "audit"])

NASTY = {
    "nothing": "",
    "far too long": "Một câu rất dài. " * 2000,
    "a script": "<script>alert('xin chào')</script> và <b>đậm</b>",
    "SQL": "'); DROP TABLE cases_case; -- xin chào",
    "NFD": unicodedata.normalize("NFD", "Người được hỗ trợ thích học may"),
    "NUL": "một chữ\x00và một chữ nữa",
    "wrong type": "không phải là số hay ngày",
}
TEXT = {"text", "number", "tel", "search", None}


def pages(cast):
    """(who, path): every page with a form that a person types into, in a state that shows it."""
    lead = make.lead_handed_over(cast)
    yield "hoa", "/contacts/new/?all=1"
    yield "hanh", "/cases/new/?all=1"
    yield "hanh", f"/contacts/{lead.uuid}/open-case/"
    opened = make.case_opened(cast)
    yield "hanh", f"/cases/{opened.uuid}/consent/"
    yield "hanh", f"/cases/{opened.uuid}/contact/"
    yield "hanh", f"/cases/{opened.uuid}/identity/"
    yield "hanh", f"/cases/{opened.uuid}/same-person/"
    yield "hanh", f"/cases/{opened.uuid}/papers/"
    yield "hanh", "/cases/search/"
    consented = make.case_consented(cast)
    yield "hanh", f"/cases/{consented.uuid}/screening/all/"
    yield "hanh", f"/cases/{consented.uuid}/safety-plan/"
    screened = make.case_screened(cast)
    yield "hanh", f"/cases/{screened.uuid}/assessment/"
    supported = make.case_in_support(cast)
    yield "hanh", f"/cases/{supported.uuid}/closure/"
    yield "hanh", f"/cases/{supported.uuid}/review/"
    yield "bich", f"/cases/{supported.uuid}/assign/"
    yield "hanh", f"/cases/{supported.uuid}/transfer/?to={cast.teams['other_office'].uuid}"
    closing = make.case_closing(cast)
    yield "bich", f"/cases/{closing.uuid}/closure/approval/"
    yield "hanh", f"/cases/{supported.uuid}/erasure/"
    yield "yen", "/erasures/new/"
    yield "yen", "/holds/new/"
    child = make.child_case(cast)
    yield "van", f"/cases/{child.uuid}/child-plan/"
    received = make.referral_received(cast)
    for verb in ("accept", "decline", "redirect"):
        yield "lan", f"/referrals/{received.uuid}/{verb}/"
    accepted = make.referral_accepted(cast)
    yield "lan", f"/referrals/{accepted.uuid}/appointment/"
    serving = make.referral_in_service(cast)
    for verb in ("hold", "entry", "complete", "unfinished"):
        yield "lan", f"/referrals/{serving.uuid}/{verb}/"
    for slip in (make.referral_sent(cast),):
        yield "hanh", f"/slips/{slip.uuid}/cancel/"
    plan = make.livelihood_active(cast)
    yield "thu", f"/livelihood/{plan.uuid}/milestone/"
    yield "thu", f"/livelihood/{plan.uuid}/visit/"
    yield "hanh", f"/cases/{supported.uuid}/requests/new/"
    yield "yen", "/registers/new/"
    yield "yen", f"/requests/{rights.asked(cast).uuid}/"
    yield "yen", f"/requests/{rights.answered(cast, 'object').uuid}/"
    yield "bich", f"/requests/{rights.decided(cast, 'copy').uuid}/"
    yield "hanh", f"/requests/{rights.decided(cast, 'correct').uuid}/correct/"
    yield "lan", "/report/authority/"
    yield "lan", "/report/breach/"
    yield "yen", f"/authority-requests/{rights.letter(cast).uuid}/"
    yield "yen", f"/breaches/{rights.leaked(cast).uuid}/"


def filled(form, nasty):
    """As a browser sends it: hidden fields as they are, the first choice of each list, the nasty
    text in every box."""
    data = {}
    for field in form.select("input[name], select[name], textarea[name]"):
        name, kind = field["name"], field.get("type")
        if field.name == "textarea" or (field.name == "input" and kind in TEXT):
            data[name] = nasty
        elif field.name == "select":
            options = [option.get("value", "") for option in field.select("option")]
            data.setdefault(name, options[-1] if options else "")
        elif kind in ("radio", "checkbox"):
            data.setdefault(name, field.get("value", "on"))
        else:
            data.setdefault(name, field.get("value", ""))
    return data


def counts():
    models = (Case, Consent, FollowUpPlan, Lead, Referral, Transfer)
    return {model.__name__: model.objects.count() for model in models}


def test_every_form_answers_whatever_is_typed(cast, sign_in):
    browsers, looked_at, problems = {}, 0, []
    for who, path in pages(cast):
        browser = browsers.setdefault(who, sign_in(who))
        page = browser.get(path)
        if page.status_code != 200:
            problems.append(f"{who} {path}: GET answers {page.status_code}")
            continue
        soup = BeautifulSoup(page.content, "html.parser")
        forms = [
            form
            for form in soup.select('main form[method="post"]')
            if form.select("textarea, input[type=text], input[type=radio], select")
        ]
        if not forms:
            problems.append(f"{who} {path}: no form")
            continue
        for kind, nasty in NASTY.items():
            data = filled(forms[0], nasty)
            before = counts()
            mark = transaction.savepoint()
            answer = browser.post(forms[0].get("action") or path, data)
            looked_at += 1
            said = html.unescape(answer.content.decode()).replace("\x00", "")
            if answer.status_code not in (200, 302, 409, 422):
                problems.append(f"{who} {path} {kind}: {answer.status_code}")
            if answer.status_code == 422:
                if counts() != before:
                    problems.append(f"{who} {path} {kind}: refused, and yet something is written")
                if "<script>alert" in answer.content.decode():
                    problems.append(f"{who} {path} {kind}: the script came back alive")
                typed = unicodedata.normalize("NFC", nasty).replace("\x00", "").strip()
                boxes = any(value == nasty for value in data.values())
                if typed and boxes and typed[:40] not in unicodedata.normalize("NFC", said):
                    problems.append(f"{who} {path} {kind}: what was typed is lost")
            transaction.savepoint_rollback(mark)
    assert problems == []
    assert looked_at > 150
