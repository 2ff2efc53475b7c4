"""Files that a runbook brings in: beside the file that names them, below the project's root, never in a circle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar

from executor.errors import InvalidInput
from executor.language import leaves
from executor.language.checker import check
from executor.language.draft import Draft, Where
from executor.language.nodes import MapNode, Node
from executor.language.projects import real
from executor.language.reader import parse
from executor.language.schemas import language
from executor.language.sources import read, shown
from executor.language.wording import did_you_mean
from executor.model.leaves import Value
from executor.model.places import Place
from executor.model.steps import StepNode

MAX_DEPTH = 16
MAX_STEPS = 50_000

T = TypeVar("T")

ReadSteps: TypeAlias = Callable[[Draft, Node | None, Where], tuple[StepNode, ...]]
Part: TypeAlias = Literal["steps", "stages", "vars"]


def steps_of(draft: Draft, node: Node, where: Where, read_steps: ReadSteps) -> tuple[str, tuple[StepNode, ...]]:
    """The shown name and the steps of an included file; no steps where something is wrong with it.

    A file that is included again in the same role is not read again.
    """
    path = find(draft, node, where)
    if path is None:
        return leaves.written(node), ()
    key = (path, where.role, where.looped)
    if key not in draft.included:
        before = draft.steps
        inside = where.included(path, node.place)
        found = within(draft, node.place, lambda: read_steps(draft, load(draft, path, node.place, "steps"), inside))
        draft.included[key] = (found, draft.steps - before)
    else:
        draft.steps += draft.included[key][1]
    if draft.steps > MAX_STEPS:
        draft.say(f"more than {MAX_STEPS:,} steps, those of included files counted each time", node.place, code="size")
        draft.settle()
    return shown(path), draft.included[key][0]


def find(draft: Draft, node: Node, where: Where) -> Path | None:
    """The file that an include names, relative to its own file; None, with a problem, where it may not be."""
    name = leaves.plain_line(draft, node)
    path = real(where.file.parent / name)
    if "{{" in name:
        return None
    if not path.is_relative_to(draft.root):
        hint = "the root is the nearest folder upward with a runbook.toml, or with `runbooks/` or `inventories/`"
        draft.say("an included file must lie below the project's root", node.place, hint, "include")
    elif path == where.file or path in (file for file, _ in where.chain):
        circle = [file for file, _ in where.chain]
        circle = [*circle[circle.index(path) :], where.file, path] if path in circle else []
        way = " → ".join(file.name for file in circle)
        draft.say(f"{shown(path)} includes itself", node.place, way, "include-cycle")
    elif len(where.chain) >= MAX_DEPTH:
        draft.say(f"includes are nested more than {MAX_DEPTH} files deep", node.place, code="include-depth")
    else:
        return path
    return None


def load(draft: Draft, path: Path, at: Place, part: Part) -> Node | None:
    """The content of a file, checked as `part` of the language; None, with problems, where nothing of it is usable."""
    try:
        source = read(path, at=at)
    except InvalidInput as error:
        hint = "" if path.exists() else _near(path)
        draft.problems += (replace(problem, hint=problem.hint or hint) for problem in error.problems)
        return None
    if source.name not in draft.files:
        draft.files.append(source.name)
    reading = parse(source)
    draft.problems += reading.problems
    if reading.root is None:
        return None
    schema = language("runbook")
    kept, problems = check(reading.root, schema.part(part), schema)
    draft.problems += problems
    return kept


def _near(path: Path) -> str:
    """What may have been meant by a file that does not exist."""
    if not path.parent.is_dir():
        return f"there is no folder {shown(path.parent)}; a file is looked for from the folder of the one that names it"
    beside = [file.name for file in path.parent.glob("*.y*ml")]
    return did_you_mean(path.name, beside) or "it is looked for from the folder of the file that names it"


def variables_of(draft: Draft, node: Node, where: Where) -> Mapping[str, Value]:
    """The variables in a file that `vars_files` names."""
    path = find(draft, node, where)
    if path is None:
        return {}
    loaded = within(draft, node.place, lambda: load(draft, path, node.place, "vars"))
    return leaves.variables(draft, loaded) if isinstance(loaded, MapNode) else {}


def within(draft: Draft, include: Place, do: Callable[[], T]) -> T:
    """`do`, with the place of the include noted on each problem that it finds in another file."""
    before = len(draft.problems)
    result = do()
    draft.problems[before:] = [
        replace(p, notes=(*p.notes, ("included from here", include))) if p.place and p.place.file != include.file else p
        for p in draft.problems[before:]
    ]
    return result
