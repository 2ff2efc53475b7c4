"""Visitors: steady requests to the sandbox's load balancer, counted, so that a deploy can show that nobody noticed."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

BETWEEN = 0.05  # seconds between two requests
PATIENCE = 5.0  # seconds that a visitor waits for an answer


@dataclass(slots=True)
class Visits:
    """What the visitors have seen so far."""

    answered: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        return self.answered + self.failed


@contextmanager
def visitors(url: str) -> Iterator[Visits]:
    """Visit `url` again and again while the block runs."""
    visits, leave = Visits(), threading.Event()

    def visit() -> None:
        # No proxy of the environment's: the sandbox is on this machine.
        browser = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while True:
            try:
                with browser.open(url, timeout=PATIENCE) as page:
                    page.read()
                visits.answered += 1
            except OSError:  # an error status, no answer, no connection: a visitor sees no difference
                visits.failed += 1
            if leave.wait(BETWEEN):
                return

    thread = threading.Thread(target=visit, daemon=True)
    thread.start()
    try:
        yield visits
    finally:
        leave.set()
        thread.join()
