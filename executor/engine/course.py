"""The way forward of a host through a stage."""

from __future__ import annotations

from executor.engine.state import Do, Element, Gate, Leave
from executor.model.plans import PlannedStage, PlannedStep


def forward(stage: PlannedStage, at: int, host: str) -> tuple[Element, ...]:
    """Drain, steps, health, restore, always. A step that is not for this host is left out, unless it is a barrier."""
    gate: tuple[Element, ...] = (Gate(at),) if stage.health.get(host) else ()
    return (
        *(Do("drain", step) for step in stage.drain if host in step.tasks),
        *(Do("steps", step) for step in stage.steps if host in step.tasks or step.once is not None),
        *gate,
        *(Do("restore", step) for step in stage.restore if host in step.tasks),
        *(Do("always", step) for step in stage.always if host in step.tasks),
        Leave(),
    )


def once_key(step: PlannedStep) -> str:
    """What makes two steps the same one that runs once."""
    return (step.once_key or step.id) if step.once == "run" else step.id
