"""A plan's JSON without the machine's own paths in it, and back.

What lies below the project's root becomes `./…`, what lies below the user's home `~/…`: two checkouts of one commit
give the same bytes, and a plan that was made in one of them runs in the other. Other absolute paths stay.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from executor.language.sources import shown
from executor.model.codec import TAG, Json

HERE: Final = "./"
_HOME: Final = "~/"

# The fields that hold local paths, by their record. Those that are shown to people are relative to the working folder.
_PATHS: Final[Mapping[str, tuple[str, ...]]] = {
    "Plan": ("root", "files"),
    "Ssh": ("key", "known_hosts", "config"),
    "Script": ("file",),
    "Copy": ("src",),
    "TemplateFile": ("src",),
    "Unarchive": ("src",),
    "Fetch": ("dest",),
    "Approvals": ("signers",),
}
_SHOWN: Final[Mapping[str, tuple[str, ...]]] = {"Plan": ("file", "inventory"), "Place": ("file",)}

_Change = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a project lies on this machine: its root, the user's home and the working folder, all absolute."""

    root: Path
    home: Path
    cwd: Path

    @classmethod
    def of(cls, root: Path) -> Spot:
        """A project as it is seen from this process."""
        return cls(root, Path.home(), Path.cwd())

    def away(self, path: str) -> str:
        """An absolute path as it is written in a sealed plan; anything else as it is."""
        if not path.startswith("/"):
            return path
        if Path(path).is_relative_to(self.root):
            return HERE + os.path.relpath(path, self.root)
        if Path(path).is_relative_to(self.home):
            return _HOME + os.path.relpath(path, self.home)
        return path

    def back(self, path: str) -> str:
        """The absolute path again."""
        for mark, folder in ((HERE, self.root), (_HOME, self.home)):
            if path.startswith(mark):
                return os.path.normpath(folder / path.removeprefix(mark))
        return path


def portable(data: Json, spot: Spot) -> Json:
    """The JSON of a plan with no path of this machine in it."""

    def of_people(name: str) -> str:
        if name.startswith("<") or not name:
            return name  # no file: "<built in>"
        return spot.away(os.path.normpath(spot.cwd / name))

    return _json(data, spot.away, of_people, lambda text: late_path(text, spot))


def settled(data: Json, spot: Spot) -> Json:
    """The JSON of a plan with the paths of this machine, out of what `portable` gave."""

    def of_people(name: str) -> str:
        return shown(Path(spot.back(name))) if name.startswith((HERE, _HOME)) else name

    return _json(data, spot.back, of_people, lambda text: _late(text, HERE, f"{_escaped(spot.root)}/"))


def late_path(text: str, spot: Spot) -> str:
    """The template of a path that only the run knows, without the project's root before it."""
    return _late(text, f"{_escaped(spot.root)}/", HERE)


def _escaped(root: Path) -> str:
    """The root as planning writes it before a path that only the run knows: as a template."""
    return str(root).rstrip("/").replace("{{", "{{ '{{' }}")


def _late(text: str, old: str, new: str) -> str:
    return new + text.removeprefix(old) if text.startswith(old) else text


def _json(data: Json, path: _Change, of_people: _Change, late: _Change) -> Json:
    found: Json = _walked(data, path, of_people, late)
    return found


def _walked(data: Any, path: _Change, of_people: _Change, late: _Change) -> Any:
    if isinstance(data, list):
        return [_walked(item, path, of_people, late) for item in data]
    if not isinstance(data, dict):
        return data
    tag = data.get(TAG)
    found = {key: _walked(item, path, of_people, late) for key, item in data.items()}
    if not isinstance(tag, str):
        return found
    for names, change in ((_PATHS.get(tag, ()), path), (_SHOWN.get(tag, ()), of_people)):
        for name in names:
            if name in found:
                found[name] = _changed(found[name], change, late)
    return found


def _changed(value: Any, change: _Change, late: _Change) -> Any:
    """A path, a list of paths, or a path that only the run knows."""
    match value:
        case str():
            return change(value)
        case list():
            return [change(item) if isinstance(item, str) else item for item in value]
        case {"is": "Late", "template": {"text": str(text), **template}, **rest}:
            return {"is": "Late", "template": {**template, "text": late(text)}, **rest}
        case _:
            return value
