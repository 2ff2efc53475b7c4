"""What an inventory's file asks for before anything runs on its hosts, without reading what lies around it."""

from __future__ import annotations

from pathlib import Path

from executor.language.draft import Draft
from executor.language.inventory.ansible_yaml import is_ansibles
from executor.language.inventory.native import read_native
from executor.language.projects import real
from executor.language.reader import parse
from executor.language.sources import read
from executor.model.inventories import Approvals


def approvals_in(path: Path, root: Path) -> tuple[frozenset[str], tuple[Approvals, ...]]:
    """The names and addresses of a file's hosts, and the approvals that it asks for. Raises InvalidInput.

    Only our own format can ask for any; nothing is run and no vault is opened to find out.
    """
    source = read(path)
    parsed = parse(source)
    if source.text.startswith("#!") or (parsed.root is not None and is_ansibles(parsed.root)):
        return frozenset(), ()
    draft = Draft(real(root), [problem for problem in parsed.problems if problem.code != "empty"])
    draft.files.append(source.name)
    if parsed.root is None:  # empty, or broken, which is told
        draft.settle()
        return frozenset(), ()
    entries = read_native(draft, parsed.root, real(path).parent)
    draft.settle()
    known = {word for name, host in entries.hosts.items() for word in (name, host.address) if word is not None}
    return frozenset(known), entries.approvals
