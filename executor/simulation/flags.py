"""What an operator says is to go wrong in a simulation: from the text of flags to faults, checked against the plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from executor.errors import Problem, WrongUsage
from executor.events import Direction, Key
from executor.language.wording import did_you_mean
from executor.model.plans import Plan
from executor.simulation.names import Named, named

# The pieces of work that a fault in something of that kind may hit.
_PARTS = {
    "step": ("action", "undo", "reapply", "item"),
    "item": ("item",),
    "apply": ("apply",),
    "verify": ("verify",),
    "health": ("health",),
    "watch": ("watch",),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong: `flag` as it was given, on which hosts, in what, in which attempt (0: in each)."""

    flag: str
    hosts: frozenset[str]
    what: tuple[Named, ...]
    direction: Direction
    attempt: int = 0

    def hits(self, key: Key) -> bool:
        """Whether this is what goes wrong."""
        if key.host not in self.hosts or key.direction != self.direction or self.attempt not in (0, key.attempt):
            return False
        return any(self._is(one, key) for one in self.what)

    def _is(self, one: Named, key: Key) -> bool:
        if self.direction == "back":
            return key.task in one.undoing
        return key.task == one.task and key.part in _PARTS[one.kind] and one.sub in (0, key.sub)


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads flags against one plan. Each method raises WrongUsage where a text names nothing that there is."""

    plan: Plan
    names: tuple[Named, ...]

    def fault(self, flag: str, text: str, *, back: bool = False) -> Fault:
        """`HOST:NAME[:ATTEMPT]`. HOST may be a glob; `back`: it goes wrong on the way back."""
        hosts, name, attempt = self._split(f"{flag} {text}", text)
        found = self._called(f"{flag} {text}", name)
        fit = tuple(one for one in found if (one.undoing if back else one.can_fail))
        if not fit:
            why = (
                "has nothing to do on the way back" if back else "is done by the program itself, and cannot fail alone"
            )
            raise _wrong(f"{flag} {text}: '{name}' {why}")
        there = hosts & frozenset(host for one in fit for host in one.hosts)
        if not there:
            on = sorted(frozenset(host for one in fit for host in one.hosts))
            raise _wrong(f"{flag} {text}: '{name}' is not for that host", f"it is for {', '.join(on)}")
        return Fault(f"{flag} {text}", there, fit, "back" if back else "forward", attempt)

    def away(self, text: str) -> Fault | frozenset[str]:
        """`HOST`, which is never reached, or `HOST:NAME[:ATTEMPT]`, at which it goes away for good."""
        said = f"--unreachable {text}"
        if all(self.plan.hosts[host].local for host in self._hosts(said, text.partition(":")[0])):
            raise _wrong(f"{said}: that is this machine, which is always there")
        return self.fault("--unreachable", text) if ":" in text else self._hosts(said, text)

    def printed(self, text: str) -> tuple[tuple[Named, ...], str]:
        """`NAME=TEXT`: which steps print what."""
        name, equals, said = text.partition("=")
        if not equals:
            raise _wrong(
                f"--stdout {text}: a step's name, then `=` and what it prints", "--stdout 'Read version=v1.2.2'"
            )
        return self._called(f"--stdout {text}", name), said

    def _split(self, said: str, text: str) -> tuple[frozenset[str], str, int]:
        host, colon, name = text.partition(":")
        if not colon or not name:
            raise _wrong(f"{said}: a host and what fails on it", "web2:Activate, or 'web*:Activate' for all of them")
        attempt = 0
        before, _, last = name.rpartition(":")
        if before and last.isdecimal() and not self._any(name):
            name, attempt = before, int(last)
        return self._hosts(said, host), name, attempt

    def _hosts(self, said: str, pattern: str) -> frozenset[str]:
        found = frozenset(host for host in self.plan.hosts if fnmatchcase(host, pattern))
        if not found:
            raise _wrong(f"{said}: no host '{pattern}' in this run", _suggestion(pattern, self.plan.hosts))
        return found

    def _called(self, said: str, name: str) -> tuple[Named, ...]:
        found = self._any(name)
        if not found:
            known = dict.fromkeys(end for one in self.names for end in ("/".join(one.path), one.path[-1]))
            raise _wrong(f"{said}: nothing in this run is called '{name}'", _suggestion(name, known))
        return found

    def _any(self, name: str) -> tuple[Named, ...]:
        return tuple(one for one in self.names if one.is_called(name))


def reading(plan: Plan) -> Reading:
    """A reader of flags for a plan."""
    return Reading(plan, named(plan))


def _wrong(message: str, hint: str = "") -> WrongUsage:
    return WrongUsage(Problem(message, hint=hint, code="simulate"))


def _suggestion(word: str, known: Iterable[str]) -> str:
    names = tuple(known)
    longer = next((name for name in names if word.lower() in name.lower()), None)  # a part of the name was given
    meant = f"did you mean {longer!r}?" if longer else did_you_mean(word, names)
    return meant or "`runbook plan` shows what there is"
