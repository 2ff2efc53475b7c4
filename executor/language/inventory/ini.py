"""Ansible's INI format: sections of hosts, of children and of variables."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from executor.language.draft import Draft
from executor.language.inventory import addresses
from executor.language.inventory.entries import Entries, EntriesBuilder, Listed
from executor.language.inventory.values import VarsReader, literal, priority
from executor.language.sources import Source
from executor.language.wording import did_you_mean, quoted
from executor.model.inventories import Layer
from executor.model.leaves import Template, Value
from executor.model.places import Place

_SECTION = re.compile(r"\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?")
_NAME = re.compile(r"([^:\]\s]+)\s*(?:#.*)?")
_KINDS = ("hosts", "children", "vars")


@dataclass(slots=True)
class _Reading:
    draft: Draft
    reader: VarsReader
    source: Source
    built: EntriesBuilder = field(default_factory=EntriesBuilder)
    group: str = "ungrouped"
    kind: Literal["hosts", "children", "vars", "unknown"] = "hosts"
    declared: set[str] = field(default_factory=set)  # groups that are there: with a section of their own, or before
    met: set[str] = field(default_factory=set)  # groups with any section, or before
    waiting: dict[str, list[tuple[str, Listed]]] = field(default_factory=dict)  # children that were not met: parents
    looks_like_yaml: bool = False
    wanted: list[tuple[str, Listed]] = field(default_factory=list)  # groups that others name: with what they are for


def read_ini(draft: Draft, reader: VarsReader, source: Source, known: Iterable[str] = ()) -> Entries:
    """What an INI inventory says; what is wrong with it is noted in the draft. `known` are the groups of others."""
    there = {"all", "ungrouped", *known}
    reading = _Reading(draft, reader, source, declared=set(there), met=set(there))
    # Only what ends a line for people and editors: a form feed within a value is the value's.
    for number, line in enumerate(re.split(r"\r\n|\n|\r", source.text), start=1):
        content = line.strip()
        if content and content[0] not in ";#":
            start = len(line) - len(line.lstrip()) + 1
            place = Place(source.name, number, start, number, start + len(content))
            _line(reading, content, place)
    for what, name in reading.wanted:
        if name.name not in reading.declared:
            hint = did_you_mean(name.name, reading.declared - {"all", "ungrouped"})
            hint = hint or f"give it a section: [{name.name}]"
            draft.say(f"{what} a group {quoted(name.name)} that is not there", name.place, hint, "unknown-group")
    return reading.built.entries((source.name,))


def _line(reading: _Reading, content: str, place: Place) -> None:
    if found := _SECTION.fullmatch(content):
        _section(reading, found[1], found[2] or "hosts", place)
    elif content.startswith("[") and content.endswith("]"):
        reading.draft.say(
            f"{quoted(content)} is no section",
            place,
            "a section is [group], [group:children] or [group:vars], without spaces",
            "section",
        )
    elif reading.kind == "hosts":
        _hosts(reading, content, place)
    elif reading.kind == "vars":
        _variable(reading, content, place)
    elif reading.kind == "children":
        _child(reading, content, place)


def _section(reading: _Reading, name: str, kind: str, place: Place) -> None:
    reading.group = name
    match kind:
        case "hosts" | "children" | "vars":
            reading.kind = kind
        case _:
            reading.kind = "unknown"  # what follows is not told again, line by line
            hint = did_you_mean(kind, _KINDS) or "sections are [group], [group:children] and [group:vars]"
            reading.draft.say(f"a section cannot be `:{kind}`", place, hint, "section")
            return
    if not addresses.is_group_name(name):
        hint = "a name has no spaces, quotes, separators or brackets, and does not begin with a dash"
        reading.draft.say(f"{quoted(name)} is no name for a group", place, hint, "group-name")
    reading.built.group(name, place)
    reading.met.add(name)
    if kind == "vars":
        reading.wanted.append(("these variables are for", Listed(name, place)))
        return
    reading.declared.add(name)
    for parent, child in reading.waiting.pop(name, ()):
        reading.built.child(parent, child)


def _hosts(reading: _Reading, content: str, place: Place) -> None:
    """`web[1:3]:2222 name=value …`"""
    try:
        words = shlex.split(content, comments=True)
    except ValueError:
        reading.draft.say("a quote in this line is never closed", place, code="syntax")
        return
    if not words:
        return
    if words[0] == "---" or re.fullmatch(r"[\w.-]+:", words[0]):
        if not reading.looks_like_yaml:
            hint = "where it is YAML, call the file *.yml; else a port belongs behind a colon, as web1:2222"
            reading.draft.say(f"{quoted(words[0])} is no host", place, hint, "host")
        reading.looks_like_yaml = True  # told once, and not for every line
        return
    try:
        written = addresses.hosts_of(words[0])
    except ValueError as reason:
        reading.draft.say(str(reason), _within(place, content, words[0]), code="host")
        return
    values: dict[str, Value] = {}
    places: dict[str, Place] = {}
    for word in words[1:]:
        name, separator, value = word.partition("=")
        if not separator:
            hint = "behind the host come variables, name=value; a value with spaces needs quotes around all of it"
            reading.draft.say(f"{quoted(word)} is no variable", _within(place, content, word), hint, "variable")
            continue
        places[name] = _within(place, content, f" {name}=")
        values[name] = _value(reading, name, value, places[name])
    for name in written.names:
        layers = (Layer(f"host {name}", values, places),) if values else ()
        reading.built.host(name, place, port=written.port, layers=layers)
        reading.built.member(reading.group, name, place)


def _variable(reading: _Reading, content: str, place: Place) -> None:
    """`name = value`"""
    name, separator, value = content.partition("=")
    name = name.strip()
    if not separator:
        hint = "a section of variables has lines of name=value"
        reading.draft.say(f"{quoted(content)} gives no value", place, hint, "variable")
        return
    spot = _within(place, content, name)
    found = _value(reading, name, value.strip(), spot)
    if name == "ansible_group_priority":
        reading.built.priority(reading.group, priority(reading.draft, found, spot))
        return
    label = reading.group if reading.group == "all" else f"group {reading.group}"
    reading.built.group(reading.group, place, layers=(Layer(label, {name: found}, {name: spot}),))


def _child(reading: _Reading, content: str, place: Place) -> None:
    found = _NAME.fullmatch(content)
    if found is None:
        reading.draft.say(f"{quoted(content)} is no name of a group", place, "one name a line", "group-name")
        return
    child = Listed(found[1], place)
    reading.wanted.append((f"{reading.group!r} has", child))
    if child.name in reading.met:
        reading.built.child(reading.group, child)
    else:  # as Ansible does it: a child takes its place when its own section comes
        reading.waiting.setdefault(child.name, []).append((reading.group, child))


def _value(reading: _Reading, name: str, written: str, place: Place) -> Value:
    found = literal(written, place)
    if not reading.reader.vaulted or not isinstance(found, str | int | float | Template):
        return found
    if isinstance(found, Template):
        found = found.text
    return reading.reader.secret(found, name, place)


def _within(place: Place, content: str, part: str) -> Place:
    """Where a part of a line stands in it; what separates it from others does not belong to it."""
    found = content.expandtabs(1).find(part)
    if found < 0:  # it was in quotes: the whole line
        return place
    start = place.column + found + len(part) - len(part.lstrip(" "))
    return Place(place.file, place.line, start, place.line, start + len(part.strip(" =")))
