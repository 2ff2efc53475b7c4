"""Another plan for what is left of a run: what has been begun stays as it was begun, all else is as planned anew.

Stages are the same by their place and name, steps by their stage and name (of several with one name, by their order).
Whatever has been begun keeps its id, for under it the hosts know it; a step that failed and reads otherwise now is
another one, with an id of its own, and the one that failed stays in the plan to be undone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace

from executor.errors import Problem
from executor.model.places import Place
from executor.model.plans import Plan, PlannedStage, PlannedStep
from executor.model.steps import Item, Task


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a run has come in its plan. Steps are named by their ids."""

    done: int = 0  # stages that are behind
    begun: bool = False  # the next one has begun
    started: Mapping[str, frozenset[str]] = field(default_factory=dict)  # host -> what has been started on it
    behind: Mapping[str, frozenset[str]] = field(default_factory=dict)  # host -> of that stage, what it is through with
    open: Mapping[str, frozenset[str]] = field(default_factory=dict)  # host -> where nobody knows yet what came of it
    entered: frozenset[str] = frozenset()  # hosts that have entered that stage
    passed: frozenset[str] = frozenset()  # those that are through with it
    touched: frozenset[str] = frozenset()  # hosts on which something may have changed


@dataclass(frozen=True, slots=True)
class Merged:
    """The plan for the rest, and what an operator should know of it. With problems it must not be run."""

    plan: Plan
    problems: tuple[Problem, ...]
    remarks: tuple[str, ...]


def merge(old: Plan, new: Plan, reached: Reached) -> Merged:
    """What is left of a run under another plan."""
    problems = [*_hosts(old, new, reached), *_behind(old, new, reached)]
    if old.lock != new.lock:
        problems.append(Problem(f"its lock was {old.lock!r}, and is {new.lock!r} now: a run keeps its lock"))
    stages, remarks = list(old.stages[: reached.done]), list(_changed_behind(old, new, reached))
    rest = list(new.stages[reached.done :])
    same = dict(_same_onces(old, new, reached))
    if reached.begun and not problems:
        meeting = _Meeting(old.stages[reached.done], rest[0], reached)
        rest[0] = meeting.stage()
        same |= meeting.onces
        problems += meeting.problems
        remarks += meeting.remarks
    plan = replace(
        new,
        stages=(*stages, *_with_onces(rest, old, same)),
        hosts={**new.hosts, **{name: spec for name, spec in old.hosts.items() if name not in new.hosts}},
        secrets=tuple(dict.fromkeys((*old.secrets, *new.secrets))),
    )
    return Merged(plan, tuple(problems), tuple(remarks))


def _hosts(old: Plan, new: Plan, reached: Reached) -> Iterator[Problem]:
    for name in sorted(reached.touched):
        if name not in new.hosts:
            hint = "put it back into the inventory, or undo what was done there (runbook rollback --host) first"
            yield Problem(f"{name}, on which the run has changed something, is not there any more", hint=hint)
        elif _where(old, name) != _where(new, name):
            yield Problem(
                f"{name}, on which the run has changed something, is another machine now: its address has changed"
            )


def _where(plan: Plan, name: str) -> tuple[object, ...]:
    spec = plan.hosts[name]
    return spec.address, spec.ssh.port, spec.local


def _behind(old: Plan, new: Plan, reached: Reached) -> Iterator[Problem]:
    """What has been completed must be there, and nothing new before it: that would never be run."""
    begun = old.stages[: reached.done + reached.begun]
    for number, stage in enumerate(begun):
        if number >= len(new.stages) or new.stages[number].name != stage.name:
            what = "is in progress" if number == reached.done else "is behind"
            yield Problem(f"stage '{stage.name}' {what}, and is not stage {number + 1} of the runbook any more")
            return
    for before, after in zip(old.stages[: reached.done], new.stages, strict=False):
        for leg in _LEGS:
            was, now = (Counter(step.name for step in getattr(stage, leg)) for stage in (before, after))
            for name in (was - now).elements():
                yield Problem(f"'{name}' in stage '{before.name}' has been completed, and is gone from the runbook")
            for name in (now - was).elements():
                yield Problem(f"'{name}' is new in stage '{before.name}', which is behind: it would never be run")


def _changed_behind(old: Plan, new: Plan, reached: Reached) -> Iterator[str]:
    for before, after in zip(old.stages[: reached.done], new.stages, strict=False):
        for leg in _LEGS:
            for was, now in zip(getattr(before, leg), getattr(after, leg), strict=False):
                if was.name == now.name and any(
                    not alike(was.tasks[h], now.tasks[h]) for h in was.tasks if h in now.tasks
                ):
                    yield f"'{was.name}' in stage '{before.name}' has changed; it is done, and stays as it was run"


