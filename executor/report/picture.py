"""The live view as lines of styled text: a pure picture of a `RunView` at one moment, never taller than asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text

from executor.events import Key
from executor.report.glyphs import Glyphs
from executor.report.guide import Guide
from executor.report.phrasing import count, duration, span
from executor.report.rows import host_rows
from executor.report.safe import visible
from executor.report.story import RunView, Watched
from executor.report.style import Style, bar, clip, piece, spread

_WIDEST = 132  # columns beyond which a row's two ends would be too far apart to read as one
_SMALL = 12  # lines that the frame may have however low the terminal is, as long as they fit
_ASIDE = 3  # waits, watches and questions that are shown, of each


def picture(view: RunView, guide: Guide, *, width: int, height: int, glyphs: Glyphs) -> list[Text]:
    """The frame for a terminal of that size: at most `height - 1` lines and `width - 1` columns."""
    wide = min(max(width - 1, 20), _WIDEST)
    room = max(min(height - 1, max(height * 2 // 3, _SMALL)), 1)  # the rest is for the log
    top = [_header(view, wide, glyphs), *_progress(view, wide, glyphs)]
    aside = [*_questions(view, glyphs), *_waits(view, wide, glyphs), *_watches(view, glyphs)]
    body = host_rows(view, guide, width=wide, room=room - len(top) - len(aside), glyphs=glyphs)
    return [clip(line, wide, glyphs) for line in (*top, *body, *aside)[:room]]


def _header(view: RunView, width: int, glyphs: Glyphs) -> Text:
    """A rule that parts the frame from the log above it, with the run's name and the time it has taken."""
    run = view.run
    style = Style.BACK if view.rollback else Style.HEAD
    name = f" {visible(run.name)} " if run else " … "
    left = piece(glyphs.rule * 2, Style.RULE).append(name, style)
    if run and width >= 60:
        left.append(f"{glyphs.dot} {run.run} ", Style.QUIET)
    right = piece(f" {duration(view.elapsed)} ", Style.HEAD).append(glyphs.rule * 2, Style.RULE)
    return spread(left, right, width, fill=glyphs.rule, glyphs=glyphs)


def _progress(view: RunView, width: int, glyphs: Glyphs) -> list[Text]:
    """Where the run is: the stage and its batch, or the way back."""
    back, stage = view.rollback, view.stage
    if view.closing:
        return [piece(" The run's closing steps", Style.HEAD).append(f"  {visible(view.closing)}", Style.QUIET)]
    if back is not None:
        left = piece(f" {glyphs.back} ROLLING BACK ", Style.BACK).append(_scope(back.scope))
        right = _share(back.over, len(back.hosts), width, glyphs, Style.BACK)
        return [spread(left, right, width, glyphs=glyphs), piece(f"   {visible(back.reason)}", Style.QUIET)]
    if stage is None:
        return [Text(f" Connecting: {view.reached} of {count(view.connecting, 'host')} reached")]
    nth = f" Stage {stage.number} of {stage.of}  " if stage.number else " "
    left = piece(nth, Style.QUIET).append(visible(stage.name), Style.HEAD)
    if stage.batches > 1 and stage.batch:
        left.append(f"  batch {stage.batch} of {stage.batches}", Style.QUIET)
    if stage.failed:
        left.append(f"  {stage.failed} failed, {stage.limit} allowed", Style.BAD)
    over = stage.passed + stage.failed
    right = _share(over, len(stage.hosts), width, glyphs, Style.GOOD) if len(stage.hosts) > 1 else Text()
    return [spread(left, right, width, glyphs=glyphs)]


def _scope(scope: str) -> str:
    return {"run": "the whole run", "stage": "this stage"}.get(scope, "what failed")


def _share(done: int, of: int, width: int, glyphs: Glyphs, style: str) -> Text:
    long = 10 if width < 100 else 24
    return bar(done / of if of else 0.0, long, glyphs, style).append(f" {done}/{of} ", Style.QUIET)


def _questions(view: RunView, glyphs: Glyphs) -> list[Text]:
    texts = [_who(key) + visible(question.text) for key, question in view.asking.items()]
    return _first(piece(f" {glyphs.ask} ", Style.WARN).append(text, Style.HEAD) for text in texts)


def _waits(view: RunView, width: int, glyphs: Glyphs) -> list[Text]:
    lines = []
    for wait in view.waits.values():
        gone = view.now - wait.since
        text = piece(f" {glyphs.clock} ", Style.WORK).append(_who(wait.key) + visible(wait.why))
        left = max(wait.seconds - gone, 0.0)
        text.append(f"  {duration(left)} left of {span(wait.seconds)} ", Style.QUIET)
        share = gone / wait.seconds if wait.seconds else 1.0
        lines.append(spread(text, bar(share, 10, glyphs, Style.WORK).append(" "), width, glyphs=glyphs))
    return _first(lines)


def _watches(view: RunView, glyphs: Glyphs) -> list[Text]:
    worst = sorted(view.watches.values(), key=lambda watched: watched.state in ("", "good"))
    return _first(_watch(watched, glyphs) for watched in worst)


def _watch(watched: Watched, glyphs: Glyphs) -> Text:
    style = {"": Style.QUIET, "good": Style.GOOD, "inconclusive": Style.WARN, "bad": Style.BAD, "failed": Style.BAD}
    text = piece(f" {glyphs.watch} ", style[watched.state]).append(_who(watched.key))
    if watched.verdict is not None:
        text.append(f"{watched.state}: ", style[watched.state]).append(f"{visible(watched.verdict.summary)}  ")
    return text.append(visible(watched.what), Style.QUIET)


def _who(key: Key) -> str:
    return "" if key.host == "localhost" else f"{key.host}: "


def _first(lines: Iterable[Text]) -> list[Text]:
    every: Sequence[Text] = list(lines)
    if len(every) <= _ASIDE:
        return list(every)
    return [*every[: _ASIDE - 1], piece(f"   and {len(every) - _ASIDE + 1} more", Style.QUIET)]
