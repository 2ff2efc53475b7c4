"""Where the YAML parser gave up, and what the author did: in their words, with nothing left of the parser's."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import yaml

from executor.errors import Problem
from executor.language.sources import Source, lines
from executor.language.traps import unquoted_template
from executor.model.places import Place

_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"\\]|\\.)*\"")
_TWO_COLONS = re.compile(r"\s*(?:- +)*[\w.-]+: +(?P<value>[^'\"\[{|>\s].*: .*|[^'\"\[{|>\s].*:)$")
_NO_KEY = re.compile("mapping values|expected ':'")  # how the parser says that a key is none
_NO_COLON = re.compile(r"(?P<before>\s*(?:- +)*)(?P<key>[A-Za-z_]\w*)(?: +(?P<rest>[^:#]*[^:#\s]))?\s*")
_NO_SPACE = re.compile(r"\s*(?:- )?([A-Za-z_][\w-]*):\S")


@dataclass(frozen=True, slots=True)
class _Failure:
    """The parser's words, and the two places that it names: where it stopped, and where what it was in begins."""

    text: list[str]
    said: str
    at: Place
    opened: Place

    @property
    def line(self) -> str:
        return self.text[self.at.line - 1]

    @property
    def rest(self) -> str:
        """The line from where the parser stopped."""
        return self.line[self.at.column - 1 :]

    @property
    def opening(self) -> str:
        """The line from where what the parser was in begins."""
        return self.text[self.opened.line - 1][self.opened.column - 1 :]


def syntax_error(error: yaml.MarkedYAMLError, source: Source) -> Problem:
    """The problem behind the parser's error."""
    text = lines(source.text)
    failure = _Failure(
        text,
        f"{error.context or ''} {error.problem or ''}",
        _place(source, text, error.problem_mark or error.context_mark),
        _place(source, text, error.context_mark or error.problem_mark),
    )
    found = (explain(failure) for explain in _EXPLANATIONS)
    return next((problem for problem in found if problem), _unknown(failure))


def _problem(message: str, place: Place, hint: str = "") -> Problem:
    return Problem(message, place, hint, code="syntax")


def _braces(failure: _Failure) -> Problem | None:
    bare = _QUOTED.sub(lambda found: "x" * len(found[0]), failure.line)
    start = bare.find("{{")
    place = Place(failure.at.file, failure.at.line, start + 1)
    return unquoted_template(place, failure.text) if start >= 0 else None


def _tab(failure: _Failure) -> Problem | None:
    column = failure.line.find("\t") + 1
    if not column or failure.line[: column - 1].strip():
        return None
    place = Place(failure.at.file, failure.at.line, column, failure.at.line, column + 1)
    return Problem("a tab in the indentation", place, "YAML is indented with spaces alone", code="tab")


def _text_goes_on(failure: _Failure) -> Problem | None:
    """`a: "x" && y`: a value that begins with a quote or a bracket ends where that closes."""
    # A scanner stops behind the sign that it tripped over, a parser at what it did not expect.
    stop = failure.opened if "while scanning" in failure.said else failure.at
    line = failure.text[stop.line - 1]
    rest = line[stop.column - 1 :]
    value = re.sub(r"^\s*(?:- +)*(?:[\w.-]+: +)?", "", line[: stop.column - 1].rstrip())
    if not rest or value[:1] + value[-1:] not in {"''", '""', "[]", "{}"} or len(value) < 2:
        return None
    return _problem(
        f"text goes on behind the closing `{value[-1]}`",
        stop,
        f"YAML ends the value there; put quotes around all of it: {_in_quotes(value + ' ' + rest)}",
    )


def _value(rest: str) -> str:
    """The rest of a line without its comment."""
    return rest.partition(" #")[0].rstrip()


def _in_quotes(value: str) -> str:
    doubled = value.replace("'", "''")
    return f"'{doubled}'" if len(value) < 60 else "'…'"


def _quote(failure: _Failure) -> Problem | None:
    if "scanning a quoted scalar" not in failure.said:
        return None
    return _problem("the quote that opens here is never closed", failure.opened)


def _escape(failure: _Failure) -> Problem | None:
    if "unknown escape" not in failure.said and "hexdecimal" not in failure.said:
        return None
    return _problem(
        f"`{failure.rest[:2]}` is no escape that double quotes know",
        failure.at,
        "use single quotes: within them a backslash is a backslash",
    )


