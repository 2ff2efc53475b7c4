"""Many controllers that want the same hosts at the same moment, some of which are killed, and carried on.

Run by hand for the long form: `python -m tests.e2e.racing --controllers 20 --rounds 10` (`make locks`).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Project, Ran, new_project
from tests.faults.lives import Hung, begin
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
PATIENCE = 600.0  # seconds; who has not ended by then waits for ever
LIVES = 5  # of one controller's run


@dataclass
class Told:
    """What came of a race."""

    wrong: list[str] = field(default_factory=list)
    killed: list[str] = field(default_factory=list)  # how far each was that was killed
    ran: list[Ran] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{len(self.ran)} lives, {self.seconds:.0f} s, killed: {self.killed}, wrong: {self.wrong}"


@dataclass(frozen=True)
class Racer:
    """One controller, its hosts, and when it is killed: seconds after its run has written down an event, or never."""

    name: str
    hosts: tuple[str, ...]
    dies: tuple[str, float] | None


def race(project: Project, *, controllers: int, kills: int, wait: str, seed: int) -> Told:
    """Start all at once, kill some and carry those on at once; each must do its work, and nobody meets anybody."""
    dice = random.Random(seed)  # noqa: S311  repeatable, not a secret
    mortal = set(dice.sample(range(controllers), kills))
    racers = []
    for number in range(controllers):
        hosts = tuple(dice.sample(list(project.servers), dice.randint(1, len(project.servers))))
        dies = dice.choice([("RunStarted", dice.uniform(0, 4)), ("Locked", dice.uniform(0, 0.5))])
        racers.append(Racer(f"race{number}", hosts, dies if number in mortal else None))
        text = WORK.format(hosts=":".join(hosts), who=f"c{number}", stay=dice.randint(10, 40))
        project.write(f"runbooks/race{number}.yml", text)
    told, start = Told(), threading.Barrier(controllers)
    threads = [threading.Thread(target=_carry, args=(project, racer, wait, told, start)) for racer in racers]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told.seconds = time.monotonic() - began
    told.wrong += _wrong(project, racers)
    return told


def _carry(project: Project, racer: Racer, wait: str, told: Told, start: threading.Barrier) -> None:
    """One operator: starts the run, and carries it on when its machine has died."""
    anew = ("run", racer.name, "-i", "prod", "--wait", wait, "--on-failure", "stop")
    arguments: tuple[str, ...] = anew
    dies = racer.dies
    start.wait()
    for _ in range(LIVES):
        life = begin(project, *arguments)
        if dies is not None:
            while not _has(project, racer, dies[0]) and life.process.exitcode is None:
                time.sleep(0.01)
            life.process.join(dies[1])
            if life.process.exitcode is None:
                life.process.kill()
                told.killed.append(_how_far(project, racer))
                told.wrong += _unmarked(project)
            dies = None
        try:
            ran = life.end(PATIENCE)
        except Hung as hung:
            told.wrong.append(f"{racer.name} waits for ever: {hung}")
            return
        told.ran.append(ran)
        journal = _journal(project, racer)
        if ran.code != -9:
            # Killed right after its last word, it has ended well; `resume` says so.
            if ran.code != 0 and "is finished: done" not in ran.err:
                told.wrong.append(f"{racer.name} has ended with {ran}")
            return
        arguments = anew if journal is None else ("resume", journal.parent.name, "--wait", wait, "--on-failure", "stop")


def _wrong(project: Project, racers: list[Racer]) -> list[str]:
    found = [f"left after all have ended: {claim!r}" for claim in _claims(project)]
    for name, server in project.servers.items():
        overlaps = server.home / "overlaps"
        found += overlaps.read_text().splitlines() if overlaps.exists() else []
        worked = sorted(project.log(name))
        wanted = sorted(f"c{number}" for number, racer in enumerate(racers) if name in racer.hosts)
        if worked != wanted:
            found.append(f"on {name} have worked {worked}, and should {wanted}")
    return found


def _claims(project: Project) -> Iterator[str]:
    """The locks that lie on the hosts."""
    for server in project.servers.values():
        for path in server.home.glob(".runbook/locks/*/*/*"):
            if path.name.isdigit():
                try:
                    yield path.read_text()
                except FileNotFoundError:
                    continue  # let go since


def _unmarked(project: Project) -> list[str]:
    """Locks that name no run of ours."""
    claims = list(_claims(project))
    runs = {path.name for path in (project.folder / "state" / "runs").iterdir()}
    return [f"nobody's lock: {claim!r}" for claim in claims if claim.split("\n")[1] not in runs]


def _journal(project: Project, racer: Racer) -> Path | None:
    """The journal of the run that a controller has begun; None before that."""
    for journal in (project.folder / "state" / "runs").glob("*/journal.jsonl"):
        if f"{racer.name}.yml" in journal.read_text().partition("\n")[0]:
            return journal
    return None


def _has(project: Project, racer: Racer, event: str) -> bool:
    journal = _journal(project, racer)
    return journal is not None and f'"is":"{event}"' in journal.read_text()


def _how_far(project: Project, racer: Racer) -> str:
    """The last thing that a run has written down."""
    journal = _journal(project, racer)
    lines = [line for line in journal.read_text().splitlines() if line.endswith("}")] if journal else []
    event: dict[str, Any] = json.loads(lines[-1])["event"] if lines else {"is": "nothing"}
    return str(event["is"])


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
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--hosts", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    bad = 0
    for seed in range(arguments.seed, arguments.seed + arguments.rounds):
        with _fleet(arguments.hosts) as project:
            told = race(project, controllers=arguments.controllers, kills=arguments.kills, wait="10m", seed=seed)
        bad += bool(told.wrong)
        sys.stdout.write(f"seed {seed}: {'BROKEN' if told.wrong else 'fine'}, {told}\n")
        sys.stdout.flush()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
