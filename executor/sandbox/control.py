"""Bringing a sandbox up, taking it down, and looking at it, from any process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from executor.sandbox import processes
from executor.sandbox.errors import failed
from executor.sandbox.info import SandboxInfo, SandboxStatus, loads
from executor.sandbox.layout import Layout, default_folder

MOST_HOSTS = 100
READY = "up"
START_TIME = 60.0  # seconds, on a machine that is busy with other things


def up(folder: Path | None = None, hosts: int = 4) -> SandboxInfo:
    """Start a sandbox with `hosts` hosts in a folder (default: the user's own) and wait until it answers.

    One that is up already is returned as it is, with `found` set. What a crashed one left behind is ended and
    removed first. Raises SandboxFailed.
    """
    if not 1 <= hosts <= MOST_HOSTS:
        raise failed(f"a sandbox has 1 to {MOST_HOSTS} hosts, not {hosts}")
    layout = _layout(folder)
    _make_private(layout.folder)
    with _locked(layout):
        info = _read(layout)
        if info is not None and _runs(info):
            return replace(info, found=True)
        _clean(layout)
        _start(layout, hosts)
        info = _read(layout)
    if info is None:
        raise failed(f"the sandbox ended while it came up: see {layout.log}")
    return info


def down(folder: Path | None = None) -> bool:
    """End a sandbox: its process, everything that runs on its hosts, and all its files. False: there was none."""
    layout = _layout(folder)
    if not layout.folder.is_dir():
        return False
    with _locked(layout):
        info = _read(layout)
        if info is not None and _runs(info):
            processes.end(lambda: [info.pid] if _runs(info) else [])
        _clean(layout)
    return info is not None


def status(folder: Path | None = None) -> SandboxStatus:
    """Whether a sandbox is up, and how each of its hosts answers now."""
    layout = _layout(folder)
    info = _read(layout)
    if info is None:
        return SandboxStatus("down", layout.folder)
    if not _runs(info):
        return SandboxStatus("crashed", layout.folder, info)
    from executor.sandbox.looks import look  # noqa: PLC0415 - HTTP takes its time to import

    return SandboxStatus("up", layout.folder, info, tuple(look(host) for host in info.hosts))


def _locked(layout: Layout) -> AbstractContextManager[object]:
    """One process at a time brings this sandbox up or down."""
    from filelock import FileLock  # noqa: PLC0415 - heavy, and whoever only asks for the inventory does without

    return FileLock(layout.lock, timeout=START_TIME)


def _layout(folder: Path | None) -> Layout:
    return Layout((folder or default_folder()).absolute())


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    facts = folder.lstat()
    if folder.is_symlink() or facts.st_uid != os.getuid():
        raise failed(f"{folder} is a link or belongs to somebody else")
    folder.chmod(0o700)


def _read(layout: Layout) -> SandboxInfo | None:
    try:
        return loads(layout.state.read_text(), layout)
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise failed(f"{layout.state}: {error}", hint="remove the file to start afresh") from error


def _runs(info: SandboxInfo) -> bool:
    return processes.identity(info.pid) == info.identity


def _clean(layout: Layout) -> None:
    """End what still runs on the hosts and remove what a sandbox makes, and nothing else, from its folder."""
    processes.end(lambda: processes.with_home_under(layout.hosts))
    for path in layout.made:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _start(layout: Layout, hosts: int) -> None:
    try:
        answer = subprocess.run(
            [sys.executable, "-m", "executor.sandbox", str(layout.folder), str(hosts)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=START_TIME,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise failed(f"the sandbox did not come up within {START_TIME:.0f} s: see {layout.log}") from error
    said = answer.stdout.strip()
    if said != READY:
        reason = said or answer.stderr.strip() or f"it ended with {answer.returncode}"
        raise failed(f"the sandbox could not come up: {reason}", hint=f"see {layout.log}")
