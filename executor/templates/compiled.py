"""Expressions and template files, compiled once and kept by their text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from jinja2 import Template as Compiled
from jinja2 import TemplateSyntaxError, UndefinedError, nodes
from jinja2.exceptions import TemplateError
from jinja2.meta import find_undeclared_variables
from jinja2.parser import Parser

from executor.errors import RunbookError
from executor.templates.bounds import Meter
from executor.templates.faults import Fault, KnownLater, did_you_mean
from executor.templates.sandbox import EACH, JOINED, METER, Missing, sandbox
from executor.templates.scan import LONGEST_EXPRESSION, LONGEST_TEXT
from executor.templates.secret_calls import named

T = TypeVar("T")

_RESULT = "_result_of_this"  # where a compiled expression puts its value


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression. `names` are those it reads; `guarded` those of them that it asks about with `default` or
    `is defined`, so that they may be missing; `says_empty` that an empty value is meant (`default('')`); `secrets` are
    those that it asks for itself."""

    names: frozenset[str]
    guarded: frozenset[str]
    says_empty: bool
    evaluate: Callable[[Mapping[str, Any]], Any]
    secrets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class File:
    """One template file with statements. `render` gives its text."""

    names: frozenset[str]
    guarded: frozenset[str]
    render: Callable[[Mapping[str, Any]], str]
    secrets: frozenset[str] = frozenset()


@lru_cache(maxsize=8192)
def expression(source: str) -> Expression:
    """The expression, ready to be evaluated. Raises Fault for its syntax, unknown filters and tests."""
    if len(source) > LONGEST_EXPRESSION:
        raise Fault(f"an expression of {len(source):,} characters is too long")
    if not source.strip():
        raise Fault("there is no expression between the braces", code="template-syntax")
    return _within_reach(lambda: _expression(source))


def _expression(source: str) -> Expression:
    tree = _parsed(lambda: _expression_tree(source))
    whole = _template([nodes.Output([tree])])
    _check_names(whole)
    secrets = named(whole)
    names = find_undeclared_variables(whole)
    guarded, says_empty = _guarded(whole), _says_empty(tree)
    template = _compiled([nodes.Assign(nodes.Name(_RESULT, "store"), _bounded(tree), lineno=1)])

    if (path := _path(tree)) is not None:
        return Expression(frozenset(names), guarded, says_empty, lambda values: _looked_up(path, values))

    def evaluate(values: Mapping[str, Any]) -> Any:
        context = template.new_context({METER: Meter()} | {name: values[name] for name in names if name in values})
        for _ in template.root_render_func(context):
            pass  # an assignment writes nothing
        result = context.vars[_RESULT]
        if isinstance(result, Missing):
            str(result)  # says what is missing
        return result

    return Expression(
        frozenset(names),
        guarded,
        says_empty,
        lambda values: _guard(lambda: evaluate(values), names, values),
        secrets,
    )


def _path(tree: nodes.Node) -> tuple[str, ...] | None:
    """The names of an expression like `a.b.c`, which needs no machinery to be looked up."""
    if isinstance(tree, nodes.Name):
        return (tree.name,)
    before = _path(tree.node) if isinstance(tree, nodes.Getattr) else None
    return (*before, tree.attr) if before is not None and isinstance(tree, nodes.Getattr) else None


def _looked_up(path: tuple[str, ...], values: Mapping[str, Any]) -> Any:
    name = path[0]
    if name not in values:
        raise Fault(f"{name!r} is not defined", hint=did_you_mean(name, values), code="undefined")
    value = values[name]
    for attribute in path[1:]:
        value = sandbox().getattr(value, attribute)
    if isinstance(value, Missing):
        raise Fault(value._undefined_message, code="undefined")
    return value


@lru_cache(maxsize=256)
def file(text: str) -> File:
    """A template file, ready to be rendered. Raises Fault with the line of what is wrong in it."""
    if len(text) > LONGEST_TEXT:
        raise Fault(f"a template of {len(text):,} characters is too long")
    return _within_reach(lambda: _file(text))


