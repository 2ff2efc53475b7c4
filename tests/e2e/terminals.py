"""Commands at a terminal of their own, and somebody who types once the question is there."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import subprocess
import sys
import threading
from collections.abc import Iterator

from tests.e2e.conftest import Project, Ran
from tests.waiting import PATIENCE, until

INTERRUPT = b"\x03"
# The terminal is the controlling one, as it is under a shell: Ctrl-C interrupts, and closing it hangs up.
_RUNBOOK = (
    "import fcntl, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); from executor.cli.main import main; main()"
)


class Terminal:
    """A command at its terminal, from the chair before it. What is shown is read all the time: nothing waits for us."""

    def __init__(self, process: subprocess.Popen[bytes], keyboard: int) -> None:
        self.process = process
        self.shown = b""
        self._keyboard = keyboard
        self._seen = 0  # up to where it has been waited for
        self._left = threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def shows(self, text: str) -> None:
        """Wait until this is shown, behind what was waited for before."""
        wanted = text.encode()
        until(lambda: wanted in self.shown[self._seen :])
        self._seen = self.shown.index(wanted, self._seen) + len(wanted)

    def types(self, keys: str | bytes) -> None:
        """A line, or the bytes of a key."""
        os.write(self._keyboard, keys if isinstance(keys, bytes) else f"{keys}\n".encode())

    def ended(self) -> int:
        """The exit code, once the command has ended."""
        return self.process.wait(PATIENCE)

    def hang_up(self) -> None:
        """Close the terminal; what runs at it is told so by the system."""
        if not self._left.is_set():
            self._left.set()
            self._reader.join()
            os.close(self._keyboard)

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # nobody has the terminal any more
            while not self._left.is_set():
                if select.select([self._keyboard], [], [], 0.05)[0]:
                    self.shown += os.read(self._keyboard, 65_536)


@contextlib.contextmanager
def at_a_terminal(project: Project, *arguments: str, term: str = "xterm") -> Iterator[Terminal]:
    """A command with a terminal of its own. What still runs at the end is killed."""
    keyboard, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _RUNBOOK, *arguments],
        cwd=project.folder,
        env=project.full_environment() | {"TERM": term},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    at = Terminal(process, keyboard)
    try:
        yield at
    finally:
        process.kill()
        process.wait()
        at.hang_up()


def answered(project: Project, *arguments: str, answers: tuple[tuple[str, str], ...]) -> Ran:
    """Run a command line at a terminal, to its end. Answers are typed in order, each once its question is there."""
    with at_a_terminal(project, *arguments, term="dumb") as terminal:
        for question, answer in answers:
            terminal.shows(question)
            terminal.types(answer)
        code = terminal.ended()
    said = terminal.shown.decode("utf-8", "replace")
    return Ran(code, said, said)
