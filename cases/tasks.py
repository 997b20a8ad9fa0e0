"""How the clock asks on the helper's desk. Arguments are ids only."""

from celery import shared_task

from cases import actions


@shared_task(name="cases.drop_old_copies")
def drop_old_copies() -> int:
    """Clients' own copies that nobody fetched in time."""
    return actions.drop_old_copies()
