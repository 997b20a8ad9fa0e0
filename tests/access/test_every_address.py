"""Every address × every role × own, same organisation, foreign: asked from the URL configuration
itself, so that an address without a rule fails."""

import re
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from django.contrib.messages.storage.cookie import CookieStorage
from django.db import connections, transaction
from django.template.backends.django import Template
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils.http import urlencode

from cases.models import Case, CaseGrant
from privacy import access, audit, keys
from privacy.compartments import Compartment
from privacy.errors import Forbidden, Invalid, NotFound, WrongState
from privacy.models import AuditEvent
from privacy.session_store import SessionStore
from tests import door
from tests.access import world as worlds
from tests.access.rules import PUBLIC, RULES, TWINS, Who
from tests.cast import PEOPLE, Cast


def addresses(resolver: Any = None) -> Iterator[URLPattern]:
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern)
        else:
            yield pattern


LOCKED = [item for item in addresses() if not getattr(item.callback, "public", False)]
METHODS = ("GET", "POST")


@pytest.fixture
def world(cast: Cast) -> worlds.World:
    return worlds.told(cast)


def test_every_address_has_a_rule():
    open_ones = {item.name for item in addresses() if getattr(item.callback, "public", False)}
    assert open_ones - {None} == PUBLIC
    names = [item.name for item in LOCKED]
    assert len(set(names)) == len(names)
    assert set(names) == set(RULES), "a new address needs its rule in tests/access/rules.py"


def test_nobody_gets_in_without_signing_in(world):
    client = Client()
    for item in LOCKED:
        url = reverse(item.name, kwargs=world.address(RULES[item.name].kind))
        answer = client.get(url)
        assert (answer.status_code, answer.url) == (
            302,
            f"/sign-in/?{urlencode({'next': url})}",
        )
        posted = client.post(url)
        assert posted.status_code == 401 and b"password" in posted.content, item.name


class _Undone:
    """What happens inside did not happen: in all three databases."""

    def __enter__(self) -> None:
        self.points = [(alias, transaction.savepoint(using=alias)) for alias in connections]

    def __exit__(self, *error: Any) -> None:
        for alias, point in self.points:
            transaction.savepoint_rollback(point, using=alias)


def answer_of(cast: Cast, name: str, item: URLPattern, method: str, kwargs: Any, send: Any) -> int:
    """The view behind the locked door, asked as the middleware asks it. 200 = no refusal."""
    membership = cast.memberships[name]
    make = getattr(RequestFactory(), method.lower())
    request: Any = make(reverse(item.name, kwargs=kwargs), send)
    request.actor, request.membership = door.proved(getattr(cast, name)), membership
    request.user, request.session, request.resolver_match = membership.user, SessionStore(), None
    request._messages = CookieStorage(request)
    token = audit.current_actor.set(request.actor)
    try:
        with keys.fresh_ring():
            return class_of(item.callback(request, **kwargs).status_code)
    except NotFound:
        return 404
    except Forbidden as error:
        # Explained: what is missing, and what to do about it.
        assert str(error.message) and str(error.next_step), (item.name, name)
        return 403
    except (WrongState, Invalid):
        return 200
    finally:
        audit.current_actor.reset(token)


def class_of(status: int) -> int:
    return 200 if status in (200, 204, 302, 400, 409, 422) else status


def test_every_role_at_every_address(cast, world, monkeypatch):
    # Whether she gets through is decided before a template is asked; the pages have own tests.
    monkeypatch.setattr(Template, "render", lambda self, context=None, request=None: "")
    wrong = []
    for item in LOCKED:
        rule = RULES[item.name]
        kwargs = world.address(rule.kind)
        for method in METHODS:
            who: Who | None = getattr(rule, method)
            for name in PEOPLE if who else ["hanh"]:
                expected = who.status_class(name) if who else 405
                changes = method == "POST" and expected == 200
                with _Undone() if changes else nullcontext():
                    got = answer_of(cast, name, item, method, kwargs, who.send if who else {})
                if got != expected:
                    wrong.append(f"{method} {item.name} as {name}: {got}, rule says {expected}")
    assert not wrong, "\n".join(wrong)


def test_every_refusal_is_kept(cast, world):
    """No 403 and no 404 of a record without its row in the audit."""
    for item in LOCKED:
        rule = RULES[item.name]
        method = "POST" if rule.GET is None else "GET"
        if not rule.kind:
            continue
        with _Undone():
            before = AuditEvent.objects.filter(result__startswith="refused").count()
            assert answer_of(cast, "quy", item, method, world.address(rule.kind), {}) == 404
            after = AuditEvent.objects.filter(result__startswith="refused").count()
        assert after > before, item.name


def test_foreign_and_absent_look_the_same(sign_in, world):
    """Status, words and headers; only the tokens of the page differ."""
    clients = {name: sign_in(name) for name in ("kien", *TWINS.values())}
    for item in LOCKED:
        rule = RULES[item.name]
        if not rule.kind:
            continue
        client = clients[TWINS.get(rule.kind, "kien")]
        for method in METHODS:
            who = getattr(rule, method)
            if who is None:
                continue
            ask = getattr(client, method.lower())
            urls = [
                reverse(item.name, kwargs=world.address(rule.kind, missing=gone))
                for gone in (False, True)
            ]
            foreign, absent = (ask(url, who.send) for url in urls)
            assert foreign.status_code == absent.status_code == 404, item.name
            assert plain(foreign, urls[0]) == plain(absent, urls[1]), item.name
            assert foreign.headers == absent.headers, item.name


def plain(answer: Any, url: str) -> str:
    """The page without its tokens and its own address (which the language switch repeats)."""
    text = answer.content.decode().replace(url, "")
    text = re.sub(r'seconds="[0-9]+"', "", text)
    for name in ("csrfmiddlewaretoken", "once"):
        for value in {field.split('"')[0] for field in text.split(f'name="{name}" value="')[1:]}:
            text = text.replace(value, "")
    return text


def test_a_childs_file_is_absent_for_the_adult_team(cast, world):
    """No address of the adult way opens it, for its first worker or anybody of her office."""
    child = {"uuid": world.uuids["child"]}
    for item in LOCKED:
        rule = RULES[item.name]
        if rule.kind not in ("case", "case+offer", "case+section", "child"):
            continue
        kwargs = world.address(rule.kind) | child
        for method in METHODS:
            if getattr(rule, method) is None:
                continue
            for name in ("hanh", "tam", "hoa", "loan"):
                with _Undone():
                    assert answer_of(cast, name, item, method, kwargs, {}) == 404, item.name


def test_an_administrator_sees_no_content(cast, world):
    """Nor the programme officer: by the rules above no page about a client, and no key even with a
    grant that was planted in the database."""
    case = Case.objects.get(uuid=world.uuids["case"])
    for name in ("an", "quy"):
        kinds = {
            rule.kind.partition("+")[0]
            for rule in RULES.values()
            for who in (rule.GET, rule.POST)
            if who is not None and who.status_class(name) == 200
        }
        assert kinds <= {""} | (worlds.OFFICE if name == "an" else set())
        hers = CaseGrant.objects.filter(content_object=case, user=cast.user("hanh"))
        for planted in list(hers):
            planted.pk, planted.user = None, cast.user(name)
            planted.membership = cast.memberships[name]
            planted.save()
        actor = getattr(cast, name)
        assert not access.can(actor, case)
        with keys.fresh_ring():
            assert access.open_keys(actor, [case], list(Compartment), purpose="test") == set()