# --- what runs once ---------------------------------------------------------------------------------------------------


def _same_onces(old: Plan, new: Plan, reached: Reached) -> Iterator[tuple[str, str]]:
    """For each step that runs once, but for those of the stage in progress: the name under which the new plan knows it
    -> the old one."""
    begun = old.stages[reached.done].name if reached.begun else None
    stages = {stage.name: stage for stage in old.stages if stage.name != begun}
    for after in new.stages:
        before = stages[after.name].steps if after.name in stages else ()
        known = dict(zip(_keys(before), before, strict=True))
        for key, step in zip(_keys(after.steps), after.steps, strict=True):
            if step.once_key and key in known:
                yield step.once_key, known[key].once_key


def _with_onces(stages: Iterable[PlannedStage], old: Plan, same: Mapping[str, str]) -> Iterator[PlannedStage]:
    """Steps that run once are known by where they are written, and lines have moved: no other step may be taken for one
    that has run."""
    taken = {step.once_key for stage in old.stages for step in (*stage.steps, *stage.earlier)}

    def known_as(step: PlannedStep) -> PlannedStep:
        key = step.once_key
        if not key:
            return step
        if key in same:
            return replace(step, once_key=same[key])
        while key in taken:
            key += ", anew"
        return replace(step, once_key=key)

    return (replace(stage, steps=tuple(map(known_as, stage.steps))) for stage in stages)


# --- the stage in progress --------------------------------------------------------------------------------------------

_LEGS = ("drain", "steps", "restore", "always")


def alike(one: object, other: object) -> bool:
    """Whether two parts of plans do the same, wherever they stand and whatever their ids are."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Place):
        return True
    if is_dataclass(one) and not isinstance(one, type):
        names = (f.name for f in fields(one) if not (f.name == "id" and isinstance(one, Task)))
        return all(alike(getattr(one, name), getattr(other, name)) for name in names)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    return one == other


class _Meeting:
    """The stage in progress, as it was planned and as it reads now."""

    def __init__(self, old: PlannedStage, new: PlannedStage, reached: Reached) -> None:
        self._old = old
        self._new = new
        self._reached = reached
        self._earlier = list(old.earlier)
        self._numbers = Counter[str]()
        for step in (*_all(old), *_all(new), *old.earlier):
            leg, number = _parts(step.id)
            self._numbers[leg] = max(self._numbers[leg], number)
        self.problems: list[Problem] = []
        self.remarks: list[str] = []
        self.onces: dict[str, str] = {}  # as `_same_onces`

    def stage(self) -> PlannedStage:
        """The stage that goes on."""
        old, new = self._old, self._new
        self._members()
        drain, steps = self._leg(old.drain, new.drain), self._leg(old.steps, new.steps)
        restore, always = self._leg(old.restore, new.restore), self._leg(old.always, new.always)
        earlier = tuple(self._earlier)
        return replace(new, id=old.id, drain=drain, steps=steps, restore=restore, always=always, earlier=earlier)

    def _members(self) -> None:
        """A stage goes on with those that it began with; those that have not begun may leave."""
        was, now = set(self._old.hosts) | set(self._old.left_out), set(self._new.hosts)
        for name in self._new.hosts:
            if name not in was:
                self.remarks.append(f"{name} is new, and takes no part in stage '{self._old.name}', which has begun")
        for name in sorted(self._reached.entered - now):
            self._refuse(f"{name} has entered stage '{self._old.name}', and is not one of its hosts any more")
        if len(self._new.watch) > len(self._old.watch):
            self.remarks.append(
                f"a watch is new in stage '{self._old.name}', which has begun: it does not look on there"
            )
        for name in self._old.hosts:
            if name not in now and name not in self._reached.entered:
                self.remarks.append(f"{name} is left out of stage '{self._old.name}'")

    def _leg(self, old: Sequence[PlannedStep], new: Sequence[PlannedStep]) -> tuple[PlannedStep, ...]:
        known = dict(zip(_keys(old), old, strict=True))
        merged = [self._step(known.pop(key, None), step) for key, step in zip(_keys(new), new, strict=True)]
        for step in known.values():
            if hosts := self._on(self._reached.started, step.id):
                what = "has been completed" if hosts <= self._on(self._reached.behind, step.id) else "has been started"
                where = ", ".join(sorted(hosts))
                self._refuse(
                    f"'{step.name}' in stage '{self._old.name}' {what} on {where}, and is gone from the runbook"
                )
        return tuple(merged)

    def _step(self, old: PlannedStep | None, new: PlannedStep) -> PlannedStep:
        """The step that goes on, under an id that means nothing else on any host."""
        started = self._on(self._reached.started, old.id) if old is not None else frozenset()
        if old is not None and not started and new.once_key:
            self.onces[new.once_key] = old.once_key
        if old is None or not started:
            return _renamed(new, self._fresh(new.id) if old is None else old.id, new.tasks)
        changed = {h for h in started if h not in new.tasks or not alike(old.tasks[h], new.tasks[h])}
        behind = self._on(self._reached.behind, old.id)
        if changed & behind:
            where = ", ".join(sorted(changed & behind))
            self.remarks.append(f"'{old.name}' has changed; on {where} it is done, and stays as it was run")
        again = changed - behind
        if not again:
            if new.once_key:
                self.onces[new.once_key] = old.once_key
            kept = {host: task for host, task in old.tasks.items() if host in started}
            return _renamed(new, old.id, new.tasks, kept)
        for host in sorted(again & self._on(self._reached.open, old.id)):
            self._refuse(
                f"'{old.name}' has been started on {host}, nobody knows what came of it, and it reads otherwise now"
            )
        self._earlier.append(old)
        return _renamed(new, self._fresh(new.id), {h: task for h, task in new.tasks.items() if h not in behind})

    def _on(self, of: Mapping[str, frozenset[str]], step: str) -> frozenset[str]:
        return frozenset(host for host, steps in of.items() if step in steps)

    def _fresh(self, id_: str) -> str:
        leg, _ = _parts(id_)
        self._numbers[leg] += 1
        return f"{self._old.id}.{leg}{self._numbers[leg]}"

    def _refuse(self, text: str) -> None:
        self.problems.append(Problem(text))


def _all(stage: PlannedStage) -> Iterator[PlannedStep]:
    for leg in _LEGS:
        yield from getattr(stage, leg)


def _keys(steps: Iterable[PlannedStep]) -> Iterator[tuple[str, int]]:
    """By what a step is the same: its name, and the how manieth it is of that name."""
    seen = Counter[str]()
    for step in steps:
        seen[step.name] += 1
        yield step.name, seen[step.name]


def _parts(id_: str) -> tuple[str, int]:
    """The leg's letter and the number of a step's id: "2.d1" is drain's first."""
    last = id_.rpartition(".")[2]
    leg = last.rstrip("0123456789")
    return leg, int(last[len(leg) :])


