"""Which run is to be undone, what that means, and whether it still can be."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import click

from executor.cli.carrying import Wish
from executor.cli.later import later_changes
from executor.cli.looking import GO_ON
from executor.cli.session import at_terminal, said_go
from executor.engine.resume import Undoable, out_of_reach, points, undoable
from executor.engine.rollback import scope_of
from executor.errors import InvalidInput, Problem, Refused, WrongUsage
from executor.journal import folders
from executor.journal.folders import RunFolder
from executor.journal.index import Glance, Unreadable, glances
from executor.journal.past import Past, recall
from executor.report.phrasing import names

_LISTED = 15  # runs that are offered


def chosen(state: Path, named: str | None, now: float) -> RunFolder:
    """The run that RUN or RUNBOOK means.

    Raises InvalidInput where there is none, Refused where it has nothing to undo, WrongUsage where nobody can be asked.
    """
    if named is not None and (named == "last" or folders.is_run(named)):
        return folders.find(state, named)
    unread: list[Unreadable] = []
    found = [one for one in glances(state, unread) if named is None or _is_of(one, named)]
    for unknown in unread:
        click.echo(f"not looked at: {unknown}", err=True)
    if named is None:
        return _asked(found, now)
    if not found:
        return folders.find(state, named)  # the beginning or the end of an id, or no run at all
    for one in found:
        if undoable_of(recall(one.folder), now):
            return one.folder
    raise Refused(
        Problem(f"no run of {named!r} has left anything to undo", hint="runbook status", code="nothing-to-undo")
    )


def _is_of(one: Glance, named: str) -> bool:
    """Whether a run is of the runbook that is named by its path, its file's name or its own name."""
    file = Path(one.started.file)
    return named in (one.started.name, one.started.file, file.name, file.stem) or (
        Path(named).exists() and Path(named).resolve() == file.resolve()
    )


def _asked(found: Sequence[Glance], now: float) -> RunFolder:
    able = [(one, count) for one in found[:_LISTED] if (count := len(undoable_of(recall(one.folder), now)))]
    if not able:
        raise InvalidInput(Problem("no run has left anything to undo", hint="runbook status", code="nothing-to-undo"))
    lines = [f"{one.folder.run}  {one.started.name}: {count} to undo" for one, count in able]
    if not at_terminal():
        hint = f"runbook rollback RUN, with one of: {'; '.join(lines)}"
        raise WrongUsage(Problem("which run? Without a terminal it must be named", hint=hint))
    click.echo("Runs that have something to undo, newest first:", err=True)
    for number, line in enumerate(lines, 1):
        click.echo(f"  {number}  {line}", err=True)
    number = click.prompt("Which one", type=click.IntRange(1, len(able)), err=True)
    return able[number - 1][0].folder


def undoable_of(past: Past, now: float, wish: Wish | None = None) -> tuple[Undoable, ...]:
    """What undoing a run would undo if it began now, last first."""
    wish = wish or Wish(undo=True)
    return undoable(past.plan, past.state, wish.hosts, wish.stages, now=now)


@dataclass(frozen=True, slots=True)
class Way:
    """What somebody wants undone, and what that comes to, last first; `kept` would be, were it not too late.

    `left`: of a rollback that is under way, what is still to be undone, as far as it can be told.
    """

    wish: Wish
    found: tuple[Undoable, ...]
    kept: tuple[Undoable, ...] = ()
    left: tuple[Undoable, ...] = ()


def must_be_possible(
    past: Past, folder: RunFolder, wish: Wish, state: Path, *, now: float, overridden: bool = False
) -> Way:
    """What a wish comes to, as far as it can be told without the hosts; the wish with its stages by their ids.

    `overridden`: later runs are no obstacle. Raises InvalidInput for a host or stage that the run does not know;
    Refused where there is nothing to undo, where a point of no return has been passed, or where later runs have touched
    the same.
    """
    wish = replace(wish, hosts=tuple(_host(past, host) for host in wish.hosts), stages=_stages(past, wish.stages))
    ended = past.ended
    if past.state.aborted is not None and past.state.aborted.then == "rollback" and (ended is None or ended.resumable):
        if wish.hosts or wish.stages:
            hint = f"runbook resume {folder.run}"
            raise Refused(Problem("the rollback of this run is under way: it cannot be made a part of it", hint=hint))
        return Way(wish, (), left=_left(past, now))
    found = undoable_of(past, now, wish)
    kept = out_of_reach(past.plan, past.state, wish.hosts, wish.stages, now=now)
    going = bool(past.state.flights)  # what is under way is armed, too, as soon as it is known to have begun
    if not found and not going:
        raise _nothing(past, folder, wish, kept, now)
    later = later_changes(past, folder, found, state) if not overridden else ()
    if later:
        hint = f"undo those runs first, the newest first; or undo a part (--host, --stage); {GO_ON}"
        raise Refused(*(Problem(text, hint=hint, code="changed-since") for text in later))
    return Way(wish, found, kept)


