"""Every filter and test: what it gives, and that it says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from executor.model.leaves import Kind
from executor.templates.filters import FILTERS, codecs, lists, tests, texts, values
from tests.templates.helpers import problem, template, value

TABLE = yaml.safe_load((Path(__file__).parent / "data" / "filters.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("expression", "wanted"), TABLE, ids=[expression for expression, _ in TABLE])
def test_it_gives_what_the_table_says(expression: str, wanted: Any) -> None:
    assert value("{{ " + expression + " }}") == wanted


def test_the_table_knows_every_filter_of_ours() -> None:
    used = " ".join(expression for expression, _ in TABLE)
    assert [name for name in FILTERS if f"| {name}" not in used and name not in SAME] == []


SAME = {"count", "d", "tojson", "to_nice_yaml", "version_compare"}  # other names of what the table has


@pytest.mark.parametrize("module", [texts, codecs, lists, values, tests])
def test_each_of_ours_says_what_it_does(module: Any) -> None:
    table = getattr(module, "FILTERS", None) or module.TESTS
    own = {name: function for name, function in table.items() if function.__module__ == module.__name__}
    assert own
    assert [name for name, function in own.items() if not function.__doc__] == []


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("'x' | int", "'x' is not a whole number"),
        ("'maybe' | bool", "'maybe' is neither true nor false"),
        ("'{' | from_json", "this is not JSON"),
        ("'!' | b64decode", "this is not base64"),
        ("'a' | regex_search('(')", "'(' is not a regular expression"),
        ("'a' | regex_replace('a', '\\\\2')", "the replacement '\\\\2' does not fit the expression"),
        ("1 | combine({})", "this wants a mapping, not '1'"),
        ("'1' is version('2', 'like')", "'like' does not compare versions"),
        ("'a' is failed", "`is failed` is asked of a registered result"),
        ("nothing | mandatory('give a name')", "give a name"),
        ("nothing | to_json", "'nothing' is not defined"),
        ("'a' | hash('rot13')", "unknown hash 'rot13'"),
    ],
)
def test_what_it_cannot_do_is_told(expression: str, message: str) -> None:
    assert problem(template("{{ " + expression + " }}", Kind.VALUE)).message.startswith(message)
