"""A run whose journal can no longer be written: the disk is full, say. What it leaves behind is told from memory."""

from __future__ import annotations

from collections.abc import Iterator

from executor.engine import State
from executor.engine.resume import undoable
from executor.errors import Exit, Problem, RunbookError
from executor.journal.log import JournalFailed
from executor.model.plans import Plan
from executor.report.phrasing import names


def journal_failed(error: JournalFailed, plan: Plan, state: State) -> RunbookError:
    """What to tell, with the exit code: 10 where a host may be changed, each with what is left on it; else 1."""
    left = tuple(_left(plan, state))
    what = f"the journal cannot be written: {error}"
    if not left or state.run is None:
        hint = "nothing on the hosts was changed; make room, and run it again"
        return RunbookError(Problem(what, hint=hint, code="journal"), exit_code=Exit.FAULT)
    run = state.run.run
    hint = (
        "nothing new was started after that; steps that were running go on to their end on their hosts. "
        f"Make room, then: runbook resume {run} carries it on, runbook rollback {run} undoes it"
    )
    told = (Problem(text, code="left") for text in left)
    return RunbookError(Problem(what, hint=hint, code="journal"), *told, exit_code=Exit.INCOMPLETE)


def _left(plan: Plan, state: State) -> Iterator[str]:
    """A line for hosts that are alike: what of the run is on them, last first, and what was running."""
    done: dict[str, dict[str, None]] = {}
    for one in undoable(plan, state):
        done.setdefault(one.host, {})[one.step] = None
    running: dict[str, dict[str, None]] = {}
    for key, flight in state.flights.items():
        if flight.kind == "perform" and key.task in state.index.steps:
            running.setdefault(key.host, {})[state.index.steps[key.task].step.name] = None
    alike: dict[str, list[str]] = {}
    for host in state.hosts:
        changed, under_way = _listed(done.get(host, {})), _listed(running.get(host, {}))
        words = [f"not undone: {changed}"] if changed else []
        words += [f"running when it stopped: {under_way}"] if under_way else []
        if words:
            alike.setdefault("; ".join(words), []).append(host)
    return (f"{names(hosts)}: {what}" for what, hosts in alike.items())


def _listed(steps: dict[str, None]) -> str:
    return ", ".join(f"'{step}'" for step in steps)
