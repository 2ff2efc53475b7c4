"""Where one round of a step stands, what can be asked from there, and what is seen."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from executor.checking.memory import Memory
from executor.engine.effects import Perform, Sample
from executor.engine.values import text
from executor.events import Key
from executor.model.actions import Action
from executor.model.leaves import Text, Value
from executor.model.outcomes import Result
from executor.model.outcomes import Verdict as Sampled
from executor.model.probes import Probe
from executor.model.steps import Item, Settings, Task
from executor.planning.findings import Verdict
from executor.planning.shown.words import said
from executor.templates import KnownLater, fill

T = TypeVar("T")

Question: TypeAlias = Perform | Sample
Answer: TypeAlias = Result | Sampled | None
Looking: TypeAlias = Generator[Question, Answer, T]

LOCAL = "localhost"
HIDDEN = "(no_log: not shown)"
LONGEST = 160  # characters of a command's last line


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one round. `value` is what it registers, None where that is not known; `sets` are variables."""

    verdict: Verdict
    for_now: bool = False
    value: Value = None
    sets: Mapping[str, Value] = field(default_factory=dict)


class Open(Exception):
    """Something cannot be told before the run has given these names. `whether`: even whether the step runs at all;
    `until`: the steps that give them, where the memory does not know."""

    def __init__(self, names: tuple[str, ...], *, whether: bool, until: tuple[str, ...] = ()) -> None:
        super().__init__(names)
        self.names = names
        self.whether = whether
        self.until = until


@dataclass(frozen=True, slots=True)
class Round:
    """Where one round of a task stands. `values` are what the run would give by then, the loop's item included."""

    memory: Memory
    host: str
    task: Task
    item: Item
    number: int
    values: Mapping[str, Value]
    diff: bool = False

    def filled(self, part: T, *, whether: bool = False) -> T:
        """A part of the plan with its late leaves rendered. Raises Open, and RunbookError where that fails."""
        missing = self.memory.missing(part, self.host) if self.memory.waits(self.task) else ()
        if missing:
            raise Open(missing, whether=whether)
        try:
            return fill(part, self.values)
        except KnownLater as later:
            raise Open((later.name,), whether=whether) from None

    def perform(self, part: str, action: Action, settings: Settings, sub: int = 0, **more: Any) -> Perform:
        return Perform(self._key(part, sub), self.machine(settings), action, settings, **more)

    def sample(self, part: str, probe: Probe, settings: Settings, *, sub: int = 0) -> Sample:
        about = self.machine(settings)
        return Sample(self._key(part, sub), LOCAL if probe.source == "control" else about, about, probe, settings)

    def machine(self, settings: Settings) -> str:
        """Whose connection is used."""
        return self.host if settings.delegate_to is None else text(settings.delegate_to, {})

    def said(self, leaf: Text) -> str:
        """A text for people: what is not known in it stands there by its name."""
        return said(leaf) if self.memory.missing(leaf, self.host) else str(fill(leaf, self.values))

    def is_for_now(self, question: Question) -> bool:
        """Whether a command asked by now may be answered otherwise in the run: something comes first on its machine."""
        touched = self.memory.touched(question.on)
        return touched.by_command or touched.by_file

    def _key(self, part: str, sub: int) -> Key:
        return Key(self.host, self.task.id, part, self.number, sub=sub)


def why(answer: Result | Sampled) -> str:
    """Why a question has no answer."""
    return answer.summary if isinstance(answer, Sampled) else answer.detail or answer.status.value


def last_word(result: Result) -> str:
    """What came of a command, in a line."""
    lines = [line for line in result.stdout.splitlines() if line.strip()]
    return f"exit code {result.rc}" + (f": {lines[-1].strip()[:LONGEST]}" if lines else "")
