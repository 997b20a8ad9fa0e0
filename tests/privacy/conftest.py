"""What the tests of the ground floor share."""

import pytest

from privacy import keys


@pytest.fixture
def own_keyring(tmp_path, settings):
    """A keyring of this test alone, at ``settings.KEYRING_DIR``."""
    folder = tmp_path / "keys"
    settings.KEYRING_DIR = folder
    keys.FileKeyring.create(folder)
    yield folder
    keys._providers.pop(str(folder), None)