def _left(past: Past, now: float) -> tuple[Undoable, ...]:
    """What a rollback that was cut short has still to undo; nothing where it goes back less far than the whole run."""
    state = past.state
    return () if state.rolling and scope_of(past.plan, state) != "run" else undoable_of(past, now)


def _nothing(past: Past, folder: RunFolder, wish: Wish, kept: Sequence[Undoable], now: float) -> Refused:
    if kept:
        why = f"run {folder.run} has passed its point of no return {_points(past, kept, now)}"
        return Refused(Problem(f"{why}: neither it nor what came before it is undone", code="no-return"))
    hint = f"runbook show {folder.run} tells what it did"
    text = f"nothing of run {folder.run} is left to undo{_part(past, wish)}"
    return Refused(Problem(text, hint=hint, code="nothing-to-undo"))


def _part(past: Past, wish: Wish) -> str:
    """The part of a run that somebody wants undone, in words; "" where it is the whole."""
    stages = names(f"'{stage.name}'" for stage in past.plan.stages if stage.id in wish.stages)
    return (f" on {names(wish.hosts)}" if wish.hosts else "") + (f" in {stages}" if stages else "")


def _points(past: Past, kept: Sequence[Undoable], now: float) -> str:
    """The points of no return behind which these lie, with the time after which they were some."""
    hosts = tuple(dict.fromkeys(one.host for one in kept))
    told = []
    for point in points(past.state, hosts, now):
        when = "" if point.since is None else f" (it could be undone until {_at(point.since, now)})"
        told.append(f"'{point.name}'{when}")
    return ", ".join(dict.fromkeys(told))


def _at(moment: float, now: float) -> str:
    """A moment for people; today's by the time alone."""
    then, today = datetime.fromtimestamp(moment).astimezone(), datetime.fromtimestamp(now).astimezone()
    return f"{then:%H:%M}" if then.date() == today.date() else f"{then:%Y-%m-%d %H:%M}"


def _host(past: Past, name: str) -> str:
    if name in past.plan.hosts:
        return name
    near = difflib.get_close_matches(name, past.plan.hosts, 1)
    hint = f"did you mean '{near[0]}'?" if near else f"its hosts: {', '.join(past.plan.hosts)}"
    raise InvalidInput(Problem(f"--host: the run knows no host {name!r}", hint=hint, code="unknown-host"))


def _stages(past: Past, named: tuple[str, ...]) -> tuple[str, ...]:
    ids = {stage.name: stage.id for stage in past.plan.stages} | {stage.id: stage.id for stage in past.plan.stages}
    for name in named:
        if name not in ids:
            near = difflib.get_close_matches(name, ids, 1)
            hint = (
                f"did you mean '{near[0]}'?" if near else f"its stages: {', '.join(s.name for s in past.plan.stages)}"
            )
            raise InvalidInput(Problem(f"--stage: the run has no stage {name!r}", hint=hint, code="unknown-stage"))
    return tuple(ids[name] for name in named)


def announce(past: Past, way: Way, now: float) -> None:
    """Show what will be undone, and what will not for it is too late."""
    began = past.started
    click.echo(f"To be undone of run {began.run} ({began.name}), last first:", err=True)
    for line in _lines(way.found or way.left):
        click.echo(f"  {line}", err=True)
    if past.state.rolling and not way.found and not way.left:
        click.echo("  what is left of the rollback that is under way", err=True)
    if past.state.flights:
        click.echo("  and what was under way, as soon as it has come to its end", err=True)
    if way.kept:
        point = _points(past, way.kept, now)
        click.echo(f"Not undone, for it is not after the point of no return {point}:", err=True)
        for line in _lines(way.kept):
            click.echo(f"  {line}", err=True)
    sys.stderr.flush()


def must_be_wanted(*, yes: bool) -> None:
    """At a terminal ask whether to go. Raises RunbookError (exit 11) where nobody says so."""
    if at_terminal() and not yes:
        said_go("nothing was undone")


def _lines(found: Sequence[Undoable]) -> list[str]:
    """Neighbours that undo the same step on several hosts are one line."""
    groups: list[tuple[str, str, list[str]]] = []
    for one in found:
        where = "the run" if one.run_wide else one.host
        if groups and groups[-1][:2] == (one.stage, one.step):
            groups[-1][2].append(where)
        else:
            groups.append((one.stage, one.step, [where]))
    wide = max((len(names(dict.fromkeys(hosts))) for _, _, hosts in groups), default=0)
    return [f"{names(dict.fromkeys(hosts)):<{min(wide, 40)}}  {step}  ({stage})" for stage, step, hosts in groups]
