"""Templates to values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Any, TypeAlias, TypeVar

from executor.model.leaves import Kind, Late, Template
from executor.model.places import Place
from executor.model.secrets import FETCHED
from executor.templates import bounds, compiled, convert
from executor.templates.escape import escaped
from executor.templates.faults import Fault, place_of, refuse
from executor.templates.scan import Hole, Piece, split
from executor.templates.shell import HOLE, Context, Spot, spots
from executor.templates.text import Raw, text_of
from executor.templates.tree import Leaf, leaves, map_leaves

T = TypeVar("T")
Values: TypeAlias = Mapping[str, Any]

MOST_HOLES = 2_000  # in one script
LATE = "\u2039{}\u203a"  # how a value that only the run knows is written for people
SEALED = "[secret {}]"  # and one with a secret in it
_STATEMENTS = re.compile(r"\{[%#]|\{\{[-+]|[-+]\}\}")  # and what takes white space away
PROBED = "the probe's result"  # what an expression over a probe's `result` needs, beside a registered result's name


def render(leaf: Leaf, values: Values) -> Any:
    """The leaf's value: a text, a boolean, a number … as its kind says (durations in seconds).

    A Late sees what planning knew, with `values` over it. Values are data: a text in them is never rendered. Raises
    InvalidInput with one Problem at the place of what is wrong.
    """
    template = leaf.template if isinstance(leaf, Late) else leaf
    scope = _Scope(leaf.known, values) if isinstance(leaf, Late) else values
    try:
        return rendered(template, scope)
    except Fault as fault:
        refuse(fault, template)


def fill(node: T, values: Values) -> T:
    """The tree with every leaf rendered; the same object where there is nothing to render.

    An expression over a probe's `result` stays a Late: it is given what it needs beside the result, and waits for the
    probe to be asked. So does what asks for a secret, until `unsealed` opens it. Raises InvalidInput for the first leaf
    that cannot be rendered.
    """
    return map_leaves(node, lambda leaf: _waiting(leaf, values) if _waits(leaf, values) else render(leaf, values))


def sketch(leaf: Leaf, values: Values | None = None) -> str:
    """The leaf's text for people, as far as it is known: what is not stands in it by its name."""
    template = leaf.template if isinstance(leaf, Late) else leaf
    known = leaf.known if isinstance(leaf, Late) else {}
    if template.kind is Kind.EXPRESSION or (template.kind is Kind.FILE and is_program(template)):
        return template.text
    scope = _Scope({name: value for name, value in known.items() if not _is_late(value)}, values or {})
    later = {*(leaf.needs if isinstance(leaf, Late) else ()), *(name for name in known if name not in scope)}
    later -= (values or {}).keys()
    pieces, places = script_places(template.text) if template.kind is Kind.SHELL else (split(template.text), ())
    texts: list[str] = []
    holes = iter(places)
    for piece in pieces:
        if isinstance(piece, str):
            texts.append(piece)
            continue
        spot = next(holes, None)
        secrets = _asked_in(piece, known)
        if secrets:
            texts.append(SEALED.format(", ".join(sorted(secrets))))
            continue
        try:
            texts.append(_known_text(piece, spot, scope, later))
        except Fault:  # not known yet: it stands there by its name
            texts.append(LATE.format(piece.source.strip()))
    return "".join(texts)


def is_program(template: Template) -> bool:
    """Whether it is a file's, with more in it than text and interpolations: it is shown as it was written."""
    return template.kind is Kind.FILE and _STATEMENTS.search(template.text) is not None


def _known_text(hole: Hole, spot: Spot | None, scope: Values, later: AbstractSet[str]) -> str:
    """The text of an interpolation. Raises Fault where it reads a name that comes `later`: what `default` would make of
    it is none of its values."""
    if not later.isdisjoint(compiled.expression(hole.source).names):
        raise Fault(f"{hole.source.strip()} is not known yet")
    value = evaluated(hole, scope)
    return text_of(value) if spot is None else escaped(value, spot)


def secrets_of(node: object) -> frozenset[str]:
    """The names of all secrets that the leaves of a tree ask for, themselves or through what they are made of.

    Raises InvalidInput for a template that cannot be read.
    """
    return frozenset().union(*(_asked_by(leaf) for leaf in leaves(node)))


def _asked_by(leaf: Leaf) -> frozenset[str]:
    template = leaf.template if isinstance(leaf, Late) else leaf
    if isinstance(leaf, Late):
        if FETCHED not in leaf.needs:
            return frozenset()
        return frozenset().union(_own_secrets(template), *(secrets_of(value) for value in leaf.known.values()))
    return _own_secrets(template)


def _own_secrets(template: Template) -> frozenset[str]:
    """Those that the template's own text asks for."""
    if FETCHED not in names(template):
        return frozenset()
    if template.kind is Kind.FILE:
        return compiled.file(template.text).secrets
    sources = [template.text] if template.kind is Kind.EXPRESSION else _sources(template.text)
    return frozenset().union(*(compiled.expression(source).secrets for source in sources))


