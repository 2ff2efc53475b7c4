"""What can be said about a template before any value is known."""

from __future__ import annotations

import pytest

from executor.model.leaves import Kind
from executor.templates import check, names, place_of_name, required
from tests.templates.helpers import template

T, S, X, F = Kind.TEXT, Kind.SHELL, Kind.EXPRESSION, Kind.FILE


@pytest.mark.parametrize(
    ("kind", "text", "place", "message", "hint"),
    [
        (T, "a {{ b", "1:3", "the braces that open here are never closed", "an interpolation is written {{ name }}"),
        (T, "{{ 'a }}", "1:4", "the string that opens here is never closed", ""),
        (T, "{{ }}", "1:1", "there is no expression between the braces", ""),
        (T, "x {{ a + }}", "1:3", "this cannot be read as an expression: the expression is not complete", ""),
        (T, "{{ a b }}", "1:1", "this cannot be read as an expression: unexpected 'b'", ""),
        (T, "{{ a | uper }}", "1:1", "unknown filter 'uper'", "did you mean 'upper'?"),
        (T, "{{ a is defind }}", "1:1", "unknown test 'defind'", "did you mean 'defined'?"),
        (T, "{{ a }}{% if b %}", "1:8", "a statement of a template has no place here", "a file with statements"),
        (T, "{{ a }} {# b #}", "1:9", "a comment of a template has no place here", ""),
        (S, "docker ps --format '{{.Names}}'", "1:21", "this cannot be read as an expression", "braces that are meant"),
        (X, "{{ a }}", "1:1", "a condition is an expression already", "leave the {{ }} away"),
        (X, "a = 1", "1:1", "this cannot be read as an expression: unexpected '='", "equality is written =="),
        (X, "a && b", "1:1", "this cannot be read as an expression", ""),
        (F, "a\n{% if b %}\nc", "3:1", "this cannot be read as an expression", ""),
        (F, "a\n\n  {{ b | nope }}\n", "3:3", "unknown filter 'nope'", ""),
        (F, "a\n {% include 'b' %}", "2:2", "a template takes nothing from other files", "put the text into this file"),
    ],
)
def test_a_mistake_is_told_with_its_place(kind: Kind, text: str, place: str, message: str, hint: str) -> None:
    (found,) = check(template(text, kind))
    assert str(found.place) == f"deploy.yml:{place}"
    assert found.message.startswith(message)
    assert found.hint.startswith(hint)


@pytest.mark.parametrize(
    "text", ["{{ a + }}", "{{ (a }}", "{{ a.. }}", "{{ * }}", "{{ a b }}", "{{ a | }}", "{{ [1, }}"]
)
def test_no_message_has_the_words_of_the_library(text: str) -> None:
    (found,) = check(template(text))
    assert "token" not in found.message
    assert "end of print statement" not in found.message


def test_every_mistake_of_a_template_is_told_at_once() -> None:
    found = check(template("echo {{ a | nope }}\n  {{ b is nope }} {{ c", S, line=3, column=7))
    assert [(str(one.place), one.message) for one in found] == [
        ("deploy.yml:3:12", "unknown filter 'nope'"),
        ("deploy.yml:4:9", "unknown test 'nope'"),
        ("deploy.yml:4:25", "the braces that open here are never closed"),
    ]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (S, "for x in {{ xs }}; do echo ${x%.*} {% {#; done"),
        (T, "echo ${#x} {{ y }}"),
        (T, "{{ '{%' }} {{ '\\d+' | regex_escape }}"),
        (F, "{% for x in xs %}{{ loop.index }}{% else %}{% endfor %}{# said #}"),
        (X, "a is defined and a.b not in [1, 2]"),
    ],
)
def test_what_is_right_passes(kind: Kind, text: str) -> None:
    assert check(template(text, kind)) == ()


def test_names_are_those_that_must_come_from_outside() -> None:
    text = template("{{ a.b }} {{ c | default(d) }} {{ e is defined }} {{ range(2) }}")
    assert names(text) == {"a", "c", "d", "e"}
    assert required(text) == {"a", "d"}
    assert names(template("{% for x in xs %}{{ x }}{% set y = z %}{{ y }}{% endfor %}", F)) == {"xs", "z"}


def test_a_name_is_found_where_it_is_first_read() -> None:
    assert str(place_of_name(template("{{ a }}\n {{ b }}{{ b }}"), "b")) == "deploy.yml:2:2"
    assert str(place_of_name(template("xb.b and b", X), "b")) == "deploy.yml:1:10"
