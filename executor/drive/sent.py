"""The local files that a sealed plan sends: each is still what was sealed when its turn comes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from executor.actions import CannotStart
from executor.engine.effects import Perform
from executor.events import Resumed, RunStarted
from executor.model.actions import Action, Copy, Script, Unarchive
from executor.planning.inputs import digest_of

_Look: TypeAlias = tuple[int, int, int, int]  # what a file looks like from outside; as long as that stays, so does it


class Sent:
    """`files` are SHA-256 by absolute path. Belongs to one thread."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files
        self._seen: dict[str, _Look] = {}

    def check(self, perform: Perform) -> None:
        """Raises CannotStart where the work would send a file that is not what was sealed.

        Not on the way back: to leave a host half undone would be worse.
        """
        path = _source(perform.action)
        digest = self._files.get(path)
        if digest is None or perform.key.direction == "back":
            return
        look = _look(path)
        if look is None or look != self._seen.get(path):
            if digest_of(Path(path)) != digest:
                raise CannotStart(f"{path} is not what was sealed: it has changed since the run began")
            if look is not None:
                self._seen[path] = look


def sealed_files(opening: RunStarted | Resumed, started: RunStarted | None) -> Mapping[str, str]:
    """What a run may send as it was sealed: nothing is known of that where it is no run of a sealed plan."""
    first = opening if isinstance(opening, RunStarted) else started
    return first.files if first is not None and first.sealed else {}


def _look(path: str) -> _Look | None:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def _source(action: Action) -> str:
    match action:
        case Copy(src=str(path)) | Script(file=str(path)) | Unarchive(src=str(path)):
            return path
        case _:
            return ""
