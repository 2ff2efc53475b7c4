"""The main job, with the real program on the sandbox's hosts: a good release arrives, a bad one is undone."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from executor import sandbox
from executor.sandbox import SandboxInfo
from executor.sandbox.demo import run_demo


@pytest.fixture
def told(tmp_path: Path) -> Iterator[tuple[SandboxInfo, int, str]]:
    """The demo, run to its end in a sandbox of its own, with the program in processes of its own."""
    said: list[str] = []

    def runbook(arguments: list[str]) -> int:
        answer = subprocess.run(
            [sys.executable, "-m", "executor", *arguments],
            env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "state"), "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        said.append(answer.stdout)
        return answer.returncode

    info = sandbox.up(tmp_path / "sandbox", hosts=3)
    yield info, run_demo(runbook, said.append, info.folder), "\n".join(said)
    sandbox.down(info.folder)


def test_a_good_release_arrives_everywhere_and_a_bad_one_is_undone_and_no_visitor_notices(
    told: tuple[SandboxInfo, int, str],
) -> None:
    info, code, story = told
    assert code == 0, story  # both exit codes, every host's version, and no failed request
    for host in info.hosts:
        assert sorted(entry.name for entry in (host.app_dir / "releases").glob("v*")) == ["v1.0.0", "v1.1.0"]
        assert not (host.app_dir / "drain").exists()
    started = [(host.app_dir / "log" / "app.log").read_text().count("INFO started") for host in info.hosts]
    assert started == [4, 2, 2]  # at first, good; and on the first host alone: bad, and back
    record = [line.split(",", 3) for line in (info.project / "deployments.csv").read_text().splitlines()]
    assert [(version, status) for _, version, _, status in record] == [
        ("v1.1.0", '"done"'),
        ("v1.2.0", '"rolled-back"'),
    ]
    with closing(sqlite3.connect(info.layout.database)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (2,)  # the bad release's migration is undone
