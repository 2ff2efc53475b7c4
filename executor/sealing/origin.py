"""From which commit a plan was made, as git tells it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_PATIENCE = 30.0  # seconds
_AT_ONCE = 500  # files that one command line names


@dataclass(frozen=True, slots=True)
class Origin:
    """`commit` is "" where there is no repository; `dirty`: files of the plan were not as that commit has them."""

    commit: str = ""
    dirty: bool = False


def origin(root: Path, files: Iterable[str]) -> Origin:
    """The commit at which the project stands, and whether these files (absolute paths) are as it has them."""
    commit = asked(root, "rev-parse", "--verify", "--quiet", "HEAD")
    if not commit:
        return Origin()
    inside = [file for file in files if Path(file).is_relative_to(root)]
    return Origin(
        commit, dirty=any(_differs(root, inside[at : at + _AT_ONCE]) for at in range(0, len(inside), _AT_ONCE))
    )


def _differs(root: Path, files: list[str]) -> bool:
    words = ("status", "--porcelain", "--untracked-files=all", "--ignored=matching", "--", *files)
    return asked(root, "--literal-pathspecs", *words) != ""


def asked(root: Path, *words: str) -> str | None:
    """What git prints, without the last newline; None where it fails, or is not there."""
    try:
        ended = subprocess.run(
            ["git", "-C", str(root), *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},  # to look must not get in the way of somebody's commit
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ended.stdout.decode("utf-8", "replace").rstrip("\n") if ended.returncode == 0 else None
