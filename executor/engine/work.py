"""The task that a host is about to do, or is doing: made when its first event comes, always the same way."""

from __future__ import annotations

from dataclasses import dataclass, replace

from executor.engine.state import Do, Entry, HostState, Part, State, Unwind, Work
from executor.engine.undo import tasks
from executor.engine.values import of_work
from executor.errors import RunbookError
from executor.events import Key
from executor.model.leaves import Value
from executor.model.plans import Plan
from executor.model.steps import Item
from executor.templates import fill


def due(state: State, host: HostState) -> Work | None:
    """The work in progress, or a fresh one for the next task of the host's course; None where that is no task."""
    if host.work is not None:
        return host.work
    course = host.course
    if course is None:
        return None
    part: Part = "action"
    of, seq = 0, None
    match course.next:
        case Do(_, step) if host.name in step.tasks:
            task, name = step.tasks[host.name], step.id
        case Unwind(number):
            entry = host.armed[number]
            if entry.halfway is not None and entry.halfway.work is not None:
                return entry.halfway.work
            steps = tasks(state.index, entry)
            round_ = entry.halfway.round if entry.halfway is not None else host.round
            if round_ >= len(steps):
                return None
            (task, part), of, seq, name = steps[round_], entry.item, number, entry.task
        case _:
            return None
    offset = host.tries.get((task.id, part, course.direction, of), 0)
    return Work(task, name, part, course.direction, of, seq, offset)


@dataclass(frozen=True, slots=True)
class Here:
    """Where the next decision on a task is made."""

    plan: Plan
    state: State
    host: HostState
    work: Work

    @property
    def item(self) -> Item:
        return self.work.task.items[0 if self.work.loop is not None else self.work.item]

    @property
    def count(self) -> int:
        """How many rounds the task has."""
        return len(self.work.task.items if self.work.loop is None else self.work.loop)

    @property
    def looped(self) -> bool:
        task = self.work.task
        return task.looped or task.loop is not None or len(task.items) != 1

    @property
    def do(self) -> Do | None:
        """The planned step in progress; None in a handler."""
        course = self.host.course
        return course.next if course is not None and isinstance(course.next, Do) else None

    @property
    def once(self) -> bool:
        do = self.do
        return do is not None and do.leg == "steps" and do.step.once is not None

    def values(self, own: Value = None) -> dict[str, Value]:
        """What templates see; `own` is the step's own result as far as it is known."""
        values = of_work(self.plan, self.state, self.host, self.work)
        if own is not None and self.work.task.register:
            values[self.work.task.register] = own
        return values

    def key(self, part: str, sub: int = 0) -> Key:
        work = self.work
        attempt = work.offset + max(work.attempt, 1)
        return Key(self.host.name, work.task.id, part, work.item, attempt, sub, work.direction, work.of)

    def attempt(self) -> Here:
        """The same place with one more attempt: nothing of the state is changed."""
        return replace(self, work=replace(self.work, attempt=self.work.attempt + 1))


def name(here: Here) -> str:
    """The task's name, for people."""
    written = here.work.task.name
    if isinstance(written, str):
        return written
    try:
        return str(fill(written, here.values()))
    except RunbookError:
        return here.work.task.id  # a name is for people alone: that it cannot be rendered fails no deploy


def label(here: Here) -> str:
    """The task's name with the loop's item."""
    shown = here.item.label
    if here.work.loop is not None:
        shown = str(here.work.loop[here.work.item])
    return f"{name(here)} ({shown})" if shown else name(here)


def armed_by(host: HostState, work: Work) -> Entry | None:
    """What the item in progress has armed. It is the last of its step: items come one after the other."""
    if work.seq is not None or work.direction == "back":
        return None
    for entry in reversed(host.armed.values()):
        if entry.task == work.task.id and entry.item == work.item:
            return entry
    return None
