"""Runs whose controllers, connections and processes on the hosts are killed at random moments, and which are resumed
until they end; then hosts and journals are asked whether the promises were kept.

The long form: `python -m tests.faults.chaos --rounds 300` (`make kills-random`). A seed says what is killed and when;
what that meets is a matter of real time, so a seed plays alike, not the same.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Literal

from executor.journal.folders import all_runs
from tests.e2e.conftest import Project, Ran, new_project
from tests.faults.journals import damaged
from tests.faults.lives import Hung, Life, begin
from tests.faults.marks import STEP, Record, broken
from tests.faults.processes import processes
from tests.machine import Machine, can_be_restarted, start_machine
from tests.sshd import SshServer, start_server

HOSTS = ("web1", "web2", "web3")
LIVES = 10  # of a run; it must have ended by then
PATIENCE = 90.0  # seconds for a life; the longest takes five on an idle machine
_HANGS = "(sleep 987 & sleep 987)"


def _step(indent: int, tail: str = "") -> str:
    return "|" + (STEP.rstrip() + "\n" + tail).replace("\n", "\n" + " " * indent)


# web3 is the last one, and may fail in its last step: by an exit code, or by a timeout.
BOOK = f"""
name: Chaos
params:
  fail: {{type: string, default: never}}
stages:
  - name: Prepare
    hosts: web
    serial: 100%
    steps:
      - name: One
        shell: {_step(10)}
        rollback: {_step(10)}
      - name: Once
        once: run
        shell: {_step(10)}
        rollback: {_step(10)}
  - name: Roll out
    hosts: web
    serial: 2
    steps:
      - name: Loop
        loop: [a, b]
        shell: {_step(10)}
        rollback: {_step(10)}
      - name: Two
        shell: {_step(10)}
        rollback: {_step(10)}
      - name: Last
        timeout: 2s
        shell: {_step(10, "case {{ fail }}-{{ host.name }} in exit-web3) exit 3 ;; hang-web3) " + _HANGS + " ;; esac")}
        rollback: {_step(10)}
"""
Fail = Literal["never", "exit", "hang"]
What = Literal["controller", "connection", "process", "power"]


@dataclass(frozen=True)
class Strike:
    """What is killed, seconds after the strike before it. `pick` chooses among what there is then."""

    after: float
    what: What
    host: str
    pick: float

    def __str__(self) -> str:
        return f"{self.what} at {self.host} +{self.after:.2f} s"


@dataclass(frozen=True)
class Fate:
    """What a seed has in store for a run."""

    seed: int
    fail: Fail
    strikes: tuple[Strike, ...]

    @classmethod
    def of(cls, seed: int) -> Fate:
        dice = random.Random(seed)  # noqa: S311  repeatable, not a secret
        left: list[What] = ["controller", "controller", "controller", "connection", "connection"]
        left += ["process", "process", "process", "power"]  # a machine that is restarted is left alone meanwhile
        strikes = list[Strike]()
        for _ in range(dice.randint(1, 4)):
            what = left.pop(dice.randrange(len(left)))
            strikes.append(Strike(dice.uniform(0.05, 1.6), what, dice.choice(HOSTS), dice.random()))
        return cls(seed, dice.choice(("never", "exit", "exit", "hang")), tuple(strikes))


@dataclass
class Told:
    """What came of a fate."""

    fate: Fate
    wrong: list[str] = field(default_factory=list)
    struck: list[str] = field(default_factory=list)
    cut: set[str] = field(default_factory=set)  # hosts where something of the supervisor's, or all of it, was killed
    bereft: set[str] = field(
        default_factory=set
    )  # hosts where a step's own process was killed: what it had begun goes on
    ran: list[Ran] = field(default_factory=list)

    def __str__(self) -> str:
        said = [f"seed {self.fate.seed}, fails: {self.fate.fail}", *self.wrong, "killed:", *self.struck]
        return "\n".join([*said, *map(str, self.ran)])


@dataclass(frozen=True)
class Scene:
    """Where a fate is played. `machines` are the hosts whose power can be cut."""

    project: Project
    machines: Mapping[str, Machine] = field(default_factory=dict)


def play(scene: Scene, fate: Fate) -> Told:
    """A run with its fate, resumed until it ends."""
    project = scene.project
    _begin_anew(scene)
    told = Told(fate)
    start = ("run", "chaos", "-i", "prod", "-e", f"fail={fate.fail}")
    arguments: tuple[str, ...] = start
    strikes = list(fate.strikes)
    for _ in range(LIVES):
        life = begin(project, *arguments)
        _strike_all(scene, life, strikes, told)
        try:
            told.ran.append(life.end(PATIENCE))
        except Hung as hung:
            told.ran.append(hung.ran)
            told.wrong.append(f"promise 5: it did not end within {PATIENCE:g} s")
            return told
        over = _over(project, told.ran[-1])
        if "Traceback" in told.ran[-1].err:
            told.wrong.append("promise 19: it shows a traceback")
        if over is not None:
            told.wrong += _wrong(project, over, told)
            return told
        folder = next(all_runs(project.folder / "state"), None)
        begun = folder is not None and Record(folder).started_at_all
        if not begun:
            shutil.rmtree(project.folder / "state", ignore_errors=True)
        arguments = ("resume",) if begun else start
    told.wrong.append(f"it has not ended after {LIVES} lives")
    return told


def _strike_all(scene: Scene, life: Life, strikes: list[Strike], told: Told) -> None:
    """Kill what is to be killed while this life lasts."""
    while strikes:
        life.process.join(strikes[0].after)
        if life.process.exitcode is not None:
            return
        strike = strikes.pop(0)
        match strike.what:
            case "controller":
                told.struck.append(str(strike))
                life.process.kill()
                return
            case "power":
                for host, machine in scene.machines.items():
                    told.struck.append(f"power at {host} +{strike.after:.2f} s")
                    told.cut.add(host)
                    machine.power_cut()
            case "connection" | "process":
                _strike_host(scene.project.servers[strike.host], strike, told)


def _strike_host(server: SshServer, strike: Strike, told: Told) -> None:
    there = [one for one in processes(server) if (one.role == "session") == (strike.what == "connection")]
    if not there:
        return
    # Roles first: a lane has many children, and one timer.
    roles = sorted({one.role for one in there})
    role = roles[int(strike.pick * len(roles))]
    chosen = [one for one in there if one.role == role]
    victim = chosen[int(strike.pick * 997) % len(chosen)]
    if victim.kill():
        told.struck.append(f"{strike}: {victim}")
        if strike.what == "process":
            told.cut.add(strike.host)
        if role in ("job", "child"):
            told.bereft.add(strike.host)


def _over(project: Project, ran: Ran) -> int | None:
    """The run's exit code, where it has ended; None where somebody must carry it on."""
    if ran.code in (0, 2):
        return ran.code
    folder = next(all_runs(project.folder / "state"), None)
    word = Record(folder).word() if folder is not None and "is unfinished" in ran.err else None
    return int(word.exit) if word is not None else None


