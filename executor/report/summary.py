"""The end of a run in words: which host is on what, what failed and why, what is left, and what to type next."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from textwrap import wrap

from executor.errors import Exit
from executor.events import HostSummary, Irreversible, Owed, RunEnded, Stays
from executor.model.outcomes import never_started
from executor.report.line import Line, Tone, label, line
from executor.report.paint import paint
from executor.report.phrasing import PARTLY, duration, names
from executor.report.safe import inert
from executor.report.story import Failure, RunView

# Worst first: what needs somebody stands where it is seen.
_STATES: dict[str, tuple[Tone, str]] = {
    "owed": ("bad", "its rollback is still to be done"),
    "unhealthy": ("bad", "undone, but unhealthy"),
    "failed": ("bad", "failed, and left as it is"),
    "partly done": ("warn", "some steps are done there, and nothing is undone"),
    "unreachable": ("bad", "could not be reached"),
    "rolled back": ("undo", "what was changed there is undone"),
    "done": ("good", "has all of it"),
    "untouched": ("quiet", "nothing was changed there"),
}
_TOLD_BY_DETAIL = ("failed", "partly done", "owed", "unreachable")
_DRAINED = "DRAINED, it gets no traffic"
_COMMANDS_FOR = 3  # failures for which a `logs` line is given; `show` has the others


def summary(view: RunView, *, commands: Collection[str]) -> tuple[Line, ...]:
    """The summary of a run that has ended, as lines with their tones.

    `commands` are those of `runbook` that may be proposed as the next thing to type.
    """
    sections = [_headline(view)]
    if view.ended is None:
        sections.append(_section("Begun there, and not known to have ended", _running(view)))
    else:
        sections += [
            _section("What went wrong", _failures(view)),
            _section("Left to undo", _left(view.ended.left)),
            _section("Still running there when the run ended", _running(view)),
            _section("Hosts", _hosts(view, view.ended)),
            _section("Changed, and no way back was written down", _not_undone(view.ended.not_undone)),
            _section("Not undone", _kept(view.ended.stays)),
            _section("Points of no return that were passed", (line(f"  {_point(one)}") for one in view.no_return)),
            _section(
                "Stages that were skipped", (line(f"  {n}: {why}", tone="quiet") for n, why in view.skipped_stages)
            ),
        ]
    sections.append(
        _section("Next", (replace(line(f"  {command}"), whole=True) for command in next_commands(view, commands)))
    )
    return tuple(one for section in sections for one in section)


def text(lines: Iterable[Line], *, colour: bool, width: int | None = None) -> str:
    """Lines of a summary as text: a newline after each, quoted output below; wrapped at `width` columns, if given."""
    return "".join(f"{part}\n" for one in lines for part in _painted(one, colour, width))


def _painted(one: Line, colour: bool, width: int | None) -> Iterator[str]:
    said = inert(one.text)
    parts = [said]
    if width is not None and len(said) > width and not one.whole:
        indent = " " * (len(said) - len(said.lstrip()) + 4)
        parts = wrap(said, max(width, 40), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    for part in parts:
        yield paint(part, one.tone, colour)
    for said in one.output:
        yield f"      {paint('│', 'quiet', colour)} {inert(said)}".rstrip()


def _section(title: str, lines: Iterable[Line]) -> list[Line]:
    body = list(lines)
    return [line(""), line(title, tone="head"), *body] if body else []


def _headline(view: RunView) -> list[Line]:
    run = view.run
    if run is None:
        return [line("Nothing is recorded of this run", tone="warn")]
    who = f", by {run.operator} on {run.controller}" if run.operator else ""
    if view.ended is None:
        text = f"{run.name}: NOT ENDED: it is still going on, or its program was cut off"
        return [line(text, tone="warn"), line(f"  run {run.run}{who}", tone="quiet")]
    tone: Tone = "good" if view.ended.exit is Exit.DONE else "bad"
    took = duration(view.elapsed)
    lines = [line(f"{run.name}: {_meaning(view, view.ended)}", tone=tone)]
    if view.ended.reason and not view.failures and not view.aborts:
        lines.append(line(f"  {view.ended.reason}"))
    lines.append(line(f"  run {run.run}{who}, {took}, exit {int(view.ended.exit)}", tone="quiet"))
    return lines


def _meaning(view: RunView, ended: RunEnded) -> str:
    """What the exit code means, in words, for this run."""
    match ended.exit:
        case Exit.DONE if ended.status.startswith("rolled back"):
            return _capital_words(ended.status, "rolled back")
        case Exit.DONE:
            return "DONE, every gate passed"
        case Exit.ROLLED_BACK:
            return _undone(view, ended)
        case Exit.UNREACHABLE:
            return "FAILED: hosts could not be reached or logged in to; nothing was changed"
        case Exit.STOPPED:
            how = _capital(ended.status) if ended.status.startswith("stopped:") else "FAILED and stopped as asked"
            return f"{how}; {_so_far(view, ended)}"
        case Exit.PARTIAL:
            out = names(name for name, host in ended.hosts.items() if host.state not in ("done", "untouched"))
            return f"DONE, but without {out}" if out else _capital(ended.status)
        case Exit.INCOMPLETE:
            return _incomplete(ended)
        case Exit.REFUSED:
            return "REFUSED; the run stands where it stood" if ended.resumable else "REFUSED; nothing was changed"
        case Exit.INTERRUPTED:
            return f"INTERRUPTED; {_so_far(view, ended)}"
        case _:
            return _capital(ended.status)


def _capital(status: str) -> str:
    """The engine's word for an end, with its first word in capitals as all headlines have it."""
    return re.sub(r"^\w+", lambda first: first.group().upper(), status)


