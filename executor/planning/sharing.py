"""One result for all hosts that are alike in what it was made of.

What depends on a host is read through a `Reader`, which notes each thing that was asked and its answer. A host that
would give the same answers gets the same result without making it again. The notes form a tree, so that finding a
result costs as many steps as there were questions, however many hosts differ.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeAlias, TypeVar

Question: TypeAlias = tuple[str, str]  # what is asked, and the name it is asked of
Look: TypeAlias = Callable[[Question], Any]

T = TypeVar("T")


class _Nothing:
    """No value: not even null."""

    def __repr__(self) -> str:
        return "nothing"


NOTHING: Final = _Nothing()


@dataclass(slots=True)
class Fingerprints:
    """Something to compare values by. Large ones are looked through once: the inventory keeps them alive."""

    _known: dict[int, tuple[object, str]] = field(default_factory=dict)

    def of(self, value: object) -> Hashable:
        if value is None or value is NOTHING or isinstance(value, str | int | float | bool):
            return type(value), value
        known = self._known.get(id(value))
        if known is None:
            known = self._known[id(value)] = (value, repr(value))
        return known[1]


class Reader:
    """One host's answers, each noted when it is first asked."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self.answers: dict[Question, Any] = {}

    def __call__(self, what: str, name: str = "") -> Any:
        question = (what, name)
        if question not in self.answers:
            self.answers[question] = self._look(question)
        return self.answers[question]


@dataclass(slots=True)
class _Branch:
    question: Question
    ways: dict[Hashable, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Leaf(Generic[T]):
    result: T


class Shared(Generic[T]):
    """The results that were made so far, by the answers they were made of."""

    def __init__(self, fingerprints: Fingerprints) -> None:
        self._fingerprints = fingerprints
        self._root: dict[Hashable, Any] = {}  # one way: the root itself

    def get(self, look: Look, make: Callable[[Reader], T]) -> T:
        """The result for a host's answers; made where no host with these answers came before."""
        ways, way = self._root, None
        while True:
            node = ways.get(way)
            if isinstance(node, _Leaf):
                result: T = node.result
                return result
            if node is None:
                break
            ways, way = node.ways, self._fingerprints.of(look(node.question))
        reader = Reader(look)
        result = make(reader)
        self._keep(reader, result)
        return result

    def _keep(self, reader: Reader, result: T) -> None:
        ways: dict[Hashable, Any] = self._root
        way: Hashable = None
        for question, answer in reader.answers.items():
            branch = ways.setdefault(way, _Branch(question))
            ways, way = branch.ways, self._fingerprints.of(answer)
        ways[way] = _Leaf(result)
