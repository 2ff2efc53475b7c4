"""Commands at a terminal of their own."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

from tests.e2e.conftest import Project


def at_a_terminal(project: Project, *arguments: str) -> tuple[subprocess.Popen[bytes], int]:
    """A command with a terminal of its own, and that terminal's other end."""
    main, terminal = pty.openpty()
    script = (
        "import fcntl, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); from executor.cli.main import main; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=project.folder,
        env=project.full_environment() | {"TERM": "xterm"},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    return process, main
