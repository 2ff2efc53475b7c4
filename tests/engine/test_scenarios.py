"""Every scenario gives exactly the events and effects, the exit code and the summary that stand beside it.

After a change that is meant, RUNBOOK_REWRITE=1 writes them anew; read the difference before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.engine.scenario import Scenario, played

FOLDER = Path(__file__).parent / "scenarios"
FILES = sorted(FOLDER.glob("*.yml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_scenario(path: Path, tmp_path: Path) -> None:
    scenario = Scenario.read(path)
    told = played(scenario, tmp_path)
    golden = path.with_suffix(".txt")
    if os.environ.get("RUNBOOK_REWRITE"):
        golden.write_text(told)
    assert told == golden.read_text()


def test_every_golden_file_has_its_scenario() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in FILES}
