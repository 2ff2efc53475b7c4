"""How long `runbook plan` takes, and that it grows in step with the hosts: `python -m benchmarks.plans`.

Fifty steps on up to 1,000 hosts, in two ways: hosts that are alike in all that a step is made of, and hosts on which
every command of every step is another one. Processor seconds of whole processes, the best of two: each makes the plan
and writes its text.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.table import Table, as_text

HOSTS = (250, 500, 1000)
STEPS = 50
ROUNDS = 2

STEP = """\
      - name: Step {number}
        shell: ./do --step {number} --with {value} --path {{{{ dir }}}}/{value}
        unless: test -e {{{{ dir }}}}/done-{number}-{value}
        rollback: ./undo --step {number} {value}
"""


def runbook(steps: int, value: str) -> str:
    """The text of a runbook whose commands hold `value`."""
    head = "name: Large\nvars: {dir: /srv/app}\nstages:\n  - name: All\n    hosts: all\n    serial: [1, 25%]\n"
    return head + "    steps:\n" + "".join(STEP.format(number=number, value=value) for number in range(steps))


def inventory(hosts: int) -> str:
    """The text of an inventory in which each host has a number of its own."""
    lines = (f"  h{number}: {{address: h{number}.example.com, vars: {{n: {number}}}}}\n" for number in range(hosts))
    return "hosts:\n" + "".join(lines)


def measured(folder: Path, name: str) -> float:
    """Processor seconds of the best of some runs of `runbook plan`. Raises where it does not end well."""
    best = float("inf")
    for _ in range(ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "executor", "plan", name, "-i", "hosts.yml"]
        done = subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if done.returncode:
            raise RuntimeError(f"plan ended with {done.returncode}:\n{done.stderr.decode()[-2000:]}")
    return best


def table(sizes: Sequence[int], steps: int) -> Table:
    """Seconds for each number of hosts, and microseconds for a step on a host where all differ."""
    rows: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "runbook.toml").touch()
        (folder / "alike.yml").write_text(runbook(steps, "same"))
        (folder / "different.yml").write_text(runbook(steps, "{{ n }}"))
        for hosts in sizes:
            (folder / "hosts.yml").write_text(inventory(hosts))
            alike, different = measured(folder, "alike.yml"), measured(folder, "different.yml")
            each = different * 1_000_000 / (hosts * steps)
            rows[f"{hosts:,} hosts"] = {"all alike": alike, "all different": different, "µs a step and host": each}
    columns = ["all alike", "all different", "µs a step and host"]
    return Table(f"runbook plan, {steps} steps, processor seconds", "hosts", columns, rows, digits=2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, nargs="+", default=HOSTS)
    parser.add_argument("--steps", type=int, default=STEPS)
    asked = parser.parse_args()
    sys.stdout.write(as_text((), [table(asked.hosts, asked.steps)]))


if __name__ == "__main__":
    main()
