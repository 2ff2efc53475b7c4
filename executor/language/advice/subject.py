"""What advice is given about: a runbook, how it was written, and every step of it with what it inherits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from executor.language.draft import Declared, Role
from executor.language.nodes import MapNode, Node, Scalar
from executor.language.runbooks import Written
from executor.model.actions import Checklist, ProbeAction
from executor.model.inventories import Inventory
from executor.model.leaves import Duration, Flag, Kind, Template, Text
from executor.model.places import Place
from executor.model.probes import Probe
from executor.model.runbooks import Runbook, Stage
from executor.model.steps import Settings, Step, StepNode

Owner: TypeAlias = Stage | Step | Probe


@dataclass(frozen=True, slots=True)
class Around:
    """What a step inherits, as far as advice asks for it."""

    executable: Text = "/bin/sh -e"
    timeout: Duration | None = None
    become: Flag = False
    ignore_errors: Flag = False
    delegate_to: Text | None = None

    def with_settings(self, said: Settings) -> Around:
        return Around(
            self.executable if said.executable is None else said.executable,
            self.timeout if said.timeout is None else said.timeout,
            self.become if said.become is None else said.become,
            self.ignore_errors if said.ignore_errors is None else said.ignore_errors,
            self.delegate_to if said.delegate_to is None else said.delegate_to,
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """A step where it stands. `stage` is None for the steps at the end of the run."""

    step: Step
    role: Role
    settings: Around  # its own over what it inherits
    stage: Stage | None


@dataclass(frozen=True)
class Subject:
    """A runbook under advice; with an inventory, where one is known."""

    written: Written
    inventory: Inventory | None = None

    @property
    def runbook(self) -> Runbook:
        return self.written.runbook

    @property
    def mappings(self) -> Mapping[Place, MapNode]:
        return self.written.mappings

    @property
    def declared(self) -> tuple[Declared, ...]:
        return self.written.declared

    @property
    def folder(self) -> Path:
        """Below which local files are looked for."""
        return Path(self.runbook.root)

    @cached_property
    def steps(self) -> tuple[Seen, ...]:
        """Every step, handlers and what always runs among them."""
        return tuple(_steps(self.runbook))

    def probes(self) -> Iterator[tuple[Probe, Stage | None]]:
        """Every probe: of steps, checklists, gates and watches."""
        for stage in self.runbook.stages:
            yield from ((probe, stage) for probe in (*stage.health, *stage.watch))
        for seen in self.steps:
            if isinstance(seen.step.body.action, ProbeAction):
                yield seen.step.body.action.probe, seen.stage
            if isinstance(seen.step.body.action, Checklist):
                yield from ((item.probe, seen.stage) for item in seen.step.body.action.items if item.probe)
            if seen.step.body.verify is not None:
                yield seen.step.body.verify, seen.stage

    def key(self, owner: Owner, name: str) -> Place:
        """Where a key is written; where it is not, the place of what it would belong to."""
        found = self.mappings.get(owner.place)
        return found.keys.get(name, owner.place) if found is not None else owner.place

    def value(self, owner: Owner, *path: str) -> Node | None:
        """What is written under a key, or under keys within each other."""
        node: Node | None = self.mappings.get(owner.place)
        for name in path:
            node = node.items.get(name) if isinstance(node, MapNode) else None
        return node

    def text(self, owner: Owner, *path: str) -> Template | None:
        """A text as a template, so that a part of it can be pointed at; None where there is none."""
        node = self.value(owner, *path)
        return Template(node.text, Kind.SHELL, node.body) if isinstance(node, Scalar) else None


def _steps(runbook: Runbook) -> Iterator[Seen]:
    own = Around().with_settings(runbook.settings)
    for stage in runbook.stages:
        around = own.with_settings(stage.settings)
        traffic = stage.traffic
        yield from _within(traffic.drain if traffic else (), "traffic", around, stage)
        yield from _within(stage.steps, "forward", around, stage)
        yield from _within(traffic.restore if traffic else (), "traffic", around, stage)
        yield from _within(stage.always, "always", around, stage)
    yield from _within(runbook.always, "always", own, None)


def _within(nodes: Iterable[StepNode], role: Role, around: Around, stage: Stage | None) -> Iterator[Seen]:
    for node in nodes:
        if isinstance(node, Step):
            own = around.with_settings(node.body.settings)
            yield Seen(node, role, own, stage)
            # A handler has the time limit of what is around its step, not the step's own.
            yield from _within(node.rollback or (), "handler", replace(own, timeout=around.timeout), stage)
            continue
        settings = getattr(node, "settings", Settings())  # an include has none
        yield from _within(node.steps, role, around.with_settings(settings), stage)
