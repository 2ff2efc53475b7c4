"""A run that was taken over from its hosts: its journal, completed by what they know."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from executor.drive import tracing
from executor.drive.inbox import MONOTONIC, Inbox
from executor.drive.recalling import Traces, collecting, recall_rest
from executor.drive.recorder import Recorder, Reporters
from executor.drive.work import Work, job_id
from executor.events import Started
from executor.hosts.pool import Hosts
from executor.journal.folders import RunFolder
from executor.journal.log import Log
from executor.journal.past import Past
from executor.journal.reading import read
from executor.secrets import Vault


@dataclass(frozen=True, slots=True)
class Completed:
    """What came of it, for people: how many steps were found, what could not be placed, and who could not be asked."""

    steps: int
    notes: tuple[str, ...]


def complete(folder: RunFolder, past: Past, hosts: Hosts, reached: Iterable[str], vault: Vault) -> Completed:
    """Have the journal tell all that the hosts know of (blocking). `reached`: those that can be asked now.

    Raises JournalFailed where it cannot be written.
    """
    there = frozenset(reached)
    plan, state, inbox = past.plan, past.state, Inbox()
    found = tracing.ask(plan, folder.run, [name for name in plan.hosts if name in there & past.reached], hosts.host)
    before = _started(folder)
    work = Work(hosts.host, inbox, folder, Path(plan.root), vault=vault, only_asks=lambda _perform: True)
    with closing(Log(folder.journal, past.end)) as log:
        recorder = Recorder(log, Reporters([], _nobody), MONOTONIC, past.end.seq)
        collect = collecting(work, inbox, vault.redactor)
        recalled = recall_rest(plan, state, Traces(found.known, before), collect, recorder)
    news = (_started(folder) - before) & {job for jobs in found.known.values() for job in jobs}
    remote = [name for name in plan.hosts if name in past.reached and not plan.hosts[name].local]
    silent = {**found.silent, **{name: "it could not be reached" for name in remote if name not in there}}
    unknown = [f"{name}: what it began last is not known: {why}" for name, why in silent.items()]
    strange = [f"a step was begun that cannot be placed: {job}" for job in recalled.strange]
    return Completed(len(news), (*unknown, *strange))


def _started(folder: RunFolder) -> frozenset[str]:
    return frozenset(job_id(event.key) for _, event in read(folder.journal) if isinstance(event, Started))


def _nobody(_text: str) -> None:
    """There are no reports that could complain."""
