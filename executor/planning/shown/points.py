"""What an abort leads to, stage by stage: which steps are undone, how far back, and what stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from executor.model.plans import Plan, PlannedStage, PlannedStep
from executor.model.steps import Item
from executor.planning.shown.lines import Line, labelled, plain
from executor.planning.shown.steps import changes, items_of, off, undoing
from executor.planning.shown.words import counted, hosts, joined

MOST_STEPS = 8  # that are named one by one


@dataclass(frozen=True, slots=True)
class Point:
    """An abort in a stage. `undone` are the steps that its rollback may undo, the last first; `end` is the step behind
    which it does not go back on that step's hosts: a point of no return that has been passed, or (`open`) one that may
    have been: that of this stage, or of an earlier one where a guard or the run decides whether it is needed."""

    stage: PlannedStage
    undone: tuple[PlannedStep, ...]
    end: PlannedStep | None = None
    open: bool = False


def points(plan: Plan) -> tuple[Point, ...]:
    """For each stage that does anything, what giving it up would undo."""
    found: list[Point] = []
    before: tuple[PlannedStep, ...] = ()
    passed: PlannedStep | None = None
    for stage in plan.stages:
        if stage.skipped:
            continue
        own = tuple(step for step in reversed(stage.steps) if _is_undone(step, plan.root))
        ends = [step for step in stage.steps if _is_end(step)]
        undone = () if stage.on_failure == "stop" else own if stage.rollback_scope == "stage" else (*own, *before)
        last = ends[-1] if ends else passed
        found.append(Point(stage, undone, last, open=last is not None and (bool(ends) or not _is_sure(last))))
        before = (*own, *before)
        for passed in ends:
            later = {step.id for step in stage.steps[stage.steps.index(passed) :]}
            before = tuple(step for step in before if step.id in later or not _is_held_back(step, passed))
    return tuple(found)


def _is_held_back(step: PlannedStep, end: PlannedStep) -> bool:
    """Whether a point of no return that comes later keeps a step from being undone on every host that has done it."""
    return _is_sure(end) and (bool(step.once or end.once) or step.tasks.keys() <= _hosts_of(end))


def _is_sure(end: PlannedStep) -> bool:
    """Whether a step is known to run: no guard and no condition of the run's may say that it is not needed."""
    bodies = [item.body for item in items_of(end) if not item.when]
    guards = (guard for body in bodies for guard in (body.unless, body.only_if, body.creates, body.removes))
    return bool(bodies) and len(bodies) == len(list(items_of(end))) and all(guard is None for guard in guards)


def _hosts_of(end: PlannedStep) -> frozenset[str]:
    """The hosts for which a step is a point of no return."""
    return frozenset(host for host, task in end.tasks.items() if any(map(_is_final, task.items)))


def _is_final(item: Item) -> bool:
    return item.body.irreversible and off(item) is None


def in_words(plan: Plan) -> list[tuple[str, str]]:
    """The points as stages and what is undone; stages of which the same is to be said are one."""
    told = [(hosts([point.stage.id for point in same]), text) for text, same in groupby(points(plan), _text)]
    return [(f"in stage{'' if ids.isdigit() else 's'} {ids}", text) for ids, text in told]


def from_each(plan: Plan) -> Iterator[Line]:
    """The points as lines."""
    told = in_words(plan)
    width = max((len(stages) for stages, _ in told), default=0) + 2
    yield from (labelled(stages, text, 4, width) for stages, text in told)


def _text(point: Point) -> str:
    if point.stage.on_failure == "stop":
        return "nothing by itself: it stops, to be resumed or rolled back"
    names = [step.id for step in point.undone]
    if len(names) > MOST_STEPS:
        more = counted(len(names) - MOST_STEPS + 1, "more step")
        names = [*names[: MOST_STEPS - 1], f"and {more}, back to {names[-1]}"]
    where = {"host": "on the hosts that failed alone", "stage": "its own steps alone", "run": ""}
    return joined([joined(names) or "nothing", where[point.stage.rollback_scope] if names else "", _end(point)], "; ")


def _end(point: Point) -> str:
    end = point.end
    if end is None:
        return ""
    if point.open:
        return f"once {end.id} has started, nothing before that{'' if end.once else ' on that host'}"
    where = "" if end.once else f" on {hosts([host for host in end.tasks if host in _hosts_of(end)])}"
    return f"nothing before {end.id} any more{where}"


def staying(plan: Plan) -> list[PlannedStep]:
    """The steps that change something and have nothing to undo, by the runbook's own word."""
    return [step for stage in plan.stages for step in stage.steps if any(map(_stays, items_of(step)))]


def said_to_stay(plan: Plan) -> Iterator[Line]:
    """Those steps as lines."""
    steps = staying(plan)
    if steps:
        yield plain("Changes that have nothing to undo, as the runbook says:", 2)
        yield from (plain(f"{step.id}  {step.name}", 4, hang=len(step.id) + 2) for step in steps)


def _stays(item: Item) -> bool:
    return item.rollback == () and changes(item)


def _is_undone(step: PlannedStep, root: str) -> bool:
    return any(undoing(item, root) for item in items_of(step))


def _is_end(step: PlannedStep) -> bool:
    return any(item.body.irreversible for item in items_of(step))
