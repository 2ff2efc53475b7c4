"""From a plan to what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from executor.model.inventories import DEFAULT_LOCK
from executor.model.leaves import Late
from executor.model.plans import Plan, PlannedStage, PlannedStep
from executor.model.probes import Probe
from executor.model.steps import Task
from executor.planning.findings import Finding, Findings
from executor.planning.shown import points, times
from executor.planning.shown.probes import probe
from executor.planning.shown.stages import batches, between, on_failure
from executor.planning.shown.steps import Reading, items_of, off, reading, tasks_of, undoing
from executor.planning.shown.summary import is_silent, questions, wait_rows
from executor.planning.shown.words import approvals, hosts, said, value
from executor.report.plans.facts import Alike, Part, Question, Role, Round, Sheet, StageFacts, StepFacts, Way
from executor.report.plans.naming import NAME, by_name, probes_by_name, texts_by_name
from executor.report.plans.work import round_of
from executor.templates import leaves

T = TypeVar("T")

TITLES: Mapping[Role, str] = {
    "drain": "Out of traffic",
    "steps": "",
    "restore": "Back to traffic",
    "always": "At its end on each host, either way",
}


def gather(plan: Plan, findings: Findings | None = None, *, each: bool = False, whole: bool = False) -> Sheet:
    """All that is said of a plan, with what a check has found.

    `each`: hosts that differ in their names alone are told one by one; `whole`: files that are sent are told with
    what they hold.
    """
    read = reading(plan, whole=whole)
    make = _Steps(read, findings, (lambda groups: groups) if each else by_name)
    return Sheet(
        name=plan.name,
        stages=tuple(_stage(stage, make) for stage in plan.stages),
        always=tuple(make(step, armed=False) for step in plan.always),
        description=plan.description,
        owner=plan.owner,
        runbook=from_root(plan.file, plan.root),
        inventory=tuple(from_root(name, plan.root) for name in plan.inventory),
        hosts=tuple(dict.fromkeys(host for stage in plan.stages for host in stage.hosts)),
        given=tuple((name, value(item)) for name, item in plan.params.items() if name in plan.fixed),
        defaults=tuple((name, value(item)) for name, item in plan.params.items() if name not in plan.fixed),
        terms=tuple(_terms(plan, read)),
        asked=tuple(_asked(plan)),
        way_back=tuple(_way_back(plan)),
        points=tuple(points.in_words(plan)),
        stays=tuple((step.id, step.name) for step in _own_steps(plan) if any(map(is_silent, items_of(step)))),
        settled=tuple((step.id, step.name) for step in points.staying(plan)),
        waits=tuple(wait_rows(plan)),
        in_all=times.in_words(times.span(plan)),
        whole=whole,
        findings=findings,
        plan=plan,
    )


def from_root(name: str, root: str) -> str:
    """A path as it is seen from the project's root, where it is below."""
    path = Path(name)
    return str(path.relative_to(root)) if path.is_relative_to(root) else name


def _own_steps(plan: Plan) -> Iterator[PlannedStep]:
    return (step for stage in plan.stages for step in stage.steps)


def _terms(plan: Plan, read: Reading) -> Iterator[tuple[str, str]]:
    if plan.lock is None:
        yield "Lock", "none: other runs may change the same hosts meanwhile"
    elif plan.lock != DEFAULT_LOCK:
        yield "Lock", plan.lock
    for wanted in plan.approvals:
        yield "Approvals", approvals(wanted)
    if read.executable is not None:
        yield "Shell", read.executable
    if read.timeout is not None:
        yield "Timeout", f"{read.timeout} for a command that says no other"
    if plan.secrets:
        yield "Secrets", ", ".join(plan.secrets)


def _asked(plan: Plan) -> Iterator[Question]:
    for stage in plan.stages:
        if stage.skipped:
            continue
        for step in (*stage.drain, *stage.steps, *stage.restore, *stage.always):
            found = tuple(dict.fromkeys(questions(step)))
            if found:
                yield Question(step.id, step.name, found)
        if stage.pause is not None and stage.pause.prompt is not None:
            yield Question(stage.id, f"between the batches of {stage.name}", (said(stage.pause.prompt),))


def _way_back(plan: Plan) -> Iterator[Way]:
    for stage in reversed(plan.stages):
        for step in reversed(stage.steps):
            items = list(items_of(step))
            no_return = any(item.body.irreversible for item in items)
            how = texts_by_name(_undoing(step, plan.root))
            if how or no_return:
                names = tuple(step.tasks)[::-1]
                where = "once, when every host is done" if step.once else hosts(names)
                yield Way(step.id, step.name, where, names, how, no_return)


def _undoing(step: PlannedStep, root: str) -> dict[str, tuple[str, ...]]:
    """How a step is undone, by host."""
    done: dict[int, tuple[str, ...]] = {}
    for task in tasks_of(step):
        items = (item for item in task.items if off(item) is None)
        done[id(task)] = tuple(text for item in items if (text := undoing(item, root)))
    return {host: done[id(task)] for host, task in step.tasks.items()}


# --- stages ------------------------------------------------------------------------------------------------------


