"""The password of sudo: asked for once, before anything runs side by side."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable

from executor.errors import Exit, Problem, RunbookError


def become_password() -> Callable[[], str]:
    """Ask at the terminal; where there is none, the first line of standard input is the password.

    Raises RunbookError where neither gives one.
    """
    password = getpass.getpass("sudo password: ") if _at_terminal() else sys.stdin.readline().rstrip("\r\n")
    if not password:
        hint = "type it at a terminal, or write it to standard input"
        raise RunbookError(Problem("-K: no password was given", hint=hint), exit_code=Exit.REFUSED)
    return lambda: password


def _at_terminal() -> bool:
    """Whether this process has a terminal at all: standard input may be something else."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
