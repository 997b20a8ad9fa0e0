from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import catalogues


class Command(BaseCommand):
    help = "Fail unless both catalogues hold every text shown, translated and compiled."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        shown = {catalogues.key(entry) for entry in catalogues.extract()}
        found: list[str] = []
        for language in catalogues.HEADERS:
            found.extend(catalogues.problems(language))
            kept = {catalogues.key(entry) for entry in catalogues.read(language)}
            found.extend(f"{language}: {text!r} was never collected" for _, text in shown - kept)
            found.extend(f"{language}: {text!r} is shown nowhere" for _, text in kept - shown)
        if found:
            raise CommandError("\n".join([*found, f"{len(found)} problems; run make messages"]))
        self.stdout.write(f"{len(shown)} texts, complete in {', '.join(catalogues.HEADERS)}")
