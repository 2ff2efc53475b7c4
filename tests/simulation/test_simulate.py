"""`runbook simulate` goes through a whole run on hosts that exist in the program alone."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from executor.cli.main import call
from tests.simulation.project import write

Simulate: TypeAlias = Callable[..., tuple[int, str, str]]


@pytest.fixture
def simulate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Simulate:
    """Runs the command in a project: exit code, standard output, standard error. Nobody may open a connection."""
    write(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUNBOOK_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("RUNBOOK_OPERATOR", "ann")
    monkeypatch.setattr(socket.socket, "connect", _no_socket)

    def simulated(*flags: str) -> tuple[int, str, str]:
        code = call(["simulate", "deploy", "-i", "prod", *flags])
        said = capsys.readouterr()
        assert not (tmp_path / "state").exists(), f"something was written: {said.err}"
        return code, said.out, said.err

    return simulated


def _no_socket(*_args: Any, **_named: Any) -> None:
    raise AssertionError("a simulation connects to nothing")


def test_hours_pass_at_once_and_are_told_as_they_would(simulate: Simulate) -> None:
    """Two pauses of an hour and half an hour of watching, in no time; nobody is asked, no secret is fetched."""
    code, out, err = simulate()
    assert code == 0
    assert "run simulated, by ann on" in out
    assert ", 2h 30m, exit 0" in out
    assert "Reviewed: yes, by the simulation" in err
    assert "Stays well: ok (30m 00s)" in err


def test_a_step_that_fails_is_rolled_back(simulate: Simulate) -> None:
    """The same lines and the same exit code as a run's, on the way back, too."""
    code, out, err = simulate("--fail", "web2:Activate: now")
    assert code == 2
    assert "web2  Activate: now (Roll out): it fails in this simulation (--fail web2:Activate: now)" in out
    told = [line.partition("| ")[2] for line in err.splitlines() if "rollback: Activate" in line]
    assert told == ["rollback: Activate: now: undone (1.0s)", "rollback: Activate: now: undone (1.0s)"]


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (["--fail", "web2:Activate: now:1"], 0, "every gate passed"),
        (["--fail", "web2:Roll out/Activate: now/verify"], 2, "verify: it fails in this simulation"),
        (["--fail", "web2:health"], 2, "Roll out: health: it fails"),
        (["--fail", "web2:Leave"], 2, "it fails"),
        (["--fail", "localhost:watch"], 2, "it fails"),
        (["--fail", "localhost:Stays well"], 2, "it fails"),
        (["--fail", "localhost:Reviewed"], 11, "not confirmed"),
        (["--fail", "localhost:Look/Built"], 11, "it fails"),
        (["--fail", "web*:Read the version"], 2, "it fails"),
        (["--fail", "web2:health", "--fail-handler", "web1:Activate: now"], 10, "rollback is not complete on web1"),
        (["--fail", "web2:health", "--fail-handler", "web1:health"], 10, "web1 not healthy after rollback"),
        (["--fail", "web2:health", "--fail-handler", "web1:Return"], 10, "web1 not healthy after rollback"),
        (["--unreachable", "web1"], 4, "nothing was changed"),
        (["--unreachable", "web2:Activate: now"], 10, "rollback is not complete on web2"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_named_fails(simulate: Simulate, flags: list[str], code: int, said: str) -> None:
    """Steps, attempts, proofs, gates, watches, items and undoings can be named; the exit code is the run's."""
    ended, out, _ = simulate(*flags)
    assert ended == code
    assert said in out
    assert "never came" not in out


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--fail", "web2:Activate"], "nothing in this run is called 'Activate'\n  hint: did you mean 'Roll out/Act"),
        (["--fail", "web9:health"], "no host 'web9' in this run\n  hint: did you mean 'web1'?"),
        (["--fail", "web2"], "a host and what fails on it"),
        (["--fail", "web1:Stays well"], "'Stays well' is not for that host\n  hint: it is for localhost"),
        (["--fail-handler", "web1:Read the version"], "has nothing to do on the way back"),
        (["--unreachable", "localhost"], "that is this machine"),
        (["--stdout", "Read the version"], "a step's name, then `=`"),
        (["--stdout", "Red the version=1"], "did you mean 'Read the version'?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_nobody_can_mean_is_refused(simulate: Simulate, flags: list[str], said: str) -> None:
    """A name that the plan does not have is wrong usage, with what was meant."""
    code, out, err = simulate(*flags)
    assert code == 5
    assert not out
    assert said in err


def test_what_is_made_up_is_said(simulate: Simulate) -> None:
    """A step that reads another's output fails where that is made up, and the end says how to give it."""
    code, out, _ = simulate("-e", "careful=true")
    assert code == 2
    assert "web1  Tell (Roll out): " in out
    assert "'Read the version' was taken to print nothing" in out
    assert "(--stdout 'Read the version=TEXT' says what it prints)" in out
    code, out, _ = simulate("-e", "careful=true", "--stdout", 'Read the version={"version": 3}')
    assert code == 0
    assert "taken to print" not in out


def test_a_fault_that_the_run_never_reached_is_told(simulate: Simulate) -> None:
    """Whoever expected a failure learns that there was none."""
    code, out, _ = simulate("--fail", "web1:health", "--fail", "web2:Activate: now")
    assert code == 2
    assert "--fail web2:Activate: now never came to pass: the run did not get there" in out


def test_a_seed_gives_the_same_run_again(simulate: Simulate) -> None:
    """Times differ from seed to seed, and never for the same one."""

    def events(seed: str) -> list[Any]:
        code, out, _ = simulate("--seed", seed, "--output", "jsonl")
        assert code == 0
        return [(line["mono"], line["event"]) for line in map(json.loads, out.splitlines())]

    assert events("1") == events("1")
    assert events("1") != events("2")