def _asked_in(hole: Hole, known: Values) -> frozenset[str]:
    try:
        read = compiled.expression(hole.source)
    except Fault:
        return frozenset()  # whoever renders it says what is wrong
    return read.secrets.union(*(secrets_of(known[name]) for name in read.names if name in known))


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
    sources = [text] if kind is Kind.EXPRESSION else _sources(text)
    parts = [compiled.expression(source) for source in sources]
    return frozenset().union(*(part.names for part in parts)), frozenset().union(*(part.guarded for part in parts))


def _sources(text: str) -> list[str]:
    return [piece.source for piece in split(text) if isinstance(piece, Hole)]


# --- by kind ---------------------------------------------------------------------------------------------------


def rendered(template: Template, scope: Values) -> Any:
    """As `render`, with everything in one scope. Raises Fault."""
    match template.kind:
        case Kind.EXPRESSION:
            return convert.condition(compiled.expression(template.text).evaluate(scope))
        case Kind.FILE:
            return compiled.file(template.text).render(scope)
        case Kind.SHELL:
            return script(template.text, lambda hole: evaluated(hole, scope), escaped)
    pieces = split(template.text)
    if len(pieces) == 1 and isinstance(pieces[0], Hole):
        hole = pieces[0]
        return _at(hole, lambda: convert.converted(template.kind, evaluated(hole, scope)))
    texts = [piece if isinstance(piece, str) else _text(piece, scope) for piece in pieces]
    bounds.check_length(sum(map(len, texts)))
    return convert.converted(template.kind, "".join(texts))


def _text(hole: Hole, scope: Values) -> str:
    return str(_at(hole, lambda: text_of(evaluated(hole, scope))))


def evaluated(hole: Hole, scope: Values) -> Any:
    """The value of an interpolation. Raises Fault at its place."""
    return _at(hole, lambda: compiled.expression(hole.source).evaluate(scope))


def _at(hole: Hole, work: Any) -> Any:
    """Do the work; a Fault in it stands at the hole."""
    try:
        return work()
    except Fault as fault:
        raise fault.at(hole.start, hole.end) from fault.__cause__


def script(text: str, evaluate: Callable[[Hole], Any], write: Callable[[Any, Spot], str]) -> str:
    """A script with the value of each hole written for its spot. Raises Fault."""
    pieces, places = script_places(text)
    values = [(piece, evaluate(piece)) for piece in pieces if isinstance(piece, Hole)]
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
        [_at(hole, lambda v=value, s=spot: write(v, s)) for (hole, value), spot in zip(values, places, strict=True)]
    )
    found = "".join(piece if isinstance(piece, str) else next(written) for piece in pieces)
    bounds.check_length(len(found))
    if not found.strip():
        raise Fault("this command is empty once it is rendered")
    return found


def _is_empty_part_of_path(hole: Hole, value: Any, spot: Spot, values: list[tuple[Hole, Any]]) -> bool:
    if value != "" or isinstance(value, Raw) or spot.context is Context.COMMENT:
        return False
    slash = spot.slash or any("/" in str(values[other][1]) for other in spot.beside)
    return slash and not compiled.expression(hole.source).says_empty


@lru_cache(maxsize=2048)
def script_places(text: str) -> tuple[tuple[Piece, ...], tuple[Spot, ...]]:
    """The pieces of a script, and where its interpolations stand."""
    pieces = split(text)
    if sum(isinstance(piece, Hole) for piece in pieces) > MOST_HOLES:
        raise Fault(
            f"this script has more than {MOST_HOLES:,} interpolations", hint="put them into a file by `template:`"
        )
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


def in_scope(leaf: Late, values: Values) -> Mapping[str, Any]:
    """What a late leaf sees: the given values over what planning knew."""
    return _Scope(leaf.known, values)


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


def _waits(leaf: Leaf, values: Values) -> bool:
    return _waits_for_probe(leaf) or (waits_for_secret(leaf) and FETCHED not in values)


def _waits_for_probe(leaf: Leaf) -> bool:
    return isinstance(leaf, Late) and leaf.template.kind is Kind.EXPRESSION and PROBED in leaf.needs


def waits_for_secret(leaf: Leaf) -> bool:
    return isinstance(leaf, Late) and FETCHED in leaf.needs


def _waiting(leaf: Leaf, values: Values) -> Leaf:
    assert isinstance(leaf, Late)  # noqa: S101 -- only a Late waits for a probe or a secret
    scope = _Scope(leaf.known, values)
    given = {"result"} if _waits_for_probe(leaf) else set()
    read = {name: scope[name] for name in names(leaf.template) if name not in given and name in scope}
    return Late(leaf.template, read, (PROBED,) if given else (FETCHED,))


def _is_late(value: object) -> bool:
    marks: list[object] = []
    map_leaves(value, marks.append)
    return bool(marks)