def _bracket(failure: _Failure) -> Problem | None:
    close = {"[": "]", "{": "}"}.get(failure.opening[:1])
    if "flow" not in failure.said or close is None:
        return None
    return Problem(
        f"the `{failure.opening[0]}` that opens here is not closed as it should be",
        failure.opened,
        f"a `,` or `{close}` is missing, or a value in it needs quotes",
        code="syntax",
        notes=(("reading stopped", failure.at),) if failure.at != failure.opened else (),
    )


def _sign(failure: _Failure) -> Problem | None:
    if "alias" not in failure.said and "anchor" not in failure.said:
        return None
    return _problem(
        f"YAML reads `{failure.opening[:1]}` at the start of a value as its own sign",
        failure.opened,
        f"put quotes around the value: {_in_quotes(_value(failure.opening))}",
    )


def _block(failure: _Failure) -> Problem | None:
    if "scanning a block scalar" not in failure.said:
        return None
    return _problem(
        f"`{failure.opening[:1]}` begins a text in the lines below it, and more stands beside it here",
        failure.opened,
        "begin the text in the next line, or put quotes around the value",
    )


def _line_above(failure: _Failure) -> Problem | None:
    """`shell true` above `timeout: 5s`: YAML takes both lines for one key."""
    above = failure.text[failure.at.line - 2] if failure.at.line > 1 else ""
    found = _NO_COLON.fullmatch(above)
    same = found and found.end("before") == len(failure.line) - len(failure.line.lstrip())
    if not _NO_KEY.search(failure.said) or not found or not same:
        return None
    number, start = failure.at.line - 1, found.end("before") + 1
    place = Place(failure.at.file, number, start, number, len(above.rstrip()) + 1)
    return _problem("this line has no `:`", place, f"did you mean `{found['key']}: {found['rest'] or '…'}`?")


def _colon(failure: _Failure) -> Problem | None:
    if not _NO_KEY.search(failure.said):
        return None
    above = failure.text[max(failure.at.line - 2, 0) : failure.at.line]
    glued = next((found for found in map(_NO_SPACE.match, above) if found), None)
    if glued:
        return _problem("a line here is no key with a value", failure.at, f"a space is missing after `{glued[1]}:`")
    value = _TWO_COLONS.match(failure.line)
    if value and value.start("value") < failure.at.column - 1:
        hint = f"put quotes around the whole value: {_in_quotes(_value(value['value']))}"
        return _problem("a `:` makes a key here, where none can stand", failure.at, hint)
    return _problem(
        "a `:` makes a key here, where none can stand",
        failure.at,
        "put a value that contains `: ` in quotes, or check the indentation, and that the line above has its `:`",
    )


def _dash(failure: _Failure) -> Problem | None:
    if "block sequence entries" not in failure.said:
        return None
    return _problem(
        "a `-` begins an entry of a list here, where none can stand",
        failure.at,
        "put quotes around the value if it is text, or begin the list in the next line",
    )


def _first_character(failure: _Failure) -> Problem | None:
    if "cannot start" not in failure.said or not failure.rest:
        return None
    return _problem(
        f"a value cannot begin with `{failure.rest[0]}`",
        failure.at,
        f"put quotes around it: {_in_quotes(_value(failure.rest))}",
    )


def _indentation(failure: _Failure) -> Problem | None:
    if "expected '-'" not in failure.said and "expected key" not in failure.said:
        return None
    same = failure.at.line == failure.opened.line
    return Problem(
        "this does not line up with what stands around it",
        failure.at,
        "check the indentation, and that every key has its `:`",
        code="syntax",
        notes=() if same else (("it would belong to the block that begins", failure.opened),),
    )


def _unknown(failure: _Failure) -> Problem:
    return _problem("this is not YAML", failure.at, "check indentation, quotes and brackets here")


_Explain: TypeAlias = Callable[[_Failure], Problem | None]

# The first one that knows the failure is right: what the author sees goes before what the parser says.
_EXPLANATIONS: tuple[_Explain, ...] = (
    _braces,
    _tab,
    _text_goes_on,
    _quote,
    _escape,
    _bracket,
    _sign,
    _block,
    _line_above,
    _colon,
    _dash,
    _first_character,
    _indentation,
)


def _place(source: Source, text: list[str], mark: yaml.Mark | None) -> Place:
    if mark is None:
        return Place(source.name)
    if mark.line >= len(text) or not any(map(str.strip, text[mark.line :])):
        # What is missing at the end of a file is missing after its last line.
        last = max((number for number, line in enumerate(text) if line.strip()), default=0)
        return Place(source.name, last + 1, len(text[last]) + 1, last + 1, len(text[last]) + 2)
    return Place(source.name, mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2)
