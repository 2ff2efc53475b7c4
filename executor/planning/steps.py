"""The steps of a stage in their order: blocks and includes flattened, each with its task for every host."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from executor.errors import Problem
from executor.model.leaves import Late, Template, Value
from executor.model.plans import PlannedStep
from executor.model.steps import Block, Include, Step, StepNode, Task
from executor.planning.frames import Frame
from executor.planning.scope import Scope
from executor.planning.selection import chosen
from executor.planning.sharing import Reader, Shared
from executor.planning.site import Site
from executor.planning.tasks import Maker, known_loop, label_of


def plan_steps(
    site: Site, nodes: Iterable[StepNode], frame: Frame, prefix: str, *, by_tags: bool = False
) -> tuple[PlannedStep, ...]:
    """The steps with their ids (`prefix` and a number). `by_tags`: --tags chooses among them; else --skip-tags may
    leave some out, by their own tags."""
    numbers = count(1)
    planned: list[PlannedStep] = []
    for step, at in _flat(site, nodes, frame):
        tags = at.tags | frozenset(step.tags)
        if chosen(tags, site.options) if by_tags else not tags & frozenset(site.options.skip_tags):
            planned.append(_planned(site, step, at, f"{prefix}{next(numbers)}"))
    return tuple(planned)


def _flat(site: Site, nodes: Iterable[StepNode], frame: Frame) -> Iterator[tuple[Step, Frame]]:
    """Lazily: a block's loop may go over what the steps before it have given."""
    for node in nodes:
        match node:
            case Step():
                yield node, frame
            case Include():
                yield from _flat(site, node.steps, frame.within_include(node))
            case Block(loop=None):
                yield from _flat(site, node.steps, frame.within_block(node))
            case Block():
                within = frame.within_block(node)
                for inner in _rounds(site, node, within):
                    yield from _flat(site, node.steps, inner)


def _rounds(site: Site, block: Block, frame: Frame) -> Iterator[Frame]:
    """The rounds of a block's loop, each with the hosts whose list is long enough."""
    own = {**frame.outer, **frame.includes}

    def make(reader: Reader) -> tuple[list[Any], tuple[Problem, ...]]:
        scope = Scope(site, own, reader, stage=frame.stage)
        return known_loop(block, scope), tuple(scope.problems)

    lists = for_each_host(site, frame, make)
    for number in range(max((len(values) for values in lists.values()), default=0)):
        items = {host: values[number] for host, values in lists.items() if number < len(values)}
        labels = {label_of(item) for item in items.values()}
        yield frame.round(number, items, labels.pop() if len(labels) == 1 else f"item {number + 1}")


def _planned(site: Site, step: Step, frame: Frame, number: str) -> PlannedStep:
    tasks: dict[str, Task] = for_each_host(site, frame, Maker(site, step, frame, number))
    site.ledger.give(step, frame.hosts)
    titles = {task.name for task in {id(task): task for task in tasks.values()}.values() if isinstance(task.name, str)}
    late = any(not isinstance(task.name, str) for task in tasks.values())
    written = step.name.text if isinstance(step.name, Template) else str(step.name)
    return PlannedStep(
        number,
        titles.pop() if len(titles) == 1 and not late else written + frame.label,
        tasks,
        step.place,
        step.once,
        _identity(step, frame) if step.once else "",
        tuple(sorted(frame.tags | frozenset(step.tags))),
    )


def for_each_host(site: Site, frame: Frame, make: Any) -> dict[str, Any]:
    """What `make` gives for each host of a frame, made once for hosts that are alike; problems go to the site."""
    shared: Shared[tuple[Any, tuple[Problem, ...]]] = Shared(site.fingerprints)
    made: dict[str, Any] = {}
    troubled: dict[Problem, list[str]] = {}
    for host in frame.hosts:
        made[host], problems = shared.get(site.look(host, frame.items), make)
        for problem in problems:
            troubled.setdefault(problem, []).append(host)
    for problem, hosts in troubled.items():
        site.problems.add([problem], hosts, frame.hosts)
    return made


def _identity(step: Step, frame: Frame) -> str:
    """Which work a `once` step is: where it is written, in which round of a loop, with which variables of includes."""
    text = f"{step.place}"
    if frame.rounds:
        text += " round " + ".".join(str(number + 1) for number in frame.rounds)
    if frame.includes:
        text += " " + hashlib.sha256(repr(_written(frame.includes)).encode()).hexdigest()[:12]
    return text


def _written(value: Value | Mapping[str, Value]) -> Any:
    match value:
        case Template(text=text) | Late(template=Template(text=text)):
            return "{}", text
        case Mapping():
            return sorted((key, _written(item)) for key, item in value.items())
        case list() | tuple():
            return [_written(item) for item in value]
    return value
