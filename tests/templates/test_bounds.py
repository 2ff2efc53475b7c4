"""A mistaken or hostile template ends in an error with a place, before it costs time or memory."""

from __future__ import annotations

import pytest

from executor.model.leaves import Kind
from executor.templates.bounds import MAX_TEXT
from tests.templates.helpers import FILE, problem, template, value

MANY = "{% for i in range(100000) %}"
END = "{% endfor %}"


@pytest.mark.parametrize(
    "expression",
    [
        "range(10**9)",
        "'a' * 500000000",
        "500000000 * 'a'",
        "[0] * 10**9",
        "10 ** 10 ** 10 ** 10 ** 10",
        "9 ** 99999999",
        "'a'.ljust(10**9)",
        "'a'.center(10**9)",
        "'a'.zfill(10**9)",
        "'a' | center(10**9)",
        "'a' | indent(10**9, true)",
        "('a' * 1000000) | replace('', 'b' * 1000000)",
        "('a' * 1000000).replace('a', 'b' * 1000000)",
        "('a' * 1000000) | regex_replace('a', 'b' * 100)",
        "('a' * 1000000).join(range(100000) | list)",
        "(['a' * 1000000] * 100000) | join",
        "(['a' * 1000000] * 100000) | to_json",
        "(['a' * 1000000] * 100000) | string",
        "(['a' * 1000000] * 100000) | to_yaml",
        "[range(100000) | list] * 1000 | sum(start=[])",
        "([range(100000) | list] * 1000) | flatten",
        "[1] | batch(10**9, 0)",
        "('x' * 9000000) ~ ('x' * 9000000)",
        "'%1000000000d' % 1",
        "'a' | regex_search('(a+)+$')",
        "'a' | regex_search('(x*)*y')",
        "x | from_json",
    ],
)
def test_an_expression_cannot_take_more_than_its_share(expression: str) -> None:
    found = problem(template("{{ " + expression + " }}", Kind.VALUE), x="[" * 200_000)
    assert found.place is not None
    assert found.place.file == FILE


@pytest.mark.parametrize(
    "text",
    [
        MANY + MANY + END + END,
        MANY + MANY + MANY + END + END + END,
        MANY + "{{ 'x' * 10000 }}" + END,
        MANY + "y" * 10_000 + END,
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
        "{% set ns = namespace(x='x') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{% set x %}" + MANY + "{{ 'x' * 10000 }}" + END + "{% endset %}",
        "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    ],
)
def test_a_file_cannot_take_more_than_its_share(text: str) -> None:
    found = problem(template(text, Kind.FILE))
    assert found.place is not None
    assert found.place.file == FILE


def test_a_text_that_grows_with_each_variable_ends() -> None:
    """Ten times itself, again and again: the eighth is too long."""
    text = "x"
    for _ in range(7):
        text = value("{{ x }}" * 10, x=text)
        if len(text) == MAX_TEXT:
            break
    assert problem(template("{{ x }}" * 10, Kind.VALUE), x=text).code == "template-bounds"


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 3000 + "1" + ")" * 3000,
        "not " * 2400 + "true",
        "-" * 5000 + "1",
        "x" + ".a" * 4000,
        "9" * 9000,
        "a" * 11_000,
    ],
)
def test_an_expression_can_be_too_deep_to_read(expression: str) -> None:
    assert problem(template("{{ " + expression + " }}", Kind.VALUE)).place is not None


@pytest.mark.parametrize(
    "expression",
    [
        "''.__class__",
        "x.__class__.__mro__",
        "x['__class__']",
        "(x | map(attribute='__class__')) | list",
        "{}.update",
        "[].append(1)",
        "'{0.__class__}'.format(x)",
        "self",
        "lipsum()",
        "cycler",
        "x.real",
        "range.__globals__",
    ],
)
def test_only_plain_data_can_be_reached(expression: str) -> None:
    assert problem(template("{{ " + expression + " }}", Kind.VALUE), x=[1]).place is not None


@pytest.mark.parametrize("statement", ["include 'x'", "import 'x' as y", "from 'x' import y", "extends 'x'"])
def test_nothing_comes_from_another_file(statement: str) -> None:
    assert "takes nothing from other files" in problem(template("{% " + statement + " %}", Kind.FILE)).message
