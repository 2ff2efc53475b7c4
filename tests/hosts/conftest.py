"""Hosts to try jobs on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosts.shells import SHELLS, ShellHost
from tests.sshd import sshd

__all__ = ["sshd"]


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    """The name of each shell in turn."""
    return str(request.param)


@pytest.fixture
def here(shell: str, tmp_path: Path) -> Iterator[ShellHost]:
    """A host whose /bin/sh is each shell in turn."""
    host = ShellHost(shell, tmp_path)
    yield host
    host.close()
