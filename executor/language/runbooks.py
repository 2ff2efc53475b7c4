"""A runbook's file to a Runbook, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from executor.language import includes, leaves
from executor.language.checker import check
from executor.language.checks import check_runbook
from executor.language.draft import Declared, Draft, Where
from executor.language.nodes import MapNode, Node
from executor.language.params import params
from executor.language.projects import project_root, real
from executor.language.reader import parse
from executor.language.schemas import language
from executor.language.sources import read
from executor.language.stages import stages
from executor.language.steps import settings, steps
from executor.model.leaves import Template
from executor.model.places import Place
from executor.model.runbooks import Runbook


@dataclass(frozen=True, slots=True)
class Written:
    """A runbook, and how it was written: what advice about it points at.

    `mappings` are the texts behind stages (by the place of their name), steps, blocks and probes (by their own places).
    """

    runbook: Runbook
    mappings: Mapping[Place, MapNode]
    templates: tuple[Template, ...]
    declared: tuple[Declared, ...]


def load_runbook(path: Path, *, root: Path | None = None) -> Runbook:
    """Read a runbook with all that it includes. `root` is the project's, by default found from where the file lies.

    Raises InvalidInput with every problem of its files, in their order.
    """
    return load_written(path, root=root).runbook


def load_written(path: Path, *, root: Path | None = None) -> Written:
    """As `load_runbook`, with what is known of the text."""
    found_root = real(root) if root is not None else project_root(path)
    source = read(path)
    draft = Draft(found_root, files=[source.name])
    reading = parse(source)
    draft.problems += reading.problems
    runbook = None
    if reading.root is not None:
        schema = language("runbook")
        kept, problems = check(reading.root, schema.root, schema)
        draft.problems += problems
        if isinstance(kept, MapNode):
            runbook = _runbook(draft, kept, path)
    draft.settle()
    assert runbook is not None, "what cannot be read has a problem"  # noqa: S101  an invariant, for the type checker
    return Written(runbook, draft.mappings, tuple(draft.templates), tuple(draft.declared))


def _runbook(draft: Draft, node: MapNode, path: Path) -> Runbook:
    items = node.items
    where = Where(real(path))
    declared = params(draft, items.get("params"))
    variables = leaves.variables(draft, items.get("vars"))
    files = tuple(includes.variables_of(draft, item, where) for item in _list(items.get("vars_files")))
    found = stages(draft, items["stages"], where)
    always = steps(draft, items.get("always"), Where(where.file, role="always"))
    runbook = Runbook(
        name=leaves.plain_line(draft, items["name"]),
        stages=found,
        file=draft.files[0],
        root=str(draft.root),
        description=leaves.plain_text(draft, items["description"]) if "description" in items else "",
        owner=leaves.plain_line(draft, items["owner"]) if "owner" in items else "",
        params=declared,
        vars=variables,
        vars_files=files,
        settings=settings(draft, items),
        always=always,
        place=node.place,
        files=tuple(draft.files),
    )
    check_runbook(draft, runbook)
    return runbook


def _list(node: Node | None) -> tuple[Node, ...]:
    return leaves.each(node) if node is not None else ()
