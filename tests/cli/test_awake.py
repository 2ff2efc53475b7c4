"""The machine is kept from sleeping while a run goes on, by a helper that ends with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from executor.cli.awake import kept_awake, order

linux = pytest.mark.skipif(sys.platform == "darwin", reason="the helper here is another system's")


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A systemd-inhibit of the test's own, first in PATH; what it was asked for and its end go to the file returned."""
    told = tmp_path / "told"
    program = tmp_path / "bin" / "systemd-inhibit"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >>{told}\ncat >/dev/null\necho ended >>{told}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return told


def said(told: Path, lines: int) -> list[str]:
    """What the helper has told, once that is so many lines."""
    for _ in range(200):
        found = told.read_text().splitlines() if told.exists() else []
        if len(found) >= lines:
            return found
        time.sleep(0.02)
    raise AssertionError(f"only {found}")


@linux
def test_it_is_asked_for_what_keeps_a_machine_awake_and_let_go_at_the_end(helper: Path) -> None:
    with kept_awake("k3f9", wanted=True):
        (asked,) = said(helper, 1)
    assert asked == "--what=sleep:idle --mode=block --who=runbook --why=run k3f9 goes on cat"


@linux
def test_it_ends_with_a_controller_that_is_killed(helper: Path) -> None:
    script = """
        import time
        from executor.cli.awake import kept_awake
        with kept_awake("k3f9", wanted=True):
            time.sleep(60)
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], cwd=Path(__file__).parents[2])
    said(helper, 1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert said(helper, 2)[1] == "ended"


@linux
def test_who_does_not_want_it_gets_none(helper: Path) -> None:
    with kept_awake("k3f9", wanted=False):
        pass
    assert not helper.exists()


def test_where_there_is_no_helper_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with kept_awake("k3f9", wanted=True):
        pass
    assert capfd.readouterr() == ("", "")


@linux
@pytest.mark.parametrize("text", ["#!/bin/sh\nexit 1\n", "no program at all"])
def test_a_helper_that_is_refused_or_broken_does_not_matter(helper: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "bin" / "systemd-inhibit").write_text(text)
    with kept_awake("k3f9", wanted=True):
        pass
    assert not helper.exists()


def test_on_a_mac_it_watches_the_process_itself() -> None:
    assert order("darwin", "k3f9", 4711) == ["caffeinate", "-i", "-s", "-w", "4711"]
