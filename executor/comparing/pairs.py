"""One step on one host as both plans have it: the lines of both, and what differs and is in no line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from executor.comparing.changes import GIVEN, SENT, UNSHOWN, Group
from executor.comparing.sides import Side, bodies
from executor.model.actions import Copy, TemplateFile
from executor.model.plans import PlannedStep
from executor.model.steps import Task
from executor.planning.shown.steps import changes

Work: TypeAlias = tuple[PlannedStep, Task]

_SETTLED = "undo: nothing has to be undone, says the runbook"


def altered(old: Side, new: Side, before: Work, after: Work, *, armed: bool) -> Group:
    """What the work was and what it is, of no hosts yet. `armed`: with its undoing."""
    was, now = old.words(*before, armed=armed), new.words(*after, armed=armed)
    if armed and _is_settled(before[1]) != _is_settled(after[1]):
        was += (_SETTLED,) if _is_settled(before[1]) else ()
        now += (_SETTLED,) if _is_settled(after[1]) else ()
    unsaid = _in_no_line(old, new, before[1], after[1], shown=was != now, armed=armed)
    return Group((), was, (*now, *unsaid))


def _is_settled(task: Task) -> bool:
    return any(item.rollback == () and changes(item) for item in task.items)


def _in_no_line(old: Side, new: Side, before: Task, after: Task, *, shown: bool, armed: bool) -> Iterator[str]:
    """`shown`: the lines differ already, so that only another content behind the same path has to be said."""
    was, now = old.sent(before), new.sent(after)
    if any(was[path] != now[path] for path in was.keys() & now.keys()):
        yield SENT
    if shown or old.meaning_without_files(before, armed=armed) == new.meaning_without_files(after, armed=armed):
        return
    if old.meaning(_given(before)) != new.meaning(_given(after)):
        yield GIVEN
    elif old.meaning(_written(before)) != new.meaning(_written(after)):
        yield SENT
    else:
        yield UNSHOWN


def _given(task: Task) -> tuple[object, ...]:
    return tuple(body.stdin for body in bodies(task))


def _written(task: Task) -> tuple[object, ...]:
    return tuple(body.action.content for body in bodies(task) if isinstance(body.action, Copy | TemplateFile))
