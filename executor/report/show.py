"""`runbook show`: one run's timeline from its events, and the list of runs; as text and as JSON."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from executor.errors import Exit
from executor.events import Event, RunEnded, RunStarted, Stamp
from executor.model.codec import Json, encode
from executor.model.plans import Plan
from executor.report.fold import fold
from executor.report.jsonl import record
from executor.report.line import Tone
from executor.report.paint import paint
from executor.report.phrasing import duration
from executor.report.plain import host_width, text_of
from executor.report.safe import visible
from executor.report.story import RunView
from executor.report.summary import summary
from executor.report.summary import text as summary_text
from executor.report.wording import told

SHOW_VERSION = 1

Events = Iterable[tuple[Stamp, Event]]


def timeline(
    plan: Plan, events: Events, *, commands: Collection[str], everything: bool = False, colour: bool = False,
    zone: tzinfo | None = None,
) -> Iterator[str]:  # fmt: skip
    """The run's story as text, in pieces that end with a newline: a date, a line for each happening, the summary.

    `everything` tells connections and passed probes too; `zone` is that of the times (None: the local one).
    """
    view = RunView()
    width = host_width(plan)
    day = ""
    for stamp, event in events:
        at = stamp.at.astimezone(zone)
        if (today := f"{at:%A, %Y-%m-%d}") != day:
            day = today
            yield paint(day, "quiet", colour) + "\n"
        for one in told(view, plan, stamp, event):
            if everything or one.weight != "detail":
                yield paint(text_of(one, f"{at:%H:%M:%S}", width).rstrip("\n"), one.tone, colour) + "\n"
        fold(view, plan, stamp, event)
    yield "\n"
    yield summary_text(summary(view, commands=commands), colour=colour)


def as_json(plan: Plan, events: Events) -> Json:
    """The run as one JSON value: what it was, how it ended, each host, the failures, every event with its stamp."""
    view = RunView()
    records: list[Json] = []
    for stamp, event in events:
        fold(view, plan, stamp, event)
        records.append(record(stamp, event))
    return {
        "v": SHOW_VERSION,
        "run": view.run.run if view.run else None,
        "name": view.run.name if view.run else plan.name,
        "began": view.began_at.isoformat() if view.began_at else None,
        "ended": view.ended_at.isoformat() if view.ended_at else None,
        "exit": int(view.ended.exit) if view.ended else None,
        "status": view.ended.status if view.ended else "not ended",
        "hosts": {name: encode(host) for name, host in view.ended.hosts.items()} if view.ended else {},
        "left": [encode(owed) for owed in view.ended.left] if view.ended else [],
        "failures": [
            {
                "at": failure.at.isoformat(),
                "host": failure.host,
                "stage": failure.stage,
                "step": failure.step,
                "reason": failure.reason,
                "output": list(failure.output),
            }
            for failure in view.failures
        ],
        "events": records,
    }


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run in the list of runs. `took` (seconds), `exit` and `status` are None and "" while it has not ended."""

    run: str
    name: str
    operator: str
    began: datetime
    took: float | None
    exit: Exit | None
    status: str


def row(events: Events) -> RunRow | None:
    """A run's line out of its events; None where it never began."""
    began: tuple[Stamp, RunStarted] | None = None
    ended: tuple[Stamp, RunEnded] | None = None
    for stamp, event in events:
        match event:
            case RunStarted() if began is None:
                began = stamp, event
            case RunEnded():
                ended = stamp, event
    if began is None:
        return None
    at, run = began[0].at, began[1]
    if ended is None:
        return RunRow(run.run, run.name, run.operator, at, None, None, "")
    took = (ended[0].at - at).total_seconds()
    return RunRow(run.run, run.name, run.operator, at, took, ended[1].exit, ended[1].status)


def runs_text(rows: Sequence[RunRow], *, colour: bool = False, zone: tzinfo | None = None) -> str:
    """The list of runs as a table, a line each, in the order given."""
    if not rows:
        return "There is no run yet.\n"
    cells = [
        (
            row.run,
            f"{row.began.astimezone(zone):%Y-%m-%d %H:%M}",
            duration(row.took) if row.took is not None else "",
            visible(row.name),
            visible(row.status) or "not ended",
            visible(row.operator),
        )
        for row in rows
    ]
    head = ("RUN", "BEGAN", "TOOK", "RUNBOOK", "END", "BY")
    widths = [max(len(line[column]) for line in [head, *cells]) for column in range(len(head))]
    lines = [paint(_columns(head, widths), "head", colour)]
    lines += [paint(_columns(line, widths), _tone(row), colour) for row, line in zip(rows, cells, strict=True)]
    return "".join(f"{line}\n" for line in lines)


def _columns(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


def _tone(row: RunRow) -> Tone:
    match row.exit:
        case Exit.DONE:
            return "plain"
        case Exit.INCOMPLETE:
            return "bad"
        case None:
            return "warn"
        case _:
            return "undo" if row.exit is Exit.ROLLED_BACK else "warn"


def runs_json(rows: Sequence[RunRow]) -> Json:
    """The list of runs as JSON."""
    return [
        {
            "run": row.run,
            "name": row.name,
            "operator": row.operator,
            "began": row.began.isoformat(),
            "took": row.took,
            "exit": None if row.exit is None else int(row.exit),
            "status": row.status or "not ended",
        }
        for row in rows
    ]
