"""A whole run on servers that give a connection a single session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Project, new_project
from tests.sshd import StartServer

pytestmark = pytest.mark.sshd

BOOK = """
name: One session
stages:
  - name: Roll out
    hosts: web
    health: [{shell: test -e ~/healthy, within: 10s, every: 50ms}]
    steps:
      - name: Guarded
        shell: echo guarded >> ~/log
        unless: test -e ~/never
        rollback: echo undone >> ~/log
      - name: Verified
        shell: touch ~/healthy; echo verified >> ~/log
        rollback: none
        verify: {shell: grep -q verified ~/log}
"""


@pytest.fixture
def narrow(tmp_path: Path, sshd: StartServer) -> Project:
    made = new_project(tmp_path, {"web1": sshd("MaxSessions 1")})
    made.write("runbooks/one.yml", BOOK)
    return made


def test_steps_guards_probes_and_a_rollback_all_find_their_way(narrow: Project) -> None:
    pinged = narrow.runbook("ping", "-i", "prod")
    assert pinged.code == 0, pinged
    ran = narrow.runbook("run", "one", "-i", "prod")
    assert ran.code == 0, ran
    assert narrow.log("web1") == ["guarded", "verified"]
    back = narrow.runbook("rollback", narrow.events("RunStarted")[0]["run"], "-y")
    assert narrow.log("web1") == ["guarded", "verified", "undone"], back
