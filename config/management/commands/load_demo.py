"""Fills a demo folder without serving it: for tests, measurements and screenshots."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.demo import prepare, story


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Makes the demo's data: people, the five cases, and invented ones. Starts nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cases", type=int, default=story.AT_ONCE, help="invented cases now")
        parser.add_argument(
            "--later", type=int, default=0, help="invented cases left to the runner"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "Use the demo's settings: DJANGO_SETTINGS_MODULE=config.settings.demo"
            )
        prepare.prepare(self.stdout.write, at_once=options["cases"], later=options["later"])
