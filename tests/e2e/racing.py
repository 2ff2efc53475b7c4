"""Many controllers that want overlapping hosts at the same moment, some of which are killed.

Run by hand for the long form: `python -m tests.e2e.racing --controllers 20 --rounds 20` (`make locks`).
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.conftest import Project, new_project
from tests.sshd import start_server

# Whoever enters a host makes a file that must not be there; whoever finds one overlaps, and says with whom.
WORK = """
name: Race
stages:
  - name: Work
    hosts: {hosts}
    serial: 100%
    steps:
      - name: Enter
        shell: |
          set -C
          if ! echo {who} > ~/inside; then echo "{who} meets $(cat ~/inside)" >> ~/overlaps; exit 1; fi
        rollback: none
      - name: Stay
        shell: sleep 0.{stay}
        rollback: none
      - name: Leave
        shell: rm ~/inside; echo {who} >> ~/log
        rollback: none
"""


@dataclass
class Told:
    """What came of a race."""

    overlaps: list[str] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    worked: int = 0  # controllers that did all their work
    unmarked: list[str] = field(default_factory=list)  # locks that name no run of ours
    seconds: float = 0.0


def race(project: Project, *, controllers: int, kills: int, wait: str, seed: int) -> Told:
    """Start all at once, kill some at random moments, resume those, and look at what they left."""
    dice = random.Random(seed)  # noqa: S311  repeatable, not a secret
    hosts = list(project.servers)
    for who in range(controllers):
        some = dice.sample(hosts, dice.randint(1, len(hosts)))
        text = WORK.format(hosts=":".join(some), who=f"c{who}", stay=dice.randint(10, 40))
        project.write(f"runbooks/race{who}.yml", text)
    began = time.monotonic()
    running = [
        project.start("run", f"race{who}", "-i", "prod", "--wait", wait, "--on-failure", "stop")
        for who in range(controllers)
    ]
    outs: dict[int, str] = {}
    readers = [threading.Thread(target=_collect, args=(who, process, outs)) for who, process in enumerate(running)]
    for reader in readers:
        reader.start()
    for who in dice.sample(range(controllers), kills):
        while _run_of(project, f"race{who}") is None and running[who].poll() is None:
            time.sleep(0.01)
        time.sleep(dice.uniform(0, 1.5))
        running[who].kill()
    for reader in readers:
        reader.join(300)
    told = Told(seconds=time.monotonic() - began)
    told.codes = [process.returncode for process in running]
    runs = {path.name for path in (project.folder / "state" / "runs").iterdir()}
    told.unmarked = [claim for claim in _claims(project) if claim.split("\n")[1] not in runs]
    resumed = 0
    for process, who in zip(running, range(controllers), strict=True):
        if process.returncode == -9:
            resumed += _resume(project, f"race{who}")
    told.worked = told.codes.count(0) + resumed
    for server in project.servers.values():
        path = server.home / "overlaps"
        told.overlaps += path.read_text().splitlines() if path.exists() else []
    left = list(_claims(project))
    told.unmarked += [f"left after all have ended: {claim}" for claim in left]
    return told


def _collect(who: int, process: subprocess.Popen[str], outs: dict[int, str]) -> None:
    outs[who] = process.communicate()[0]


def _claims(project: Project) -> Iterator[str]:
    """The locks that lie on the hosts."""
    for server in project.servers.values():
        for path in server.home.glob(".runbook/locks/*/*/*"):
            if path.name.isdigit():
                yield path.read_text()


def _run_of(project: Project, name: str) -> str | None:
    """The id of the run that a controller has begun; None before that."""
    for journal in (project.folder / "state" / "runs").glob("*/journal.jsonl"):
        if f"{name}.yml" in journal.read_text().partition("\n")[0]:
            return journal.parent.name
    return None


def _resume(project: Project, name: str) -> bool:
    """Carry on the run of a killed controller, where it had begun. Whether it did its work."""
    run = _run_of(project, name)
    if run is None:
        return False
    return project.runbook("resume", run, "--wait", "20s", "--on-failure", "stop", timeout=120).code == 0


@contextmanager
def _fleet(size: int) -> Iterator[Project]:
    with tempfile.TemporaryDirectory() as folder:
        servers = {f"web{n}": start_server(Path(folder) / f"web{n}") for n in range(1, size + 1)}
        try:
            yield new_project(Path(folder), servers)
        finally:
            for server in servers.values():
                server.vanish()
                server.end_jobs()


def main() -> int:
    """The long form; exit 1 where a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--controllers", type=int, default=20)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--hosts", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    bad = 0
    for turn in range(arguments.rounds):
        seed = arguments.seed + turn
        with _fleet(arguments.hosts) as project:
            told = race(project, controllers=arguments.controllers, kills=arguments.kills, wait="90s", seed=seed)
        fine = not told.overlaps and not told.unmarked and told.worked
        bad += not fine
        sys.stdout.write(f"seed {seed}: {'fine' if fine else 'BROKEN'}, {told}\n")
        sys.stdout.flush()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
