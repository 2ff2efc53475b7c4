"""A plan in a few sentences and numbers: what a reviewer wants to know before anything else."""

from __future__ import annotations

from collections.abc import Iterator

from executor.model import amounts
from executor.planning.findings import Findings
from executor.planning.shown.verdicts import summed_up
from executor.planning.shown.words import counted, ordinal
from executor.report.plans.facts import Sheet, StageFacts, StepFacts


def work(sheet: Sheet) -> str:
    """How much there is to do, on how many hosts."""
    stages = [stage for stage in sheet.stages if not stage.skipped]
    skipped = len(sheet.stages) - len(stages)
    much = (
        f"{counted(len(sheet.steps), 'step')} in {counted(len(stages), 'stage')} on {counted(len(sheet.hosts), 'host')}"
    )
    return f"{much}; {counted(skipped, 'stage')} skipped" if skipped else much


def sentences(sheet: Sheet) -> Iterator[str]:
    """What is asked of people, what cannot be undone, how long it can wait."""
    questions = sum(len(one.questions) for one in sheet.asked)
    yield f"{counted(questions, 'question')} to a person." if questions else "Nobody is asked anything."
    points = [way.name for way in sheet.way_back if way.no_return]
    if points:
        yield f"{counted(len(points), 'point')} of no return: {', '.join(points[:3])}{' …' if len(points) > 3 else ''}."
    if sheet.stays:
        many = len(sheet.stays)
        yield f"{counted(many, 'change')} with no word on {'its' if many == 1 else 'their'} undoing."
    if not points and not sheet.stays and any(way.how for way in sheet.way_back):
        yield "Every change has a way back, or a word that it needs none."
    if sheet.waits:
        yield f"Waits: {sheet.in_all}."


def row(stage: StageFacts) -> tuple[str, str, str, str, str]:
    """A stage in a table: its name, hosts, batches, steps, and at which failure it is given up."""
    title = f"{stage.id} {stage.name}"
    if stage.skipped:
        return title, f"skipped: {stage.skipped}", "", "", ""
    steps = str(sum(len(part.steps) for part in stage.parts if part.role == "steps"))
    return title, stage.hosts, _at_once(stage), steps, _aborts(stage)


def _at_once(stage: StageFacts) -> str:
    planned = stage.planned
    if planned is None or len(planned.hosts) == 1:
        return ""
    if planned.max_unavailable is not None:
        return f"at most {amounts.window(planned.max_unavailable, len(planned.hosts))}"
    cuts = amounts.cut(planned.hosts, planned.serial)
    return stage.batches if len(cuts) in {1, len(planned.hosts)} else f"{len(cuts):,} batches"


def _aborts(stage: StageFacts) -> str:
    """At which failure a stage is given up, and what then, as short as it goes."""
    planned = stage.planned
    if planned is None:
        return ""
    total = len(planned.hosts)
    allowed = amounts.allowed_failures(planned.max_failures, total)
    then = {"rollback": "rolls back", "stop": "stops", "ask": "asks"}[planned.on_failure]
    if allowed >= total:
        return "goes on"
    return then if total == 1 else f"{ordinal(allowed + 1)} of {total:,}: {then}"


def gist(step: StepFacts) -> str:
    """The beginning of what a step does; empty where that differs from host to host, or is a list."""
    rounds = [one for group in step.groups for one in group.rounds]
    if len(rounds) != 1 or rounds[0].skipped:
        return ""
    does = rounds[0].does
    return next(iter((*does.words, does.code.split("\n", 1)[0])), "")


def found(findings: Findings) -> Iterator[str]:
    """What a check of the hosts adds up to, what needs somebody first."""
    yield summed_up(findings)
    for host, why in findings.unreachable.items():
        yield f"{host} could not be asked: {why}"
