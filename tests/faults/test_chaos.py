"""Controllers, connections and processes on the hosts are killed at some moment, and the run is resumed until it ends:
the promises hold. `make kills-random` plays three hundred runs like these."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.chaos import HOSTS, Fate, Scene, Strike, new_chaos, play
from tests.sshd import StartServer, sshd

__all__ = ["sshd"]

FATES = (
    Fate(1, "never", (Strike(0.9, "controller", "web1", 0.0), Strike(0.5, "connection", "web2", 0.3))),
    Fate(2, "exit", (Strike(0.4, "process", "web1", 0.5), Strike(1.0, "controller", "web1", 0.0))),
    Fate(3, "hang", (Strike(1.5, "controller", "web1", 0.0), Strike(0.3, "controller", "web1", 0.0))),
)


@pytest.mark.sshd
@pytest.mark.parametrize("fate", FATES, ids=lambda fate: fate.fail)
def test_whatever_is_killed_no_step_is_lost_or_runs_again(tmp_path: Path, sshd: StartServer, fate: Fate) -> None:
    told = play(Scene(new_chaos(tmp_path, {name: sshd() for name in HOSTS})), fate)
    assert not told.wrong, told
