"""What templates see while a run goes on, and what is registered of a step."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping

from executor.engine.state import HostState, State, Work
from executor.errors import RunbookError
from executor.model.leaves import Duration, Flag, Late, Number, Text, Value
from executor.model.outcomes import Opinion, Result, Status, Verdict
from executor.model.places import Place
from executor.model.plans import Plan
from executor.templates import fill

# Known to every template at any time: a handler sees them as they are when it runs, not as they were.
BUILT_IN = ("run", "hosts")


def of_host(plan: Plan, state: State, host: HostState) -> dict[str, Value]:
    """The names that only the run knows, as a template for this host sees them."""
    return {**state.everywhere, **host.registered, **host.sets, **about_run(plan, state), **_about_stage(plan, state)}


def of_work(plan: Plan, state: State, host: HostState, work: Work) -> dict[str, Value]:
    """As `of_host`, for a task in progress. A handler sees what was known when it was armed, and no more."""
    if work.seq is not None:
        return {**host.armed[work.seq].values, **about_run(plan, state)}
    values = of_host(plan, state, host)
    if work.loop is not None and work.item < len(work.loop):
        values["item"] = work.loop[work.item]
    return values


def about_run(plan: Plan, state: State) -> dict[str, Value]:
    run = state.run
    if run is None:
        return {}
    return {
        "run": {"id": run.run, "status": _status(state), "operator": run.operator, "reason": run.reason},
        "hosts": Hosts(plan, state),
    }


def _status(state: State) -> str:
    """`run.status`: a word on what the run is doing, or, for its own `always`, on what has become of it."""
    return state.outcome or ("running" if state.aborted is None else "rolling back")


def _about_stage(plan: Plan, state: State) -> dict[str, Value]:
    stage = state.stage
    if stage is None:
        return {}
    return {
        "stage": {"name": plan.stages[stage.at].name},
        "batch": {"number": stage.number, "hosts": stage.members},
    }


class Hosts(Mapping[str, Value]):
    """`hosts` in a template: any host's variables and results by name, looked up when they are asked for."""

    def __init__(self, plan: Plan, state: State) -> None:
        self._plan, self._state = plan, state

    def __getitem__(self, name: str) -> Value:
        host = self._state.hosts[name]
        return {**self._plan.hosts[name].vars, **self._state.everywhere, **host.registered, **host.sets}

    def __iter__(self) -> Iterator[str]:
        return iter(self._plan.hosts)

    def __len__(self) -> int:
        return len(self._plan.hosts)


def holds(conditions: Iterable[Text | bool], values: Mapping[str, Value]) -> bool:
    """Whether all of them are true. Raises RunbookError where one cannot be told."""
    return all(bool(fill(condition, values)) for condition in conditions)


def flag(leaf: Flag | None, values: Mapping[str, Value]) -> bool:
    return leaf is not None and bool(fill(leaf, values))


def text(leaf: Text, values: Mapping[str, Value]) -> str:
    return leaf if isinstance(leaf, str) else str(fill(leaf, values))


def number(leaf: Number | Duration | Text | None, values: Mapping[str, Value]) -> float:
    """A number or a duration in seconds."""
    value: object = fill(leaf, values)
    return float(value if isinstance(value, int | float) else str(value))


def words(error: RunbookError) -> str:
    """An error in a template, as a reason: its message and where it stands."""
    problem = error.problems[0]
    return f"{problem.message} ({problem.place})" if problem.place else problem.message


# --- what is registered ---------------------------------------------------------------------------------------------


def registered(
    result: Result, *, attempts: int, changed: bool, failed: bool, skipped: bool = False
) -> dict[str, Value]:
    """A result under its registered name. Output that is not whole, or is hidden, is left out: using it is an error."""
    value: dict[str, Value] = {
        "rc": result.rc,
        "changed": changed,
        "failed": failed,
        "skipped": skipped,
        "attempts": attempts,
        "duration": result.duration,
    }
    if not result.truncated and not result.hidden:
        value |= {
            "stdout": result.stdout.rstrip("\n"),
            "stderr": result.stderr.rstrip("\n"),
            "json": _parsed(result.stdout),
        }
    if result.truncated:
        value["truncated"] = True  # so that whoever uses it is told why
    return value


def skipped() -> dict[str, Value]:
    """What is registered of a step that was not needed."""
    return {"changed": False, "failed": False, "skipped": True}


def looped(rounds: Iterable[Value]) -> dict[str, Value]:
    """What is registered of a loop: its rounds, and what they add up to."""
    results = [item for item in rounds if isinstance(item, Mapping)]
    return {
        "results": results,
        "changed": any(bool(item.get("changed")) for item in results),
        "failed": any(bool(item.get("failed")) for item in results),
        "skipped": all(bool(item.get("skipped")) for item in results),
    }


def of_verdict(verdict: Verdict) -> Result:
    """A probe's verdict as the result of a step."""
    status = Status.CANCELLED if verdict.opinion is Opinion.CANCELLED else Status.OK
    return Result(
        status,
        rc=0 if verdict.opinion is Opinion.PASSED else 1,
        stdout=verdict.summary,
        changed=False,
        detail=verdict.summary,
        duration=verdict.duration,
    )


def _parsed(stdout: str) -> Value:
    if not stdout:
        return None
    try:
        value: Value = json.loads(stdout, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None  # most output is no JSON: then there is nothing to say about it
    return value


def _no_number(constant: str) -> None:
    raise ValueError(constant)


# --- what a handler will need ---------------------------------------------------------------------------------------


def needs(tree: object) -> frozenset[str]:
    """The names that the late leaves anywhere in a tree of dataclasses wait for."""
    found: set[str] = set()
    _collect(tree, found)
    return frozenset(found)


def _collect(tree: object, found: set[str]) -> None:
    if tree is None or isinstance(tree, str | int | float | Place):
        return
    if isinstance(tree, Late):
        found.update(tree.needs)
    elif isinstance(tree, Mapping):
        for value in tree.values():
            _collect(value, found)
    elif isinstance(tree, tuple | list):
        for value in tree:
            _collect(value, found)
    elif dataclasses.is_dataclass(tree):
        for field in dataclasses.fields(tree):
            _collect(getattr(tree, field.name), found)
