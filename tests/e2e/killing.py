"""`python -m tests.e2e.killing N ARGUMENTS…`: the real program, which is killed at its journal's Nth moment.

A journal has two moments for each write: right before it, when what was decided last has begun, and right after it,
when nothing of what it allows has. The last line on standard error says at which moment it died; none: it did not.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable

from executor.cli.main import main
from executor.drive import session
from executor.events import Event, Stamp
from executor.journal.log import Log


class KillingLog(Log):
    """Counts the moments, and ends the process at one of them as a power cut would."""

    left = 0

    def append(self, records: Iterable[tuple[Stamp, Event]]) -> None:
        self._moment()
        super().append(records)
        self._moment()

    @classmethod
    def _moment(cls) -> None:
        cls.left -= 1
        if cls.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    KillingLog.left = int(sys.argv[1])
    vars(session)["Log"] = KillingLog  # this process is the test's own: the program finds another journal
    main(sys.argv[2:])
