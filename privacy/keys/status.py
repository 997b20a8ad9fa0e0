"""What stands, what rests on what, and what is wrong: for a person at a terminal. Counts and key
names only, no owner and no key."""

from dataclasses import dataclass

from privacy.keys.provider import Epoch, EpochState, Problem
from privacy.keys.providers import provider
from privacy.keys.rotation import named_epochs
from privacy.keys.trouble import Trouble


@dataclass(frozen=True)
class Status:
    installation: str
    epochs: list[tuple[Epoch, int]]
    problems: list[Problem]

    @property
    def behind(self) -> int:
        return sum(number for epoch, number in self.epochs if epoch.state is not EpochState.CURRENT)


def status() -> Status:
    """:raises KeyringUnavailable: there is no keyring, or its root key does not serve."""
    keyring = provider()
    resting = named_epochs()
    epochs = keyring.epochs()
    problems = keyring.check()
    ours = keyring.installation()
    standing = {epoch.kek for epoch in epochs}
    broken = {problem.name.removesuffix(".retired").removesuffix(".kek") for problem in problems}
    for kek in resting:
        name, _, installation = kek.partition("@")
        if installation != ours:
            problems.append(Problem(f"{kek} ({resting[kek]} data keys)", Trouble.FOREIGN))
        elif kek not in standing and name not in broken:
            problems.append(Problem(f"{name}.kek ({resting[kek]} data keys)", Trouble.MISSING))
    return Status(ours, [(epoch, resting.get(epoch.kek, 0)) for epoch in epochs], problems)
