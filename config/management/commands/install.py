"""A new office, from the terminal, once: keyring, tables, first administrator and first
data-protection officer."""

import getpass
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from privacy import codes, keys, sessions
from privacy.actions.founding import First, found_office, is_founded
from privacy.errors import Refusal
from privacy.models import User
from services.loading import load_reference

TRIES = 5


class Command(BaseCommand):
    help = "Makes a new office: keyring, tables, first administrator and data-protection officer."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--office", help="name of the programme office")
        for who in ("administrator", "officer"):
            parser.add_argument(f"--{who}", help=f"user name of the {who}")
            parser.add_argument(f"--{who}-name", help=f"name of the {who}")
        parser.add_argument(
            "--generate", action="store_true", help="make both passwords and show them once"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.DEMO:
            raise CommandError("This is the demonstration. An office is made under production.")
        if not self._has_tables():
            self._make_keyring()
            self._make_tables()
        elif is_founded():
            raise CommandError(
                "This office has an administrator already. Further people come by invitation, and "
                "lost passwords are replaced by two persons, from the screens."
            )
        else:
            self._make_keyring()
        office = options["office"] or self._ask("Name of the programme office")
        self.stdout.write("\nThe administrator keeps accounts and sees no case.")
        administrator = self._person("administrator", options)
        self.stdout.write("\nThe data-protection officer approves what the administrator proposes.")
        officer = self._person("officer", options)
        try:
            found_office(
                actor=sessions.system_actor(),
                office=office,
                administrator=administrator,
                officer=officer,
            )
        except Refusal as refusal:
            told = getattr(refusal, "errors", {}).values() or [refusal.message]
            raise CommandError(" ".join(str(text) for text in told)) from None
        self.stdout.write(
            "\nDone. Both sign in with their password and connect a phone at that moment.\n"
            f"The keyring is in {settings.KEYRING_DIR}: keep two copies of root.key in safe "
            "places, apart from the copies of the data. Without it everything sealed stays shut "
            "for ever."
        )

    # -- steps

    def _has_tables(self) -> bool:
        return User._meta.db_table in connection.introspection.table_names()

    def _make_keyring(self) -> None:
        folder = Path(settings.KEYRING_DIR)
        try:
            if (folder / "root.key").exists():
                keys.FileKeyring(folder).complete()
            else:
                keys.FileKeyring.create(folder)
        except OSError as error:
            raise CommandError(f"{folder} cannot be written: {error.strerror}") from None

    def _make_tables(self) -> None:
        self.stdout.write("Making tables …")
        call_command("migrate", interactive=False, verbosity=0)
        for alias in ("keystore", "audit"):
            call_command("migrate", "privacy", database=alias, interactive=False, verbosity=0)
        self.stdout.write("Loading places and rules …")
        load_reference()

    # -- asking

    def _ask(self, question: str) -> str:
        if not sys.stdin.isatty():
            raise CommandError(f"{question}: give it as an option, or run this from a terminal.")
        for _ in range(TRIES):
            answer = input(f"{question}: ").strip()
            if answer:
                return answer
        raise CommandError("Nothing was entered. Nothing was made; start again when you like.")

    def _person(self, who: str, options: dict[str, Any]) -> First:
        username = options[who] or self._ask(f"User name of the {who}")
        name = options[f"{who}_name"] or self._ask(f"Name of the {who}")
        user = User(username=username.lower(), display_name=name)
        if options["generate"]:
            return First(user.username, name, self._generated(user))
        return First(user.username, name, self._password(user))

    def _password(self, user: User) -> str:
        """Typed twice, never echoed; an empty answer makes one."""
        if not sys.stdin.isatty():
            raise CommandError("Passwords are typed at a terminal, or made with --generate.")
        for _ in range(TRIES):
            typed = getpass.getpass(f"Password of {user.username} (empty = make one): ")
            if not typed:
                return self._generated(user)
            try:
                validate_password(typed, user)
            except ValidationError as error:
                self.stderr.write("\n".join(error.messages))
                continue
            if getpass.getpass("The same password again: ") == typed:
                return typed
            self.stderr.write("The two passwords differ.")
        raise CommandError("No password was chosen. Nothing was made; start again when you like.")

    def _generated(self, user: User) -> str:
        password = "-".join(codes.random_text(5) for _ in range(4))
        self.stdout.write(f"Password of {user.username}, shown only now: {password}")
        return password
