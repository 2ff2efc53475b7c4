"""Where a project begins, and which file a runbook's name means."""

from __future__ import annotations

from pathlib import Path

from executor.errors import InvalidInput, Problem
from executor.language.sources import shown
from executor.language.wording import did_you_mean

SUFFIXES = (".yml", ".yaml")


def project_root(path: Path) -> Path:
    """The root of the project that a file or folder belongs to, resolved.

    The nearest folder upward with a runbook.toml, else the nearest that holds `runbooks/` or `inventories/`, else the
    root of the git repository, else the folder itself.
    """
    start = path.resolve()
    folder = start if start.is_dir() else start.parent
    upward = (folder, *folder.parents)
    for marks in (("runbook.toml",), ("runbooks", "inventories"), (".git",)):
        for candidate in upward:
            if any((candidate / mark).exists() for mark in marks):
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
        if candidate.is_file() or (candidate.exists() and not candidate.is_dir()):
            return candidate
    if path.is_dir():
        raise InvalidInput(Problem(f"{shown(path)} is a folder, not {what} file", code="unreadable"))
    known = sorted(file.stem for file in (root / folder).glob("*.y*ml"))
    looked = "" if path.is_absolute() or path.suffix else f", nor is there {shown(root / folder / (name + '.yml'))}"
    hint = did_you_mean(name, known) or (f"there are: {', '.join(known[:12])}" if known else "")
    raise InvalidInput(Problem(f"there is no {what} {name!r}{looked}", hint=hint, code="no-such-file"))