def _capital_words(status: str, words: str) -> str:
    return status.replace(words, words.upper(), 1)


def _so_far(view: RunView, ended: RunEnded) -> str:
    """Whether a run that was stopped had begun to go back, and what resuming it means."""
    if any(host.state == "rolled back" for host in ended.hosts.values()) or ended.left:
        return "the rollback is not at its end: resume goes on with it"
    if view.aborts and view.aborts[-1].then == "rollback":
        return "nothing is undone yet: resume begins with the rollback"
    return "nothing is undone"


def _undone(view: RunView, ended: RunEnded) -> str:
    what = "INTERRUPTED" if ended.status.startswith("interrupted") else "FAILED"
    if view.no_return:
        return f"{what}; undone back to the point of no return ({_point(view.no_return[-1])})"
    if not any(host.state == "rolled back" for host in ended.hosts.values()):
        return f"{what}; no change had a way back" if ended.not_undone else f"{what}; there was nothing to undo"
    if any(not one.why for one in ended.stays):
        return f"{what}; undone in part, other changes stay (below)"
    if ended.not_undone:
        return f"{what}; every change that had a way back is undone, others are not (below)"
    return f"{what}; everything that it had changed is undone"


def _incomplete(ended: RunEnded) -> str:
    behind = names(dict.fromkeys(owed.host for owed in ended.left))
    sick = names(name for name, host in ended.hosts.items() if host.state == "unhealthy")
    troubles = [
        f"rollback is not complete on {behind}" if behind else "",
        f"{sick} not healthy after rollback" if sick else "",
    ]
    return "ACT NOW: " + ("; ".join(trouble for trouble in troubles if trouble) or ended.status)


def _failures(view: RunView) -> Iterator[Line]:
    """Failures that are alike on several hosts are told once, with the output of the first."""
    for same in alike(view.failures):
        first = same[0]
        where = f" ({first.stage})" if first.stage else ""
        what = f"{first.step}{where}" if first.step else first.stage
        undoing = "in the rollback, " if first.direction == "back" else ""
        text = f"  {names(failure.host for failure in same)}  {undoing}{what}: {first.reason}"
        yield line(text, tone="bad", output=first.output)
    if not view.failures and not view.wished:
        # That it was interrupted stands in the headline.
        yield from (line(f"  {abort.reason}", tone="bad") for abort in view.aborts if abort.reason != "interrupted")


def alike(failures: Sequence[Failure]) -> Iterable[list[Failure]]:
    """Failures that are the same on several hosts, together."""
    groups: dict[tuple[str, str, str, str], list[Failure]] = {}
    for failure in failures:
        groups.setdefault((failure.direction, failure.stage, failure.step, failure.reason), []).append(failure)
    return groups.values()


def _running(view: RunView) -> Iterator[Line]:
    """Steps that go on by themselves on their hosts."""
    groups: dict[str, list[str]] = {}
    for host in view.active.values():
        for work in host.works.values():
            if work.prints:
                groups.setdefault(label(work.key, work.name), []).append(host.name)
    for work_name, hosts in groups.items():
        yield line(f"  {names(hosts)}  {work_name}", tone="warn")


def _left(left: Sequence[Owed]) -> Iterator[Line]:
    groups: dict[tuple[tuple[str, ...], str], list[str]] = {}
    by_host: dict[tuple[str, str], list[str]] = {}
    for owed in left:
        by_host.setdefault((owed.host, owed.why), []).append(owed.name)
    for (host, why), steps in by_host.items():
        groups.setdefault((tuple(steps), why), []).append(host)
    for (undo, why), hosts in groups.items():
        yield line(f"  {names(hosts)}  {', '.join(undo)}{f': {why}' if why else ''}", tone="bad")


