"""The machine in front of a run, and its sleep."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.conftest import Project


@pytest.mark.skipif(sys.platform == "darwin", reason="the helper there is another one")
def test_the_machine_is_kept_awake_unless_the_project_does_not_want_it(project: Project, tmp_path: Path) -> None:
    helper = tmp_path / "bin" / "systemd-inhibit"
    helper.parent.mkdir()
    helper.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/asked\ncat >/dev/null\n')
    helper.chmod(0o755)
    awake = replace(project, environment=project.environment | {"PATH": f"{helper.parent}:{os.environ['PATH']}"})
    look = ("exec", "sleep 0.3", "-i", "prod", "-l", "web1", "--read-only")
    project.write("runbook.toml", "keep_awake = false\n")
    assert awake.runbook(*look).code == 0
    assert not (tmp_path / "asked").exists()
    project.write("runbook.toml", "")
    assert awake.runbook(*look).code == 0
    assert "--what=sleep:idle" in (tmp_path / "asked").read_text()
