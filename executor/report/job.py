"""What a job of GitHub Actions is told of its run: failures as annotations, the end as a part of its summary."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from executor.errors import Exit
from executor.model.places import Place
from executor.model.plans import Plan
from executor.report.phrasing import names
from executor.report.plans.markup import fence
from executor.report.plans.markup import text as escaped
from executor.report.safe import visible
from executor.report.story import Failure, RunView
from executor.report.summary import alike, summary
from executor.report.workflow import command

MOST: Final = 10  # annotations of a step that GitHub shows
_OUTPUT: Final = 10  # lines of a failed step's output
_LINES: Final = 400  # of the job's summary


def failures(plan: Plan, view: RunView) -> Iterator[str]:
    """An error for each failure, at the place where its step is written; those that are alike are one."""
    places = {
        step.id: step.place
        for stage in plan.stages
        for step in (*stage.drain, *stage.steps, *stage.restore, *stage.always)
    }
    groups = list(alike(view.failures))
    for same in groups[:MOST]:
        yield _failure(same, places.get(same[0].task))
    ended = view.ended
    if ended is not None and ended.exit is Exit.INCOMPLETE:
        yield command("error", visible(ended.status), {"title": "runbook: act now"})


def _failure(same: list[Failure], place: Place | None) -> str:
    first = same[0]
    where = names(failure.host for failure in same)
    undoing = "rollback of " if first.direction == "back" else ""
    title = f"runbook: {undoing}{first.step or first.stage} on {where}"
    written: dict[str, str | int] = {} if place is None else {"file": place.file, "line": place.line}
    lines = [first.reason, *first.output[-_OUTPUT:]]
    return command("error", "\n".join(map(visible, lines)), written | {"title": visible(title)})


def step_summary(view: RunView, commands: Collection[str]) -> str:
    """The end of a run as Markdown: its headline, and below it all that the terminal shows."""
    head, *rest = summary(view, commands=commands)
    lines = [said for one in rest for said in (one.text, *(f"      {quoted}" for quoted in one.output))]
    more = [f"… {len(lines) - _LINES:,} more lines"] if len(lines) > _LINES else []
    body = "\n".join([*lines[:_LINES], *more]).strip("\n")
    return "\n".join([f"### {escaped(head.text)}", "", *fence(body, "text"), "", ""])
