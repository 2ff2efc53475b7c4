"""What journals say against what lies on the hosts."""

from __future__ import annotations

from executor.drive.work import job_id
from executor.errors import InvalidInput
from executor.events import Started
from executor.journal.folders import all_runs
from executor.journal.reading import decisions
from tests.e2e.conftest import Project
from tests.faults.disk import Kind


def damaged(project: Project) -> list[str]:
    """What `show --verify` would say against the journals."""
    found = []
    for folder in all_runs(project.folder / "state"):
        try:
            for _ in decisions(folder.journal):
                pass
        except InvalidInput as error:
            found.append(f"{folder.run}: {error}")
    return found


def too_early(project: Project, kind: Kind) -> list[str]:
    """Jobs that are on the hosts although the newest journal does not say that they were started.

    Where the fault came right after a write, nothing that it allows may be there either.
    """
    folder = next(all_runs(project.folder / "state"), None)
    groups = [records for records, _ in decisions(folder.journal)] if folder else []
    if kind in ("after", "unsynced"):
        groups = groups[:-1]
    started = {job_id(r.event.key) for records in groups for r in records if isinstance(r.event, Started)}
    found = []
    for name, server in project.servers.items():
        # Locks and mirrors have jobs, too: those are named for what they are, the run's own for its steps' numbers.
        jobs = {path.stem for path in server.home.glob(".runbook/runs/*/*/[0-9]*.rc")}
        found += [f"{name} has {job}, of which no journal knows" for job in sorted(jobs - started)]
    return found
