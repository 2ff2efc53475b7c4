"""What has been found out on the way through a plan: results of steps, and what nobody knows before a step has run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from executor.model.actions import SetVars
from executor.model.leaves import Value
from executor.model.plans import Plan, PlannedStage, PlannedStep
from executor.model.secrets import FETCHED
from executor.model.steps import Task
from executor.planning.views import HostsView, HostView
from executor.templates import PROBED, needs

_NEVER_MISSING = frozenset({FETCHED, PROBED})  # they are there when a question is put, or its answer is judged
OF_THE_RUN = ("run", "batch")


@dataclass(slots=True)
class _Names:
    """The names that steps have given: known ones with their values, others with the step that would give them."""

    known: dict[str, Value] = field(default_factory=dict)
    pending: dict[str, str] = field(default_factory=dict)

    def give(self, values: Mapping[str, Value]) -> None:
        self.known |= values
        for name in values:
            self.pending.pop(name, None)

    def withhold(self, names: Iterable[str], step: str) -> None:
        for name in names:
            self.known.pop(name, None)
            self.pending[name] = step


@dataclass(slots=True)
class Touched:
    """What would have happened on a machine by now: a command that may have done anything, a file that was written."""

    by_command: bool = False
    by_file: bool = False


class Memory:
    """Grows as a check goes on, step by step; one for each check."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._everywhere = _Names()
        self._of: dict[str, _Names] = {}
        self._seen_by_others: dict[str, dict[str, Value]] = {}  # each host's names as this stage found them
        self._hidden: dict[str, frozenset[str]] = {}  # names of a host that others cannot know in this stage
        self._touched: dict[str, Touched] = {}
        self._stage: PlannedStage | None = None
        self._needs: dict[int, tuple[object, frozenset[str]]] = {}  # of parts of the plan, each looked through once
        self._made: dict[Path, str] = {}  # local files that a step would make, and which

    # --- looking ----------------------------------------------------------------------------------------------------

    def values(self, host: str) -> dict[str, Value]:
        """The names that only the run knows, as a template for this host sees them now."""
        known = {**self._everywhere.known, **self._names(host).known, "hosts": HostsView(self._plan.hosts, self._view)}
        return known if self._stage is None else known | {"stage": {"name": self._stage.name}}

    def missing(self, tree: object, host: str) -> tuple[str, ...]:
        """The names that leaves of a part of the plan wait for, and nobody knows yet, sorted."""
        wanted = self._wanted(tree)
        if not wanted:
            return ()
        pending = self._pending(host)
        return tuple(sorted(name for name in wanted if name in pending or name in OF_THE_RUN))

    def waits(self, tree: object) -> bool:
        """Whether a part of the plan waits for anything that the run gives."""
        return bool(self._wanted(tree))

    def helps(self, tree: object, host: str) -> bool:
        """Whether any name that a part of the plan waits for is known by now."""
        wanted = self._wanted(tree)
        return bool(wanted) and not wanted.isdisjoint({*self._everywhere.known, *self._names(host).known})

    def _wanted(self, tree: object) -> frozenset[str]:
        found = self._needs.get(id(tree))
        if found is None:
            found = self._needs[id(tree)] = tree, needs(tree) - _NEVER_MISSING
        return found[1]

    def until(self, names: Iterable[str], host: str) -> tuple[str, ...]:
        """The steps that give these names."""
        pending = self._pending(host)
        return tuple(dict.fromkeys(pending[name] for name in names if name in pending))

    def maker(self, path: str) -> str:
        """The step that would make a local file; "" where none would."""
        wanted = Path(self._plan.root, path)
        return next((step for made, step in self._made.items() if made == wanted or made in wanted.parents), "")

    def touched(self, machine: str) -> Touched:
        return self._touched.setdefault(machine, Touched())

    def _names(self, host: str) -> _Names:
        return self._of.setdefault(host, _Names())

    def _pending(self, host: str) -> Mapping[str, str]:
        own = self._names(host)
        everywhere = {name: step for name, step in self._everywhere.pending.items() if name not in own.known}
        return {**everywhere, **own.pending}

    def _view(self, host: str) -> HostView:
        """A host as another one's template sees it: what this stage does there may come before or after."""
        hidden = self._hidden.get(host, frozenset())
        said = {**self._plan.hosts[host].vars, **self._seen_by_others.get(host, self._everywhere.known)}
        facts = {name: value for name, value in said.items() if name not in hidden}
        return HostView(facts, frozenset(), _nothing_more, hidden)

    # --- finding out ------------------------------------------------------------------------------------------------

    def enter(self, stage: PlannedStage | None, steps: Iterable[PlannedStep]) -> None:
        """A stage begins, or with None what follows all stages."""
        self._stage = stage
        given: dict[str, set[str]] = {}
        for step in steps:
            for host, task in step.tasks.items():
                given.setdefault(host, set()).update(names_of(task))
        self._seen_by_others = {
            host: {**self._everywhere.known, **self._names(host).known} for host in self._plan.hosts
        }
        self._hidden = {
            host: frozenset({*self._pending(host), *given.get(host, ())}) for host in self._plan.hosts
        }  # fmt: skip

    def learn(self, step: PlannedStep, host: str, values: Mapping[str, Value]) -> None:
        """What a step gives is known."""
        (self._everywhere if step.once else self._names(host)).give(values)

    def leave_open(self, step: PlannedStep, host: str, names: Iterable[str]) -> None:
        """Names that a step gives are not known before it has run."""
        (self._everywhere if step.once else self._names(host)).withhold(names, label(step))

    def will_make(self, step: PlannedStep, paths: Iterable[str]) -> None:
        """Local files that a step would make."""
        self._made |= {Path(self._plan.root, path): label(step) for path in paths}


def names_of(task: Task) -> tuple[str, ...]:
    """The names that a task gives to its result and its variables."""
    sets = (name for item in task.items if isinstance(item.body.action, SetVars) for name in item.body.action.values)
    return tuple(dict.fromkeys((*((task.register,) if task.register else ()), *sets)))


def label(step: PlannedStep) -> str:
    """A step as people find it in the plan."""
    return f"{step.id} {step.name}"


def _nothing_more(name: str) -> Value:
    raise KeyError(name)
