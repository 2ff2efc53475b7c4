"""What a template gives for its kind, and what is said where it gives nothing."""

from __future__ import annotations

from typing import Any

import pytest

from executor.model.leaves import Kind
from tests.templates.helpers import problem, template, value


@pytest.mark.parametrize(
    ("kind", "text", "given", "wanted"),
    [
        (Kind.TEXT, "to {{ x }}!", 3, "to 3!"),
        (Kind.TEXT, "{{ x }}", True, "true"),
        (Kind.TEXT, "{{ x }}", [1, {"a": None}], '[1, {"a": null}]'),
        (Kind.VALUE, "{{ x }}", [1, 2], [1, 2]),
        (Kind.VALUE, "{{ x }}", None, None),
        (Kind.VALUE, "{{ x }}s", 1, "1s"),
        (Kind.VALUE, "a {{- x -}} b", 1, "a1b"),
        (Kind.VALUE, "{{ {'a': {'b': x}} }}", 1, {"a": {"b": 1}}),
        (Kind.VALUE, "{{ '}}' ~ x }}", 1, "}}1"),
        (Kind.VALUE, "{{ x.items }}", {"items": 7}, 7),
        (Kind.EXPRESSION, "x > 2 and x is not none", 3, True),
        (Kind.INTEGER, "{{ x }}", "4", 4),
        (Kind.INTEGER, "{{ x / 2 }}", 4, 2),
        (Kind.NUMBER, "{{ x }}%", 5, 0.05),
        (Kind.NUMBER, "{{ x }}", 1.5, 1.5),
        (Kind.BOOLEAN, "{{ x }}", "True", True),
        (Kind.DURATION, "{{ x }}m", 2, 120.0),
        (Kind.DURATION, "{{ x }}", "1h30m", 5400.0),
        (Kind.LIST, "{{ x }}", (1, 2), [1, 2]),
        (Kind.LIST, "{{ range(3) }}", 0, [0, 1, 2]),
        (Kind.FILE, "{% for i in x %}\n{{ i }}\n{% endfor %}\n", [1, 2], "1\n2\n"),
    ],
)
def test_a_template_gives_what_its_kind_says(kind: Kind, text: str, given: Any, wanted: Any) -> None:
    found = value(text, kind, x=given)
    assert found == wanted
    assert type(found) is type(wanted)


@pytest.mark.parametrize(
    ("kind", "text", "given", "message"),
    [
        (Kind.EXPRESSION, "x", "yes", "a condition must be true or false; this is 'yes'"),
        (Kind.EXPRESSION, "x", None, "a condition must be true or false; this is null"),
        (Kind.INTEGER, "{{ x }}", True, "a whole number is wanted here, not true"),
        (Kind.INTEGER, "{{ x }}", "4.5", "a whole number is wanted here, not '4.5'"),
        (Kind.NUMBER, "{{ x }}", "many", "a number is wanted here, not 'many'"),
        (Kind.BOOLEAN, "{{ x }}", "yes", "true or false is wanted here, not 'yes'"),
        (Kind.DURATION, "{{ x }}", "-3s", "'-3s' is negative: a duration cannot be"),
        (Kind.DURATION, "{{ x }}", "1000d", "'1000d' is longer than a year"),
        (Kind.LIST, "{{ x }}", "a,b", "a list is wanted here, not 'a,b'"),
        (Kind.LINE, "{{ x }}", "a\nb", "this becomes 'a\\nb', which has a line break in it; one line is wanted here"),
        (Kind.LINE, "{{ x }}", "a\x1b[2J", "this becomes 'a\\x1b[2J', which has the control character U+001B in it"),
        (Kind.TEXT, "{{ x }}", None, "this is null, which has no text"),
        (Kind.TEXT, "{{ 1 / x }}", 0, "this divides by zero"),
        (Kind.TEXT, "{{ x + 1 }}", "1", 'this cannot be done: can only concatenate str (not "int") to str'),
    ],
)
def test_a_value_that_does_not_fit_is_told(kind: Kind, text: str, given: Any, message: str) -> None:
    assert problem(template(text, kind), x=given).message.startswith(message)


def test_an_undefined_name_is_an_error_with_the_name_that_was_meant() -> None:
    found = problem(template("{{ verison }}"), version="v1")
    assert (found.message, found.hint, found.code) == (
        "'verison' is not defined",
        "did you mean 'version'?",
        "undefined",
    )


def test_a_missing_key_says_what_is_there() -> None:
    assert problem(template("{{ a.prot }}"), a={"port": 1}).message == (
        "there is no 'prot' in it (did you mean 'port'?)"
    )


def test_output_that_was_cut_says_so() -> None:
    result = {"rc": 0, "truncated": True}
    assert problem(template("{{ r.stdout }}"), r=result).message == (
        "stdout was longer than 1 MB and is not kept whole: it cannot be used"
    )
    assert problem(template("{{ r.stdot }}"), r=result).message.startswith("there is no 'stdot' in it")


def test_default_helps_where_anything_on_the_way_is_missing() -> None:
    assert value("{{ a.b.c | default('none') }}", a={}) == "none"
    assert value("{{ nothing.at.all | default('none') }}") == "none"
    assert value("{{ nothing is defined }}") is False
    assert value("{{ a | default('none', true) }}", a="") == "none"


def test_a_list_with_something_missing_in_it_is_an_error() -> None:
    assert problem(template("{{ [a, b] }}", Kind.VALUE), a=1).message == "'b' is not defined"


def test_a_value_is_data_and_never_rendered() -> None:
    """What came from a host may look like a template: it stays text."""
    assert value("{{ x }}", x="{{ 1 + 1 }}") == "{{ 1 + 1 }}"
    assert value("{{ x }}{{ x }}", x="{% for") == "{% for{% for"


def test_a_mistake_is_found_in_its_line_of_a_block_scalar() -> None:
    text = template("first\n  second {{ oops }}\n", line=10, column=7)
    place = problem(text).place
    assert place is not None
    assert (str(place), place.end_column) == ("deploy.yml:11:16", 26)


def test_a_mistake_in_a_file_is_found_in_its_line() -> None:
    text = template("a\n{% for i in xs %}\n {{ i.b }}\n{% endfor %}\n", Kind.FILE)
    assert str(problem(text, xs=[{"a": 1}]).place) == "deploy.yml:3:2"