def _file(text: str) -> File:
    tree = _parsed(lambda: sandbox().parse(text), text)
    _check_names(tree, text)
    secrets = named(tree)
    names = find_undeclared_variables(tree)
    template = _compiled(_bounded(tree).body)

    def render(values: Mapping[str, Any]) -> str:
        meter = Meter()
        context = template.new_context({METER: meter} | {name: values[name] for name in names if name in values})
        pieces: list[str] = []
        length = 0
        for piece in template.root_render_func(context):
            pieces.append(piece)
            length += len(piece)
            meter.spend(1 + length // 10_000_000)
        return "".join(pieces)

    def located(error: Exception) -> Fault:
        fault = _as_fault(error)
        line = _line_of(error, template)
        return fault if line is None or fault.start is not None else fault.at(*_line_span(text, line))

    return File(
        frozenset(names),
        _guarded(tree),
        lambda values: _guard(lambda: render(values), names, values, located),
        secrets,
    )


# --- reading ---------------------------------------------------------------------------------------------------


def _expression_tree(source: str) -> nodes.Expr:
    parser = Parser(sandbox(), source, state="variable")
    tree = parser.parse_expression()
    if not parser.stream.eos:
        raise TemplateSyntaxError(f"unexpected {parser.stream.current.value!r}", parser.stream.current.lineno)
    tree.set_environment(sandbox())
    return tree


def _parsed(parse: Callable[[], Any], text: str = "") -> Any:
    try:
        return parse()
    except TemplateSyntaxError as error:
        fault = Fault(_plainly(error.message or ""), hint=_syntax_hint(error.message or ""), code="template-syntax")
        raise (fault.at(*_line_span(text, error.lineno)) if text else fault) from error
    except (ValueError, OverflowError) as error:
        raise Fault("a number in this expression is too large to be read", code="template-bounds") from error


def _within_reach(build: Callable[[], T]) -> T:
    """What is built of a text, or a Fault where the text is nested too deeply for it."""
    try:
        return build()
    except (RecursionError, MemoryError, SyntaxError) as error:
        raise Fault("this expression is too deep or too large to be read", code="template-bounds") from error


_NOT_COMPLETE = "the expression is not complete"
# What Jinja says about syntax, and the same in an operator's words.
_SAID: tuple[tuple[str, str], ...] = (
    (r"Expected an expression, got 'end of print statement'|unexpected 'end of template'", _NOT_COMPLETE),
    (r"unexpected end of template, expected 'name'", "a name is missing at its end"),
    (r"unexpected end of template.*", _NOT_COMPLETE),
    (r"unexpected char ([\"'])([\"'])\1 at \d+", r"the quote \2 is not closed"),
    (r"unexpected char ('.*') at \d+", r"\1 means nothing in it"),
    (r"expected name or number", "a name is missing behind the dot"),
    (r"expected token 'name', got (.*)", r"a name is missing before \1"),
    (r"'end of print statement'", "the end"),
    (r"'end of statement block'", "the end of the statement"),
    (r"'end of template'", "the end"),
    (r"expected token (.*), got (.*)", r"\2 stands where \1 is expected"),
)
_HINTS: tuple[tuple[str, str], ...] = (
    (r"(got|unexpected) '\.'", "braces that are meant as text are written {{ '{{.Name}}' }}"),
    (r"'[&|]'", "conditions are joined with `and` and `or`"),
    (r"(got|unexpected) '='", "equality is written =="),
    (r"char '!'", "the opposite is written `not x`"),
    (r"char '\?'", "a choice is written `a if condition else b`"),
    (r"char '\$'", "a variable is written by its name alone"),
)


def _plainly(message: str) -> str:
    """Jinja's message about syntax in an operator's words."""
    for theirs, ours in _SAID:
        message = re.sub(theirs, ours, message)
    return f"this cannot be read as an expression: {message.rstrip('.')}"


def _syntax_hint(message: str) -> str:
    return next((hint for theirs, hint in _HINTS if re.search(theirs, message)), "")


_FOREIGN = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Block)


def _check_names(tree: nodes.Node, text: str = "") -> None:
    """Raise Fault for filters, tests and statements that do not exist here."""
    for node in tree.find_all((nodes.Filter, nodes.Test, *_FOREIGN)):
        fault = None
        if isinstance(node, nodes.Filter) and (node.name not in sandbox().filters or " " in node.name):
            fault = Fault(
                f"unknown filter {node.name!r}", hint=did_you_mean(node.name, _filter_names()), code="unknown-filter"
            )
        elif isinstance(node, nodes.Test) and node.name not in sandbox().tests:
            fault = Fault(
                f"unknown test {node.name!r}", hint=did_you_mean(node.name, sandbox().tests), code="unknown-test"
            )
        elif isinstance(node, _FOREIGN):
            fault = Fault(
                f"a template takes nothing from other files: {type(node).__name__.lower()!r} is not for here",
                hint="put the text into this file, or render it in a step of its own",
            )
        if fault is not None:
            raise fault.at(*_line_span(text, node.lineno)) if text else fault


