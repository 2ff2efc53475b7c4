"""Inventories, from files, folders, programs and lists of hosts, to Inventory."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from executor.errors import Problem
from executor.language.checks import check_names, check_templates
from executor.language.draft import Draft
from executor.language.hierarchy import resolve
from executor.language.inventory import addresses
from executor.language.inventory.entries import Entries, HostEntry, merge
from executor.language.inventory.formats import PATIENCE, read_file
from executor.language.inventory.vars_folders import read_beside
from executor.language.inventory.vault import Vaults
from executor.language.names import BUILT_IN, why_not
from executor.language.projects import kind, real
from executor.language.sources import shown
from executor.language.wording import did_you_mean, quoted
from executor.model.inventories import Inventory
from executor.model.places import NOWHERE

SUFFIXES = (".yml", ".yaml", ".ini")
_DEEPEST = 16  # folders within folders
_UNREAD = re.compile(
    r"^\.|^(host_vars|group_vars|vars_plugins)$|(\.(pyc|pyo|swp|bak|rpm|md|txt|rst|orig|cfg|retry)|~)$"
)


@dataclass(slots=True)
class _Sources:
    draft: Draft
    vaults: Vaults
    root: Path
    patience: float
    entries: Entries
    folders: dict[Path, None]  # whose group_vars/ and host_vars/ are read


def load_inventory(
    sources: Sequence[str],
    *,
    root: Path,
    beside: Path | None = None,
    vault_password_files: Sequence[str] = (),
    patience: float = PATIENCE,
) -> Inventory:
    """The hosts of all sources together; of what two of them say about a host or a group, the later one wins.

    A source is a path, a name under `inventories/` of the project at `root`, or a list of hosts with a comma in it
    (`web1,web2:2222,`). It may be in our own format or in one of Ansible's, a folder of such files, or a program that
    prints an inventory, within `patience` seconds. `beside` is the runbook's folder: its `group_vars/` and `host_vars/`
    are read as those beside the sources are. `localhost` is always there. Raises InvalidInput with every problem.
    """
    vaults = Vaults(vault_password_files)
    found = _Sources(Draft(real(root)), vaults, root, patience, Entries(), {})
    for source in sources:
        _read(found, source)
    if beside is not None:
        _add_folder(found, beside)
    draft, entries = found.draft, found.entries
    groups = ("all", "ungrouped", *(name for name in entries.groups if name not in {"all", "ungrouped"}))
    files = [read_beside(draft, vaults, folder, groups, ("localhost", *entries.hosts)) for folder in found.folders]
    check_names(draft)
    inventory = resolve(draft, replace(entries, files=tuple(draft.files)), files, vaults)
    _check_built_in(draft, inventory)
    check_templates(draft)
    draft.settle()
    return inventory


def _read(found: _Sources, source: str) -> None:
    if "," in source and kind(Path(source)) == "nothing":
        found.entries = merge(found.entries, _list(found.draft, source))
        return
    path = _located(found, source)
    if path is None:
        return
    for file in _files(found.draft, path):
        read = read_file(found.draft, found.vaults, file, found.entries.groups, patience=found.patience)
        found.entries = merge(found.entries, read)
    _add_folder(found, path if kind(path) == "folder" else path.parent)


def _add_folder(found: _Sources, folder: Path) -> None:
    """A folder whose variables are read, over those of the folders before; of one that comes again, the last counts."""
    key = real(folder)
    found.folders.pop(key, None)
    found.folders[key] = None


def _list(draft: Draft, source: str) -> Entries:
    """`web1,web2:2222,`: each name is its address."""
    hosts: dict[str, HostEntry] = {}
    for item in filter(None, (part.strip() for part in source.split(","))):
        try:
            written = addresses.hosts_of(item)
        except ValueError:
            written = addresses.Written(())
        if len(written.names) != 1 or "[" in written.names[0]:
            draft.say(
                f"-i {quoted(source)}: {quoted(item)} is no host", None, "a list has names, or name:port", "inventory"
            )
            continue
        hosts.setdefault(written.names[0], HostEntry(NOWHERE, port=written.port))
    return Entries(hosts=hosts)


def _located(found: _Sources, name: str) -> Path | None:
    """A source by its path, or by its name in `inventories/`; files before folders, for a name can be both."""
    path = Path(name).expanduser()
    inventories = found.root / "inventories"
    candidates = [path, inventories / name, *(inventories / f"{name}{suffix}" for suffix in SUFFIXES)]
    for wanted in ("file", "folder"):
        for candidate in candidates:
            if kind(candidate) == wanted:
                return candidate
    known = sorted(file.stem for file in inventories.glob("*") if not _UNREAD.search(file.name))
    looked = "" if path.is_absolute() or path.suffix else f", nor is there {shown(inventories / (name + '.yml'))}"
    hint = did_you_mean(name, known) or (f"there are: {', '.join(known[:12])}" if known else "")
    if not hint and addresses.is_host_name(name):
        hint = f"a list of hosts has a comma in it: -i {name},"
    found.draft.say(f"there is no inventory {quoted(name)}{looked}", None, hint, "no-such-file")
    return None


def _files(draft: Draft, path: Path, depth: int = 0) -> Iterator[Path]:
    """A file itself; of a folder its files in the order of their names, and those of its folders."""
    if kind(path) != "folder":
        yield path
        return
    try:
        names = sorted(os.listdir(path)) if depth < _DEEPEST else []  # noqa: PTH208  names alone, to be sorted
    except OSError as error:
        draft.say(f"{shown(path)} cannot be read: {(error.strerror or str(error)).lower()}", None, code="unreadable")
        return
    files = [name for name in names if not _UNREAD.search(name)]
    if not files and depth == 0:
        draft.say(f"the folder {shown(path)} has no inventory in it", None, "", "inventory")
    for name in files:
        yield from _files(draft, path / name, depth + 1)


def _check_built_in(draft: Draft, inventory: Inventory) -> None:
    """A variable of Ansible's files that every template knows as something else: it could never be read."""
    layers = {id(layer): layer for layers in inventory.layers.values() for layer in layers}
    told = {problem.place for problem in draft.problems}
    for layer in layers.values():
        for name in layer.vars.keys() & (BUILT_IN - {"ansible_host"}):
            place = layer.places.get(name)
            if place not in told:
                told.add(place)
                draft.problems.append(
                    Problem(str(why_not(name)), place, "call this variable something else", code="name")
                )
