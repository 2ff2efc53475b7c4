"""Hosts on which a step differs in their names alone are told once, with the name left open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache
from operator import is_
from typing import Any, Final

from executor.report.plans.facts import Alike
from executor.templates import LATE

NAME: Final = LATE.format("host.name")
FEWEST: Final = 5  # hosts; fewer are told one by one


def by_name(groups: tuple[Alike, ...]) -> tuple[Alike, ...]:
    """The groups, those of a single host that differ in its name alone made into one.

    It tells no less: with a host's name where NAME stands, each of them comes out again.
    """
    single = [group for group in groups if len(group.hosts) == 1]
    if len(single) < FEWEST:
        return groups
    found: dict[Alike, list[Alike]] = {}
    for group in single:
        host = group.hosts[0]
        key = Alike((), _renamed(group.rounds, host), _renamed(group.loop, host), group.finding, by_name=True)
        found.setdefault(key, []).append(group)
    told: dict[int, Alike] = {}
    for key, same in found.items():
        if len(same) < FEWEST:
            told |= {id(group): group for group in same}
        else:
            told[id(same[0])] = replace(key, hosts=tuple(group.hosts[0] for group in same))
    return tuple(told.get(id(group), group) for group in groups if len(group.hosts) > 1 or id(group) in told)


def probes_by_name(groups: Mapping[tuple[str, ...], Sequence[str]]) -> dict[tuple[str, ...], tuple[list[str], bool]]:
    """The same for probes in words: for each set of them its hosts, and whether their names are left open in it."""
    told: dict[tuple[str, ...], tuple[list[str], bool]] = {}
    if len(groups) < FEWEST or any(len(names) > 1 for names in groups.values()):
        return {texts: (list(names), False) for texts, names in groups.items()}
    for texts, names in groups.items():
        told.setdefault(_renamed(texts, names[0]), ([], True))[0].append(names[0])
    return told if len(told) < FEWEST else {texts: (list(names), False) for texts, names in groups.items()}


def texts_by_name(texts: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The different texts that hosts have; where there are many, with their names taken out."""
    found = tuple(dict.fromkeys(text for of_host in texts.values() for text in of_host))
    if len(found) < FEWEST:
        return found
    named = tuple(dict.fromkeys(text.replace(host, NAME) for host, of_host in texts.items() for text in of_host))
    return named if len(named) < len(found) else found


def _renamed(thing: Any, host: str) -> Any:
    """The same with the host's name taken out of every text."""
    match thing:
        case str():
            return thing.replace(host, NAME) if host in thing else thing
        case tuple():
            items = tuple(_renamed(item, host) for item in thing)
            return thing if all(map(is_, items, thing)) else items
    names = _fields(type(thing))  # type: ignore[arg-type]  # a class can be hashed
    changed = {name: new for name in names if (new := _renamed(old := getattr(thing, name), host)) is not old}
    return replace(thing, **changed) if changed else thing


@cache
def _fields(cls: type) -> tuple[str, ...]:
    """The fields of a dataclass that count where two are compared; none of anything else."""
    return tuple(field.name for field in fields(cls) if field.compare) if is_dataclass(cls) else ()
