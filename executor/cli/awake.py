"""Keeping the machine awake while a run goes on, where the system offers that: systemd-inhibit, or macOS's caffeinate.

It is a helper's work, which ends with this process however that ends. Where there is none, or it is refused, the run
goes on as it would have without.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_PATIENCE = 0.5  # seconds for the helper to be there, or to be gone, at the end of the run


@contextmanager
def kept_awake(run: str, *, wanted: bool) -> Iterator[None]:
    """While this lasts, the machine does not fall asleep by itself. It is asked for beside the run, never before it."""
    helper = _Helper(run) if wanted else None
    try:
        yield
    finally:
        if helper is not None:
            helper.let_go()


def order(platform: str, run: str, pid: int) -> list[str]:
    """The command that keeps a machine awake until its input ends, or process `pid` does."""
    if platform == "darwin":
        return ["caffeinate", "-i", "-s", "-w", str(pid)]
    why = f"--why=run {run} goes on"
    return ["systemd-inhibit", "--what=sleep:idle", "--mode=block", "--who=runbook", why, "cat"]


class _Helper:
    """The helper's process. Its input is a pipe that only this process holds: when that is no more, the input ends."""

    def __init__(self, run: str) -> None:
        self._run = run
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._begin, name="runbook-awake", daemon=True)
        self._thread.start()

    def _begin(self) -> None:
        words = order(sys.platform, self._run, os.getpid())
        program = shutil.which(words[0])
        if program is None:
            return
        with suppress(OSError):  # it cannot be started: the run does not depend on it
            self._process = subprocess.Popen(
                [program, *words[1:]],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # a Ctrl-C at the terminal is not meant for it, nor may it ask there
            )

    def let_go(self) -> None:
        """The machine may sleep again."""
        self._thread.join(_PATIENCE)
        process = self._process
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
