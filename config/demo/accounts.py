"""The accounts of the demo as a table, each with what its owner will see first."""

from django.utils import timezone, translation

from config.demo.world import PEOPLE, UNITS, World
from privacy.roles import Role
from workflow.selectors import waiting_for

PLACES = {unit.code: unit.name for unit in UNITS}


def first_page(world: World, username: str) -> str:
    waiting = waiting_for(world.actor(username))
    total = waiting.count()
    if not total:
        return "nothing waits yet"
    late = waiting.filter(due_at__lt=timezone.now()).count()
    urgent = waiting.filter(urgent=True).count()
    parts = [f"{total} waiting"]
    parts += [f"{late} overdue"] if late else []
    parts += [f"{urgent} urgent"] if urgent else []
    return ", ".join(parts)


def table(url: str, password: str) -> str:
    world = World.load()
    lines = [
        "",
        f"  Open {url}  (everything here is invented)",
        f"  The password of every account: {password}",
        "  The code of the second factor stands on the page that asks for it.",
        "",
        f"  {'account':<9} {'role':<27} {'first page':<34} place",
    ]
    with translation.override("en"):
        for person in PEOPLE:
            lines.append(
                f"  {person.username:<9} {Role(person.role).label!s:<27} "
                f"{first_page(world, person.username):<34} {PLACES[person.unit]}"
            )
    return "\n".join(lines)
