"""How long it takes until a command that connects to nothing is done."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from benchmarks.table import Table

ROOT = Path(__file__).parent.parent
COLUMN = "milliseconds"


def commands() -> dict[str, list[str]]:
    """What is timed, by its name."""
    program = str(Path(sys.executable).with_name("runbook"))
    flagship = [str(ROOT / "runbooks" / "production-deploy.yml"), "-i", str(ROOT / "inventories" / "prod.yml")]
    return {
        "python -c 'import click, yaml'": [sys.executable, "-c", "import click, yaml"],
        "runbook --help": [program, "--help"],
        "runbook plan production-deploy.yml": [program, "plan", *flagship, "-e", "version=v1.2.3"],
    }


def startup(rounds: int) -> Table:
    """Median wall milliseconds of each; one that fails has no figure."""
    taken: dict[str, list[float]] = {name: [] for name in commands()}
    for number in range(rounds + 1):
        for name, command in commands().items():
            begin = time.perf_counter()
            ended = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False)
            milliseconds = (time.perf_counter() - begin) * 1000
            if number > 0 and ended.returncode == 0:  # the first one fills the caches
                taken[name].append(milliseconds)
    figures = {name: {COLUMN: median(values)} if len(values) == rounds else {} for name, values in taken.items()}
    return Table("Start-up", "command", [COLUMN], figures, digits=0)
