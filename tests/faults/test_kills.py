"""Its journal fails at any write, or the program dies there; carried on, each step has run exactly once, in order.

The suite tries some writes of each story, with each fault in turn; `make kills` tries them all.
"""

from __future__ import annotations

from itertools import cycle, islice
from pathlib import Path

import pytest

from tests.e2e.conftest import Project
from tests.faults.deploy import HOSTS, new_deploy
from tests.faults.disk import Fault
from tests.faults.kills import STORIES, Story, tell
from tests.sshd import StartServer, sshd

__all__ = ["sshd"]

pytestmark = pytest.mark.sshd

FEW = 4  # writes that are tried
# About where a story's last write is: one that comes after it strikes nothing, and the story is looked at all the same.
WRITES = {"success": 88, "rollback": 160, "resume": 110, "resume of a rollback": 50, "later rollback": 70}


@pytest.fixture
def deploy(tmp_path: Path, sshd: StartServer) -> Project:
    return new_deploy(tmp_path, {name: sshd() for name in HOSTS})


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name.replace(" ", "-"))
def test_carried_on_after_a_fault_of_its_journal_every_step_has_run_once(deploy: Project, story: Story) -> None:
    last, shift = WRITES[story.name], STORIES.index(story)
    struck = 0
    for number, kind in enumerate(islice(cycle(story.kinds), shift, shift + FEW)):
        told = tell(deploy, story, Fault(kind, 2 + number * last // FEW))
        assert not told.wrong, told
        struck += told.struck
    assert struck >= FEW - 1, "the story has become shorter than this test believes"
