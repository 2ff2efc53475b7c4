"""Names that are read too early or out of place, as far as that is known without an inventory.

With an inventory planning knows every name; without one most names may come from it. Never from it come the results
that steps register, and the item of a loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from executor.errors import InvalidInput, Problem
from executor.model.leaves import Template
from executor.model.places import Place
from executor.model.runbooks import Runbook, Stage
from executor.model.steps import Body, Step, StepNode
from executor.templates import leaves, place_of_name, required

_ITEM = "item"


def undefined(runbook: Runbook) -> tuple[Problem, ...]:
    """Every template that reads a result which only a later step registers, or an item where nothing loops."""
    origins = {step.register: step for step in reversed(list(_steps(_all(runbook)))) if step.register}
    walk = _Walk(origins, frozenset())
    for stage in runbook.stages:
        walk.stage(stage)
    walk.nodes(runbook.always)
    return tuple(dict.fromkeys(walk.problems))


@dataclass(slots=True)
class _Walk:
    """Goes through a runbook in the order in which it is run. `given` are the names that steps before have given."""

    origins: dict[str, Step]
    given: frozenset[str]
    problems: list[Problem] = field(default_factory=list)

    def stage(self, stage: Stage) -> None:
        self.look((stage.when, stage.hosts))
        traffic = stage.traffic
        self.nodes(traffic.drain if traffic else ())
        self.nodes(stage.steps)
        # What is asked while the stage runs may read what its steps give.
        self.look((stage.health, stage.watch))
        self.nodes(traffic.restore if traffic else ())
        self.nodes(stage.always)

    def nodes(self, nodes: Iterable[StepNode], *, looped: bool = False) -> None:
        for node in nodes:
            if isinstance(node, Step):
                self.step(node, looped=looped or node.loop is not None)
                continue
            self.look(node.when, looped=looped)
            inner = looped or getattr(node, "loop", None) is not None
            self.nodes(node.steps, looped=inner)

    def step(self, step: Step, *, looped: bool) -> None:
        before, after = _parts(step.body)
        self.look((step.name, step.when, before), looped=looped)
        self.look(step.loop)
        if step.register:
            self.given |= {step.register}
        self.look(after, looped=looped)
        self.nodes(step.rollback or (), looped=looped)

    def look(self, node: object, *, looped: bool = False) -> None:
        """Note the names that a part of the runbook reads without being able to have them."""
        for leaf in leaves(node):
            if isinstance(leaf, Template):
                for name in sorted(_required(leaf)):
                    if name in self.origins and name not in self.given:
                        self.problems.append(_too_early(name, self.origins[name], place_of_name(leaf, name)))
                    elif name == _ITEM and not looped:
                        self.problems.append(_no_loop(place_of_name(leaf, name)))


def _parts(body: Body) -> tuple[object, object]:
    """What a step reads before it has a result, and what may read that result."""
    before = replace(body, failed_when=None, changed_when=None, retry=None)
    return before, (body.failed_when, body.changed_when, body.retry)


def _required(leaf: Template) -> frozenset[str]:
    try:
        return required(leaf)
    except InvalidInput:
        return frozenset()  # a template that cannot be read is told of elsewhere


def _too_early(name: str, step: Step, place: Place) -> Problem:
    title = step.name if isinstance(step.name, str) else getattr(step.name, "text", "")
    hint = f"it is registered by the step {title!r}, which comes later"
    return Problem(f"{name!r} is not defined here", place, hint, "undefined", notes=(("registered here", step.place),))


def _no_loop(place: Place) -> Problem:
    return Problem("'item' has no meaning here", place, "only a step with `loop` has an item", "undefined")


def _all(runbook: Runbook) -> Iterator[StepNode]:
    for stage in runbook.stages:
        traffic = stage.traffic
        for nodes in (traffic.drain if traffic else (), stage.steps, traffic.restore if traffic else (), stage.always):
            yield from nodes
    yield from runbook.always


def _steps(nodes: Iterable[StepNode]) -> Iterator[Step]:
    for node in nodes:
        if isinstance(node, Step):
            yield node
            yield from _steps(node.rollback or ())
        else:
            yield from _steps(node.steps)
