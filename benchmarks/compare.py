"""The same steps on the same hosts with each tool, and the table of what it took.

    python -m benchmarks.compare [--install] [--rounds N] [--only NAME …] [--rows NAME …] [--page FILE]

Every figure is the wall time of a whole process from a cold start, connections included: the median of the rounds.
Contestants take turns within a round, so that a busy moment of the machine hits all of them. After each run every host
must show every step, done once and in order; a run that did not do its work has no figure.
"""

from __future__ import annotations

import argparse
import compileall
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import executor
from benchmarks.conditions import conditions
from benchmarks.contestants import CONTESTANTS, Contestant, Work
from benchmarks.fleet import Fleet, FleetFailed, far_away, fleet
from benchmarks.startup import startup
from benchmarks.table import Table, as_markdown, as_text, into_page
from benchmarks.tools import ANSIBLE, PYINFRA

REFERENCE, PLAIN = "runbook", "runbook, durable: false"
RUN_LIMIT = 900.0  # seconds for one run of one contestant


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    hosts: int
    steps: int
    one_by_one: bool = False
    round_trip: float = 0.0  # seconds


SCENARIOS = (
    Scenario("1×100", 1, 100),
    Scenario("10×10", 10, 10),
    Scenario("10×50", 10, 50),
    Scenario("100×10", 100, 10),
    Scenario("RTT 50 ms, 10×20", 10, 20, round_trip=0.050),
    Scenario("host by host, 10×10", 10, 10, one_by_one=True),
)


class NotDone(Exception):
    """A contestant failed, or did not do its work; the message says how."""


@contextmanager
def hosts_of(near: Fleet, scenario: Scenario) -> Iterator[Fleet]:
    """The part of the fleet that a scenario needs, at the distance that it asks for."""
    part = near.first(scenario.hosts)
    with far_away(part, scenario.round_trip) if scenario.round_trip else nullcontext(part) as hosts:
        yield hosts


