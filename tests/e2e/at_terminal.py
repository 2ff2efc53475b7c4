"""A person at a terminal: types an answer when a question has been asked."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time

from tests.e2e.conftest import Project, Ran

PATIENCE = 60.0  # seconds until a question must have come


def at_terminal(project: Project, *arguments: str, answers: tuple[tuple[str, str], ...]) -> Ran:
    """Run a command line at a terminal, to its end. Answers are typed in order, each once its question is there."""
    keyboard, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "executor", *arguments],
        cwd=project.folder,
        env=project.full_environment() | {"TERM": "dumb"},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    said, seen, left = "", 0, list(answers)
    deadline = time.monotonic() + PATIENCE
    try:
        while time.monotonic() < deadline:
            if select.select([keyboard], [], [], 0.05)[0]:
                try:
                    said += os.read(keyboard, 65_536).decode("utf-8", "replace")
                except OSError:
                    break  # nobody has the terminal any more
            if left and left[0][0] in said[seen:]:
                seen = said.index(left[0][0], seen) + len(left[0][0])
                os.write(keyboard, f"{left.pop(0)[1]}\n".encode())
        code = process.wait(timeout=PATIENCE)
    finally:
        process.kill()
        os.close(keyboard)
    assert not left, f"never asked: {left}\n{said}"
    return Ran(code, said, said)