def _hosts(view: RunView, ended: RunEnded) -> Iterator[Line]:
    told = {(failure.host, failure.reason.removeprefix("unreachable: ")) for failure in view.failures}
    groups: dict[tuple[str, str, str, str, bool], list[str]] = {}
    extents = _extents(view, ended)
    for name, host in ended.hosts.items():
        above = (name, host.detail.removeprefix("unreachable: ")) in told
        detail = "" if above or never_started(host.detail) else host.detail
        word, meaning = str(host.state), _STATES[host.state][1]
        if host.state == "rolled back":
            word, meaning = extents.get(name, (word, meaning))
        groups.setdefault((host.state, word, meaning, detail, host.drained), []).append(name)
    order = list(_STATES)
    rows = [
        (names(hosts), word, meaning, HostSummary(state, detail, drained))  # type: ignore[arg-type] # it came from one
        for (state, word, meaning, detail, drained), hosts in sorted(
            groups.items(), key=lambda group: order.index(group[0][0])
        )
    ]
    wide = min(max((len(row[0]) for row in rows), default=0), 30)
    word_wide = max((len(row[1]) for row in rows), default=0)
    for hosts, word, meaning, host in rows:
        said = [meaning, host.detail]
        if host.detail and host.state in _TOLD_BY_DETAIL:
            said = [host.detail]
        more = f"; {_DRAINED}" if host.drained else ""
        yield line(
            f"  {hosts:<{wide}}  {word:<{max(word_wide, 11)}}  {'; '.join(filter(None, said))}{more}",
            tone=_STATES[host.state][0],
        )


def _extents(view: RunView, ended: RunEnded) -> dict[str, tuple[str, str]]:
    """For hosts that are rolled back, but not to where they were: the word for it, and how far."""
    below = {change.partition(": ")[0] for change in ended.not_undone} | {one.host for one in ended.stays if one.why}
    there: dict[str, list[Stays]] = {}
    for one in ended.stays:
        if not one.why:
            there.setdefault(one.host, []).append(one)
    found = {}
    for name in ended.hosts:
        point = next((passed.name for passed in reversed(view.no_return) if passed.host in ("", name)), "")
        some = there.get(name, [])
        if not (point or some or name in below):
            continue
        parts = [
            f"undone back to the point of no return '{point}'" if point else "",
            "what had a way back is undone" if not (point or some) else "",
            f"still there: {_by_stage(some)}" if some else "",
            "other changes stay (below)" if name in below else "",
        ]
        found[name] = (PARTLY if some or name in below else "rolled back", "; ".join(filter(None, parts)))
    return found


def _by_stage(some: Iterable[Stays]) -> str:
    """`A, B (One); C (Two)`."""
    stages: dict[str, list[str]] = {}
    for one in some:
        stages.setdefault(one.stage, []).append(one.name)
    return "; ".join(f"{', '.join(steps)} ({stage})" for stage, steps in stages.items())


def _kept(stays: Sequence[Stays]) -> Iterator[Line]:
    """What stays for a reason, and what was done once for all; what else stays is told with its host."""
    by_host: dict[tuple[str, str], list[Stays]] = {}
    for one in stays:
        if one.why or not one.host:
            by_host.setdefault((one.host, one.why or "the rollback was for a part of the run"), []).append(one)
    groups: dict[tuple[str, bool], list[str]] = {}
    for (host, why), some in by_host.items():
        groups.setdefault((f"{_by_stage(some)}: {why}", bool(host)), []).append(host)
    for (said, of_hosts), hosts in groups.items():
        yield line(f"  {names(hosts)}  {said}" if of_hosts else f"  {said}", tone="warn")


def _point(passed: Irreversible) -> str:
    return f"{passed.host}: {passed.name}" if passed.host else passed.name


def _not_undone(changes: Sequence[str]) -> Iterator[Line]:
    """`web1: Build`, `web2: Build` become one line. Each round of a loop is a change of its own, and said once."""
    groups: dict[str, dict[str, None]] = {}
    for change in changes:
        host, colon, step = change.partition(": ")
        groups.setdefault(step if colon else change, {}).update({host: None} if colon else {})
    for step, hosts in groups.items():
        yield line(f"  {names(hosts)}  {step}" if hosts else f"  {step}", tone="warn")


def _can_be_undone(view: RunView, ended: RunEnded) -> bool:
    """A run that is over can be undone later; of one that has passed a point of no return `status` tells how far."""
    over = ended.exit in (Exit.DONE, Exit.PARTIAL) and not ended.status.startswith("rolled back, as asked")
    return over and view.way_back and not view.no_return


def next_commands(view: RunView, commands: Collection[str]) -> list[str]:
    """What to type next, ready to copy, out of the commands that there are."""
    run, ended = view.run, view.ended
    if run is None:
        return []
    lines = []
    if "resume" in commands and (ended is None or ended.resumable or ended.exit is Exit.INCOMPLETE):
        lines.append(f"runbook resume {run.run}")
    if "rollback" in commands and (ended is None or ended.resumable or _can_be_undone(view, ended)):
        lines.append(f"runbook rollback {run.run}")
    if "logs" in commands:
        firsts = (same[0] for same in alike(view.failures))
        steps = list(dict.fromkeys((first.host, first.step) for first in firsts if first.step and first.output))
        lines += [
            f"runbook logs {run.run} --host {host} --step {shlex.quote(step)}" for host, step in steps[:_COMMANDS_FOR]
        ]
    if "show" in commands:
        lines.append(f"runbook show {run.run}")
    return lines
