"""A person's own compartments: her drafts, her second factor.

What lies there is hers and opened for her alone, so no grant is asked and nobody else's key is
touched. The key is made at the first need.
"""

from django.db import IntegrityError, transaction

from privacy import keys
from privacy.compartments import Compartment
from privacy.models import User, WrappedDataKey


def have(user: User, compartment: Compartment) -> None:
    """Make her key if there is none; two requests at once make one."""
    rows = WrappedDataKey.objects.filter(owner_uuid=user.uuid, compartment=compartment.byte)
    if rows.exists():
        return
    try:
        with transaction.atomic(using="keystore"):
            keys.make(user.uuid, [compartment])
    except IntegrityError:
        if not rows.exists():
            raise


def open_for(user: User, compartment: Compartment) -> None:
    keys.open_pairs([(user.uuid, compartment)])
