"""Rules of the code that no linter knows."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from executor import __version__
from tests.project.files import ROOT, python_files, texts, where

LIMIT = 450
# In two pieces each, so that this file does not hold what it forbids.
UNFINISHED = re.compile("|".join(rf"\b{word}\b" for word in ("TO" + "DO", "FIX" + "ME", "XX" + "X")))
ELSEWHERE = re.compile(re.escape("/root/" + "."))  # a folder of whoever wrote it
EXCEPTION = re.compile(r"#\s*(?P<what>noqa|type:\s*ignore|pragma:\s*no cover)(?P<rest>.*)")
RULE_AND_REASON = {
    "noqa": re.compile(r":\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*\s+\W*\w.*"),
    "type: ignore": re.compile(r"\[[a-z-]+(,\s*[a-z-]+)*\]\s+\W*\w.*"),
    "pragma: no cover": re.compile(r"\s+\W*\w.*"),
}


def comments(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def unexplained(comment: str) -> bool:
    """Whether a comment turns a check off without naming its rule or without a reason."""
    found = EXCEPTION.search(comment)
    if found is None:
        return False
    what = re.sub(r":\s*", ": ", re.sub(r"\s+", " ", found["what"]))
    return RULE_AND_REASON[what].fullmatch(found["rest"]) is None


def test_every_file_is_read_in_one_sitting() -> None:
    long = [
        f"{where(path)} has {lines} lines"
        for path, text in python_files("executor", "tests", "benchmarks")
        if (lines := text.count("\n")) > LIMIT
    ]
    assert not long


def test_nothing_in_the_program_is_unfinished_by_its_own_words() -> None:
    found = [
        where(path, number)
        for path, text in texts()
        if path.is_relative_to(ROOT / "executor") or path.is_relative_to(ROOT / "schemas")
        for number, line in enumerate(text.splitlines(), 1)
        if UNFINISHED.search(line) or "NotImplementedError" in line
    ]
    assert not found


def test_no_file_speaks_of_the_machine_it_was_written_on() -> None:
    found = [
        where(path, number)
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if ELSEWHERE.search(line)
    ]
    assert not found


def test_every_check_that_is_turned_off_names_its_rule_and_has_a_reason() -> None:
    found = [
        f"{where(path, number)}: {comment}"
        for path, text in python_files("executor", "tests", "benchmarks")
        for number, comment in comments(text)
        if unexplained(comment)
    ]
    assert not found


@pytest.mark.parametrize(
    ("rest", "bad"),
    [
        ("noqa", True),
        ("noqa: S108", True),
        ("noqa: S108 - a folder of its own", False),
        ("noqa: S108, S603 - both are wanted", False),
        ("type: ignore", True),
        ("type: ignore[misc]", True),
        ("type: ignore[misc]  # the stubs are wrong here", False),
        ("an ordinary word about type checks", False),
    ],
)
def test_what_counts_as_a_reason(rest: str, bad: bool) -> None:
    assert unexplained("# " + rest) is bad


def swallows(handler: ast.ExceptHandler) -> bool:
    """`except: pass` and its like, whatever the type, when nothing but the silence is there."""
    broad = handler.type is None or (
        isinstance(handler.type, ast.Name) and handler.type.id in {"Exception", "BaseException"}
    )
    silent = all(isinstance(node, ast.Pass | ast.Continue) for node in handler.body)
    return broad and silent


def test_no_error_is_swallowed_whatever_it_is() -> None:
    found = [
        where(path, node.lineno)
        for path, text in python_files("executor")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ExceptHandler) and swallows(node)
    ]
    assert not found


def ends_the_process(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="sys"), attr="exit")):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id="os"), attr="_exit")):
            return True
        case ast.Raise(exc=ast.Call(func=ast.Name(id="SystemExit"))) | ast.Raise(exc=ast.Name(id="SystemExit")):
            return True
    return False


def may_end_the_process(path: Path) -> bool:
    """The command line does; the sandbox is a process of its own."""
    room = path.relative_to(ROOT / "executor").parts[0]
    return room in {"cli", "sandbox", "__main__.py"}


def test_only_the_command_line_ends_the_process() -> None:
    found = [
        where(path, getattr(node, "lineno", None))
        for path, text in python_files("executor")
        if not may_end_the_process(path)
        for node in ast.walk(ast.parse(text))
        if ends_the_process(node)
    ]
    assert not found


def test_every_public_module_says_what_it_is_for() -> None:
    silent = [
        where(path)
        for path, text in python_files("executor", "benchmarks")
        if text.strip() and ast.get_docstring(ast.parse(text)) is None
    ]
    assert not silent


def test_the_page_on_the_architecture_names_every_room() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text()
    rooms = {path.parent.name for path in (ROOT / "executor").glob("*/__init__.py")}
    assert not {room for room in rooms if f"`{room}/`" not in page}


def test_the_changelog_tells_of_this_version() -> None:
    assert f"\n## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text()
