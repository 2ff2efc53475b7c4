"""A look at the hosts before a rollback: is everything that it would put back as its run has left it?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from executor.cli.later import known_fences
from executor.engine.looking import Look, looks
from executor.engine.resume import Undoable
from executor.errors import Problem, Refused
from executor.journal.folders import RunFolder, all_runs, is_run
from executor.journal.past import Past
from executor.report.phrasing import names
from executor.secrets import Vault

if TYPE_CHECKING:
    from executor.hosts.pool import Hosts

GO_ON = "--override lock --reason TEXT goes back all the same"


def must_be_as_left(
    past: Past,
    folder: RunFolder,
    found: Sequence[Undoable],
    state: Path,
    flags: Mapping[str, Any],
    *,
    password: Callable[[], str] | None,
    sealed: Vault,
) -> None:
    """Ask the hosts, and change nothing there.

    Raises Refused, with the list, where something is not as it was left, or where a run that is not known here has had
    the lock since. Hosts that cannot be reached are left to the rollback itself.
    """
    asked = looks(past.plan, past.state, found)
    lock = past.plan.lock if "lock" not in flags["override"] else None
    locked = [name for name in dict.fromkeys(one.host for one in found) if lock and name in past.fences]
    wanted = tuple(dict.fromkeys([*(look.perform.on for look in asked), *locked]))
    with _hosts(past, folder, flags, password=password, sealed=sealed) as hosts:
        there = _connected(hosts, wanted)
        problems = list(_changed([look for look in asked if look.perform.on in there], hosts, past, folder, sealed))
        if lock:
            problems += _held_since(lock, [name for name in locked if name in there], hosts, past, state)
    if problems:
        raise Refused(*problems)


def _changed(asked: Sequence[Look], hosts: Hosts, past: Past, folder: RunFolder, sealed: Vault) -> Iterator[Problem]:
    """Hosts on which the same is to be told share a line."""
    from executor.drive.looking import changed

    groups: dict[str, list[str]] = {}
    for one in changed(asked, hosts, run=folder.run, root=Path(past.plan.root), vault=sealed):
        groups.setdefault(f"'{one.step}' cannot be undone: {one.what}", []).append(one.host)
    hint = "put it right on the host, or undo a part (--host, --stage)"
    for what, on in groups.items():
        yield Problem(f"{names(on)}: {what}", hint=hint, code="changed-since")


def _held_since(lock: str, on: Sequence[str], hosts: Hosts, past: Past, state: Path) -> Iterator[Problem]:
    """Runs that went under the same lock, and of which nothing is known here: who can tell what they have changed?"""
    from executor.drive.looking import known_there

    known, runs = known_fences(state, lock), {folder.run for folder in all_runs(state)}
    for host, last in known_there(lock, on, hosts).items():
        numbers = past.fences[host] | known.get(host, frozenset())
        if last.holder is None or set(range(max(past.fences[host]) + 1, last.holder.number + 1)) <= numbers:
            continue
        since = last.runs[: last.runs.index(past.started.run)] if past.started.run in last.runs else ()
        strange = dict.fromkeys(run for run in (last.holder.run, *since) if is_run(run) and run not in runs)
        if strange:
            text = (
                f"{host}: the lock '{lock}' has been held since by runs that are not known here: {', '.join(strange)}"
            )
            hint = f"runbook fetch {next(iter(strange))} -i INVENTORY makes it known; {GO_ON}"
            yield Problem(text, hint=hint, code="changed-since")


@contextmanager
def _hosts(
    past: Past, folder: RunFolder, flags: Mapping[str, Any], *, password: Callable[[], str] | None, sealed: Vault
) -> Iterator[Hosts]:
    from executor.hosts.pool import Hosts

    with Hosts(
        past.plan.hosts,
        run=folder.run,
        root=Path(past.plan.root),
        become_password=password,
        patience=flags["lost_after"],
        secret=lambda name: sealed.secrets[name].reveal(),
        traceless=True,
    ) as hosts:
        yield hosts


def _connected(hosts: Hosts, wanted: Iterable[str]) -> frozenset[str]:
    """Connect to all of them, side by side. Returns those that are there."""
    return frozenset(name for name, failure in hosts.reach(tuple(wanted)).items() if failure is None)