def one_run(contestant: Contestant, scenario: Scenario, hosts: Fleet) -> float:
    """Do the work once; the seconds that it took. Raises NotDone.

    What was written stays until the end of all runs: removing it would slow down whoever comes next.
    """
    folder = Path(tempfile.mkdtemp(prefix="r", dir=hosts.folder))
    counters = folder / "counters"
    counters.mkdir()
    work = Work(hosts, scenario.steps, scenario.one_by_one, folder, counters)
    prepared = contestant.prepare(work)
    try:
        with (folder / "log").open("wb") as log:
            begin = time.perf_counter()
            ended = subprocess.run(
                prepared.command,
                env=os.environ | prepared.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=RUN_LIMIT,
                check=False,
            )
            seconds = time.perf_counter() - begin
        if ended.returncode != 0:
            tail = "\n".join((folder / "log").read_text(errors="replace").splitlines()[-8:])
            raise NotDone(f"{contestant.name} ended with exit code {ended.returncode}:\n{tail}")
        check_work(contestant, work)
    finally:
        if prepared.after is not None:
            subprocess.run(prepared.after, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return seconds


def check_work(contestant: Contestant, work: Work) -> None:
    """Every host must show every step, done once and in order. Raises NotDone."""
    wanted = "".join(f"{n}\n" for n in range(1, work.steps + 1))
    for target in work.fleet.targets:
        counter = work.counter(target.name)
        if not counter.exists() or counter.read_text() != wanted:
            raise NotDone(f"{contestant.name} did not do its {work.steps} steps on {target.name} once and in order")


def measure(
    contestants: Sequence[Contestant], scenarios: Sequence[Scenario], rounds: int, near: Fleet
) -> dict[str, dict[str, float]]:
    """Median seconds by contestant and scenario. What could not be done is told on stderr and left out."""
    figures: dict[str, dict[str, float]] = {contestant.name: {} for contestant in contestants}
    for scenario in scenarios:
        with hosts_of(near, scenario) as hosts:
            taken: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
            for number in range(1, rounds + 1):
                for contestant in contestants:
                    try:
                        seconds = one_run(contestant, scenario, hosts)
                    except (NotDone, subprocess.TimeoutExpired) as reason:
                        tell(f"{scenario.name}: {reason}")
                        continue
                    taken[contestant.name].append(seconds)
                    tell(f"{scenario.name}, round {number} of {rounds}: {contestant.name} {seconds:.2f} s")
        for name, values in taken.items():
            if len(values) == rounds:  # a figure with a failed round among it would say too little
                figures[name][scenario.name] = median(values)
    return figures


def tell(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description="runbook beside other tools")
    names, rows = [c.name for c in CONTESTANTS], [s.name for s in SCENARIOS]
    parser.add_argument("--install", action="store_true", help="install the other tools into the user's cache first")
    parser.add_argument("--rounds", type=int, default=3, help="runs of which the median is shown (default 3)")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--rows", nargs="*", choices=rows, default=rows, metavar="ROW", help="; ".join(rows))
    parser.add_argument("--no-startup", action="store_true", help="leave the start-up times out")
    parser.add_argument("--page", type=Path, help="put the tables between the marks of this page of the manual, too")
    return parser.parse_args()


def main() -> int:
    chosen = arguments()
    if chosen.install:
        for tool in (ANSIBLE, PYINFRA):
            if not tool.installed():
                tell(f"installing {tool.requirement} into {tool.folder}")
                tool.install()
    contestants = [c for c in CONTESTANTS if c.name in chosen.only]
    for missing in (c for c in contestants if not c.available()):
        tell(f"{missing.name} is not installed: left out (--install gets it)")
    contestants = [c for c in contestants if c.available()]
    scenarios = [s for s in SCENARIOS if s.name in chosen.rows]

    # A package that was installed has its bytecode, as the other tools here; a checkout may have none yet.
    compileall.compile_dir(Path(executor.__file__).parent, quiet=1)
    lines = conditions()
    tables = []
    if scenarios:
        # Unix sockets live below this folder, and their paths may have 107 characters at most: a short TMPDIR.
        folder = Path(tempfile.mkdtemp(prefix="rb"))
        try:
            with fleet(folder, max(s.hosts for s in scenarios)) as near:
                figures = measure(contestants, scenarios, chosen.rounds, near)
        except FleetFailed as reason:
            tell(str(reason))
            return 1
        finally:
            shutil.rmtree(folder)
        columns = [s.name for s in scenarios]
        tables.append(Table("Seconds", "hosts × steps", columns, figures, digits=2))
        tables.append(Table("Times as long as runbook", "hosts × steps", columns, ratios(figures), digits=1))
        tables.append(Table("Milliseconds of a step on a host", "hosts × steps", columns, cost(figures, scenarios), 2))
    if not chosen.no_startup:
        tables.append(startup(rounds=max(chosen.rounds, 5)))
    tables = [table for table in tables if any(table.rows.values())]
    sys.stdout.write(as_text(lines, tables))
    if chosen.page is not None:
        chosen.page.write_text(into_page(chosen.page.read_text(), as_markdown(lines, tables)))
    return 0


def ratios(figures: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Each figure divided by the reference's of the same scenario, where there is one."""
    reference = figures.get(REFERENCE, {})
    return {
        name: {scenario: seconds / reference[scenario] for scenario, seconds in row.items() if scenario in reference}
        for name, row in figures.items()
        if name != REFERENCE
    }


def cost(figures: dict[str, dict[str, float]], scenarios: Sequence[Scenario]) -> dict[str, dict[str, float]]:
    """What durability adds to a step, in milliseconds: the whole difference, shared by all steps of all hosts."""
    durable, plain = figures.get(REFERENCE, {}), figures.get(PLAIN, {})
    return {
        "what durability costs": {
            scenario.name: (durable[scenario.name] - plain[scenario.name]) * 1000 / (scenario.hosts * scenario.steps)
            for scenario in scenarios
            if scenario.name in durable and scenario.name in plain
        }
    }


if __name__ == "__main__":
    sys.exit(main())
