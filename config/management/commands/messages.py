from typing import Any

from django.core.management.base import BaseCommand

from config import catalogues


class Command(BaseCommand):
    help = "Collect the texts of code and templates, fill English, compile, list what is missing."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        texts = catalogues.extract()
        for language in catalogues.HEADERS:
            path = catalogues.catalogue(language)
            path.parent.mkdir(parents=True, exist_ok=True)
            catalogues.merged(language, texts).save(str(path))
        catalogues.compile_all()
        missing = [entry for entry in catalogues.read("vi") if not entry.translated()]
        for entry in missing:
            self.stdout.write(f"vi lacks: {entry.msgid}")
        self.stdout.write(f"{len(catalogues.read('en'))} texts, {len(missing)} without Vietnamese")
