"""The part of polib that the catalogue commands and checks use."""

class POEntry:
    msgid: str
    msgid_plural: str
    msgctxt: str | None
    msgstr: str
    msgstr_plural: dict[int, str]
    obsolete: bool
    fuzzy: bool
    flags: list[str]
    occurrences: list[tuple[str, str]]
    def __init__(
        self,
        *,
        msgid: str = ...,
        msgid_plural: str = ...,
        msgctxt: str | None = ...,
        msgstr: str = ...,
        msgstr_plural: dict[int, str] = ...,
        flags: list[str] = ...,
    ) -> None: ...
    def translated(self) -> bool: ...

class POFile(list[POEntry]):
    def __init__(self, *, wrapwidth: int = ...) -> None: ...
    fpath: str
    metadata: dict[str, str]
    metadata_is_fuzzy: bool | list[str]
    def save(self, fpath: str | None = None) -> None: ...
    def to_binary(self) -> bytes: ...
    def obsolete_entries(self) -> list[POEntry]: ...

def pofile(pofile: str, **kwargs: object) -> POFile: ...
