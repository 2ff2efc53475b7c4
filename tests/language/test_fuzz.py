"""Whatever a file holds, it is read or its problems are told: nothing else ever comes out of the loader."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from executor.errors import InvalidInput
from executor.language import load_inventory, match_hosts, parse_extra_vars, render
from executor.language.advice import advise, undefined
from executor.language.runbooks import load_written
from executor.model.inventories import Group, HostSpec, Inventory
from tests.language.golden import DATA

ADVICE = DATA.parent / "advice" / "data"
SEEDS = [
    path.read_bytes() for path in sorted((*DATA.glob("*/*.yml"), *ADVICE.glob("*.yml"))) if path.stat().st_size < 20_000
]
PIECES = [
    b"{{",
    b"}}",
    b"{%",
    b"[",
    b"]",
    b"{",
    b"}",
    b": ",
    b"- ",
    b"\n",
    b"\t",
    b"'",
    b'"',
    b"|",
    b">",
    b"&a ",
    b"*a",
]
PIECES += [
    b"!x ",
    b"#",
    b"? ",
    b"\\",
    b"%",
    b"\x00",
    b"\xff",
    b"\xe2\x80\xa8",
    b"\xc2\x85",
    b"include: ",
    b"shell: ",
    b"~",
    b"---\n",
]
INVENTORY = Inventory({"web1": HostSpec("web1", "web1")}, {"all": Group("all", ("web1",))})


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A file of the corpus with some bytes cut out, doubled, or replaced by what is special to YAML or templates."""
    text = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 30))
        middle = draw(st.sampled_from([*PIECES, text[start : start + length] * 2, b""]))
        text = text[:start] + middle + text[start + length :]
    return text


def told(error: InvalidInput) -> None:
    for problem in error.problems:
        text = render(problem)
        assert problem.message
        assert "Traceback" not in text
        assert text.isprintable() or set(text) - {"\n"} == {c for c in set(text) - {"\n"} if c.isprintable()}


files = mutated() | st.binary(max_size=200)
patterns = st.text(max_size=30) | st.text("web1[]:,!&~*?-0(){}\\", max_size=15)
items = st.text(max_size=30) | st.text('{}[]":,=@ a1', max_size=15)


def check_file(text: bytes) -> None:
    """A file's bytes are a runbook and an inventory, or mistakes are told; what is a runbook can be advised about."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "f.yml")
        path.write_bytes(text)
        try:
            written = load_written(path, root=Path(folder))
            for problem in (*advise(written), *undefined(written.runbook)):
                told(InvalidInput(problem))
        except InvalidInput as error:
            told(error)
        try:
            load_inventory([str(path)], root=Path(folder))
        except InvalidInput as error:
            told(error)


def check_pattern(pattern: str) -> None:
    try:
        assert match_hosts(pattern, INVENTORY)
    except InvalidInput as error:
        told(error)


def check_extra(item: str) -> None:
    try:
        parse_extra_vars([item])
    except InvalidInput as error:
        told(error)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=files)
@example(text=b"a: &a [*a]")
@example(text=b"name: x\nstages: [{include: , name: A}]")
@example(text=b'name: "\\0"\nstages: [{include: "a\\0b"}]')
def test_a_file_is_read_or_told_about(text: bytes) -> None:
    check_file(text)


@given(pattern=patterns)
def test_a_pattern_is_matched_or_told_about(pattern: str) -> None:
    check_pattern(pattern)


@given(item=items)
def test_extra_variables_are_read_or_told_about(item: str) -> None:
    check_extra(item)


def test_the_fuzzer_has_something_to_begin_with() -> None:
    assert len(SEEDS) > 50
    with pytest.raises(InvalidInput):
        parse_extra_vars(["x"])
