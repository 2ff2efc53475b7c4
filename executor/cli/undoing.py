"""Which run is to be undone, what that means, and whether it still can be."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from executor.cli.carrying import Wish
from executor.cli.session import at_terminal, said_go
from executor.engine.resume import Undoable, undoable
from executor.errors import InvalidInput, Problem, Refused, WrongUsage
from executor.journal import folders
from executor.journal.folders import RunFolder
from executor.journal.index import Glance, glances
from executor.journal.past import Past, recall
from executor.model.actions import Copy, Symlink, TemplateFile, Unarchive
from executor.report.phrasing import names

_LISTED = 15  # runs that are offered


def chosen(state: Path, named: str | None) -> RunFolder:
    """The run that RUN or RUNBOOK means.

    Raises InvalidInput where there is none, Refused where it has nothing to undo, WrongUsage where nobody can be asked.
    """
    if named is not None and (named == "last" or folders.is_run(named)):
        return folders.find(state, named)
    found = [one for one in glances(state) if named is None or _is_of(one, named)]
    if named is None:
        return _asked(found)
    if not found:
        return folders.find(state, named)  # the beginning or the end of an id, or no run at all
    for one in found:
        if undoable_of(recall(one.folder)):
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


def _asked(found: Sequence[Glance]) -> RunFolder:
    able = [(one, count) for one in found[:_LISTED] if (count := len(undoable_of(recall(one.folder))))]
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


def undoable_of(past: Past, wish: Wish | None = None) -> tuple[Undoable, ...]:
    """What undoing a run would undo, last first."""
    wish = wish or Wish(undo=True)
    return undoable(past.plan, past.state, wish.hosts, wish.stages)


def must_be_possible(past: Past, folder: RunFolder, wish: Wish, state: Path) -> tuple[Wish, tuple[Undoable, ...]]:
    """The wish with its stages by their ids, and what it would undo.

    Raises InvalidInput for a host or stage that the run does not know; Refused where there is nothing to undo, where a
    point of no return has been passed, or where later runs have touched the same.
    """
    wish = replace(wish, hosts=tuple(_host(past, host) for host in wish.hosts), stages=_stages(past, wish.stages))
    ended = past.ended
    if past.state.aborted is not None and past.state.aborted.then == "rollback" and (ended is None or ended.resumable):
        if wish.hosts or wish.stages:
            hint = f"runbook resume {folder.run}"
            raise Refused(Problem("the rollback of this run is under way: it cannot be made a part of it", hint=hint))
        return wish, ()
    found = undoable_of(past, wish)
    going = bool(past.state.flights)  # what is under way is armed, too, as soon as it is known to have begun
    if not found and not going:
        raise _nothing(past, folder)
    later = later_changes(past, folder, found, state)
    if later:
        hint = "undo those runs first, the newest first; or undo a part (--host, --stage)"
        raise Refused(*(Problem(text, hint=hint, code="changed-since") for text in later))
    return wish, found


def _nothing(past: Past, folder: RunFolder) -> Refused:
    points = [*past.state.cuts.values(), *(cut for host in past.state.hosts.values() for cut in host.cuts.values())]
    if points:
        passed = ", ".join(dict.fromkeys(f"'{name}'" for _, name in points))
        why = f"run {folder.run} has passed its point of no return {passed}: nothing armed before it is undone"
        return Refused(Problem(why, code="no-return"))
    hint = f"runbook show {folder.run} tells what it did"
    return Refused(Problem(f"nothing of run {folder.run} is left to undo", hint=hint, code="nothing-to-undo"))


def later_changes(past: Past, folder: RunFolder, found: Sequence[Undoable], state: Path) -> list[str]:
    """What later runs have changed since of that which would be put back, for people; newest first.

    A later run counts where something of it could still be undone on the same host, and it was of the same runbook,
    went under the same lock, or wrote the same file. Only the runs that are known here can be told.
    """
    hosts = {one.host for one in found}
    files = {(one.host, target) for one in found for target in _targets(past, one)}
    told = []
    for one in glances(state):
        if one.folder.run == folder.run:
            break
        since = recall(one.folder)
        left = [other for other in undoable_of(since) if other.host in hosts]
        alike = one.started.file == past.started.file or (past.plan.lock and since.plan.lock == past.plan.lock)
        same = left if alike else [o for o in left if any((o.host, target) in files for target in _targets(since, o))]
        if same:
            steps = ", ".join(dict.fromkeys(f"'{other.step}'" for other in same))
            where = names(dict.fromkeys(other.host for other in reversed(same)))
            told.append(f"run {one.folder.run} ({one.started.name}) has changed {where} since: {steps}")
    return told


def _targets(past: Past, one: Undoable) -> tuple[str, ...]:
    """The file that a step writes on its host, where its name is known."""
    match past.state.index.item(one.task, one.host, one.item).body.action:
        case Copy(dest=str(dest)) | TemplateFile(dest=str(dest)) | Symlink(dest=str(dest)) | Unarchive(dest=str(dest)):
            return (dest,)
        case _:
            return ()


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


def announce(past: Past, found: Sequence[Undoable], *, yes: bool) -> None:
    """Show what will be undone; at a terminal ask whether to go. Raises RunbookError (exit 11) where nobody says so."""
    began = past.started
    click.echo(f"To be undone of run {began.run} ({began.name}), last first:", err=True)
    for line in _lines(found):
        click.echo(f"  {line}", err=True)
    if past.state.flights:
        click.echo("  and what was under way, as soon as it has come to its end", err=True)
    sys.stderr.flush()
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
