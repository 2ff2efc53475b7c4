"""What a step inherits from the runbook, its stage, blocks and includes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from executor.model.leaves import Text, Value
from executor.model.runbooks import Stage
from executor.model.steps import Block, Include, Settings, Step
from executor.planning.options import PlanOptions
from executor.planning.sharing import NOTHING


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a step stands. `items` is the round of a block's loop that it belongs to, by host."""

    stage: str  # its name
    stage_id: str
    hosts: tuple[str, ...]
    base: Settings  # the stage's: all that a handler has of it beside what it inherits from its step
    settings: Settings
    outer: Mapping[str, Value] = field(default_factory=dict)  # vars_files, runbook, stage, blocks: below the step
    includes: Mapping[str, Value] = field(default_factory=dict)  # above the step
    when: tuple[Text | bool, ...] = ()
    tags: frozenset[str] = frozenset()
    items: Mapping[str, Value] | None = None
    rounds: tuple[int, ...] = ()  # of the blocks' loops, from the outermost
    label: str = ""  # of the round, for names
    rollback_none: bool = False

    def vars(self, step: Step) -> dict[str, Value]:
        """The step's variables with all around it: an include wins over the step, the step over its blocks."""
        return {**self.outer, **step.vars, **self.includes}

    def within_block(self, block: Block) -> Frame:
        return replace(
            self,
            settings=over(self.settings, block.settings),
            outer={**self.outer, **block.vars},
            when=(*self.when, *block.when),
            tags=self.tags | frozenset(block.tags),
        )

    def within_include(self, include: Include) -> Frame:
        return replace(
            self,
            includes={**self.includes, **include.vars},
            when=(*self.when, *include.when),
            tags=self.tags | frozenset(include.tags),
        )

    def round(self, number: int, items: Mapping[str, Value], label: str) -> Frame:
        """One round of a block's loop: the hosts that have it, each with its item."""
        return replace(
            self,
            hosts=tuple(host for host in self.hosts if items.get(host, NOTHING) is not NOTHING),
            items=items,
            rounds=(*self.rounds, number),
            label=f"{self.label} ({label})" if label else self.label,
        )

    def handler(self, step: Step) -> Frame:
        """What a step's handler inherits: its variables and how its commands run; no conditions, guards or tags."""
        given = over(self.settings, step.body.settings)
        inherited = replace(given, timeout=self.base.timeout, ignore_errors=None)
        return replace(self, settings=inherited, outer=self.vars(step), includes={}, when=(), tags=frozenset())


def unsaid(options: PlanOptions, become: bool | None, become_user: str | None) -> Settings:
    """What holds for a host's steps where the runbook says nothing: the inventory's word, below it the flags'."""
    flags = Settings(become=options.become or None, become_user=options.become_user)
    return over(flags, Settings(become=become, become_user=become_user))


def of_stage(stage: Stage, number: str, hosts: tuple[str, ...], own: Mapping[str, Value], settings: Settings) -> Frame:
    """The frame of a stage's steps; `own` and `settings` are the runbook's."""
    base = over(settings, stage.settings)
    return Frame(
        stage.name,
        number,
        hosts,
        base=base,
        settings=base,
        outer={**own, **stage.vars},
        tags=frozenset(stage.tags),
        rollback_none=stage.rollback_none,
    )


def over(below: Settings, above: Settings) -> Settings:
    """Settings over others: what `above` says holds; environments are put together."""
    said = {
        name: value
        for name in (
            *("chdir", "executable", "become", "become_user", "delegate_to", "timeout", "no_log", "ignore_errors"),
            *("durable", "output_limit"),
        )
        if (value := getattr(above, name)) is not None
    }
    if above.environment:
        said["environment"] = {**below.environment, **above.environment}
    return replace(below, **said) if said else below
