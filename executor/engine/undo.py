"""What a step leaves to undo: the handler that it arms, and the tasks of which its undoing consists."""

from __future__ import annotations

from executor.engine.index import Index
from executor.engine.state import Entry, HostState, Part, State
from executor.engine.values import BUILT_IN, flag, needs
from executor.engine.values import number as number_of
from executor.events import Armed
from executor.model.actions import (
    SELF_UNDOING,
    Assert,
    Checklist,
    Copy,
    Fetch,
    Pause,
    ProbeAction,
    Reboot,
    SetVars,
    Shell,
    TemplateFile,
    Undo,
)
from executor.model.leaves import Value
from executor.model.plans import PlannedStep
from executor.model.steps import Body, Item, Task

# Doing them once more comes to the same: they look at what is there, and only the first attempt keeps what there was.
REPEATABLE = (*SELF_UNDOING, Undo, Fetch)
_NOTHING_TO_UNDO = (Assert, Checklist, Fetch, Pause, ProbeAction, SetVars)


def arming(host: str, step: PlannedStep, item: Item, number: int, values: dict[str, Value]) -> Armed | None:
    """What the start of a step arms: None where it changes nothing and says nothing of a rollback.

    `values` are those of the moment; the late leaves of the handler keep what they need of them. Raises RunbookError
    where `keep` or `valid_for` cannot be told.
    """
    body = item.body
    if item.rollback:
        kind, tree = "handler", needs((item.rollback, _restored(body)))
    elif body.read_only or isinstance(body.action, _NOTHING_TO_UNDO):
        return None
    elif item.rollback is not None or isinstance(body.action, Reboot):
        return Armed(host, step.id, number, step.once is not None, kind="none")
    elif isinstance(body.action, SELF_UNDOING) and _keeps(body, values):
        kind, tree = "builtin", needs((body.action, _restored(body)))
    else:
        return Armed(host, step.id, number, step.once is not None, kind="unsaid")
    kept = {name: values[name] for name in sorted(tree.difference(BUILT_IN)) if name in values}
    wide, valid = step.once is not None, None if item.valid_for is None else number_of(item.valid_for, values)
    return Armed(host, step.id, number, wide, kept, "handler" if kind == "handler" else "builtin", valid)


def _restored(body: Body) -> object:
    """What is run again after the undoing."""
    return (body.apply, body.settings) if body.apply is not None else body.settings


def _keeps(body: Body, values: dict[str, Value]) -> bool:
    return not isinstance(body.action, Copy | TemplateFile) or flag(body.action.keep, values)


def tasks(index: Index, entry: Entry) -> tuple[tuple[Task, Part], ...]:
    """What undoes an entry, in order: its handler or what the action knows itself, then the step's `apply` again."""
    task = index.task(entry.task, entry.host)
    item = index.item(entry.task, entry.host, entry.item)
    body = item.body
    undoing: tuple[tuple[Task, Part], ...] = ()
    if entry.kind == "handler":
        undoing = tuple((handler, "action") for handler in item.rollback or ())
    elif isinstance(body.action, SELF_UNDOING):
        undoing = ((_alike(task, Body(Undo(body.action, entry.captured), body.settings)), "undo"),)
    if body.apply is not None and not entry.unchanged:
        undoing += ((_alike(task, Body(Shell(body.apply), body.settings)), "reapply"),)
    return undoing


def _alike(task: Task, body: Body) -> Task:
    return Task(task.id, task.name, (Item(None, "", body),))


def cut(state: State, host: HostState | None) -> int:
    """The number of the last point of no return (0: none) of a host, or of the run itself for None.

    Nothing that was armed before it is undone. What belongs to the run is undone when everything is that came later, on
    every host: so a point of no return on any of them is one for the run, too.
    """
    hosts = (host,) if host is not None else state.hosts.values()
    cuts = [*state.cuts.values(), *(cut for each in hosts for cut in each.cuts.values())]
    return max((seq for seq, _ in cuts), default=0)


def asked_for(state: State, entry: Entry) -> bool:
    """Whether it is among what somebody wants undone, where they named hosts or stages. What belongs to the run is no
    host's."""
    host = not state.only_hosts or (entry.host in state.only_hosts and not entry.run_wide)
    return host and (not state.only_stages or entry.stage in state.only_stages)


def pending(state: State, host: HostState) -> list[Entry]:
    """What a rollback of the host itself would have to undo, last first."""
    limit = cut(state, host)
    return [e for e in reversed(host.armed.values()) if e.pending and not e.run_wide and e.seq > limit]


def at_stake(state: State, host: HostState) -> list[Entry]:
    """What a rollback of the host would undo, or would have to say that it cannot."""
    limit = cut(state, host)
    mine = (e for e in host.armed.values() if not e.run_wide and e.seq > limit)
    return [e for e in mine if e.pending or (e.kind == "unsaid" and e.status == "armed" and not e.unchanged)]


def pending_run_wide(state: State) -> list[Entry]:
    """What a rollback would have to undo of the steps that ran once for all, last first."""
    limit = cut(state, None)
    owners = {once.owner: None for once in state.onces.values() if once.owner}
    entries = (e for name in owners for e in state.hosts[name].armed.values())
    return sorted((e for e in entries if e.pending and e.run_wide and e.seq > limit), key=lambda e: -e.seq)
