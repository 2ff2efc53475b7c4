"""-K without a terminal: the password comes from standard input, or the command is refused."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = "from executor.cli.passwords import become_password; print(become_password()())"


def without_terminal(typed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CODE],
        input=typed,
        capture_output=True,
        text=True,
        start_new_session=True,  # a process that leads a session has no terminal until it opens one
        check=False,
    )


def test_standard_input_gives_the_password_where_there_is_no_terminal() -> None:
    ran = without_terminal("hush hush\nmore\n")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "hush hush\n", "")


@pytest.mark.parametrize("typed", ["", "\n"])
def test_no_password_is_refused(typed: str) -> None:
    ran = without_terminal(typed)
    assert ran.returncode != 0
    assert "-K: no password was given" in ran.stderr
