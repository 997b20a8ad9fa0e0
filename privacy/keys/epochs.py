"""The end of an epoch, in two steps with time between them.

A wrapped key that was deleted is still found in old pages, in the write-ahead log and in backups of
the key store. It opens until the epoch that wrapped it has ended; so this finishes every erasure.

First the epoch is set aside: it opens nothing, and its file can still be brought back. A process
that held it in memory has let go after ``WAIT``. Only then, and only if no row names it, it is
destroyed. The calendar alone never decides.
"""

from datetime import datetime, timedelta

from django.utils import timezone

from privacy import audit
from privacy.alone import alone
from privacy.keys.batches import KEY_WORK, clean_stop
from privacy.keys.keyring import KEK_CACHE_SECONDS
from privacy.keys.provider import Epoch, EpochState, KeyProvider
from privacy.keys.providers import provider
from privacy.models import WrappedDataKey

WAIT = timedelta(seconds=2 * KEK_CACHE_SECONDS)
# Backups of the key store live 14 days at most; with weekly epochs an erased key is out of reach
# of every backup 7 + 12 days after it was deleted, inside the 20 days of the law (Law
# 91/2025/QH15, Decree 356/2025; to be confirmed by counsel, like every clock of privacy.md 7).
KEEP = timedelta(days=12)


class Refused(Exception):
    """The epoch stays; the message says why and what to do."""


def find(kek: str, keyring: KeyProvider | None = None) -> Epoch:
    """By its id, with or without the installation (``notes.3``)."""
    keyring = keyring or provider()
    for epoch in keyring.epochs():
        if kek in (epoch.kek, epoch.kek.partition("@")[0]):
            return epoch
    raise Refused(f"This keyring holds no epoch {kek}.")


def resting_on(kek: str) -> int:
    return WrappedDataKey.objects.filter(kek=kek).count()


def refusal(epoch: Epoch) -> str:
    """Why this epoch cannot go; empty when it can be set aside, or destroyed once it is."""
    name = epoch.kek.partition("@")[0]
    if epoch.state is EpochState.CURRENT:
        return f"{name} is the current epoch. Begin a new one first: keys rotate --new-epoch."
    if number := resting_on(epoch.kek):
        return f"{number} data keys rest on {name}. Re-wrap them first: keys rotate."
    return ""


def set_aside(kek: str, *, purpose: str) -> Epoch:
    """The first step. :raises Refused: current, still named, or not there."""
    keyring = provider()
    with alone(KEY_WORK), clean_stop():
        epoch = find(kek, keyring)
        _bring_back_if_named(keyring, epoch, purpose)
        if why := refusal(epoch):
            raise Refused(why)
        if epoch.state is not EpochState.RETIRED:
            audit.key_event(action="key.retired", compartments=[epoch.compartment], purpose=purpose)
            keyring.retire(epoch.kek)
        return find(epoch.kek, keyring)


def may_end_at(epoch: Epoch) -> datetime:
    return epoch.at + WAIT


def destroy(kek: str, *, purpose: str) -> None:
    """The second step. A key that came to rest on it meanwhile brings the epoch back.

    :raises Refused: not set aside, too early, or named by a row.
    """
    keyring = provider()
    with alone(KEY_WORK), clean_stop():
        epoch = find(kek, keyring)
        name = epoch.kek.partition("@")[0]
        if epoch.state is not EpochState.RETIRED:
            raise Refused(f"{name} has not been set aside yet.")
        _bring_back_if_named(keyring, epoch, purpose)
        now = timezone.now()
        if epoch.at > now:
            # The clock was set back since: wait from now on.
            keyring.bring_back(epoch.kek)
            keyring.retire(epoch.kek)
            epoch = find(epoch.kek, keyring)
        if now < may_end_at(epoch):
            raise Refused(
                f"{name} was set aside a moment ago. Processes may still hold it until "
                f"{timezone.localtime(may_end_at(epoch)):%H:%M:%S}."
            )
        audit.key_event(
            action="key.epoch_destroyed", compartments=[epoch.compartment], purpose=purpose
        )
        keyring.destroy_epoch(epoch.kek)


def _bring_back_if_named(keyring: KeyProvider, epoch: Epoch, purpose: str) -> None:
    """:raises Refused: a key rests on an epoch that was set aside; it opens again."""
    if epoch.state is EpochState.RETIRED and resting_on(epoch.kek):
        audit.key_event(
            action="key.brought_back", compartments=[epoch.compartment], purpose=purpose
        )
        keyring.bring_back(epoch.kek)
        raise Refused(refusal(epoch._replace(state=EpochState.OLDER)))


def ended(epochs: list[Epoch]) -> list[Epoch]:
    """Epochs whose successor has stood for ``KEEP``: what the nightly job sets aside or ends."""
    now = timezone.now()
    found = []
    for epoch in epochs:
        later = [
            other.made_at
            for other in epochs
            if other.compartment is epoch.compartment and other.number > epoch.number
        ]
        if later and now - min(later) >= KEEP and epoch.state is not EpochState.CURRENT:
            found.append(epoch)
    return found
