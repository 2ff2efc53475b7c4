"""How long `runbook validate` takes, and that it grows in step with the file: `python -m benchmarks.validate`.

A runbook of 5,000 steps (of every ordinary kind: templates, loops, handlers, blocks, probes) and an inventory of 1,000
hosts in groups, whole processes, the best of three. Each row has twice the steps of the one before; what a step costs
must not grow with their number.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.table import Table, as_text

STEPS = (625, 1250, 2500, 5000)
HOSTS = 1000
ROUNDS = 3
PER_STAGE = 25

STAGE = """\
  - name: Stage {number}
    hosts: group{group}
    serial: [1, 25%, 100%]
    max_failures: 10%
    health:
      - {{http: {{url: "http://localhost:{{{{ port }}}}/health"}}, within: 1m, every: 2s}}
    steps:
"""

KINDS = (
    """\
      - name: Step {number}
        shell: |
          cd {{{{ app_dir }}}}
          ./step.sh {{{{ version }}}} --number {number} > "log-{{{{ host.name }}}}"
        rollback: ./step.sh --back {number}
""",
    """\
      - name: Step {number}
        shell: readlink {{{{ app_dir }}}}/current
        register: previous{number}
        read_only: true
        failed_when: previous{number}.rc > 1
""",
    """\
      - name: Step {number}
        copy: {{dest: "{{{{ release }}}}/conf.{number}", content: "weight {{{{ weight }}}}", mode: "0644"}}
        apply: systemctl reload app
        verify: {{tcp: {{port: 8000}}, within: 30s}}
""",
    """\
      - name: Step {number}
        loop: [a, b, c]
        shell: touch {{{{ item }}}}
        when: weight > 1 and version != 'v0'
        rollback: rm -f {{{{ item }}}}
""",
    """\
      - block:
          - name: Step {number}
            executable: bash -euo pipefail
            shell: pg_dump app | gzip > {number}.gz
            rollback: none
        when: version is defined
""",
)


def runbook(steps: int) -> str:
    """The text of a runbook with that many steps."""
    head = (
        "name: Large\ntimeout: 5m\nparams: {version: {default: v1}}\nvars: {release: '{{ app_dir }}/{{ version }}'}\n"
    )
    parts = [head, "stages:\n"]
    for number in range(steps):
        if number % PER_STAGE == 0:
            parts.append(STAGE.format(number=number // PER_STAGE, group=number // PER_STAGE % 10))
        parts.append(KINDS[number % len(KINDS)].format(number=number))
    return "".join(parts)


def inventory(hosts: int) -> str:
    """The text of an inventory with that many hosts in ten groups."""
    names = [f"host{number}" for number in range(hosts)]
    lines = ["vars: {app_dir: /srv/app, port: 8000}", "hosts:"]
    lines += [
        f"  {name}: {{address: 203.0.113.{number % 250 + 1}, vars: {{weight: {number % 3}}}}}"
        for number, name in enumerate(names)
    ]
    lines.append("groups:")
    lines += [f"  group{group}: {{hosts: [{', '.join(names[group::10])}]}}" for group in range(10)]
    return "\n".join(lines) + "\n"


def measured(arguments: Sequence[str], folder: Path) -> float:
    """Seconds of the best of some runs of `runbook validate`. Raises where it does not end well."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        command = [sys.executable, "-m", "executor", "validate", *arguments]
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
        best = min(best, time.perf_counter() - start)
        if done.returncode:
            raise RuntimeError(f"validate ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return best


def table(sizes: Sequence[int], hosts: int) -> Table:
    """Seconds for each size of runbook, and milliseconds a step."""
    ways = {
        "files alone": ["large.yml", "hosts.yml"],
        "with advice": ["large.yml", "hosts.yml", "--strict"],
        f"on {hosts:,} hosts": ["large.yml", "-i", "hosts.yml"],
    }
    rows: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "runbook.toml").touch()
        (folder / "hosts.yml").write_text(inventory(hosts))
        for steps in sizes:
            (folder / "large.yml").write_text(runbook(steps))
            row = rows[f"{steps:,} steps"] = {}
            for way, arguments in ways.items():
                row[way] = measured(arguments, folder)
                row[f"{way}, ms a step"] = row[way] * 1000 / steps
    columns = [column for way in ways for column in (way, f"{way}, ms a step")]
    return Table("runbook validate, seconds", "runbook", columns, rows, digits=2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, nargs="+", default=STEPS)
    parser.add_argument("--hosts", type=int, default=HOSTS)
    asked = parser.parse_args()
    sys.stdout.write(as_text((), [table(asked.steps, asked.hosts)]))


if __name__ == "__main__":
    main()
