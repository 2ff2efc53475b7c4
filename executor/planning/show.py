"""A plan as text, to be read in a terminal or in a review."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from executor.model.inventories import DEFAULT_LOCK
from executor.model.leaves import Value
from executor.model.plans import Plan
from executor.planning.findings import Findings
from executor.planning.shown.lines import Line, labelled, page, plain, within
from executor.planning.shown.stages import batches, stage
from executor.planning.shown.steps import Reading, reading, step
from executor.planning.shown.summary import all_steps, asked, rollback, waits
from executor.planning.shown.verdicts import summed_up
from executor.planning.shown.words import approvals, counted, hosts, value

LONGEST_VALUE = 60  # characters of a parameter


def text(
    plan: Plan, *, findings: Findings | None = None, whole: bool = False, width: int = 100, color: bool = False
) -> str:
    """Everything that a run would do, what it would undo, and what it asks, as lines of at most `width` columns.

    `findings` are what is known of each step on each host; `whole`: files are shown whole. Commands and words that
    have no place to be broken may be longer than the page.
    """
    return page(_lines(plan, findings, whole=whole), width=width, color=color)


def outline(plan: Plan, *, width: int = 100, color: bool = False) -> str:
    """The plan in a few lines, for the question whether to go: its values, and each stage with its hosts."""
    return page(_outline(plan), width=width, color=color)


def _outline(plan: Plan) -> Iterator[Line]:
    yield plain(plan.name, style="title")
    given = [f"{name}={_short(item)}" for name, item in plan.params.items() if name in plan.fixed]
    if given:
        yield labelled("Parameters", ", ".join(given), 2)
    for shown in plan.stages:
        title = f"Stage {shown.id}: {shown.name}"
        how = f"skipped: {shown.skipped}" if shown.skipped else hosts(shown.hosts)
        at_once = "" if shown.skipped or len(shown.hosts) < 2 else f", {batches(shown)}"
        yield plain(f"{title} on {how}{at_once}" if not shown.skipped else f"{title} is {how}", 2, hang=4)


def _lines(plan: Plan, findings: Findings | None, *, whole: bool) -> Iterator[Line]:
    read = reading(plan, findings, whole=whole)
    yield from _header(plan, read)
    yield from _section("Asked of a person", list(asked(plan)))
    for shown in plan.stages:
        yield Line("")
        yield from stage(shown, read)
    if plan.always:
        yield Line("")
        yield plain("At the end of the run, whatever came of it, on the control node", style="heading")
        for last in plan.always:
            yield from within(step(last, read))
    yield from _section("If it fails", list(rollback(plan)))
    yield from _section("How long it can wait", list(waits(plan)))


def _section(title: str, lines: list[Line]) -> Iterator[Line]:
    if lines:
        yield Line("")
        yield plain(title, style="heading")
        yield from lines


def _header(plan: Plan, read: Reading) -> Iterator[Line]:
    yield plain(plan.name, style="title")
    if plan.description:
        yield plain(plan.description)
    yield Line("")
    yield labelled("Runbook", _from_root(plan.file, plan.root), 0)
    if plan.owner:
        yield labelled("Owner", plan.owner, 0)
    yield labelled("Inventory", ", ".join(_from_root(name, plan.root) for name in plan.inventory) or "-", 0)
    if plan.params:
        given = [f"{name}={_short(item)}" for name, item in plan.params.items() if name in plan.fixed]
        usual = [f"{name}={_short(item)}" for name, item in plan.params.items() if name not in plan.fixed]
        if given:
            yield labelled("Parameters", ", ".join(given), 0)
        if usual:
            yield labelled("Defaults", ", ".join(usual), 0)
    touched = list(dict.fromkeys(host for shown in plan.stages for host in shown.hosts))
    steps = sum(len(all_steps(shown)) for shown in plan.stages)
    yield labelled("Hosts", f"{len(touched):,}: {hosts(touched)}" if touched else "none", 0)
    yield from _terms(plan, read)
    yield labelled("Work", f"{counted(steps, 'step')} in {counted(len(plan.stages), 'stage')}", 0)
    if read.findings is not None:
        yield labelled("Checked" if read.findings.checked else "Known", summed_up(read.findings), 0)
        for host, why in read.findings.unreachable.items():
            yield replace(labelled("Not asked", f"{host}: {why}", 0), style="warning")


def _terms(plan: Plan, read: Reading) -> Iterator[Line]:
    """What holds for the whole run."""
    if plan.lock is None:
        yield labelled("Lock", "none: other runs may change the same hosts meanwhile", 0)
    elif plan.lock != DEFAULT_LOCK:
        yield labelled("Lock", plan.lock, 0)
    for wanted in plan.approvals:
        yield labelled("Approvals", approvals(wanted), 0)
    if read.executable is not None:
        yield labelled("Shell", read.executable, 0)
    if read.timeout is not None:
        yield labelled("Timeout", f"{read.timeout} for a command that says no other", 0)
    if plan.secrets:
        yield labelled("Secrets", ", ".join(plan.secrets), 0)


def _short(item: Value) -> str:
    text = value(item)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _from_root(name: str, root: str) -> str:
    path = Path(name)
    return str(path.relative_to(root)) if path.is_relative_to(root) else name
