"""Keys come into being with their owner, all at once, and end with her."""

from collections.abc import Iterable
from uuid import UUID

from privacy import crypto
from privacy.compartments import Compartment
from privacy.keys.keyring import foreign_key_store
from privacy.keys.provider import KeyProvider, OpenKey, dek_context
from privacy.keys.providers import provider
from privacy.keys.ring import ring


def refuse_foreign(keyring: KeyProvider) -> None:
    """No fresh key beside the keys of another installation: the wrong keyring is mounted.

    :raises KeyringUnavailable: FOREIGN.
    """
    from privacy.models import WrappedDataKey

    newest = WrappedDataKey.objects.order_by("-pk").values_list("kek", flat=True).first()
    if newest is not None and newest.partition("@")[2] != keyring.installation():
        raise foreign_key_store()


def make(owner: UUID, compartments: Iterable[Compartment]) -> None:
    """Make version 1 of the owner's keys, all at once: their existence must tell nothing."""
    from privacy import audit
    from privacy.models import WrappedDataKey

    keyring = provider()
    refuse_foreign(keyring)
    rows = []
    made: list[tuple[Compartment, crypto.DataKey]] = []
    for compartment in compartments:
        kek_id = keyring.current(compartment)
        raw = crypto.new_key()
        context = dek_context(owner, compartment, 1, kek_id)
        rows.append(
            WrappedDataKey(
                owner_uuid=owner,
                compartment=compartment.byte,
                version=1,
                kek=kek_id,
                wrapped=keyring.wrap_many(kek_id, [OpenKey(raw, context)])[0],
            )
        )
        made.append((compartment, crypto.DataKey(raw, 1)))
    audit.key_event(action="key.made", owner=owner, compartments=[item for item, _ in made])
    WrappedDataKey.objects.bulk_create(rows)
    # Only now: nothing is ever sealed under a key that was not kept.
    for compartment, key in made:
        ring().hold_for_sealing(owner, compartment, key)


def destroy(owner: UUID, compartments: Iterable[Compartment] | None = None) -> int:
    """Delete the owner's wrapped keys; idempotent. Values sealed under them stay shut for ever.
    With all keys of an owner her blind indexes go as well."""
    from privacy import audit
    from privacy.models import BlindIndex, WrappedDataKey

    rows = WrappedDataKey.objects.filter(owner_uuid=owner)
    ending = None if compartments is None else list(compartments)
    if ending is None:
        BlindIndex.objects.filter(owner_uuid=owner).delete()
    else:
        rows = rows.filter(compartment__in=[item.byte for item in ending])
    ring().drop(owner)
    gone = rows.delete()[0]
    if gone:
        audit.key_event(action="key.destroyed", owner=owner, compartments=ending or (), count=gone)
    return gone
