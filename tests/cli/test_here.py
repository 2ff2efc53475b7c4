"""Where a command is started from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_working_directory_that_is_gone_is_told_in_one_line(tmp_path: Path) -> None:
    script = f'mkdir gone; cd gone; rmdir "$PWD"; PYTHONPATH={ROOT} {sys.executable} -m executor plan x -i y'
    ended = subprocess.run(["/bin/sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 5
    assert ended.stderr.splitlines()[0] == "error: the working directory is gone"
