"""Hosts to lock: a shell of each kind, with a home of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hosts.conftest import here, shell
from tests.locks.machine import Machine

__all__ = ["here", "shell"]


@pytest.fixture
def machine(shell: str, tmp_path: Path) -> Machine:
    """The scripts under each shell in turn."""
    return Machine(shell, tmp_path)
