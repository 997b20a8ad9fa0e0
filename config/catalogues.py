"""The two catalogues of texts: how they are collected, completed, compiled and judged.

English texts stand in the code and are their own translation; Vietnamese ones live in
``locale/vi``. Nothing is matched by similarity: a sentence that changed is a new sentence, and
somebody has to say it again.
"""

import contextlib
import copy
import re
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import polib
from django.conf import settings
from django.core.management import call_command
from django.core.management.commands import makemessages

HEADERS = {
    "en": {"Language": "en", "Plural-Forms": "nplurals=2; plural=(n != 1);"},
    "vi": {"Language": "vi", "Plural-Forms": "nplurals=1; plural=0;"},
}
NOT_SHOWN = ["docs/*", "frontend/*", "static/*", "stubs/*", "tests/*", "var/*", "*/migrations/*"]
PLACEHOLDER = re.compile(r"%\(\w+\)[a-zA-Z]|%[a-zA-Z]|\{\w*\}")

Key = tuple[str | None, str]


class Extractor(makemessages.Command):
    """Django's collector, writing its template of texts outside the tree."""

    folder = ""

    def find_files(self, root: str) -> list[makemessages.TranslatableFile]:
        found = super().find_files(root)
        self.locale_paths = [self.folder]
        for file in found:
            file.locale_dir = self.folder
        return found

    def write_po_file(self, potfile: str, locale: str) -> None:
        """The texts are merged here, not by msgmerge, which guesses."""


def catalogue(language: str) -> Path:
    return Path(settings.BASE_DIR) / "locale" / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> polib.POFile:
    path = catalogue(language)
    return polib.pofile(str(path), wrapwidth=100) if path.exists() else polib.POFile(wrapwidth=100)


def key(entry: polib.POEntry) -> Key:
    return entry.msgctxt, entry.msgid


def extract() -> polib.POFile:
    """Every text the code and the templates show; needs GNU gettext, and says so without it."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(settings.BASE_DIR):
        collector = Extractor()
        collector.folder = folder
        call_command(
            collector,
            locale=list(HEADERS),
            ignore_patterns=list(NOT_SHOWN),
            add_location="file",
            keep_pot=True,
            verbosity=0,
        )
        return polib.pofile(str(Path(folder) / "django.pot"), wrapwidth=100)


def merged(language: str, texts: polib.POFile) -> polib.POFile:
    """The catalogue with exactly these texts, in their order, keeping what was already said."""
    known = {key(entry): entry for entry in read(language) if not entry.obsolete}
    result = polib.POFile(wrapwidth=100)
    result.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "MIME-Version": "1.0",
        **HEADERS[language],
    }
    for text in map(copy.copy, texts):
        before = known.get(key(text))
        if text.msgid_plural:
            text.msgstr_plural = _plural(language, text, before)
        elif language == "en":
            text.msgstr = text.msgid
        else:
            text.msgstr = before.msgstr if before else ""
        result.append(text)
    return result


def _plural(language: str, text: polib.POEntry, before: polib.POEntry | None) -> dict[int, str]:
    if language == "en":
        return {0: text.msgid, 1: text.msgid_plural}
    said = before.msgstr_plural if before and before.msgid_plural == text.msgid_plural else {}
    return {0: said.get(0, "")}


def problems(language: str) -> Iterator[str]:
    """What keeps a catalogue from being shown to a person; needs no gettext."""
    path = catalogue(language)
    if not path.exists():
        yield f"{language}: there is no catalogue; run make messages"
        return
    entries = read(language)
    for entry in entries:
        name = f"{language}: {entry.msgid[:60]!r}"
        said = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        if entry.obsolete:
            yield f"{name} is no longer shown anywhere"
        elif entry.fuzzy:
            yield f"{name} is marked as a guess"
        elif not all(said) or not said:
            yield f"{name} is not translated"
        else:
            yield from (f"{name} {fault}" for text in said for fault in _faults(entry, text))
    compiled = path.with_suffix(".mo")
    if not compiled.exists() or compiled.read_bytes() != entries.to_binary():
        yield f"{language}: django.mo is not what django.po compiles to; run make messages"


def _faults(entry: polib.POEntry, said: str) -> Iterator[str]:
    # A plural form may leave the number out ("one file"), never add a name of its own.
    wanted = set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
    given = set(PLACEHOLDER.findall(said))
    if given - wanted or (not entry.msgid_plural and wanted - given):
        yield f"has placeholders {sorted(given)} instead of {sorted(wanted)}"
    if entry.msgid.startswith("\n") != said.startswith("\n"):
        yield "differs in its first line break"
    if entry.msgid.endswith("\n") != said.endswith("\n"):
        yield "differs in its last line break"
    if said != unicodedata.normalize("NFC", said):
        yield "is not in NFC"


def compile_all() -> None:
    for language in HEADERS:
        catalogue(language).with_suffix(".mo").write_bytes(read(language).to_binary())
