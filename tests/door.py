"""The door, for tests: the whole way in, a code to type, or straight inside."""

import time
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.test import Client, RequestFactory

from privacy import keys, own_keys, second_factor, sessions
from privacy.actors import Actor
from privacy.compartments import Compartment
from privacy.models import SecondFactor, User
from privacy.session_store import SessionStore
from tests.cast import PASSWORD


def device(name: str) -> User:
    """Her phone is set up, with a code that was never used."""
    user = User.objects.get(username=name)
    with keys.fresh_ring():
        second_factor.give_ready([user])
    SecondFactor.objects.filter(user=user).update(last_step=-1)
    return user


def code_of(user: User, ahead: int = 0) -> str:
    """The six digits that her phone shows now, or some steps of 30 seconds later."""
    with keys.fresh_ring():
        own_keys.open_for(user, Compartment.FACTOR)
        factor = SecondFactor.objects.get(user=user)
        return second_factor.code_at(factor.secret, second_factor.current_step() + ahead)


def knock(client: Client, name: str, **more: str) -> Any:
    """Name and password: the first page of the door."""
    return client.post("/sign-in/", {"username": name, "password": PASSWORD, **more})


def show_code(client: Client, name: str) -> Any:
    return client.post("/sign-in/code/", {"code": code_of(device(name))})


def enter(client: Client, name: str, **more: str) -> Any:
    """Password and code; whatever else the door answers is handed back as it is."""
    asked = name.strip().lower()
    if User.objects.filter(username=asked).exists():
        device(asked)
    answer = knock(client, name, **more)
    if answer.status_code == 302 and answer["Location"] == "/sign-in/code/":
        return show_code(client, asked)
    return answer


def proved(actor: Actor) -> Actor:
    """The same person, who showed a moment ago that it is she."""
    return replace(actor, proved_at=int(time.time()))


def inside(user: User) -> dict[str, str]:
    """Cookies of a session that began a moment ago, with password and code, under the one job that
    she has today."""
    membership = sessions.memberships_of(user).get()
    request = RequestFactory().get("/")
    request.session = SessionStore()
    request.user = user
    sessions.begin(request, user, membership, proved_at=int(time.time()))
    request.session.save()
    response = HttpResponse()
    sessions.remember_person(response, user)
    return {
        settings.SESSION_COOKIE_NAME: request.session.session_key or "",
        settings.LANGUAGE_COOKIE_NAME: user.language,
    } | {key: cookie.value for key, cookie in response.cookies.items()}
