"""What later runs that are known here have changed since of that which a rollback would put back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from executor.engine.resume import Undoable, undoable
from executor.engine.state import Entry
from executor.journal.folders import RunFolder
from executor.journal.index import glances
from executor.journal.past import Past, recall
from executor.model.actions import Copy, Symlink, TemplateFile, Unarchive
from executor.report.phrasing import names


def later_changes(past: Past, folder: RunFolder, found: Sequence[Undoable], state: Path) -> list[str]:
    """What later runs that are known here have changed since of that which would be put back, for people; newest first.

    A later run counts where something of it stands on the same host, and it was of the same runbook, went under the
    same lock, or wrote the same file.
    """
    hosts = {one.host for one in found}
    files = {(one.host, target) for one in found for target in _targets(past, one.task, one.host, one.item)}
    told = []
    for one in glances(state):
        if one.folder.run == folder.run:
            break
        since = recall(one.folder)
        left = [entry for entry in _standing(since) if entry.host in hosts]
        alike = one.started.file == past.started.file or (past.plan.lock and since.plan.lock == past.plan.lock)
        same = left if alike else [entry for entry in left if _wrote(since, entry) & files]
        if same:
            steps = ", ".join(dict.fromkeys(f"'{_step(since, entry)}'" for entry in reversed(same)))
            where = names(dict.fromkeys(entry.host for entry in same))
            stays = "" if undoable(since.plan, since.state) else ", which cannot be undone any more"
            told.append(f"run {one.folder.run} ({one.started.name}) has changed {where} since: {steps}{stays}")
    return told


def _standing(past: Past) -> Iterator[Entry]:
    """What a run has changed and not undone, whether or not it still could be."""
    for host in past.state.hosts.values():
        for entry in host.armed.values():
            if entry.kind != "none" and entry.status in ("armed", "owed", "failed") and not entry.unchanged:
                yield entry


def _step(past: Past, entry: Entry) -> str:
    return past.state.index.steps[entry.task].step.name


def _wrote(past: Past, entry: Entry) -> set[tuple[str, str]]:
    return {(entry.host, target) for target in _targets(past, entry.task, entry.host, entry.item)}


def _targets(past: Past, task: str, host: str, item: int) -> tuple[str, ...]:
    """The file that a step writes on its host, where its name is known."""
    match past.state.index.item(task, host, item).body.action:
        case Copy(dest=str(dest)) | TemplateFile(dest=str(dest)) | Symlink(dest=str(dest)) | Unarchive(dest=str(dest)):
            return (dest,)
        case _:
            return ()


def known_fences(state: Path, lock: str) -> Mapping[str, frozenset[int]]:
    """The numbers that runs which are known here have had of a lock, by host: what they did is known, too."""
    found: dict[str, frozenset[int]] = {}
    for one in glances(state):
        past = recall(one.folder)
        if past.plan.lock == lock:
            for host, numbers in past.fences.items():
                found[host] = found.get(host, frozenset()) | numbers
    return found
