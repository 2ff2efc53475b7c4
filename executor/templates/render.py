"""Templates to values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar

from executor.model.leaves import Kind, Late, Template
from executor.model.places import Place
from executor.templates import bounds, compiled, convert
from executor.templates.escape import escaped
from executor.templates.faults import Fault, place_of, refuse
from executor.templates.scan import Hole, Piece, split
from executor.templates.shell import HOLE, Context, Spot, spots
from executor.templates.text import Raw, text_of
from executor.templates.tree import Leaf, map_leaves

T = TypeVar("T")
Values: TypeAlias = Mapping[str, Any]

LATE = "\u2039{}\u203a"  # how a value that only the run knows is written for people
PROBED = "the probe's result"  # what an expression over a probe's `result` needs, beside a registered result's name


def render(leaf: Leaf, values: Values) -> Any:
    """The leaf's value: a text, a boolean, a number … as its kind says (durations in seconds).

    A Late sees what planning knew, with `values` over it. Values are data: a text in them is never rendered. Raises
    InvalidInput with one Problem at the place of what is wrong.
    """
    template = leaf.template if isinstance(leaf, Late) else leaf
    scope = _Scope(leaf.known, values) if isinstance(leaf, Late) else values
    try:
        return _rendered(template, scope)
    except Fault as fault:
        refuse(fault, template)


def fill(node: T, values: Values) -> T:
    """The tree with every leaf rendered; the same object where there is nothing to render.

    An expression over a probe's `result` stays a Late: it is given what it needs beside the result, and waits for the
    probe to be asked. Raises InvalidInput for the first leaf that cannot be rendered.
    """
    return map_leaves(node, lambda leaf: _waiting(leaf, values) if _waits_for_probe(leaf) else render(leaf, values))


def sketch(leaf: Leaf, values: Values | None = None) -> str:
    """The leaf's text for people, as far as it is known: what is not stands in it by its name."""
    template = leaf.template if isinstance(leaf, Late) else leaf
    known = leaf.known if isinstance(leaf, Late) else {}
    if template.kind in {Kind.EXPRESSION, Kind.FILE}:
        return template.text
    scope = _Scope({name: value for name, value in known.items() if not _is_late(value)}, values or {})
    pieces, places = script_places(template.text) if template.kind is Kind.SHELL else (split(template.text), ())
    texts: list[str] = []
    holes = iter(places)
    for piece in pieces:
        if isinstance(piece, str):
            texts.append(piece)
            continue
        spot = next(holes, None)
        try:
            value = _evaluated(piece, scope)
            texts.append(text_of(value) if spot is None else escaped(value, spot))
        except Fault:  # not known yet: it stands there by its name
            texts.append(LATE.format(piece.source.strip()))
    return "".join(texts)


def names(template: Template) -> frozenset[str]:
    """The names that a template reads. Raises InvalidInput where it cannot be read."""
    return _names(template)[0]


def place_of_name(template: Template, name: str) -> Place:
    """Where a template first reads a name; the whole template where it does not."""
    if template.kind in {Kind.EXPRESSION, Kind.FILE}:
        found = re.search(rf"(?<![\w.]){re.escape(name)}\b", template.text)
        return place_of(template, *found.span()) if found else template.place
    for piece in split(template.text):
        if isinstance(piece, Hole) and name in compiled.expression(piece.source).names:
            return place_of(template, piece.start, piece.end)
    return template.place


def required(template: Template) -> frozenset[str]:
    """Those of its names that the template does not ask about with `default` or `is defined`."""
    read, guarded = _names(template)
    return read - guarded


def _names(template: Template) -> tuple[frozenset[str], frozenset[str]]:
    try:
        return _names_of(template.text, template.kind)
    except Fault as fault:
        refuse(fault, template)


@lru_cache(maxsize=8192)
def _names_of(text: str, kind: Kind) -> tuple[frozenset[str], frozenset[str]]:
    if kind is Kind.FILE:
        file = compiled.file(text)
        return file.names, file.guarded
    sources = [text] if kind is Kind.EXPRESSION else [piece.source for piece in split(text) if isinstance(piece, Hole)]
    parts = [compiled.expression(source) for source in sources]
    return frozenset().union(*(part.names for part in parts)), frozenset().union(*(part.guarded for part in parts))


# --- by kind ---------------------------------------------------------------------------------------------------


