"""`runbook status`: unfinished runs, and which run every host is on."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from executor.errors import InvalidInput
from executor.journal.index import Glance, Unreadable
from executor.report.standing import OnHost, OpenRun

if TYPE_CHECKING:
    from executor.engine import State
    from executor.engine.state import HostState
    from executor.journal.past import Past

VERSIONS = ("version", "tag", "release")  # parameters that say which version a run has brought


@click.command(epilog="Example: runbook status; runbook status --format json")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text")
def command(format_: str) -> None:
    """Show what needs somebody: runs that were stopped or cut off, with what to type; then what each host is on.

    A host is on the last run that has left something on it. It is told from the runs that are kept here.
    """
    from executor.journal import folders
    from executor.journal.index import glances
    from executor.report import standing

    unread: list[Unreadable] = []
    known = list(glances(folders.state_folder(os.environ), unread))
    hosts = _hosts(known, datetime.now(UTC).timestamp(), unread)
    open_runs = [_damaged(one) for one in unread]
    open_runs += [_open(one) for one in known if one.open or one.held]
    if format_ == "json":
        click.echo(json.dumps(standing.as_json(open_runs, hosts), indent=2))
        return
    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else None
    colour = terminal and "NO_COLOR" not in os.environ
    click.echo(standing.text(open_runs, hosts, colour=colour, width=width), nl=False)


def _open(one: Glance) -> OpenRun:
    run = one.folder.run
    match one.standing:
        case "running":
            commands: tuple[str, ...] = (f"runbook attach {run}", f"runbook show {run}")
            return OpenRun(run, one.started.name, f"running: {one.held}", one.last, commands)
        case "cut off":
            how = "cut off: the program that ran it is gone"
        case _:
            how = one.ended.status if one.ended is not None else one.standing
    commands = (f"runbook resume {run}", f"runbook rollback {run}", f"runbook show {run}")
    return OpenRun(run, one.started.name, how, one.last, commands if one.standing != "incomplete" else commands[::2])


def _damaged(one: Unreadable) -> OpenRun:
    how = f"its record cannot be read: {one.why}; what it left on its hosts is not told below"
    return OpenRun(one.folder.run, f"run {one.folder.run}", how, one.last, (f"runbook show {one.folder.run}",))


def _hosts(known: Iterable[Glance], now: float, unread: list[Unreadable]) -> list[OnHost]:
    """The newest run that has left something on each host, by host and inventory."""
    from executor.engine.resume import at
    from executor.journal.index import unreadable
    from executor.journal.past import recall

    found: dict[tuple[str, str], OnHost] = {}
    for one in known:
        try:
            past = recall(one.folder)
        except InvalidInput as error:
            unread.append(unreadable(one.folder, error))
            continue
        inventory = ", ".join(past.started.inventory)
        then = at(past.state, now)
        for name, host in past.state.hosts.items():
            if (name, inventory) not in found and _stays(then, host):
                found[name, inventory] = _on(one, past, then, name, inventory)
    return [found[key] for key in sorted(found)]


def _stays(then: State, host: HostState) -> bool:
    """Whether anything is there still of what the run has done on a host that may have gone back.

    `rollback: none` says that there is nothing to undo of a step, but for a point of no return.
    """
    from executor.engine.undo import cut

    limit = cut(then, host)
    return any(
        entry.status == "armed"
        and not entry.unchanged
        and not (entry.kind == "none" and entry.wanted and entry.seq > limit)
        for entry in host.armed.values()
    )


def _on(one: Glance, past: Past, then: State, name: str, inventory: str) -> OnHost:
    """What a host is on. `then` is the state of its run by now: what has lapsed is told in it."""
    from executor.engine import lapse
    from executor.engine.remains import partly
    from executor.engine.resume import points
    from executor.engine.undo import cut
    from executor.journal.pruning import DAYS, kept_until

    ended, host = past.ended, then.hosts[name]
    version = next((key for key in VERSIONS if key in past.started.params), "")
    others = {key: value for key, value in past.started.params.items() if key != version}
    limit = cut(then, host)
    able = any(entry.pending and entry.seq > limit for entry in host.armed.values())
    ends = [datetime.fromtimestamp(end, UTC) for end in lapse.ends(then, host)]
    behind = points(then, (name,), then.clock)
    return OnHost(
        name,
        inventory,
        one.started.name,
        one.folder.run,
        one.last,
        " ".join(f"{key}={value}" for key, value in others.items()),
        ended.hosts[name].state if ended is not None and name in ended.hosts else one.standing,
        "yes" if able else "no",
        min([kept_until(one, DAYS), *ends]) if able else None,
        point=behind[-1].name if behind else "",
        version=str(past.started.params[version]) if version else "",
        partly=partly(past.state, past.state.hosts[name]),
    )
