"""`group_vars/` and `host_vars/`: files of variables beside an inventory or a runbook, named for groups and hosts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from executor.errors import InvalidInput
from executor.language.draft import Draft
from executor.language.inventory.loose import parse_loosely
from executor.language.inventory.values import VarsReader, hush, opened
from executor.language.inventory.vault import HEADER, Vaults
from executor.language.nodes import Broken, MapNode, Scalar
from executor.language.sources import Source, read, shown
from executor.language.wording import describe
from executor.model.inventories import Layer

_SUFFIXES = (".yml", ".yaml", ".json")
_DEEPEST = 16  # folders within folders


@dataclass(frozen=True, slots=True)
class Beside:
    """The variables that files beside an inventory give, the stronger file later."""

    groups: Mapping[str, tuple[Layer, ...]]
    hosts: Mapping[str, tuple[Layer, ...]]


def read_beside(draft: Draft, vaults: Vaults, folder: Path, groups: Iterable[str], hosts: Iterable[str]) -> Beside:
    """The variables in `group_vars/` and `host_vars/` of a folder, for the names that the inventory has."""
    return Beside(
        dict(_named(draft, vaults, folder / "group_vars", groups)),
        dict(_named(draft, vaults, folder / "host_vars", hosts)),
    )


def _named(draft: Draft, vaults: Vaults, folder: Path, names: Iterable[str]) -> Iterator[tuple[str, tuple[Layer, ...]]]:
    try:
        present = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    except OSError as error:
        draft.say(f"{shown(folder)} cannot be read: {(error.strerror or str(error)).lower()}", None, code="unreadable")
        return
    for name in names if present else ():
        # One of them, as in Ansible: a folder or a file of that very name, else with the first suffix that is there.
        found = next((name + suffix for suffix in ("", *_SUFFIXES) if name + suffix in present), None)
        if found is None:
            continue
        files = _within(folder / found) if (folder / found).is_dir() else (folder / found,)
        layers = (_layer(draft, vaults, file, f"{folder.name} of {name}", folder.parent) for file in files)
        yield name, tuple(layer for layer in layers if layer is not None)


def _within(folder: Path, depth: int = 0) -> Iterator[Path]:
    """The files of a folder and of those in it, in the order of their names."""
    for path in sorted(folder.iterdir(), key=lambda path: path.name) if depth < _DEEPEST else ():
        if path.name.startswith(".") or path.name.endswith("~"):
            continue
        if path.is_dir() and not path.suffix:
            yield from _within(path, depth + 1)
        elif path.is_file() and path.suffix in {"", *_SUFFIXES}:
            yield path


def _layer(draft: Draft, vaults: Vaults, path: Path, name: str, root: Path) -> Layer | None:
    """The variables of one file; None where there are none."""
    try:
        source = read(path)
    except InvalidInput as error:
        draft.problems += error.problems
        return None
    draft.files.append(source.name)
    reader = VarsReader(draft, vaults, str(path.relative_to(root)), vaulted=source.text.startswith(HEADER))
    if not reader.vaulted:
        return _variables(reader, source, name)
    inside = opened(source, draft, vaults)
    start = len(draft.problems)
    found = _variables(reader, inside, name) if inside is not None else None
    hush(draft, start)
    return found


def _variables(reader: VarsReader, source: Source, name: str) -> Layer | None:
    reading = parse_loosely(source)
    reader.draft.problems += (problem for problem in reading.problems if problem.code != "empty")
    match reading.root:
        case None | Scalar(value=None) | Broken():
            return None
        case MapNode():
            return reader.layer(name, reading.root)
    message = f"{source.name} must hold a mapping of variables, not {describe(reading.root)}"
    reader.draft.say(message, reading.root.place, "for example: app_dir: /srv/app", "type")
    return None
