"""Looking, before a rollback, whether what it would put back is still as the run left it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from executor.engine.effects import Perform
from executor.engine.resume import Undoable
from executor.engine.state import Entry, State
from executor.engine.values import about_run
from executor.errors import RunbookError
from executor.events import Key
from executor.model.actions import SELF_UNDOING, Action, Script, Shell, Undo
from executor.model.leaves import Late, Template, Value
from executor.model.plans import Plan
from executor.model.steps import Item, Settings
from executor.templates import fill


@dataclass(frozen=True, slots=True)
class Look:
    """A question to a host that changes nothing there: could this be undone just now?"""

    step: str  # its name
    perform: Perform


def looks(plan: Plan, state: State, found: Sequence[Undoable]) -> tuple[Look, ...]:
    """What to ask about the files, links and folders that a rollback would put back; `found` is in its order.

    Of several steps that wrote one file the last is asked about: the others find what it leaves. Where a command of a
    step that is undone before names the file, nothing can be said beforehand: its handler may be what puts it right.
    """
    asked: list[Look] = []
    written: set[tuple[str, str]] = set()  # a connection and a path
    commands: dict[str, list[str]] = {}  # what the steps that are undone before say, by host
    for one in found:
        item = state.index.item(one.task, one.host, one.item)
        entry = _entry(state, one)
        said = commands.setdefault(one.host, [])
        if entry.kind == "builtin" and isinstance(item.body.action, SELF_UNDOING):
            look = _look(plan, state, entry, item)
            if look is not None:
                at = (look.perform.on, _dest(look.perform.action))
                if at not in written and not any(PurePosixPath(at[1]).name in command for command in said):
                    asked.append(look)
                written.add(at)
        else:
            said += _commands(item)
    return tuple(asked)


def _entry(state: State, one: Undoable) -> Entry:
    entries = reversed(state.hosts[one.host].armed.values())
    return next(entry for entry in entries if entry.task == one.task and entry.item == one.item)


def _look(plan: Plan, state: State, entry: Entry, item: Item) -> Look | None:
    """None where it cannot be rendered now: its undoing will say so."""
    values: dict[str, Value] = {**entry.values, **about_run(plan, state)}
    try:
        action: Action = fill(Undo(item.body.action, entry.captured), values)  # type: ignore[arg-type]  # as seen above
        settings: Settings = fill(item.body.settings, values)
    except RunbookError:
        return None
    on = str(settings.delegate_to) if settings.delegate_to is not None else entry.host
    key = Key(entry.host, entry.task, "undo", direction="back", of=entry.item)
    name = state.index.steps[entry.task].step.name
    return Look(name, Perform(key, on, action, settings, dry=True)) if on in state.hosts else None


def _dest(action: Action) -> str:
    return str(action.action.dest) if isinstance(action, Undo) else ""


def _commands(item: Item) -> Iterator[str]:
    """The commands of a step and of its handlers, as far as they are known."""
    yield from _of_action(item.body.action)
    for task in item.rollback or ():
        for inner in task.items:
            yield from _of_action(inner.body.action)


def _of_action(action: Action) -> Iterable[str]:
    match action:
        case Shell(script=Late(template=Template(text=text))) | Shell(script=Template(text=text)):
            return (text,)
        case Shell(script=str(text)):
            return (text,)
        case Script(args=args):
            return tuple(str(arg) for arg in args)
        case _:
            return ()