def _renamed(
    step: PlannedStep, id_: str, tasks: Mapping[str, Task], kept: Mapping[str, Task] | None = None
) -> PlannedStep:
    """The step under another id, its tasks and their handlers with it; `kept` tasks stay as they are."""
    made: dict[int, Task] = {}  # hosts that are alike share a task
    found = dict(kept or {})
    for host, task in tasks.items():
        if host not in found:
            if id(task) not in made:
                made[id(task)] = _task(task, step.id, id_)
            found[host] = made[id(task)]
    order = dict.fromkeys((*tasks, *found))
    return replace(step, id=id_, tasks={host: found[host] for host in order})


def _task(task: Task, old: str, new: str) -> Task:
    return replace(task, id=new + task.id.removeprefix(old), items=tuple(_item(item, old, new) for item in task.items))


def _item(item: Item, old: str, new: str) -> Item:
    if item.rollback is None:
        return item
    return replace(item, rollback=tuple(_task(task, old, new) for task in item.rollback))


def left_of(plan: Plan, reached: Reached) -> Plan:
    """What a run has still to do of a plan, for people: without what is behind each of its hosts."""
    stages = plan.stages[reached.done :]
    if reached.begun:
        stages = (_left_of(stages[0], reached), *stages[1:])
    return replace(plan, stages=stages)


def _left_of(stage: PlannedStage, reached: Reached) -> PlannedStage:
    def left(steps: tuple[PlannedStep, ...]) -> tuple[PlannedStep, ...]:
        due = (
            replace(step, tasks={h: t for h, t in step.tasks.items() if _is_due(step, h, reached)}) for step in steps
        )
        return tuple(step for step in due if step.tasks)

    return replace(
        stage,
        hosts=tuple(host for host in stage.hosts if host not in reached.passed),
        drain=left(stage.drain),
        steps=left(stage.steps),
        restore=left(stage.restore),
        always=left(stage.always),
    )


def _is_due(step: PlannedStep, host: str, reached: Reached) -> bool:
    return host not in reached.passed and step.id not in reached.behind.get(host, frozenset())
