"""What is wrong with a plan, gathered over all hosts and told once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from executor.errors import InvalidInput, Problem
from executor.model.places import NOWHERE

_NAMED: Final = 3  # hosts that a message names before it counts them


@dataclass(slots=True)
class Problems:
    """Each problem with the hosts that have it. A problem of every host that was tried needs no names."""

    _hosts: dict[Problem, dict[str, None]] = field(default_factory=dict)
    _tried: dict[Problem, dict[str, None]] = field(default_factory=dict)

    def add(self, problems: Iterable[Problem], hosts: Iterable[str] = (), tried: Iterable[str] = ()) -> None:
        """Note problems of `hosts`, which are among those that were `tried`."""
        for problem in problems:
            self._hosts.setdefault(problem, {}).update(dict.fromkeys(hosts))
            self._tried.setdefault(problem, {}).update(dict.fromkeys(tried))

    def __bool__(self) -> bool:
        return bool(self._hosts)

    def settle(self) -> None:
        """Raise InvalidInput with all of them, in the order of files and lines, where there are any."""
        if not self._hosts:
            return
        told = dict.fromkeys(self._told(problem) for problem in self._hosts)
        raise InvalidInput(*sorted(told, key=lambda problem: problem.place or NOWHERE))

    def _told(self, problem: Problem) -> Problem:
        hosts, tried = list(self._hosts[problem]), self._tried[problem]
        if not hosts or len(hosts) >= len(tried):
            return problem
        more = len(hosts) - _NAMED
        named = ", ".join(hosts[:_NAMED]) + (f" and {more} more" if more > 0 else "")
        return replace(problem, message=f"{problem.message} on {named}")
