"""Shells that are on this machine, and scripts run by them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

SHELLS = [
    (name, [found, *arguments])
    for name, program, arguments in (
        ("dash", "dash", []),
        ("bash", "bash", ["--norc"]),
        ("busybox", "busybox", ["sh"]),
        ("mksh", "mksh", []),
        ("ksh", "ksh", []),
    )
    if (found := shutil.which(program))
]


def run(shell: list[str], script: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """A script run as a file is, in a folder of its own; what it says, and with what it ends."""
    path = folder / "script"
    path.write_bytes(script.encode())
    try:
        return subprocess.run(
            [*shell, str(path)],
            stdin=subprocess.DEVNULL,
            cwd=folder,
            env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8"},
            capture_output=True,
            check=False,
            timeout=30,
        )
    finally:
        path.unlink()
