"""The hosts of the live view: a row each while they fit, folded by what they do where they are too many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.text import Text

from executor.report.glyphs import Glyphs
from executor.report.guide import Guide
from executor.report.line import label
from executor.report.phrasing import count, duration, some_names, span
from executor.report.safe import visible
from executor.report.story import HostView, Phase, RunView, Work
from executor.report.style import Style, bar, piece, spread
from executor.report.wording import done

QUIET_AFTER = 30.0  # seconds without output after which a running command is said to be quiet
_ALL_SHOWN = 12  # a stage of so many hosts has a row for each, also for those that do nothing
_LONGEST = 8  # hosts that are shown one by one where the others are folded
_LINES = 3  # of output below a host that is working
_WIDE = 120  # columns from which on the last line of output stands in the host's own row


_PHASES: dict[Phase, tuple[str, str, str]] = {  # glyph, style, words
    "working": ("working", Style.WORK, "working"),
    "undoing": ("back", Style.BACK, "being undone"),
    "passed": ("done", Style.GOOD, "done"),
    "failed": ("failed", Style.BAD, "failed"),
    "stuck": ("failed", Style.BAD, "rollback incomplete or unhealthy"),
    "lost": ("failed", Style.BAD, "unreachable"),
    "to undo": ("waiting", Style.BACK, "to be undone"),
    "undone": ("back", Style.BACK, "rolled back"),
    "left out": ("waiting", Style.QUIET, "left out"),
    "waiting": ("waiting", Style.QUIET, "waiting"),
}


def host_rows(view: RunView, guide: Guide, *, width: int, room: int, glyphs: Glyphs) -> list[Text]:
    """The rows of the hosts that matter now, in at most `room` lines."""
    hosts = _concerned(view)
    if room <= 0 or not hosts:
        return []
    active = [host for host in hosts if host.works]
    name_width = min(max(len(host.name) for host in hosts), 24 if width < _WIDE else 40)
    draw = _Rows(view, guide, width, name_width, glyphs)
    if len(hosts) <= min(room, _ALL_SHOWN):
        return draw.each(hosts, spare=room - len(hosts), active=len(active))
    idle = [host for host in hosts if not host.works]
    tally = [draw.tally(idle)] if idle else []
    room -= len(tally)
    if len(active) <= room:
        return [*draw.each(active, spare=room - len(active), active=len(active)), *tally]
    return [*draw.folded(active, room)[:room], *tally]


def _concerned(view: RunView) -> list[HostView]:
    """The hosts of the way back or of the stage, in their order, then others that are busy (a delegate, say)."""
    if view.closing:
        return list(view.active.values())
    names = view.rollback.hosts if view.rollback else view.stage.hosts if view.stage else ()
    hosts = {name: view.host(name) for name in names}
    for name, host in view.active.items():
        hosts.setdefault(name, host)
    return list(hosts.values())


class _Rows:
    """Draws rows for one frame: what they all share stands here."""

    def __init__(self, view: RunView, guide: Guide, width: int, name_width: int, glyphs: Glyphs) -> None:
        self._view = view
        self._guide = guide
        self._width = width
        self._names = name_width
        self._glyphs = glyphs

    def each(self, hosts: Sequence[HostView], *, spare: int, active: int) -> list[Text]:
        """A row for each host, and the last lines of output below those that work, as far as `spare` lines go."""
        below = min(spare // active, _LINES) if active else 0
        lines: list[Text] = []
        for host in hosts:
            work = host.current
            if work is None:
                lines.append(self._idle(host))
                continue
            inline = not below and self._width >= _WIDE
            lines.append(self._busy(host, work, inline=inline))
            lines += [self._quoted(said) for said in _words(work)[-below:]] if below else []
        return lines

    def _busy(self, host: HostView, work: Work, *, inline: bool = False) -> Text:
        back = work.key.direction == "back" or host.phase == "undoing"
        style = Style.BACK if back else Style.WORK
        glyph = self._glyphs.back if back else self._glyphs.working
        row = piece(f" {glyph} ", style).append(f"{host.name:<{self._names}}  ")
        row.append(_doing(work), Style.HEAD)
        if work.key.attempt > 1:
            row.append(f"  attempt {work.key.attempt}", Style.WARN)
        if work.on:
            row.append(f"  on {work.on}", Style.QUIET)
        quiet = self._view.now - work.heard
        if work.prints and quiet >= QUIET_AFTER:
            row.append(f"  quiet for {duration(quiet)}", Style.WARN)
        if inline and (said := _words(work)):
            row.append(f"  {self._glyphs.quote} {visible(said[-1])}", Style.QUIET)
        return spread(row, self._time(work), self._width, glyphs=self._glyphs)

    def _time(self, work: Work) -> Text:
        """`2/5  3.1s`, or how much of a hold or a limit has gone."""
        gone = self._view.now - work.since
        text = Text(" ")
        bound = self._guide.bound(work.key)
        position = self._guide.position(work.key.task) if work.key.direction == "forward" else None
        if bound and bound.kind == "hold":
            text.append_text(bar(gone / bound.seconds, 10, self._glyphs, Style.WORK)).append(" ")
        elif position:
            text.append(f"{position[0]}/{position[1]} ", Style.QUIET)
        of = f" of {span(bound.seconds)}" if bound and bound.kind != "timeout" else ""
        return text.append(f"{_time(gone):>7}").append(f"{of} ", Style.QUIET)

    def _idle(self, host: HostView) -> Text:
        glyph, style, words = _PHASES[host.phase]
        row = piece(f" {getattr(self._glyphs, glyph)} ", style).append(f"{host.name:<{self._names}}  ", Style.QUIET)
        row.append(words, style if host.phase not in ("waiting", "left out") else Style.QUIET)
        if host.phase == "passed":
            row.append(f"  {done(host)}", Style.QUIET)
        if host.phase in ("failed", "lost", "left out") and host.reason:
            row.append(f"  {visible(host.reason)}", Style.QUIET)
        return row

    def _quoted(self, said: str) -> Text:
        return piece(" " * (self._names + 5), Style.QUIET).append(f"{self._glyphs.quote} {visible(said)}", Style.QUIET)

    def folded(self, active: Sequence[HostView], room: int) -> list[Text]:
        """Hosts that do the same as one line; then, as far as there is room, those that have been at it longest."""
        groups: dict[str, list[HostView]] = {}
        for host in active:
            if host.current:
                groups.setdefault(_doing(host.current), []).append(host)
        largest = sorted(groups.items(), key=lambda group: -len(group[1]))
        shown = largest[: max(room // 2, 1)]
        lines = [self._group(name, hosts) for name, hosts in shown]
        others = sum(len(hosts) for _, hosts in largest[len(shown) :])
        if others:
            lines.append(
                piece(f"   and {count(others, 'host')} at {len(largest) - len(shown)} other steps", Style.QUIET)
            )
        slow = sorted(active, key=lambda host: host.current.since if host.current else 0.0)
        rest = min(room - len(lines) - 1, _LONGEST)
        if rest > 0:
            lines.append(piece("   longest at it:", Style.QUIET))
            lines += [self._busy(h, h.current, inline=self._width >= _WIDE) for h in slow[:rest] if h.current]
        return lines

    def _group(self, name: str, hosts: Sequence[HostView]) -> Text:
        back = hosts[0].phase == "undoing"
        glyph, style = (self._glyphs.back, Style.BACK) if back else (self._glyphs.working, Style.WORK)
        row = piece(f" {glyph} ", style).append(f"{len(hosts):>4} ").append(name, Style.HEAD)
        room = self._width - row.cell_len - 14
        if room > 12:
            row.append(f"  {some_names([host.name for host in hosts], room)}", Style.QUIET)
        longest = max(self._view.now - host.current.since for host in hosts if host.current)
        return spread(row, Text(f" {_time(longest):>7} "), self._width, glyphs=self._glyphs)

    def tally(self, idle: Sequence[HostView]) -> Text:
        """The hosts that do nothing just now as counts."""
        counts = Counter(host.phase for host in idle)
        row = Text()
        for phase, (glyph, style, words) in _PHASES.items():
            if counts[phase]:
                row.append(f" {getattr(self._glyphs, glyph)} {counts[phase]} {words} ", style)
        return row


def _doing(work: Work) -> str:
    """What a piece of work is called, safely."""
    return visible(f"{'undo ' if work.key.part == 'undo' else ''}{label(work.key, work.name)}")


def _words(work: Work) -> list[str]:
    """What stands below a row: what a probe has measured last, or the last lines of a command."""
    return [work.verdict.summary] if work.verdict else work.last_lines()


def _time(seconds: float) -> str:
    """A duration that does not flicker between milliseconds and seconds as it begins."""
    return duration(seconds) if seconds >= 0.1 else "0.0s"
