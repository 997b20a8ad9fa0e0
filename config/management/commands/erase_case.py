"""Erasing a file from the terminal: the same actions, the same two people, each with password and
code as at the door."""

import sys
import time
from getpass import getpass
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date

from cases import actions
from cases.models import Case, ErasureRequest
from cases.models.erasure import AskedBy, AskedHow, RefusedErasure
from cases.selectors import erasure as selectors
from privacy import audit, keys, second_factor, throttle
from privacy.actors import Actor
from privacy.errors import AlreadyDone, Invalid, NotFound, Refusal
from privacy.models import Membership, Tombstone, User
from privacy.sessions import actor_for
from workflow import relay


class Command(BaseCommand):
    help = (
        "Ask for, decide about or look at the erasure of one case. Each verb names who acts; "
        "her password and, where her phone is set up, its code are asked for, and the rules are "
        "those of the screens: never one person alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        for verb in ("request", "approve", "refuse", "cancel", "status"):
            sub = verbs.add_parser(verb)
            sub.add_argument("code", help="the case code, such as HS-7K3M9Q")
            if verb == "status":
                continue
            sub.add_argument("--by", required=True, help="user name of the person who acts")
            sub.add_argument("--role", default="", help="which of her jobs, if she has several")
            sub.add_argument(
                "--password-stdin",
                action="store_true",
                help="read the password and, on a second line, the code from stdin",
            )
            if verb == "request":
                sub.add_argument("--asked-by", required=True, choices=AskedBy.values)
                sub.add_argument("--asked-how", required=True, choices=AskedHow.values)
                sub.add_argument("--asked-on", default="", help="yyyy-mm-dd; today if left out")
                sub.add_argument(
                    "--reason-file", default="", help="a file: a text typed here stays in a history"
                )
            if verb == "refuse":
                sub.add_argument("--because", required=True, choices=RefusedErasure.values)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "status":
            return self._status(options["code"])
        try:
            with keys.fresh_ring():
                actor = self._actor(options)
        except (keys.KeyMissing, keys.KeyringUnavailable):
            raise CommandError("No key answers for her: ask `manage.py keys status`.") from None
        token = audit.current_actor.set(actor)
        try:
            with keys.fresh_ring():
                getattr(self, f"_{options['verb']}")(actor, options)
        except NotFound:
            raise CommandError("There is no such case or request for this person.") from None
        except Invalid as error:
            raise CommandError("; ".join(str(text) for text in error.errors.values())) from None
        except AlreadyDone as error:
            who = f" ({error.who}, {error.when:%d/%m/%Y %H:%M})" if error.who and error.when else ""
            raise CommandError(f"{error.message}{who}") from None
        except Refusal as error:
            raise CommandError(str(error.message)) from None
        finally:
            audit.current_actor.reset(token)

    def _actor(self, options: dict[str, Any]) -> Actor:
        rows = Membership.objects.live().filter(user__username=options["by"])
        if options["role"]:
            rows = rows.filter(role=options["role"])
        found = list(rows.select_related("user", "team", "organisation"))
        password, code = self._typed(options)
        user = found[0].user if found else None
        # One answer, whatever is wrong: the terminal is no place to try out names either.
        if not self._is_she(user, password, code):
            audit.signed(actor=None, action="erase_case", result="refused")
            raise CommandError(
                "This user name, password and code do not fit, she has no such job, or it was "
                "tried too often: then it is closed for a quarter of an hour."
            )
        if len(found) > 1:
            raise CommandError("She has several jobs: say which one with --role.")
        actor = actor_for(found[0], session_key="terminal", proved_at=int(time.time()))
        audit.signed(actor=actor, action="erase_case")
        return actor

    def _typed(self, options: dict[str, Any]) -> tuple[str, str]:
        """Password and code. The code is asked of everybody: whether one is set up stays unsaid."""
        if options["password_stdin"]:
            return sys.stdin.readline().rstrip("\n"), sys.stdin.readline().rstrip("\n")
        return (
            getpass(f"Password of {options['by']}: "),
            getpass("Code of her phone (empty if none is set up): "),
        )

    def _is_she(self, user: User | None, password: str, code: str) -> bool:
        """Counted like the proof of an open session; what is closed answers as if it were wrong."""
        if user is None or throttle.is_closed(throttle.PROOF, user.pk):
            make_password(password)  # takes as long as a look would
            return False
        right = user.check_password(password) and (
            not second_factor.is_set_up(user) or second_factor.check(user, code).right
        )
        if right:
            throttle.clear(throttle.PROOF, user.pk)
        else:
            throttle.count(throttle.PROOF, user.pk)
        return right

    def _case(self, options: dict[str, Any]) -> Case:
        case = Case.objects.filter(code=options["code"].strip().upper()).first()
        if case is None:
            raise NotFound
        return case

    def _open(self, options: dict[str, Any]) -> ErasureRequest:
        request = ErasureRequest.objects.filter(case=self._case(options)).first()
        if request is None:
            raise NotFound
        return request

    def _request(self, actor: Actor, options: dict[str, Any]) -> None:
        day = timezone.localdate()
        if options["asked_on"]:
            try:
                parsed = parse_date(options["asked_on"])
            except ValueError:
                parsed = None
            if parsed is None:
                raise CommandError("Write the day as yyyy-mm-dd.")
            day = parsed
        try:
            path = options["reason_file"]
            reason = Path(path).read_text(encoding="utf-8") if path else ""
        except (OSError, UnicodeDecodeError):
            raise CommandError("The file with the reason cannot be read.") from None
        request = actions.request_erasure(
            actor=actor,
            case=self._case(options),
            asked_by=options["asked_by"],
            asked_how=options["asked_how"],
            asked_on=day,
            reason=reason,
        )
        self.stdout.write(
            f"{request.reference}: asked for. A second person decides by "
            f"{timezone.localtime(request.decide_by):%d/%m/%Y}."
        )

    def _approve(self, actor: Actor, options: dict[str, Any]) -> None:
        request = self._open(options)
        actions.approve_erasure(actor=actor, erasure=request)
        relay.drain()
        self._status(options["code"])

    def _refuse(self, actor: Actor, options: dict[str, Any]) -> None:
        actions.refuse_erasure(actor=actor, erasure=self._open(options), because=options["because"])
        self.stdout.write("Refused. The file stays as it is.")

    def _cancel(self, actor: Actor, options: dict[str, Any]) -> None:
        actions.cancel_erasure(actor=actor, erasure=self._open(options))
        self.stdout.write("Taken back. The file stays as it is.")

    def _status(self, code: str) -> None:
        case = Case.objects.filter(code=code.strip().upper()).first()
        stone = Tombstone.objects.filter(reference=code.strip().upper()).first()
        if case is None and stone is None:
            raise CommandError("There is no case with this code.")
        for request in ErasureRequest.objects.filter(case=case).order_by("pk") if case else ():
            self.stdout.write(
                f"{request.reference}  {request.state}  asked {request.asked_on:%d/%m/%Y}  "
                f"decide by {timezone.localtime(request.decide_by):%d/%m/%Y}  "
                f"limit of the law {timezone.localtime(request.law_limit):%d/%m/%Y}"
            )
        for hold in selectors.holds_on(case) if case else ():
            self.stdout.write(f"{hold.reference}  legal hold, {hold.state}")
        if stone is None:
            self.stdout.write("Nothing of it has been erased.")
            return
        done = f"{timezone.localtime(stone.done_at):%d/%m/%Y %H:%M}" if stone.done_at else "not yet"
        self.stdout.write(f"tombstone  {stone.basis}  keys destroyed and purged: {done}")
        self.stdout.write(f"final when these epochs are destroyed: {', '.join(stone.epochs)}")
