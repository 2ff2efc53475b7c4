"""Where a project begins, and which file a runbook's name means."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Literal

from executor.errors import InvalidInput, Problem
from executor.language.sources import shown
from executor.language.wording import did_you_mean

SUFFIXES = (".yml", ".yaml")


def real(path: Path) -> Path:
    """An absolute path without links, as far as it exists. (`Path.resolve` fails where links go in a circle.)"""
    return Path(os.path.realpath(path))


def kind(path: Path) -> Literal["file", "folder", "nothing"]:
    """What there is at a path. (`Path.is_file` fails for a path that is too long or cannot be one.)"""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return "nothing"
    return "folder" if stat.S_ISDIR(mode) else "file"


def project_root(path: Path) -> Path:
    """The root of the project that a file or folder belongs to, resolved.

    The nearest folder upward with a runbook.toml, else the nearest that holds `runbooks/` or `inventories/`, else the
    root of the git repository, else the folder itself.
    """
    start = real(path)
    folder = start if kind(start) == "folder" else start.parent
    upward = (folder, *folder.parents)
    for marks in (("runbook.toml",), ("runbooks", "inventories"), (".git",)):
        for candidate in upward:
            if any(kind(candidate / mark) != "nothing" for mark in marks):
                return candidate
    return folder


def find_runbook(name: str, root: Path) -> Path:
    """The file of a runbook, from its path or its name under `runbooks/` of the project.

    Raises InvalidInput where there is none, with the name that may have been meant.
    """
    return find(name, root, "runbooks", "runbook")


def find(name: str, root: Path, folder: str, what: str) -> Path:
    """A file by its path, or by its name (with or without a suffix) in a folder of the project."""
    path = Path(name).expanduser()
    candidates = [path, *(root / folder / f"{name}{suffix}" for suffix in ("", *SUFFIXES))]
    for candidate in candidates:
        if kind(candidate) == "file":
            return candidate
    if kind(path) == "folder":
        raise InvalidInput(Problem(f"{shown(path)} is a folder, and no {what}", code="unreadable"))
    known = sorted(file.stem for file in (root / folder).glob("*.y*ml"))
    looked = "" if path.is_absolute() or path.suffix else f", nor is there {shown(root / folder / (name + '.yml'))}"
    hint = did_you_mean(name, known) or (f"there are: {', '.join(known[:12])}" if known else "")
    raise InvalidInput(Problem(f"there is no {what} {name!r}{looked}", hint=hint, code="no-such-file"))
