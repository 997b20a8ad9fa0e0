"""Proof that it is still she: password and code within the last five minutes, in this session.

For acts that weigh: break-glass, erasure, export, keys, decisions about accounts. One call, in the
action, before anything is read or changed::

    def erase_case(*, actor: Actor, case: Case) -> None:
        policies.may_erase(actor, case)
        proof.require(actor)
        …

A page that leads to such an act may ask before anything is typed: ``@fresh_proof`` on the view.
Either way the person gets a page that asks for both, and comes back to where she was; what she had
typed is kept sealed on the way and shown to her again (privacy/kept.py). Nothing is sent by itself.
Jobs act as the system and are not asked.
"""

import time
from functools import wraps
from typing import Any

from django.utils.translation import gettext_lazy as _

from privacy.actors import Actor
from privacy.errors import Refusal
from privacy.requests import SignedIn, View

FRESH_SECONDS = 5 * 60


class NeedsProof(Refusal):
    """Not refused for good: the person is asked for her password and code, then she goes on."""

    code = "needs_proof"


def is_fresh(actor: Actor) -> bool:
    waited = int(time.time()) - actor.proved_at
    return actor.is_system or 0 <= waited <= FRESH_SECONDS


def require(actor: Actor) -> None:
    """
    :raises NeedsProof: her last proof is older than five minutes.
    """
    if not is_fresh(actor):
        raise NeedsProof(_("Show again that it is you."))


def fresh_proof(view: View) -> View:
    """Of a view: asks before its page is shown."""

    @wraps(view)
    def proved(request: SignedIn, *args: Any, **where: Any) -> Any:
        require(request.actor)
        return view(request, *args, **where)

    return proved
