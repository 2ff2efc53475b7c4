"""A plan as a Mermaid flowchart: stages, their batches and gates, where they are given up, and the way back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from executor.model import amounts
from executor.model.plans import Plan
from executor.planning.findings import Findings
from executor.planning.shown.lines import safe
from executor.planning.shown.words import counted
from executor.report.plans.facts import Sheet, StageFacts, StepFacts, Way
from executor.report.plans.gather import gather
from executor.report.plans.headline import row
from executor.report.plans.markup import clipped

# Mermaid draws no text beyond 50,000 characters and no more than 500 edges.
_MOST_STEPS: Final = 120  # drawn one by one in the whole chart; beyond it a stage is one box
_MOST_STAGES: Final = 60
_MOST_BACK: Final = 60  # steps of the way back
_LONGEST: Final = 60  # characters of a label

# What may stand in a label as it is. Everything else is written as a number, which Mermaid draws as the character.
_OTHER = re.compile(r"[^\w ,./+=()\[\]'!?-]|(?<=[-.=x])[-.=]|//")


def mermaid(plan: Plan, *, findings: Findings | None = None) -> str:
    """The plan as the text of a flowchart."""
    return "\n".join(_chart(gather(plan, findings))) + "\n"


def label(said: str) -> str:
    """A text as a label, in quotes: nothing in it is Mermaid's."""
    line = clipped(safe(" ".join(said.split())), _LONGEST) or "…"
    return '"' + _OTHER.sub(lambda found: "".join(f"#{ord(char)};" for char in found[0]), line) + '"'


def _chart(sheet: Sheet) -> Iterator[str]:
    stages = [stage for stage in sheet.stages if not stage.skipped]
    shown = stages[:_MOST_STAGES]
    draw = _Stages(
        each=sum(len(stage.steps) for stage in shown) <= _MOST_STEPS, asked=frozenset(one.step for one in sheet.asked)
    )
    back = sheet.way_back
    yield "flowchart TD"
    yield f"  begin([{label(sheet.name)}])"
    before = "begin"
    for stage in shown:
        yield from draw.stage(stage)
        yield f"  {before} --> s{stage.id}_in"
        yield from _failing(stage, bool(back))
        before = f"s{stage.id}_out"
    if len(stages) > len(shown):
        yield f"  more[{label(f'… {len(stages) - len(shown)} more stages')}]"
        yield f"  {before} --> more"
        before = "more"
    yield f"  {before} --> done([done])"
    if any(_stops(stage) for stage in shown):
        yield f"  stopped([{label('stopped as it is: resume or roll back')}]):::ask"
    if back:
        yield from _back(back)
    yield "  classDef ask fill:#fff3bf,stroke:#b08800,color:#3d2f00"
    yield "  classDef gate fill:#d3f9d8,stroke:#2b8a3e,color:#0b3d17"
    yield "  classDef undo fill:#ffe3e3,stroke:#c92a2a,color:#4a0d0d"


def _stops(stage: StageFacts) -> bool:
    return stage.planned is not None and stage.planned.on_failure == "stop"


def _failing(stage: StageFacts, undoing: bool) -> Iterator[str]:
    """Where a stage leads to that is given up."""
    aborts = row(stage)[4]
    if aborts == "goes on" or not (undoing or _stops(stage)):
        return
    yield f"  s{stage.id}_out -. {label(aborts or 'fails')} .-> {'stopped' if _stops(stage) else 'back_in'}"


@dataclass(frozen=True, slots=True)
class _Stages:
    each: bool  # steps are drawn one by one
    asked: frozenset[str]  # steps that ask a person

    def stage(self, stage: StageFacts) -> Iterator[str]:
        """A stage in a box of its own: who enters, what is done, the gate, and back for the next batch."""
        sid = f"s{stage.id}"
        title, hosts, at_once, _, _ = row(stage)
        yield f"  subgraph {sid}[{label(title)}]"
        yield "    direction TB"
        yield f"    {sid}_in([{label(f'{hosts}, {at_once}' if at_once else hosts)}])"
        before = f"{sid}_in"
        for name, shape in self._nodes(stage, sid):
            yield f"    {name}{shape}"
            yield f"    {before} --> {name}"
            before = name
        yield f"    {sid}_out{{{label('all went well?')}}}:::gate"
        yield f"    {before} --> {sid}_out"
        if stage.planned is not None and len(amounts.cut(stage.planned.hosts, stage.planned.serial)) > 1:
            yield f"    {sid}_out -- {label('the next hosts')} --> {sid}_in"
        yield "  end"

    def _nodes(self, stage: StageFacts, sid: str) -> Iterator[tuple[str, str]]:
        for part in stage.parts:
            if self.each:
                for number, step in enumerate(part.steps, 1):
                    yield f"{sid}_{part.role}_{number}", self._shape(step)
            else:
                title = f"{part.title}: " if part.title else ""
                yield f"{sid}_{part.role}", f"[{label(title + counted(len(part.steps), 'step'))}]"
            if part.role == "steps" and stage.health:
                probes = stage.health[0][1]
                more = f": {counted(len(probes), 'probe')}" if len(probes) > 1 else ""
                yield f"{sid}_health", f"{{{{{label(f'healthy?{more}')}}}}}:::gate"

    def _shape(self, step: StepFacts) -> str:
        name = label(f"{step.id} {step.name}")
        kinds = {one.does.kind for group in step.groups for one in group.rounds}
        if step.id in self.asked:
            return f"[/{name}/]:::ask"
        if kinds and kinds <= {"probe", "assert", "checklist"}:
            return f"{{{{{name}}}}}:::gate"
        return f"[[{name}]]:::undo" if step.no_return else f"[{name}]"


def _back(back: tuple[Way, ...]) -> Iterator[str]:
    yield f"  subgraph back[{label('If it fails: what has been started, the last first')}]"
    yield "    direction TB"
    yield f"    back_in([{label('roll back')}])"
    before = "back_in"
    shown = back[:_MOST_BACK]
    for number, way in enumerate(shown, 1):
        name = f"back_{number}"
        said = f"{way.step} {way.name}: point of no return" if way.no_return else f"undo {way.step} {way.name}"
        yield f"    {name}[{label(said)}]:::undo"
        yield f"    {before} --> {name}"
        before = name
    if len(back) > len(shown):
        yield f"    back_more[{label(f'… {len(back) - len(shown)} more')}]:::undo"
        yield f"    {before} --> back_more"
    yield "  end"
