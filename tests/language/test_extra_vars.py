"""What -e gives: each value as its parameter wants it, and all that is wrong at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from executor.errors import InvalidInput
from executor.language import bind_params, parse_extra_vars
from executor.model.places import Place
from executor.model.runbooks import Param, Runbook


def runbook(*params: Param) -> Runbook:
    return Runbook("r", (), "r.yml", "/", params=params)


def said(caught: pytest.ExceptionInfo[InvalidInput]) -> list[str]:
    return [problem.message for problem in caught.value.problems]


def test_extra_variables_come_as_pairs_json_and_files_and_the_last_one_wins(tmp_path: Path) -> None:
    (tmp_path / "more.yml").write_text("c: [1, 012]\nd: yes\n")
    (tmp_path / "more.json").write_text('{"d": {"e": null}}')
    items = ["a=1", "b= x y ", '{"b": [true], "f": "g=h"}', f"@{tmp_path}/more.yml", f"@{tmp_path}/more.json", "a=2=3"]
    assert parse_extra_vars(items) == {"a": "2=3", "b": (True,), "f": "g=h", "c": (1, "012"), "d": {"e": None}}


def test_a_value_is_data_and_no_template() -> None:
    assert parse_extra_vars(["a={{ b }}"]) == {"a": "{{ b }}"}


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("version", "-e 'version' gives no value"),
        ("a=1 b=2", "-e 'a=1 b=2' looks like several variables"),
        ('{"a": }', "-e '{\"a\": }' is not JSON at character 7"),
        ("1a=2", "-e 1a: a name has letters, digits and _, and does not begin with a digit"),
        ("host=x", "-e host: 'host' is built in and cannot be given another meaning"),
        ("{" * 100_000, "is not JSON"),
        ('{"a":' * 950 + "1" + "}" * 950, "is not JSON"),
        ('{"a": NaN}', "is not JSON"),
        ("@nowhere.yml", "cannot read nowhere.yml: there is no such file"),
    ],
)
def test_what_gives_no_variable_is_told(item: str, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_extra_vars([item])
    assert message in said(caught)[0]


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_extra_vars(["a", "b", "c=1"])
    assert len(said(caught)) == 2


@pytest.mark.parametrize(
    ("kind", "given", "bound"),
    [
        ("string", "1", "1"),
        ("integer", "12", 12),
        ("integer", -3, -3),
        ("number", "1.5", 1.5),
        ("number", "2", 2),
        ("boolean", "true", True),
        ("boolean", False, False),
        ("list", "a, b", ("a", "b")),
        ("list", '["a", 1]', ("a", 1)),
        ("list", "", ()),
        ("list", ("x",), ("x",)),
        ("object", '{"a": [1]}', {"a": (1,)}),
    ],
)
def test_a_value_becomes_what_its_parameter_wants(kind: Any, given: Any, bound: object) -> None:
    found = bind_params(runbook(Param("p", type=kind)), {"p": given})["p"]
    assert (found, type(found)) == (bound, type(bound))


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        ("string", 1, "-e p must be a text, not 1"),
        ("string", None, "-e p must be a text, not nothing"),
        ("integer", "1.5", "-e p must be a whole number, not the text '1.5'"),
        ("integer", True, "-e p must be a whole number, not true"),
        ("integer", "٣", "-e p must be a whole number, not the text '٣'"),
        ("number", "1e9", "-e p must be a number, not the text '1e9'"),
        ("boolean", "yes", "-e p must be true or false, not the text 'yes'"),
        ("list", "[1", "-e p must be a list, not the text '[1'"),
        ("list", {"a": 1}, "-e p must be a list, not a mapping"),
        ("object", "[1]", "-e p must be a mapping, not the text '[1]'"),
    ],
)
def test_a_value_of_another_type_is_refused(kind: Any, given: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        bind_params(runbook(Param("p", type=kind)), {"p": given})
    assert said(caught) == [message]


def test_the_whole_value_must_match_the_pattern() -> None:
    declared = runbook(Param("v", pattern=r"v\d+"))
    assert bind_params(declared, {"v": "v12"}) == {"v": "v12"}
    with pytest.raises(InvalidInput, match="must match"):
        bind_params(declared, {"v": "v12; rm -rf /"})


def test_only_choices_can_be_chosen() -> None:
    declared = runbook(Param("n", type="integer", choices=(1, 2)))
    assert bind_params(declared, {"n": "2"}) == {"n": 2}
    with pytest.raises(InvalidInput, match="must be 1 or 2, not '3'"):
        bind_params(declared, {"n": "3"})


def test_what_is_required_and_missing_is_told_with_what_it_is_and_what_may_have_been_meant() -> None:
    place = Place("r.yml", 3, 3)
    declared = runbook(Param("version", required=True, description="Release tag", place=place))
    with pytest.raises(InvalidInput) as caught:
        bind_params(declared, {"vesion": "v1"})
    problem = caught.value.problems[0]
    assert (problem.message, problem.place) == ("the parameter 'version' is missing", place)
    assert problem.hint == "-e vesion is given: was it meant?; version: Release tag"


def test_other_names_are_variables_and_defaults_stay_out() -> None:
    declared = runbook(Param("a", default=1, has_default=True))
    assert bind_params(declared, {"b": "x"}) == {"b": "x"}
