"""YAML to nodes, by a strict subset of its rules.

The C parser gives events, one after the other; nodes are built from them without recursion, and the bounds on depth
and size hold while they come in. So neither 100,000 open brackets nor an alias bomb gets further than its first page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from executor.errors import InvalidInput, Problem
from executor.language import traps
from executor.language.nodes import Broken, ListNode, MapNode, Node, Scalar
from executor.language.scalars import TooManyDigits, resolve
from executor.language.sources import Source, lines
from executor.language.syntax import syntax_error
from executor.model.places import Place

MAX_DEPTH = 64
MAX_NODES = 200_000  # with every alias counted as all that it stands for

# libyaml is there wherever PyYAML comes as a wheel; the pure Python parser gives the same events, slower.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a text: its root (None: nothing usable) and all that is wrong with it."""

    root: Node | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialect:
    """Which YAML a text is in: the strict subset, or what another program has always read.

    `resolve` gives a plain scalar its value, from its text and its tag; it raises ValueError, with the reason, where
    there is none. `tags` may stand before a value; the reader of the file makes something of `!` ones. `loose`: `<<`
    merges mappings, and a number or a boolean may be a key.
    """

    resolve: Callable[[str, str], None | bool | int | float | str]
    tags: frozenset[str] = frozenset()
    loose: bool = False


STRICT = Dialect(lambda text, _tag: resolve(text))


def parse(source: Source, dialect: Dialect = STRICT) -> Reading:
    """The nodes of a text that `sources` let through, and every problem that it has as YAML. Raises nothing."""
    builder = _Builder(source, dialect)
    try:
        for event in yaml.parse(source.text, Loader=_Loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        builder.add(syntax_error(error, source))
        return Reading(None, tuple(builder.problems))
    except InvalidInput as error:
        return Reading(None, (*builder.problems, *error.problems))
    if builder.root is None:
        builder.add(Problem(f"{source.name} is empty", Place(source.name), code="empty"))
    return Reading(builder.root, tuple(builder.problems))


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    place: Place
    is_map: bool
    flow: bool
    anchor: str | None
    tag: str | None
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, Place] = field(default_factory=dict)
    key: tuple[str, Place] | None = None  # read, its value still to come
    merged: set[str] = field(default_factory=set)  # keys that came through `<<`
    broken: bool = False
    size: int = 1


