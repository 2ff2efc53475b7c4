"""What a rule of advice is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from executor.language.advice.subject import Subject
from executor.model.places import Place


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a rule has something to say."""

    message: str
    place: Place
    hint: str = ""


Find: TypeAlias = Callable[[Subject], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A piece of advice: what it looks for, why, and how it is written better.

    `id` is what `# runbook: ignore` names and the anchor of its page; `instead` is YAML.
    """

    id: str
    title: str
    reason: str
    instead: str
    find: Find