def _rendered(template: Template, scope: Values) -> Any:
    match template.kind:
        case Kind.EXPRESSION:
            return convert.condition(compiled.expression(template.text).evaluate(scope))
        case Kind.FILE:
            return compiled.file(template.text).render(scope)
        case Kind.SHELL:
            return _shell(template.text, scope)
    pieces = split(template.text)
    if len(pieces) == 1 and isinstance(pieces[0], Hole):
        hole = pieces[0]
        return _at(hole, lambda: convert.converted(template.kind, _evaluated(hole, scope)))
    texts = [piece if isinstance(piece, str) else _text(piece, scope) for piece in pieces]
    bounds.check_length(sum(map(len, texts)))
    return convert.converted(template.kind, "".join(texts))


def _text(hole: Hole, scope: Values) -> str:
    return str(_at(hole, lambda: text_of(_evaluated(hole, scope))))


def _evaluated(hole: Hole, scope: Values) -> Any:
    return _at(hole, lambda: compiled.expression(hole.source).evaluate(scope))


def _at(hole: Hole, work: Any) -> Any:
    """Do the work; a Fault in it stands at the hole."""
    try:
        return work()
    except Fault as fault:
        raise fault.at(hole.start, hole.end) from fault.__cause__


def _shell(text: str, scope: Values) -> str:
    pieces, places = script_places(text)
    values = [(piece, _evaluated(piece, scope)) for piece in pieces if isinstance(piece, Hole)]
    for (hole, value), spot in zip(values, places, strict=True):
        if _is_empty_part_of_path(hole, value, spot, values):
            raise Fault(
                f"{hole.source.strip()!r} is empty, and it is part of a path here",
                hint=f"where that is meant, say so: {{{{ {hole.source.strip()} | default('') }}}}",
                code="empty-path",
                start=hole.start,
                end=hole.end,
            )
    written = iter(
        [_at(hole, lambda v=value, s=spot: escaped(v, s)) for (hole, value), spot in zip(values, places, strict=True)]
    )
    script = "".join(piece if isinstance(piece, str) else next(written) for piece in pieces)
    bounds.check_length(len(script))
    if not script.strip():
        raise Fault("this command is empty once it is rendered")
    return script


def _is_empty_part_of_path(hole: Hole, value: Any, spot: Spot, values: list[tuple[Hole, Any]]) -> bool:
    if value != "" or isinstance(value, Raw) or spot.context is Context.COMMENT:
        return False
    slash = spot.slash or any("/" in str(values[other][1]) for other in spot.beside)
    return slash and not compiled.expression(hole.source).says_empty


@lru_cache(maxsize=2048)
def script_places(text: str) -> tuple[tuple[Piece, ...], tuple[Spot, ...]]:
    """The pieces of a script, and where its interpolations stand."""
    pieces = split(text)
    if any(HOLE in piece for piece in pieces if isinstance(piece, str)):
        raise Fault("a script cannot have a NUL character in it")
    try:
        return pieces, spots("".join(piece if isinstance(piece, str) else HOLE for piece in pieces))
    except Fault as fault:
        if fault.start is not None:
            fault.start, fault.end = _original(pieces, fault.start)
        raise


def _original(pieces: tuple[Piece, ...], position: int) -> tuple[int, int]:
    """A position in a script with placeholders, as a span of the text that it was made of."""
    behind = 0  # of the last hole, in the text
    passed = 0
    for piece in pieces:
        length = len(piece) if isinstance(piece, str) else 1
        if position < passed + length:
            if isinstance(piece, Hole):
                return piece.start, piece.end
            return behind + position - passed, behind + position - passed + 1
        passed += length
        behind = behind + length if isinstance(piece, str) else piece.end
    return behind, behind


# --- what a leaf sees ------------------------------------------------------------------------------------------


class _Scope(Mapping[str, Any]):
    """The run's values over what planning knew. A value that was late itself is rendered when it is read."""

    __slots__ = ("_known", "_values")

    def __init__(self, known: Values, values: Values) -> None:
        self._known = known
        self._values = values

    def __getitem__(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        if name in self._known:
            return fill(self._known[name], self._values)
        if name == "hostvars":
            return self["hosts"]
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return name in self._values or name in self._known or (name == "hostvars" and "hosts" in self)

    def __iter__(self) -> Iterator[str]:
        yield from self._values
        yield from (name for name in self._known if name not in self._values)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _waits_for_probe(leaf: Leaf) -> bool:
    return isinstance(leaf, Late) and leaf.template.kind is Kind.EXPRESSION and PROBED in leaf.needs


def _waiting(leaf: Leaf, values: Values) -> Leaf:
    assert isinstance(leaf, Late)  # noqa: S101 -- only a Late waits for a probe
    scope = _Scope(leaf.known, values)
    read = {name: scope[name] for name in names(leaf.template) if name != "result" and name in scope}
    return Late(leaf.template, read, (PROBED,))


def _is_late(value: object) -> bool:
    marks: list[object] = []
    map_leaves(value, marks.append)
    return bool(marks)
