"""What is known of a runbook while it is being read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from executor.errors import InvalidInput, Problem
from executor.language.nodes import MapNode
from executor.model.leaves import Template
from executor.model.places import Place
from executor.model.steps import StepNode

# More than anybody reads; a file with more mistakes has one that causes the others.
MOST_PROBLEMS = 200

Role = Literal["forward", "handler", "always", "traffic"]
NameKind = Literal["parameter", "variable", "registered result", "set variable"]


@dataclass(frozen=True, slots=True)
class Declared:
    """A name that the runbook gives to a value, and where."""

    kind: NameKind
    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Where:
    """Where in the runbook something stands: what it may say depends on that."""

    file: Path  # absolute
    role: Role = "forward"
    looped: bool = False  # within a block that loops
    depth: int = 0  # how many blocks, handlers and includes are around it
    chain: tuple[tuple[Path, Place], ...] = ()  # the files that led here, each with the place of its include

    def within(self, role: Role | None = None, *, looped: bool | None = None) -> Where:
        """One level further in, in the same file."""
        return replace(
            self,
            role=self.role if role is None else role,
            looped=self.looped if looped is None else looped,
            depth=self.depth + 1,
        )

    def included(self, path: Path, at: Place) -> Where:
        """In the file `path`, which an include at `at` names."""
        return replace(self, file=path, depth=self.depth + 1, chain=(*self.chain, (self.file, at)))


@dataclass(slots=True)
class Draft:
    """Collects while files are read: what is wrong, which files, templates and names there are."""

    root: Path  # resolved; includes stay below it
    problems: list[Problem] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    templates: list[Template] = field(default_factory=list)
    declared: list[Declared] = field(default_factory=list)
    mappings: dict[Place, MapNode] = field(default_factory=dict)  # stages, steps, blocks and probes, by their place
    bounded: set[Place] = field(default_factory=set)  # handlers that say how long they are good for
    steps: int = 0  # so far, those of an included file counted each time
    included: dict[tuple[Path, str, bool], tuple[tuple[StepNode, ...], int]] = field(default_factory=dict)

    def say(self, message: str, place: Place | None, hint: str = "", code: str = "invalid") -> None:
        """Note a problem; reading goes on, so that all of them are told at once."""
        self.problems.append(Problem(message, place, hint, code=code))

    def declare(self, kind: NameKind, name: str, place: Place) -> None:
        self.declared.append(Declared(kind, name, place))

    def template(self, template: Template) -> Template:
        """Keep a template for the checks at the end, and hand it back."""
        self.templates.append(template)
        return template

    def settle(self) -> None:
        """Raises InvalidInput with every problem, in the order of the files, where there are any."""
        if not self.problems:
            return
        order = {name: index for index, name in enumerate(self.files)}
        # What is wrong in a file that is included twice is wrong once.
        once = {(problem.message, problem.place): problem for problem in reversed(self.problems)}
        told = sorted(
            once.values(),
            key=lambda p: (order.get(p.place.file, 0), p.place.line, p.place.column) if p.place else (-1, 0, 0),
        )
        if len(told) > MOST_PROBLEMS:
            rest = Problem(f"… and {len(told) - MOST_PROBLEMS} more", code="too-many-problems")
            raise InvalidInput(*told[:MOST_PROBLEMS], rest)
        raise InvalidInput(*told)
