"""The five stories of the demo check, told again by people in front of a screen."""

from collections.abc import Callable

import pytest

from config.demo_check.journey import Journey
from config.demo_check.people import Surprise
from config.demo_check.server import Server
from config.demo_check.stories import STORIES
from tests.browser.person import DESK, PHONE

pytestmark = pytest.mark.browser

# Most people of this work hold a phone; one story is told at a desk.
AT_A_DESK = "Gió"


@pytest.mark.parametrize("alias", STORIES, ids=[story.__name__ for story in STORIES.values()])
def test_the_story_in_chromium(alias: str, server: Server, person: Callable) -> None:
    screen = DESK if alias == AT_A_DESK else PHONE
    story = STORIES[alias]
    journey = Journey(server, lambda name: person(name, screen=screen), alias, looks=False)
    try:
        story(journey)
        # How the file stands when everything is over is a page of its own.
        for item in journey.watched.values():
            for name in sorted(item.seen_by & set(journey.people)):
                journey(name).open(item.path)
    except Surprise as surprise:
        row = journey.rows[-1]
        pytest.fail(f"{alias}, step {row.number}, {row.who}: {row.what}\n{surprise}", pytrace=False)
    assert journey.rows
