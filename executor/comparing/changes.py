"""What differs between two plans, as values. Every form of a comparison is made of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

How: TypeAlias = Literal["added", "removed", "altered", "moved"]
Part: TypeAlias = Literal["drain", "steps", "restore", "always"]

SENT = "(the file that is sent differs)"
GIVEN = "(what is given on standard input differs)"
UNSHOWN = "(something that is not shown here differs)"


@dataclass(frozen=True, slots=True)
class Term:
    """One rule or value. What was, or is, not there is ""."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Group:
    """Hosts on which a step differs in the same way. None: nothing is done there."""

    hosts: tuple[str, ...]
    before: tuple[str, ...] | None
    after: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class StepChange:
    """`id` and `name` are those of the later plan, where the step is in it."""

    how: How
    id: str
    name: str
    part: Part = "steps"
    terms: tuple[Term, ...] = ()
    groups: tuple[Group, ...] = ()
    moved: bool = False  # it stands elsewhere among the others, altered or not


@dataclass(frozen=True, slots=True)
class StageChange:
    how: How
    id: str
    name: str
    hosts_added: tuple[str, ...] = ()
    hosts_removed: tuple[str, ...] = ()
    terms: tuple[Term, ...] = ()
    groups: tuple[tuple[str, Group], ...] = ()  # by host: conditions, health, watches, each with what it is
    steps: tuple[StepChange, ...] = ()
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Empty in all its parts but the last where nothing would run differently."""

    terms: tuple[Term, ...] = ()
    hosts: tuple[Group, ...] = ()  # how they are reached
    stages: tuple[StageChange, ...] = ()
    always: tuple[StepChange, ...] = ()  # of the run, at its end
    secrets_not_compared: tuple[str, ...] = ()  # a plan has their names alone, and not where they come from

    def __bool__(self) -> bool:
        return bool(self.terms or self.hosts or self.stages or self.always)
