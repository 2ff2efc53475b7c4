"""How a check ends: what stands above what."""

from __future__ import annotations

import pytest

from executor.cli.checking import exit_code
from executor.planning.findings import (
    Asked,
    Finding,
    Findings,
    Looked,
    NotAsked,
    NothingToDo,
    Skipped,
    Unknown,
    Verdict,
    WouldChange,
    WouldFail,
    WouldRun,
)
from executor.planning.shown.verdicts import summed_up

SAME = (NothingToDo("it is so"), Looked("fine"), Skipped("off"), Asked(("Go?",)), WouldRun(changes=False))
CHANGING = (WouldRun(), WouldChange("content"), Unknown(("x",), ()), NotAsked("silent"))


def of(*found: Verdict, for_now: bool = False, lost: str = "") -> Findings:
    steps = {f"1.{number}": {"web1": Finding(verdict, for_now)} for number, verdict in enumerate(found)}
    return Findings(steps, checked=True, unreachable={lost: "no route"} if lost else {})


def test_nothing_would_change() -> None:
    assert (exit_code(of(*SAME), detailed=True), exit_code(of(*SAME), detailed=False)) == (0, 0)


@pytest.mark.parametrize("verdict", CHANGING, ids=lambda verdict: type(verdict).__name__)
def test_what_may_change_something_is_said_where_that_is_asked(verdict: Verdict) -> None:
    assert exit_code(of(*SAME, verdict), detailed=True) == 2
    assert exit_code(of(*SAME, verdict), detailed=False) == 0


@pytest.mark.parametrize(
    "verdict",
    [WouldFail("no folder"), Looked("exit code 1", failed=True), Asked(("Go?",), (("Tests", Looked("no", True)),))],
    ids=["refused", "looked", "checklist"],
)
def test_what_would_fail_whatever_comes_first_is_a_failure(verdict: Verdict) -> None:
    assert exit_code(of(verdict), detailed=False) == 2
    assert exit_code(of(verdict, for_now=True), detailed=False) == 0, "a step before it may cure that"


def test_a_host_that_is_away_is_told_before_all_else() -> None:
    assert exit_code(of(WouldFail("no"), lost="web2"), detailed=True) == 4


def test_what_would_fail_only_as_the_hosts_are_now_is_counted_apart() -> None:
    """A step before it may make what is missing: it is no failure that is known."""
    assert summed_up(of(WouldFail("no folder"), for_now=True)) == (
        "1 would fail as the hosts are now, before the steps that come first"
    )
    assert summed_up(of(WouldFail("no folder"))) == "1 would fail or could not be asked"
