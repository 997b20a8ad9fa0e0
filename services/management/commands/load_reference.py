from typing import Any

from django.core.management.base import BaseCommand

from services.loading import load_reference


class Command(BaseCommand):
    help = "Load areas, service types, holidays and rules; running it again changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        for what, loaded in load_reference().items():
            self.stdout.write(
                f"{what}: {loaded.created} created, {loaded.changed} changed, "
                f"{loaded.unchanged} unchanged"
            )
