"""Waiting for what comes by itself, for as long as a busy machine may need."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 60.0  # seconds: far more than anything takes, so that a test fails by what does not come and never by load


def until(true: Callable[[], object]) -> None:
    """Return once it is true. Raises AssertionError when it does not become true."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError("it never came to be")
        time.sleep(0.02)
