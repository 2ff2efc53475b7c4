"""Standard streams that are closed, full or read by nobody."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A shell's command line in which $RUNBOOK is the command."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "RUNBOOK": f"{sys.executable} -m executor",
        "RUNBOOK_STATE": str(folder / "state"),
    }
    return subprocess.run(
        ["/bin/sh", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


RUNBOOK = """
name: Here
stages:
  - name: Here
    hosts: localhost
    steps:
      - {name: Say it, shell: echo hello, rollback: none}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "here.yml").write_text(RUNBOOK)
    (tmp_path / "hosts.yml").write_text("hosts: {}\n")
    return tmp_path


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_a_run_goes_well_whichever_streams_are_closed(project: Path, closed: str) -> None:
    ran = shell(f"$RUNBOOK run here -i hosts.yml {closed}", project)
    assert ran.returncode == 0, ran
    [journal] = (project / "state").glob("runs/*/journal.jsonl")
    assert all(line.startswith('{"chain":') for line in journal.read_text().splitlines())


def test_output_that_cannot_be_written_is_said_in_a_line(project: Path) -> None:
    ran = shell("$RUNBOOK plan here -i hosts.yml > /dev/full", project)
    assert (ran.returncode, ran.stderr) == (1, "error: the output cannot be written: No space left on device\n")


def test_a_reader_that_has_enough_is_no_error(project: Path) -> None:
    ran = shell("$RUNBOOK schema runbook | head -n 1", project)
    assert (ran.returncode, ran.stderr) == (0, "")
