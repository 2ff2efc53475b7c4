"""Schedules by the thousand: every run is killed at each moment at which it could die, and carried on from there.

What comes before a moment is run once, and forked. `python -m tests.simulation.explore` explores on all cores; what
it finds is told with the numbers that make it happen again.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass
from itertools import count
from random import Random

from executor.events import Event, RunEnded
from executor.model.plans import Plan
from tests.simulation import fleets, lives
from tests.simulation.lives import STARTED, Killed, Life, Wreck, fold, resumed
from tests.simulation.network import Network
from tests.simulation.promises import check

BAD = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
ENOUGH = 3  # broken promises that are told
CHUNK = 5  # seeds that a process takes at once


class Broken(AssertionError):
    """A promise was broken. The message says which, and how to see it again."""

    def __init__(self, seed: int, branch: int, why: BaseException, journal: list[Event]) -> None:
        again = f"PYTHONHASHSEED=0 python -m tests.simulation.explore --seed {seed} --branch {branch}"
        super().__init__(f"{why}\n  seen again by: {again}")
        self.journal = journal


@dataclass(slots=True)
class Exploration:
    """All schedules of one seed: a plan, a run of it, and what becomes of each of its wrecks."""

    seed: int

    def run(self, only: int | None = None, *, most: int | None = None) -> Iterator[list[Event]]:
        """The journal of each schedule, once it is checked. Raises Broken.

        `only`: this branch alone (0: no death). `most`: so many of the branches, picked at random.
        """
        dice = self._dice("plan")
        plan = fleets.plan(dice)
        network = Network(self._dice("network"), dice.choice(BAD))
        wrecks: list[Wreck] = []

        def moment(life: Life, groups: int, known: bool) -> None:
            wrecks.append(life.wreck(groups, known=known, dice=self._dice(f"branch {len(wrecks) + 1}")))

        first = Life(plan, network, self._dice("life"), moment)
        try:
            journal = self._checked(0, plan, first, STARTED)
        except Killed:  # its disk is full
            wrecks.append(first.wreck(0, known=False, dice=self._dice("full")))
        else:
            if not only:
                yield journal
            if _ended(journal).resumable:
                wrecks.append(first.wreck(0, known=True, dice=self._dice("stopped")))
        branches = list(enumerate(wrecks, 1))
        if most is not None:
            branches = self._dice("picked").sample(branches, min(most, len(branches)))
        for branch, wreck in branches:
            if only in (None, branch) and wreck.disk.safe:
                yield self._branch(branch, plan, wreck)

    def _branch(self, branch: int, plan: Plan, wreck: Wreck) -> list[Event]:
        """Carry on from a wreck, with up to two deaths more, until the run ends for good, or at least ends."""
        dice = self._dice(f"later {branch}")
        if wreck.state is not None and dice.random() < 0.05:
            assert fold(plan, wreck.disk) == wreck.state, "a fold over the journal gives another state"
        journal: list[Event] = []
        state = wreck.state
        for deaths in count():
            limit = dice.randrange(30) if deaths < 2 and dice.random() < 0.15 else None
            life = lives.again(plan, wreck, dice, _killer(limit))
            opening = resumed(undo=dice.random() < 0.1)
            try:
                journal = self._checked(branch, plan, life, opening, state)
            except Killed:
                wreck, state = life.wreck(0, known=False, dice=dice), None
                continue
            if not _ended(journal).resumable or deaths >= 3:
                return journal
            wreck, state = life.wreck(0, known=True, dice=dice), None
        raise AssertionError("not reached: the loop ends by itself")

    def _checked(self, branch: int, plan: Plan, life: Life, opening: Event, state: object = None) -> list[Event]:
        try:
            life.live(opening, state)  # type: ignore[arg-type]  # a state, or none
            check(plan, life.disk, life.network)
        except Killed:
            raise
        except Exception as why:
            raise Broken(self.seed, branch, why, life.disk.safe) from why
        return life.disk.safe

    def _dice(self, what: str) -> Random:
        return Random(f"{self.seed} {what}")  # noqa: S311 - a simulated world, not a secret


def _killer(limit: int | None) -> Callable[[Life, int, bool], None]:
    """Kills at that moment of a life; None: never."""
    moments = count()

    def moment(_life: Life, _groups: int, _known: bool) -> None:
        if limit is not None and next(moments) >= limit:
            raise Killed

    return moment


def _ended(journal: list[Event]) -> RunEnded:
    last = journal[-1]
    assert isinstance(last, RunEnded)
    return last


def explore(seeds: range) -> int:
    """How many schedules these seeds have; all of them keep every promise. Raises Broken."""
    return sum(1 for seed in seeds for _ in Exploration(seed).run())


def _chunk(first: int) -> tuple[int, str]:
    try:
        return explore(range(first, first + CHUNK)), ""
    except Broken as broken:
        return 0, str(broken)


def search(wanted: int, first: int, workers: int) -> int:
    """Explore until that many schedules are through; says how it goes on. Returns an exit code."""
    done, began, found = 0, time.perf_counter(), list[str]()
    with ProcessPoolExecutor(workers) as pool:
        chunks = count(first, CHUNK)
        going = {pool.submit(_chunk, next(chunks)) for _ in range(2 * workers)}
        while going:
            over, going = wait(going, return_when=FIRST_COMPLETED)
            for future in over:
                schedules, why = future.result()
                done += schedules
                found += [why] if why else []
                if done < wanted and len(found) < ENOUGH:
                    going.add(pool.submit(_chunk, next(chunks)))
    _say(f"{done} schedules in {time.perf_counter() - began:.0f} s", *found)
    return 1 if found else 0


def show(seed: int, branch: int) -> int:
    """One schedule again, with its journal where it breaks a promise. Returns an exit code."""
    try:
        for _ in Exploration(seed).run(branch):
            pass
    except Broken as broken:
        _say(*broken.journal, broken)
        return 1
    _say("every promise was kept")
    return 0


def _say(*lines: object) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def main() -> int:
    parser = argparse.ArgumentParser(description="Runs that die at every moment, in a simulated world.")
    parser.add_argument("--schedules", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, help="this seed alone …")
    parser.add_argument("--branch", type=int, default=0, help="… and of it this branch")
    asked = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":
        parser.error("set PYTHONHASHSEED=0: the order within sets is part of a schedule")
    if asked.seed is not None:
        return show(asked.seed, asked.branch)
    return search(asked.schedules, asked.first, asked.workers)


if __name__ == "__main__":
    sys.exit(main())
