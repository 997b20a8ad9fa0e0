"""Which provider serves this process."""

from pathlib import Path

from django.conf import settings

from privacy.keys.keyring import FileKeyring
from privacy.keys.provider import KeyProvider
from privacy.keys.trouble import KeyringUnavailable, Trouble

_providers: dict[str, KeyProvider] = {}


def provider() -> KeyProvider:
    folder = str(settings.KEYRING_DIR)
    if folder not in _providers:
        if not (Path(folder) / "root.key").exists():
            raise KeyringUnavailable("There is no keyring.", code=Trouble.NO_KEYRING)
        _providers[folder] = FileKeyring(Path(folder))
    return _providers[folder]
