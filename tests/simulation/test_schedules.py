"""The real engine and loop keep their promises however often they die, in a world where much goes wrong.

This is the short form; `make simulate` runs a hundred thousand schedules.
"""

from __future__ import annotations

import os

import pytest

from tests.simulation.explore import explore
from tests.simulation.mutants import MUTANTS, QUICK, Mutant, hunt

SEEDS = 24
CHOSEN = MUTANTS if os.environ.get("RUNBOOK_MUTANTS") == "all" else QUICK


@pytest.mark.parametrize("first", range(0, SEEDS, 4))
def test_killed_at_every_moment_a_run_keeps_its_promises(first: int) -> None:
    """Each moment at which it could die is tried; what comes before it is run once."""
    assert explore(range(first, first + 4)) > 0


@pytest.mark.parametrize("mutant", CHOSEN, ids=lambda mutant: mutant.name)
def test_a_mistake_in_the_program_is_noticed(mutant: Mutant) -> None:
    """A simulation that finds nothing in a wrong program proves nothing of a right one."""
    assert hunt(mutant), "the simulation did not notice"