def _stage(stage: PlannedStage, make: _Steps) -> StageFacts:
    parts: tuple[tuple[Role, tuple[PlannedStep, ...]], ...] = (
        ("drain", stage.drain),
        ("steps", stage.steps),
        ("restore", stage.restore),
        ("always", stage.always),
    )
    return StageFacts(
        id=stage.id,
        name=stage.name,
        hosts=hosts(stage.hosts),
        batches="" if stage.skipped else batches(stage),
        arithmetic=tuple(_arithmetic(stage)),
        parts=tuple(
            Part(role, TITLES[role], tuple(make(step, armed=role == "steps") for step in steps))
            for role, steps in parts
            if steps
        ),
        health=tuple(_health(stage)),
        skipped=stage.skipped,
        planned=stage,
    )


def _arithmetic(stage: PlannedStage) -> Iterator[tuple[str, str]]:
    if not stage.skipped:
        late = " at most" if stage.when else ""
        yield "Hosts", f"{len(stage.hosts):,}{late}: {hosts(stage.hosts)}"
        conditions = alike(stage.when, lambda found: " and ".join(map(said, found)))
        for condition, names in conditions.items():
            who = "" if len(names) == len(stage.hosts) else f" ({hosts(names)})"
            yield "Only if", f"{condition}, which the run decides{who}"
    for reason, names in alike(stage.left_out, str).items():
        yield "Left out", f"{hosts(names)} ({reason})"
    if stage.skipped:
        return
    if len(stage.hosts) > 1:
        yield "Batches", batches(stage)
    if stage.pause is not None:
        yield "Between", between(stage.pause)
    yield "On failure", on_failure(stage)
    for watch in stage.watch:
        fails = "fails the stage" if watch.source == "control" else "fails the host, once it is done"
        for text, names in alike(watch.probes, probe).items():
            about = "" if watch.source == "control" or len(names) == len(watch.probes) else f" ({hosts(names)})"
            yield "Watch", f"{text}; {fails}{about}"


def _health(stage: PlannedStage) -> Iterator[tuple[str, tuple[str, ...]]]:
    found = probes_by_name(alike(stage.health, probes_in_words))
    for texts, (names, open_name) in found.items():
        if texts:
            about = f"{hosts(names)}, each with its own name for {NAME}" if open_name else hosts(names)
            yield about if len(found) > 1 or open_name else "", texts


def probes_in_words(probes: Iterable[Probe]) -> tuple[str, ...]:
    return tuple(map(probe, probes))


K = TypeVar("K")


def alike(found: Mapping[str, T], key: Callable[[T], K]) -> dict[K, list[str]]:
    """The hosts by what is said of them, in order. What hosts share is put into words once."""
    keys: dict[int, K] = {}
    groups: dict[K, list[str]] = {}
    for host, thing in found.items():
        if id(thing) not in keys:
            keys[id(thing)] = key(thing)
        groups.setdefault(keys[id(thing)], []).append(host)
    return groups


# --- steps -------------------------------------------------------------------------------------------------------


class _Steps:
    """Puts steps into words."""

    def __init__(
        self, read: Reading, findings: Findings | None, fold: Callable[[tuple[Alike, ...]], tuple[Alike, ...]]
    ) -> None:
        self._read = read
        self._findings = findings
        self._fold = fold

    def __call__(self, step: PlannedStep, *, armed: bool) -> StepFacts:
        items = list(items_of(step))
        return StepFacts(
            id=step.id,
            name=step.name,
            groups=self._groups(step, armed=armed),
            notes=tuple(_notes(step)),
            once=step.once,
            read_only=bool(items) and all(item.body.read_only for item in items),
            no_return=any(item.body.irreversible for item in items),
            registers=tuple(dict.fromkeys(task.register for task in tasks_of(step) if task.register)),
            tags=step.tags,
            later=tuple(self._later(step)),
            place=replace(step.place, file=from_root(step.place.file, self._read.root)),
        )

    def _groups(self, step: PlannedStep, *, armed: bool) -> tuple[Alike, ...]:
        done: dict[int, tuple[str, tuple[Round, ...]]] = {}
        groups: dict[tuple[str, tuple[Round, ...], Finding | None], list[str]] = {}
        for host, task in step.tasks.items():
            if id(task) not in done:
                done[id(task)] = self._work(task, armed=armed)
            finding = self._findings.of(step.id, host) if self._findings is not None else None
            groups.setdefault((*done[id(task)], finding), []).append(host)
        return self._fold(
            tuple(Alike(tuple(names), rounds, loop, finding) for (loop, rounds, finding), names in groups.items())
        )

    def _work(self, task: Task, *, armed: bool) -> tuple[str, tuple[Round, ...]]:
        loop = "" if task.loop is None else said(task.loop)
        return loop, tuple(round_of(item, self._read, armed=armed) for item in task.items)

    def _later(self, step: PlannedStep) -> Iterator[tuple[str, str]]:
        """The names that it waits for. What its own result gives needs no word."""
        names: set[str] = set()
        for task in tasks_of(step):
            found = (leaf for leaf in leaves(task) if isinstance(leaf, Late))
            names.update(name for leaf in found for name in leaf.needs if name != task.register)
        return ((name, self._read.known_after.get(name, "")) for name in sorted(names))


def _notes(step: PlannedStep) -> Iterator[str]:
    items = list(items_of(step))
    if step.once is not None:
        yield "once for the run" if step.once == "run" else "once for the stage"
    if items and all(item.body.read_only for item in items):
        yield "changes nothing"
    if any(item.body.irreversible for item in items):
        yield "point of no return"