def _filter_names() -> Iterator[str]:
    return (name for name in sandbox().filters if " " not in name)


def _guarded(tree: nodes.Node) -> frozenset[str]:
    names: set[str] = set()
    for node in tree.find_all((nodes.Filter, nodes.Test)):
        if node.name in {"default", "d", "defined", "undefined", "mandatory"} and node.node is not None:
            inner: nodes.Node = node.node
            while isinstance(inner, nodes.Getattr | nodes.Getitem):
                inner = inner.node
            if isinstance(inner, nodes.Name):
                names.add(inner.name)
    return frozenset(names)


def _says_empty(tree: nodes.Node) -> bool:
    if not (isinstance(tree, nodes.Filter) and tree.name in {"default", "d"}):
        return False
    return not tree.args or (isinstance(tree.args[0], nodes.Const) and tree.args[0].value == "")


def _bounded(tree: Any) -> Any:
    """The tree with loops and `~` going through filters that count them."""
    for name, value in tree.iter_fields():
        if isinstance(value, nodes.Node):
            setattr(tree, name, _bounded(value))
        elif isinstance(value, list):
            setattr(tree, name, [_bounded(item) if isinstance(item, nodes.Node) else item for item in value])
    if isinstance(tree, nodes.For):
        assert isinstance(tree.iter, nodes.Expr)  # noqa: S101 -- what a loop goes over is an expression
        written = sum(len(data.data) for data in tree.find_all(nodes.TemplateData))
        tree.iter = _through(EACH, tree.iter, nodes.Const(written))
    if isinstance(tree, nodes.Concat):
        return _through(JOINED, nodes.Tuple(tree.nodes, "load"))
    return tree


def _through(name: str, node: nodes.Expr, *args: nodes.Expr) -> nodes.Filter:
    wrapped = nodes.Filter(node, name, list(args), [], None, None, lineno=node.lineno or 1)
    wrapped.set_environment(sandbox())
    return wrapped


def _template(body: list[nodes.Node]) -> nodes.Template:
    tree = nodes.Template(body, lineno=1)
    tree.set_environment(sandbox())
    return tree


def _compiled(body: list[nodes.Node]) -> Compiled:
    try:
        return sandbox().from_string(_template(body))
    except TemplateError as error:
        raise Fault(_plainly(str(error)), code="template-syntax") from error


# --- failing ---------------------------------------------------------------------------------------------------


def _guard(
    work: Callable[[], Any],
    names: set[str],
    values: Mapping[str, Any],
    as_fault: Callable[[Exception], Fault] | None = None,
) -> Any:
    """Do the work; whatever it raises is a mistake in the template or in its values, and becomes a Fault."""
    try:
        return work()
    except KnownLater:
        raise
    except Exception as error:  # the author's expression may raise anything that Python can
        fault = (as_fault or _as_fault)(error)
        if isinstance(error, UndefinedError) and not fault.hint:
            missing = next((name for name in sorted(names) if fault.message.startswith(f"{name!r} ")), None)
            if missing is not None:
                fault.hint = did_you_mean(missing, values)
        raise fault from error


def _as_fault(error: Exception) -> Fault:
    match error:
        case Fault():
            return error
        case UndefinedError():
            return Fault(str(error), code="undefined")
        case RunbookError():  # what is wrong in a value that is made when it is asked for
            first = error.problems[0]
            return Fault(first.message, hint=first.hint, code=first.code)
        case ZeroDivisionError():
            return Fault("this divides by zero")
        case RecursionError():
            return Fault("this template calls itself without an end", code="template-bounds")
        case MemoryError() | OverflowError():
            return Fault("this template makes too large a value", code="template-bounds")
        case TemplateError():
            return Fault(str(error).rstrip("."))
    return Fault(f"this cannot be done: {error}")


def _line_of(error: BaseException, template: Compiled) -> int | None:
    """The template's line in which an exception was raised, from the traceback of the code made of it."""
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__jinja_template__") is template:
            line = template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return line


def _line_span(text: str, line: int | None) -> tuple[int, int]:
    """The characters of a line, without the white space around them."""
    lines = text.split("\n")
    number = min(max(line or 1, 1), len(lines))
    start = sum(len(before) + 1 for before in lines[: number - 1])
    content = lines[number - 1]
    return start + len(content) - len(content.lstrip()), start + len(content.rstrip())