class _Builder:
    """Builds nodes out of events; a problem that leaves the rest readable is noted, and reading goes on."""

    def __init__(self, source: Source, dialect: Dialect) -> None:
        self.source = source
        self.dialect = dialect
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._lines = lines(source.text)
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._documents = 0
        self._size = 0

    def add(self, problem: Problem) -> None:
        """Note a problem; of several in one line only the first one is worth telling."""
        if not any(p.place and problem.place and p.place.line == problem.place.line for p in self.problems[-8:]):
            self.problems.append(problem)

    def take(self, event: yaml.Event) -> None:
        match event:
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                self._open(event)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self._close(event)
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise InvalidInput(traps.second_document(self._place(event)))

    def _place(self, event: yaml.Event) -> Place:
        return self._span(event.start_mark, event.end_mark)

    def _span(self, start: Any, end: Any) -> Place:
        return Place(self.source.name, start.line + 1, start.column + 1, end.line + 1, end.column + 1)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        place = self._place(event)
        if event.tag is not None and event.tag not in self.dialect.tags:
            self.add(traps.tag(event.tag, place))
            self._put(Broken(place), event.anchor, 1)
        elif event.anchor and not event.value and not event.style:
            self.add(traps.empty_anchor(event.anchor, place))
            self._put(Broken(place), None, 1)
        else:
            self._put(self._leaf(event, place), event.anchor, 1)

    def _leaf(self, event: yaml.ScalarEvent, place: Place) -> Scalar | Broken:
        text: str = event.value
        style: Any = event.style or ""
        tag = event.tag or ""
        try:
            value = text if style and not tag else self.dialect.resolve(text, tag)
        except TooManyDigits as error:
            self.add(Problem(f"{error} is too large", place, "put it in quotes if it is meant as text", code="number"))
            return Broken(place)
        except ValueError as error:
            self.add(Problem(str(error), place, "put it in quotes if it is meant as text", code="scalar"))
            return Broken(place)
        if style == "|":
            body = self._block_body(text, place)
        elif place.line != place.end_line and "{{" in text:
            body = self._folded_body(text, place)
        elif style:
            body = Place(place.file, place.line, place.column + 1, place.end_line, max(place.end_column - 1, 1))
        else:
            body = place
        return Scalar(place, text, value, style, body, tag if not tag.startswith("tag:") else "")

    def _block_body(self, text: str, place: Place) -> Place:
        """Where the text of a block scalar begins: the line after its `|`, behind the indentation."""
        first = next((line for line in text.split("\n") if line.strip()), "")
        below = self._lines[place.line : place.end_line]
        indent = next((len(line) - len(line.lstrip(" ")) for line in below if line.strip()), 0)
        indent -= len(first) - len(first.lstrip(" "))
        return Place(place.file, place.line + 1, indent + 1, max(place.end_line, place.line + 1), place.end_column)

    def _folded_body(self, text: str, place: Place) -> Place:
        """Where a text of several source lines that became one begins, counted back from its first `{{`.

        So what is wrong in the first interpolation is pointed at exactly, and what is near it, too.
        """
        for number in range(place.line, place.end_line + 1):
            column = self._lines[number - 1].find("{{")
            if column >= 0:
                start = max(column - text.index("{{"), 0) + 1
                return Place(place.file, number, start, number, len(self._lines[number - 1]) + 1)
        return place

    def _open(self, event: yaml.SequenceStartEvent | yaml.MappingStartEvent) -> None:
        place = self._place(event)
        is_map = isinstance(event, yaml.MappingStartEvent)
        flow = bool(event.flow_style)
        if len(self._stack) >= MAX_DEPTH:
            raise InvalidInput(traps.too_deep(place, MAX_DEPTH))
        self._stack.append(_Open(place, is_map, flow, event.anchor, event.tag))

    def _close(self, event: yaml.Event) -> None:
        done = self._stack.pop()
        end = self._place(event)
        place = Place(self.source.name, done.place.line, done.place.column, end.end_line, end.end_column)
        if done.tag is not None and done.tag not in self.dialect.tags:
            self.add(traps.tag(done.tag, done.place))
            done.broken = True
        node: Node
        if done.broken:
            node = Broken(place)
        elif done.is_map:
            node = MapNode(place, done.entries, done.keys)
        else:
            node = ListNode(place, tuple(done.items))
        if done.tag is not None and done.tag.startswith("!"):
            node = tagged(node, done.tag)
        self._put(node, done.anchor, done.size, flow=done.flow)

    def _alias(self, event: yaml.AliasEvent) -> None:
        place = self._place(event)
        name = event.anchor or ""
        found = self._anchors.get(name)
        if found is None:
            inside = any(o.anchor == name for o in self._stack)
            self.add(traps.alias_of_itself(name, place) if inside else traps.unknown_alias(name, place))
            self._put(Broken(place), None, 1)
        else:
            self._put(found[0], None, found[1])

    def _put(self, node: Node, anchor: str | None, size: int, *, flow: bool = False) -> None:
        """A node is complete: it becomes an item, a key or a value of what is open, or the root."""
        if anchor:
            self._anchors[anchor] = (node, size)
        parent = self._stack[-1] if self._stack else None
        # What is within an open collection is counted when that collection is done, aliases with all they stand for.
        total = (parent.size if parent else 0) + size
        self._size += 1
        if max(total, self._size) > MAX_NODES:
            raise InvalidInput(traps.too_many(node.place, MAX_NODES))
        if parent is None:
            self.root = node
            return
        parent.size = total
        if not parent.is_map:
            parent.items.append(node)
        elif parent.key is None:
            parent.key = self._key(parent, node, flow=flow)
        else:
            self._entry(parent, *parent.key, node)
            parent.key = None

    def _key(self, parent: _Open, node: Node, *, flow: bool) -> tuple[str, Place]:
        match node:
            case Scalar() if node.text == "<<" and not node.style:
                if not self.dialect.loose:
                    self.add(traps.merge_key(node.place))
                    parent.broken = True
                return node.text, node.place
            case Scalar() if isinstance(node.value, str):
                return node.text, node.place
            case Scalar() if self.dialect.loose:
                return key_text(node.value), node.place
            case Scalar():
                self.add(traps.key_is_no_text(node))
                parent.broken = True
                return node.text, node.place
            case MapNode() if parent.flow and flow and node.place.column == parent.place.column + 1:
                self.add(traps.unquoted_template(parent.place, self._lines))
            case Broken():
                pass  # told already
            case _:
                self.add(traps.key_is_no_text(node))
        parent.broken = True
        return "", node.place

    def _entry(self, parent: _Open, key: str, place: Place, node: Node) -> None:
        first = parent.keys.get(key)
        if key == "<<" and self.dialect.loose:
            self._merge(parent, node)
        elif first is not None and key not in parent.merged and not parent.broken:
            self.add(traps.duplicate_key(key, place, first))
        else:
            parent.entries[key] = node
            parent.keys[key] = place
            parent.merged.discard(key)

    def _merge(self, parent: _Open, node: Node) -> None:
        """`<<: *defaults`: the keys of other mappings, where the mapping has none of its own; the first one wins."""
        for other in node.items if isinstance(node, ListNode) else (node,):
            if not isinstance(other, MapNode):
                self.add(Problem("`<<` merges mappings, and this is none", other.place, code="merge-key"))
                continue
            for key, item in other.items.items():
                if key not in parent.entries:
                    parent.entries[key] = item
                    parent.keys[key] = other.keys[key]
                    parent.merged.add(key)


def tagged(node: Node, tag: str) -> Node:
    """A node with a tag on each text in it."""
    match node:
        case Scalar():
            return replace(node, tag=tag)
        case ListNode(items=items):
            return replace(node, items=tuple(tagged(item, tag) for item in items))
        case MapNode(items=entries):
            return replace(node, items={key: tagged(item, tag) for key, item in entries.items()})
        case _:
            return node


def key_text(value: object) -> str:
    """A key that is no text as JSON would write it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)
