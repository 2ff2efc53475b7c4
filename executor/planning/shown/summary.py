"""What a reviewer wants first and last: what a person is asked, how it is undone, how long it can wait."""

from __future__ import annotations

from collections.abc import Iterator

from executor.model.actions import Checklist, Pause, ProbeAction, Reboot
from executor.model.plans import Plan, PlannedStage, PlannedStep
from executor.model.probes import Probe
from executor.model.steps import Item
from executor.planning.shown.lines import Line, plain
from executor.planning.shown.points import from_each, said_to_stay
from executor.planning.shown.steps import changes, items_of, limited, undoes_itself, undoing
from executor.planning.shown.times import forward_steps, in_words, rounds, span
from executor.planning.shown.words import counted, duration, hosts, said

MOST_ALIKE = 2  # steps with the same timeout that have a row each


def asked(plan: Plan) -> Iterator[Line]:
    """The questions that only a person can answer, by step."""
    for stage in plan.stages:
        if stage.skipped:
            continue
        for step in all_steps(stage):
            found = list(dict.fromkeys(questions(step)))
            if found:
                yield plain(f"{step.id}  {step.name}", 2, hang=len(step.id) + 2)
                yield from (plain(f"[ ] {question}", 6, hang=4) for question in found)
        if stage.pause is not None and stage.pause.prompt is not None:
            yield plain(f"{stage.id}  {said(stage.pause.prompt)} (between the batches of {stage.name})", 2)


def questions(step: PlannedStep) -> Iterator[str]:
    """What the step asks of a person."""
    for item in items_of(step):
        match item.body.action:
            case Checklist(items=items):
                for entry in items:
                    if entry.shell is None and entry.probe is None:
                        yield said(entry.item) + (" (with evidence)" if entry.evidence is True else "")
            case Pause(prompt=prompt) if prompt is not None:
                yield said(prompt)


def rollback(plan: Plan) -> Iterator[Line]:
    """What is undone, in its order, and what is not."""
    order = list(_undoing(plan))
    if order:
        yield plain("What has been started is undone in this order, on each host the last first:", 2)
        yield from order
        if any(stage.drain or any(stage.health.values()) for stage in plan.stages):
            yield plain("On this way, too, a host leaves traffic first, and returns only when its health passes.", 2)
        yield plain("So much of it when a stage is given up:", 2)
        yield from from_each(plan)
    else:
        yield plain("Nothing in this plan can be undone.", 2)
    yield from said_to_stay(plan)
    silent = [step for stage in plan.stages for step in stage.steps if any(is_silent(item) for item in items_of(step))]
    if silent:
        yield plain("Changes that say nothing about their undoing, and stay:", 2, style="warning")
        yield from (plain(f"{step.id}  {step.name}", 4, hang=len(step.id) + 2) for step in silent)


def _undoing(plan: Plan) -> Iterator[Line]:
    for stage in reversed(plan.stages):
        for step in reversed(stage.steps):
            items = list(items_of(step))
            how = list(dict.fromkeys(text for item in items if (text := undoing(item, plan.root))))
            if how:
                where = "once, when every host is done" if step.once else hosts(tuple(step.tasks)[::-1])
                text = f"{step.id}  {step.name} ({where}): {how[0]}"
                more = f" … and {counted(len(how) - 1, 'variant')} of it" if len(how) > 1 else ""
                yield plain(text + more, 4, hang=len(step.id) + 2)
            if any(item.body.irreversible for item in items):
                text = f"{step.id}  {step.name}: the point of no return. Once it has started, nothing below is undone"
                yield plain(text, 4, hang=len(step.id) + 2, style="warning")


def is_silent(item: Item) -> bool:
    """Whether the item changes something and nothing is said about its undoing."""
    said_nothing = item.rollback is None and not item.body.irreversible
    return said_nothing and changes(item) and not undoes_itself(item)


def waits(plan: Plan) -> Iterator[Line]:
    """The longest times that the plan may spend on waiting, longest first, and then the limits of its commands."""
    rows = wait_rows(plan)
    if rows:
        yield plain(in_words(span(plan)), 2)
    for seconds, text in rows:
        yield plain(f"{duration(seconds):<8}{text}", 2, hang=8)


def longest_waits(plan: Plan) -> list[tuple[float, str]]:
    """Every wait as seconds at most and on what, the longest first; then the limits of commands."""
    return [*_longest_first(_waits(plan)), *_longest_first(_limits(plan))]


def wait_rows(plan: Plan) -> list[tuple[float, str]]:
    """As `longest_waits`, for people: more than a few steps with the same timeout are told in one row."""
    alike: dict[float, list[str]] = {}
    for seconds, text in _longest_first(_limits(plan)):
        alike.setdefault(seconds, []).append(text)
    rows = _longest_first(_waits(plan))
    for seconds, texts in alike.items():
        told = texts if len(texts) <= MOST_ALIKE else [f"timeout of each of {counted(len(texts), 'step')}"]
        rows += [(seconds, text) for text in told]
    return rows


def _longest_first(found: Iterator[tuple[float, str]]) -> list[tuple[float, str]]:
    return sorted(dict.fromkeys(found), key=lambda wait: -wait[0])


def _limits(plan: Plan) -> Iterator[tuple[float, str]]:
    for step in forward_steps(plan):
        for item in items_of(step):
            if isinstance(item.body.settings.timeout, int | float) and limited(item.body):
                yield item.body.settings.timeout, f"{step.id} {step.name}, timeout"


def _waits(plan: Plan) -> Iterator[tuple[float, str]]:
    for stage in plan.stages:
        if stage.skipped:
            continue
        yield from _between(stage)
        gates = {id(probe): probe for probes in stage.health.values() for probe in probes}
        for probe in gates.values():
            yield from _of_probe(probe, f"health of each host, {stage.name}")
        for step in all_steps(stage):
            yield from _of_step(step)
    for step in plan.always:
        yield from _of_step(step)


def _of_step(step: PlannedStep) -> Iterator[tuple[float, str]]:
    title = f"{step.id} {step.name}"
    for item in items_of(step):
        match item.body.action:
            case Pause(seconds=seconds) | Reboot(within=seconds) if isinstance(seconds, int | float):
                yield seconds, title
            case ProbeAction(probe=probe):
                yield from _of_probe(probe, title)
        if item.body.verify is not None:
            yield from _of_probe(item.body.verify, f"{title}, verify")


def _between(stage: PlannedStage) -> Iterator[tuple[float, str]]:
    pause = stage.pause
    if pause is None or not isinstance(pause.seconds, int | float) or not pause.seconds:
        return
    times = rounds(stage) - 1
    if times > 0:
        yield (
            pause.seconds * times,
            f"{counted(times, 'pause')} of {duration(pause.seconds)} between batches, {stage.name}",
        )


def _of_probe(probe: Probe, title: str) -> Iterator[tuple[float, str]]:
    within = probe.within if isinstance(probe.within, int | float) else 0.0
    hold = probe.hold if isinstance(probe.hold, int | float) else 0.0
    if within or hold:
        yield within + hold, f"{title}{', hold' if hold else ''}"


def all_steps(stage: PlannedStage) -> tuple[PlannedStep, ...]:
    """Every step of a stage, in the order in which a host comes to them."""
    return (*stage.drain, *stage.steps, *stage.restore, *stage.always)
