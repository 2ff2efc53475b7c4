"""The command line: the only room that prints and exits. One file a command, imported when it is called."""

from __future__ import annotations

from executor.cli.main import main

__all__ = ["main"]
