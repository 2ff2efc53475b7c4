"""Host patterns, as Ansible has them: which hosts `web:&eu:!web3` means."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fnmatch import translate

from executor.errors import InvalidInput, Problem
from executor.language.regex import compiled
from executor.language.wording import did_you_mean, quoted
from executor.model.inventories import Inventory
from executor.model.places import Place

LOCALHOST = "localhost"

_SUBSCRIPT = re.compile(r"(.+)\[(?:(-?\d+)|(\d*)([:-])(\d*))\]", re.ASCII | re.DOTALL)
_PAIRS = {"[": "]", "(": ")", "{": "}"}
_GLOB = re.compile(r"[*?\[]")


def match_hosts(pattern: str, inventory: Inventory, place: Place | None = None) -> tuple[str, ...]:
    """The hosts that a pattern means, each once: in the order of the pattern's terms, within a term the inventory's.

    Terms are separated by `,` or `:`; `&` keeps only, `!` takes away, `~` begins a regular expression, `[0]` and
    `[0:2]` (both ends in) choose by position. Raises InvalidInput where a name is unknown, a term is none, or no host
    is left; `place` is where the pattern was written.
    """
    terms = _terms(pattern)
    matcher = _Matcher(inventory, place)
    plus = [term for term in terms if term[0] not in "!&"]
    chosen: dict[str, None] = dict.fromkeys(matcher.hosts(plus or ["all"]))
    for term in (term for term in terms if term[0] == "&"):
        kept = set(matcher.hosts([term[1:]]))
        chosen = {name: None for name in chosen if name in kept}
    for term in (term for term in terms if term[0] == "!"):
        for name in matcher.hosts([term[1:]]):
            chosen.pop(name, None)
    problems = matcher.problems
    if not chosen and not problems:
        problems = [Problem(f"{quoted(pattern)} means no host", place, _why_none(terms, inventory), "no-hosts")]
    if problems:
        raise InvalidInput(*problems)
    return tuple(chosen)


def limit_hosts(limit: str | None, inventory: Inventory) -> frozenset[str]:
    """The hosts that -l leaves: what its pattern means, and always `localhost`. Without -l all of them.

    Raises InvalidInput where the pattern is wrong or means no host.
    """
    if limit is None:
        return frozenset((*inventory.hosts, LOCALHOST))
    try:
        return frozenset((*match_hosts(limit, inventory), LOCALHOST))
    except InvalidInput as error:
        told = (Problem(f"--limit: {p.message}", p.place, p.hint, p.code) for p in error.problems)
        raise InvalidInput(*told) from error


def _terms(pattern: str) -> list[str]:
    """The terms of a pattern: split at `,` and `:` outside of brackets."""
    terms, current, closing = [], "", ""
    for char in pattern:
        if char in ",:" and not closing:
            terms.append(current.strip())
            current = ""
            continue
        current += char
        if closing and char == closing[-1]:
            closing = closing[:-1]
        elif char in _PAIRS:
            closing += _PAIRS[char]
    terms.append(current.strip())
    return [term for term in terms if term and term not in {"!", "&"}]


def _why_none(terms: Iterable[str], inventory: Inventory) -> str:
    empty = [term for term in terms if term in inventory.groups and not inventory.groups[term].hosts]
    if empty:
        return f"the group {empty[0]!r} has no hosts"
    return "" if _everyone(inventory) else "the inventory has no hosts"


def _everyone(inventory: Inventory) -> tuple[str, ...]:
    """All hosts that the inventory was written with: `localhost` only where it is among them."""
    if "all" in inventory.groups:
        return inventory.groups["all"].hosts
    return tuple(name for name, host in inventory.hosts.items() if not host.local)


class _Matcher:
    def __init__(self, inventory: Inventory, place: Place | None) -> None:
        self.inventory = inventory
        self.place = place
        self.everyone = _everyone(inventory)
        self.problems: list[Problem] = []

    def hosts(self, terms: Iterable[str]) -> list[str]:
        """The hosts of some terms, one after the other."""
        return [name for term in terms for name in self._term(term)]

    def _term(self, term: str) -> tuple[str, ...]:
        if term.startswith("~"):
            return self._matching(self._regex(term[1:]))
        found = _SUBSCRIPT.fullmatch(term)
        if found is None:
            return self._named(term)
        base, position, first, _, last = found.groups()
        hosts = self._named(base)
        if position is not None:
            index = int(position)
            chosen = hosts[index:][:1] if -len(hosts) <= index < len(hosts) else ()
        else:
            chosen = hosts[int(first or 0) : int(last) + 1 if last else None]
        if hosts and not chosen:
            self._say(f"{quoted(term)} means no host: {base!r} has {len(hosts)}", "counting begins at 0", "no-hosts")
        return chosen

    def _named(self, name: str) -> tuple[str, ...]:
        if name in {"all", "*"}:
            return self.everyone
        if name in self.inventory.groups:
            return self.inventory.groups[name].hosts
        if name in self.inventory.hosts or name == LOCALHOST:
            return (name,)
        if _GLOB.search(name):
            return self._matching(re.compile(translate(name)).match)
        known = (*self.inventory.groups, *self.inventory.hosts)
        self._say(f"there is no host or group {quoted(name)}", self._known(name, known), "unknown-host")
        return ()

    def _known(self, name: str, known: Iterable[str]) -> str:
        groups = [group for group in self.inventory.groups if group not in {"all", "ungrouped"}]
        return did_you_mean(name, known) or (f"groups are: {', '.join(groups[:12])}" if groups else "")

    def _regex(self, text: str) -> Callable[[str], object]:
        found = compiled(text)
        if found is not None:
            return found.match
        self._say(f"{quoted(text)} is not a regular expression", "~ begins one in a host pattern", "pattern")
        return lambda _: None

    def _matching(self, matches: Callable[[str], object]) -> tuple[str, ...]:
        """Groups whose name matches, with their hosts, and hosts whose name does."""
        groups = [group.hosts for name, group in self.inventory.groups.items() if name != "all" and matches(name)]
        named = {name for hosts in groups for name in hosts}
        return tuple(name for name in self.everyone if name in named or matches(name))

    def _say(self, message: str, hint: str, code: str) -> None:
        self.problems.append(Problem(message, self.place, hint, code))
