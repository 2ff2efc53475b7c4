"""Hosts to lock: a shell of each kind, with a home of its own."""

from __future__ import annotations

from tests.hosts.conftest import here, shell

__all__ = ["here", "shell"]