def _wrong(project: Project, code: int, told: Told) -> list[str]:
    record = Record(next(all_runs(project.folder / "state")))
    found = [str(one) for one in broken(project, record, cut=told.cut, code=code)] + damaged(project)
    untouched = not any(project.log(host) for host in project.servers)
    if code not in (0, 2) and not (code == 4 and told.cut and untouched):
        found.append(f"the run has ended with exit {code}")
    for name, server in project.servers.items():
        found += [f"{name} is still locked" for path in server.home.glob(".runbook/locks/*/*/*") if path.name.isdigit()]
        if name not in told.bereft and (left := _left(server)):
            found.append(f"promise 7: on {name} there is still {left}")
    return found


def _left(server: SshServer) -> list[str]:
    """What of a step that had to end still runs, when a while has passed."""
    left: list[str] = []
    for _ in range(200):
        left = [str(one) for one in processes(server) if "sleep 987" in one.words or "/.runbook/runs/" in one.words]
        if not left:
            break
        time.sleep(0.05)
    return left


def _begin_anew(scene: Scene) -> None:
    shutil.rmtree(scene.project.folder / "state", ignore_errors=True)
    for machine in scene.machines.values():
        machine.is_up()
    for server in scene.project.servers.values():
        server.end_jobs()
        (server.home / "log").unlink(missing_ok=True)
        shutil.rmtree(server.home / ".runbook", ignore_errors=True)


# --- the long form -----------------------------------------------------------------------------------------------


@contextmanager
def _fleet() -> Iterator[Scene]:
    """Servers of their own; where that is possible one of them is a machine whose power can be cut."""
    with tempfile.TemporaryDirectory() as folder:
        servers = {name: start_server(Path(folder) / name) for name in HOSTS[1:]}
        machines = {HOSTS[0]: start_machine(Path(folder) / HOSTS[0])} if can_be_restarted() else {}
        first = machines[HOSTS[0]].server if machines else start_server(Path(folder) / HOSTS[0])
        try:
            yield Scene(new_chaos(Path(folder), {HOSTS[0]: first, **servers}), machines)
        finally:
            for machine in machines.values():
                machine.gone()
            servers = servers if machines else {HOSTS[0]: first, **servers}
            for server in servers.values():
                server.vanish()
                server.end_jobs()


def new_chaos(parent: Path, servers: dict[str, SshServer]) -> Project:
    """A project with the runbook whose steps say who they are."""
    project = new_project(parent, servers)
    (project.folder / "runbooks").mkdir()
    (project.folder / "runbooks" / "chaos.yml").write_text(BOOK)
    return project


def main() -> int:
    """The long form; exit 1 where a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1, help="of the first round; each has the next one")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--verbose", action="store_true", help="tell also what went well")
    arguments = parser.parse_args()
    seeds = iter(range(arguments.seed, arguments.seed + arguments.rounds))
    lock, told_all, numbers = threading.Lock(), list[Told](), count(1)

    def work() -> None:
        with _fleet() as scene:
            while True:
                with lock:
                    seed = next(seeds, None)
                if seed is None:
                    return
                told = play(scene, Fate.of(seed))
                with lock:
                    told_all.append(told)
                    if told.wrong or arguments.verbose:
                        sys.stdout.write(f"{'BROKEN' if told.wrong else 'fine'}: {told}\n")
                    if next(numbers) % 25 == 0:
                        sys.stdout.write(f"{len(told_all)} runs, {sum(bool(one.wrong) for one in told_all)} broken\n")
                    sys.stdout.flush()

    began = time.monotonic()
    workers = [threading.Thread(target=work) for _ in range(arguments.workers)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    broken_ones = sum(bool(told.wrong) for told in told_all)
    kills = sum(len(told.struck) for told in told_all)
    took = time.monotonic() - began
    sys.stdout.write(f"{len(told_all)} runs, {kills} kills, {broken_ones} broken, {took:.0f} s\n")
    return 1 if broken_ones or len(told_all) < arguments.rounds else 0


if __name__ == "__main__":
    sys.exit(main())
