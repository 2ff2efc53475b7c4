"""A whole task on one host: its rounds one after the other, and what of it is remembered for the steps that follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from executor.checking.looking import look
from executor.checking.memory import Memory, names_of
from executor.checking.rounds import Looking, Round, Seen
from executor.engine.values import looped, words
from executor.errors import RunbookError
from executor.model.actions import SELF_UNDOING, Fetch, Script, Shell
from executor.model.leaves import Value
from executor.model.plans import PlannedStep
from executor.model.steps import Item, Task
from executor.planning.findings import (
    Finding,
    NotAsked,
    Skipped,
    Unknown,
    Verdict,
    WouldChange,
    WouldFail,
    WouldRun,
    all_of,
)
from executor.planning.tasks import label_of
from executor.templates import KnownLater, fill

LOCAL = "localhost"


@dataclass(frozen=True, slots=True)
class Whole:
    """What was seen of all rounds of a task, each with its item and its label. `unknown`: its list is not known."""

    rounds: tuple[tuple[Item, str, Seen], ...] = ()
    unknown: Verdict | None = None
    values: Mapping[str, Value] = field(default_factory=dict)  # what its templates saw

    @property
    def finding(self) -> Finding:
        if self.unknown is not None:
            return Finding(self.unknown)
        parts = tuple((label, seen.verdict) for _, label, seen in self.rounds)
        for_now = any(seen.for_now for *_, seen in self.rounds)
        return Finding(all_of(parts), for_now, parts if len(parts) > 1 else ())


def look_at(task: Task, host: str, memory: Memory, *, diff: bool) -> Looking[Whole]:
    """Find out about all rounds of a task on a host."""
    values = memory.values(host)
    try:
        rounds = _rounds(task, host, memory, values)
    except _NotKnown as late:
        return Whole(unknown=late.verdict, values=values)
    seen = []
    for number, (item, label, known) in enumerate(rounds):
        came = yield from look(Round(memory, host, task, item, number, known, diff))
        seen.append((item, label, came))
    return Whole(tuple(seen), values=values)


class _NotKnown(Exception):
    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict)
        self.verdict = verdict


def _rounds(
    task: Task, host: str, memory: Memory, values: Mapping[str, Value]
) -> list[tuple[Item, str, Mapping[str, Value]]]:
    """Each round with its label and what its templates see. Raises _NotKnown where the list is not known."""
    if task.loop is None:
        return [(item, item.label, values) for item in task.items]
    missing = memory.missing(task.loop, host)
    if missing:
        raise _NotKnown(Unknown(missing, memory.until(missing, host), whether=True))
    try:
        listed: object = fill(task.loop, values)
    except KnownLater as later:
        raise _NotKnown(Unknown((later.name,), (), whether=True)) from None
    except RunbookError as error:
        raise _NotKnown(WouldFail(words(error))) from None
    if not isinstance(listed, list | tuple):
        raise _NotKnown(WouldFail(f"a loop needs a list, not {type(listed).__name__}"))
    return [(task.items[0], label_of(value), {**values, "item": value}) for value in listed]


# --- what is remembered -----------------------------------------------------------------------------------------


def remember(step: PlannedStep, host: str, whole: Whole, memory: Memory) -> None:
    """Note what a step would give, change and make, for the steps that follow."""
    task = step.tasks[host]
    given = _given(task, whole)
    memory.learn(step, host, given)
    memory.leave_open(step, host, [name for name in names_of(task) if name not in given and _may_give(whole)])
    if whole.unknown is not None:
        _touch(task.items[0], host, whole.unknown, memory)
    for item, _, seen in whole.rounds:
        _touch(item, host, seen.verdict, memory)
        if _does_it(seen.verdict):
            memory.will_make(step, [path for path in item.body.produces if isinstance(path, str)])


def _given(task: Task, whole: Whole) -> dict[str, Value]:
    """The names whose values are known."""
    if whole.unknown is not None:
        return {}
    seen = [seen for *_, seen in whole.rounds]
    given = {name: value for one in seen for name, value in one.sets.items()}
    certain = all(one.value is not None and not one.for_now for one in seen)
    if task.register and certain:
        several = task.looped or task.loop is not None or len(seen) != 1
        given[task.register] = looped(one.value for one in seen) if several else seen[0].value
    return given


def _may_give(whole: Whole) -> bool:
    return whole.unknown is not None or any(not isinstance(seen.verdict, Skipped) for *_, seen in whole.rounds)


def _touch(item: Item, host: str, verdict: Verdict, memory: Memory) -> None:
    """Note on its machine what a round would do there."""
    body, does = item.body, item.body.action
    if body.read_only or not _does_it(verdict):
        return
    delegate = body.settings.delegate_to
    machine = memory.touched(delegate if isinstance(delegate, str) else host)
    if isinstance(does, Shell | Script) or body.apply is not None:
        machine.by_command = True
    elif isinstance(does, SELF_UNDOING):
        machine.by_file = True
    elif isinstance(does, Fetch):
        memory.touched(LOCAL).by_file = True


def _does_it(verdict: Verdict) -> bool:
    """Whether the step's action may be done, for all that is known."""
    return isinstance(verdict, WouldRun | WouldChange | Unknown | NotAsked | WouldFail)
