"""A runbook as a Markdown checklist: what a person would do by hand, and how to undo it, in the order of the work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from executor.model.plans import Plan
from executor.model.runbooks import Runbook
from executor.planning.shown.words import hosts
from executor.report.plans.facts import Alike, Round, Sheet, StageFacts, StepFacts
from executor.report.plans.gather import gather
from executor.report.plans.listing import Listing
from executor.report.plans.markup import code, text
from executor.report.plans.naming import NAME
from executor.report.plans.written import parameters, read_sheet, variables
from executor.templates import LATE

MOST_BOXES: Final = 50  # hosts of a stage that get a box each


def checklist(runbook: Runbook, plan: Plan | None = None) -> str:
    """The runbook as Markdown. With a plan of it, every command is as it would be run, on which hosts; without one,
    what an inventory gives stands there by name."""
    sheet = read_sheet(runbook) if plan is None else gather(plan)
    return "\n".join(_Checklist(runbook, sheet).lines()) + "\n"


class _Checklist:
    def __init__(self, runbook: Runbook, sheet: Sheet) -> None:
        self._runbook = runbook
        self._sheet = sheet
        self._list = Listing(boxes=True, undo=False)
        self._undo = Listing()

    def lines(self) -> Iterator[str]:
        """The whole document."""
        sheet = self._sheet
        yield f"# {text(sheet.name)}"
        yield ""
        if sheet.description:
            yield text(sheet.description)
            yield ""
        if sheet.owner:
            yield f"Owner: {text(sheet.owner)}"
            yield ""
        yield from self._values()
        for stage in sheet.stages:
            yield from self._stage(stage)
        if sheet.always:
            yield "## At the end, whatever came of it"
            yield ""
            yield from self._steps(sheet.always)
        yield from self._back()

    def _values(self) -> Iterator[str]:
        """What has to be known before anything begins."""
        plan = self._sheet.plan
        known = {} if plan is None else plan.params
        lines = [
            f"- [ ] {code(name)} {f'= {code(said)}' if name in known else f'({code(said)})'}{_about(description)}"
            for name, said, description in parameters(self._runbook, known)
        ]
        if plan is None:
            lines += [f"- {code(name)} is {code(said)}" for name, said in variables(self._runbook)]
        lines += [f"- {label}: {code(said)}" for label, said in self._sheet.terms]
        if lines:
            yield "## Before you begin"
            yield ""
            if plan is None:
                named = code(LATE.format("name"))
                yield f"Where {named} stands, put the value: one of these, the host's own, or what a step has given."
                yield ""
            yield from lines
            yield ""

    # --- the way forward -----------------------------------------------------------------------------------------

    def _stage(self, stage: StageFacts) -> Iterator[str]:
        yield f"## {text(f'Stage {stage.id}: {stage.name}')}"
        yield ""
        if stage.skipped:
            yield text(f"Skipped: {stage.skipped}.")
            yield ""
            return
        for label, said in stage.arithmetic:
            yield f"- {label}: {text(said) if label in _WORDS else code(said)}"
        yield ""
        boxes = list(self._boxes(stage))
        yield from boxes
        for part in stage.parts:
            if part.title or len(stage.parts) > 1 or stage.health or boxes:
                yield f"### {part.title or 'Steps'}"
                yield ""
            yield from self._steps(part.steps)
            if part.role == "steps" and stage.health:
                yield "### Health, before a host counts as done"
                yield ""
                for names, probes in stage.health:
                    about = f"{text(names)}: " if names else ""
                    yield from (f"- [ ] {about}{code(probe)}" for probe in probes)
                yield ""

    def _boxes(self, stage: StageFacts) -> Iterator[str]:
        """A box for each host, where there are several and they do not go side by side."""
        planned = stage.planned
        if planned is None or not 1 < len(planned.hosts) <= MOST_BOXES or stage.batches == "all at once":
            return
        yield "All that follows is done on each of these; tick a host when it is done:"
        yield ""
        yield from (f"- [ ] {text(host)}" for host in planned.hosts)
        yield ""

    def _steps(self, steps: Iterable[StepFacts]) -> Iterator[str]:
        for step in steps:
            yield from self._list.step(step)
        yield ""

    # --- the way back --------------------------------------------------------------------------------------------

    def _back(self) -> Iterator[str]:
        steps = [
            (step, undone)
            for stage in reversed(self._sheet.stages)
            for part in stage.parts
            if part.role == "steps"
            for step in reversed(part.steps)
            if (undone := list(_undone(step))) or step.no_return
        ]
        if not steps:
            return
        yield "## If it goes wrong"
        yield ""
        yield "Stop. Undo what has been started, and nothing else: from the top of this list down, on each host."
        if any(part.role == "drain" for stage in self._sheet.stages for part in stage.parts):
            yield "A host leaves traffic before its steps are undone, and returns when it is healthy."
        yield ""
        for step, undone in steps:
            yield from self._undo_step(step, undone)
        yield ""

    def _undo_step(self, step: StepFacts, undone: list[tuple[Alike, Round]]) -> Iterator[str]:
        name = text(f"{step.id} {step.name}")
        if undone and all(one.undo is not None and one.undo.how == "unsaid" for _, one in undone):
            yield f"- **{name}**: the runbook does not say how this is undone."
        elif undone:
            yield f"- [ ] **{name}**"
            yield from self._undo_groups(step, undone)
        if step.no_return:
            yield f"- **{name}**: once this has been started, there is no way back. Nothing below is undone."

    def _undo_groups(self, step: StepFacts, undone: list[tuple[Alike, Round]]) -> Iterator[str]:
        for group, one in undone:
            margin = "  "
            if len(step.groups) > 1 or group.by_name:
                own = f", each with its own name for {code(NAME)}" if group.by_name else ""
                yield f"  - {text(hosts(group.hosts))}{own}:"
                margin = "    "
            if one.label:
                yield f"{margin}- For {code(one.label)}:"
                margin += "  "
            elif group.loop:
                yield f"{margin}- For each item of {code(group.loop)}, the last first:"
                margin += "  "
            if one.undo is not None:
                yield from self._undo.way_back(one.undo, margin)


_WORDS: Final = frozenset({"Hosts", "Batches", "Between", "On failure", "Left out"})


def _about(description: str) -> str:
    return f": {text(description)}" if description else ""


def _undone(step: StepFacts) -> Iterator[tuple[Alike, Round]]:
    """What of a step has to be undone, the last round first."""
    for group in step.groups:
        for one in reversed(group.rounds):
            if one.undo is not None and one.undo.how != "none":
                yield group, one
