"""Which format a file of an inventory has: told by what is in it, as far as its name leaves that open."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from executor.errors import InvalidInput
from executor.language.draft import Draft
from executor.language.inventory.ansible_yaml import is_ansibles, read_yaml
from executor.language.inventory.entries import Entries
from executor.language.inventory.ini import read_ini
from executor.language.inventory.loose import parse_loosely
from executor.language.inventory.native import read_native
from executor.language.inventory.values import VarsReader, hush, opened
from executor.language.inventory.vault import HEADER, Vaults
from executor.language.projects import real
from executor.language.reader import parse
from executor.language.sources import Source, read, shown
from executor.model.places import Place

PATIENCE = 60.0  # seconds for all that one program is asked
_YAML = {".yml", ".yaml", ".json"}
_LOOKS_LIKE_YAML = re.compile(r"(?:---|\{)|['\"]?[\w.-]+['\"]?:(?:\s|$)")


def read_file(draft: Draft, vaults: Vaults, path: Path, groups: Iterable[str], *, patience: float) -> Entries:
    """What a file says as an inventory, whatever its format; what is wrong is noted in the draft.

    `groups` are known from other sources already. A program is run, for at most `patience` seconds.
    """
    if _is_program(path):
        from executor.language.inventory.script import read_script  # noqa: PLC0415  heavy: it starts processes

        draft.files.append(shown(path))
        return read_script(draft, vaults, path, patience=patience)
    try:
        source = read(path)
    except InvalidInput as error:
        draft.problems += error.problems
        return Entries()
    draft.files.append(source.name)
    reader = VarsReader(draft, vaults, path.name, vaulted=source.text.startswith(HEADER))
    if not reader.vaulted:
        return _read(reader, source, path, groups)
    inside = opened(source, draft, vaults)
    start = len(draft.problems)
    found = _read(reader, inside, path, groups) if inside is not None else Entries()
    hush(draft, start)
    return found


def is_yaml(path: Path, text: str) -> bool:
    """Whether a file is YAML: by its suffix, or where it has none by its first line."""
    if path.suffix in _YAML:
        return True
    lines = (line.strip() for line in text.splitlines())
    first = next((line for line in lines if line and not line.startswith("#")), "---")
    return not path.suffix and bool(_LOOKS_LIKE_YAML.match(first))


def _is_program(path: Path) -> bool:
    """A file that may be run, and says itself what runs it. One that was only copied with its bits set is none."""
    try:
        with path.open("rb") as file:
            return os.access(path, os.X_OK) and file.read(4).startswith((b"#!", b"\x7fELF"))
    except OSError:
        return False  # who reads it is told why it cannot be


def _read(reader: VarsReader, source: Source, path: Path, groups: Iterable[str]) -> Entries:
    draft = reader.draft
    if source.text.startswith("#!"):
        hint = f"make it a program: chmod +x {source.name}"
        draft.say(f"{source.name} is a script, and may not be run", Place(source.name), hint, "inventory")
        return Entries()
    if path.suffix == ".toml":
        hint = "ansible-inventory -i FILE --list --yaml writes it as YAML"
        draft.say("inventories in TOML are not read", Place(source.name), hint, "inventory")
        return Entries()
    if not is_yaml(path, source.text):
        return read_ini(draft, reader, source, groups)
    strict = parse(source)
    if reader.vaulted or strict.problems or (strict.root is not None and is_ansibles(strict.root)):
        loose = parse_loosely(source)
        if loose.root is not None and (reader.vaulted or is_ansibles(loose.root)):
            draft.problems += loose.problems
            return read_yaml(draft, reader, loose.root, source.name)
    draft.problems += strict.problems
    return read_native(draft, strict.root, real(path).parent) if strict.root is not None else Entries()
