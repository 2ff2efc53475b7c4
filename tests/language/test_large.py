"""What a step costs does not grow with the number of steps, nor a host with that of hosts.

Calls are counted, not seconds: they are the same on a busy machine.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.validate import inventory, runbook
from executor.language import load_inventory
from executor.language.advice import advise, undefined
from executor.language.runbooks import load_written

SMALL, LARGE = 100, 800
ALLOWED = 1.15  # what is counted beyond what grows in step: caches that fill, logarithms


def calls(work: Callable[[], object]) -> int:
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def runbook_work(folder: Path, steps: int) -> Callable[[], object]:
    file = folder / f"{steps}.yml"
    file.write_text(runbook(steps))

    def work() -> None:
        written = load_written(file, root=folder)
        assert advise(written) == ()
        assert undefined(written.runbook) == ()

    return work


def inventory_work(folder: Path, hosts: int) -> Callable[[], object]:
    file = folder / f"{hosts}.yml"
    file.write_text(inventory(hosts))
    return lambda: load_inventory([str(file)], root=folder)


@pytest.mark.parametrize("kind", [runbook_work, inventory_work])
def test_the_cost_grows_in_step(tmp_path: Path, kind: Callable[[Path, int], Callable[[], object]]) -> None:
    kind(tmp_path, 20)()  # libraries are imported, caches are filled
    small, large = (calls(kind(tmp_path, size)) for size in (SMALL, LARGE))
    assert large / LARGE < small / SMALL * ALLOWED
