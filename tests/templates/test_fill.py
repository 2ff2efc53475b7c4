"""Late leaves become values when the run knows what they need, and the same values as if it had been known at once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.errors import InvalidInput
from executor.model.actions import Copy, Shell
from executor.model.leaves import Kind, Late
from executor.model.places import Place
from executor.model.probes import Http, Probe
from executor.model.steps import Body, Retry, Settings
from executor.templates import PROBED, fill, render, sketch
from tests.templates.helpers import template


def late(text: str, kind: Kind = Kind.TEXT, /, *needs: str, **known: Any) -> Late:
    return Late(template(text, kind), known, needs)


def test_what_has_nothing_late_is_the_same_object() -> None:
    body = Body(Shell("true"), Settings(environment={"A": "b"}), retry=Retry(), failed_when=())
    assert fill(body, {"x": 1}) is body


def test_every_leaf_of_a_tree_is_filled() -> None:
    body = Body(
        Copy(dest=late("/srv/{{ x }}", Kind.LINE, "x"), content="as it is"),
        Settings(environment={"A": late("{{ x }}", Kind.TEXT, "x"), "B": "b"}, timeout=late("{{ x }}m", Kind.DURATION)),
        produces=(late("{{ x }}", Kind.LINE, "x"), "y"),
    )
    assert fill(body, {"x": 2}) == Body(
        Copy(dest="/srv/2", content="as it is"),
        Settings(environment={"A": "2", "B": "b"}, timeout=120.0),
        produces=("2", "y"),
    )


def test_the_runs_values_win_over_what_planning_knew() -> None:
    assert render(late("{{ x }}", Kind.VALUE, "x", x=1), {}) == 1
    assert render(late("{{ x }}", Kind.VALUE, "x", x=1), {"x": 2}) == 2


def test_a_variable_that_was_late_itself_is_rendered_with_what_it_needs() -> None:
    inner = late("{{ base }}/{{ previous.stdout }}", Kind.VALUE, "previous", base="/srv")
    outer = late("cd {{ path }} && ls {{ inner.path }}", Kind.SHELL, "previous", path=inner, inner={"path": inner})
    assert render(outer, {"previous": {"stdout": "a b"}}) == "cd '/srv/a b' && ls '/srv/a b'"


def test_a_value_of_the_run_is_data() -> None:
    assert render(late("echo {{ x }}", Kind.SHELL, "x"), {"x": "{{ 1 }}; id"}) == "echo '{{ 1 }}; id'"


def test_hostvars_is_another_name_for_hosts() -> None:
    assert render(late("{{ hostvars['a'].x }}", Kind.VALUE, "hosts"), {"hosts": {"a": {"x": 1}}}) == 1


def test_what_the_run_did_not_give_is_an_error_at_its_place() -> None:
    with pytest.raises(InvalidInput) as caught:
        fill(Shell(late("echo {{ previous.stdout }}", Kind.SHELL, "previous")), {"previous": {"rc": 1}})
    (found,) = caught.value.problems
    assert (found.message, found.place) == (
        "there is no 'stdout' in it (it has rc)",
        Place("deploy.yml", 1, 6, 1, 27),
    )


def test_what_a_probe_expects_waits_for_its_result_with_all_that_it_needs() -> None:
    expect = late(
        "result.json.version == wanted and result.rc == before.rc", Kind.EXPRESSION, "before", PROBED, wanted="v1"
    )
    probe = fill(Probe(Http("http://a/"), expect=expect), {"before": {"rc": 0}, "result": {"rc": 9}})
    assert isinstance(probe.expect, Late)
    assert render(probe.expect, {"result": {"json": {"version": "v1"}, "rc": 0}}) is True
    assert render(probe.expect, {"result": {"json": {"version": "v1"}, "rc": 9}}) is False


def test_a_result_registered_as_result_is_an_ordinary_name() -> None:
    found: object = fill(late("result.rc == 0", Kind.EXPRESSION, "result"), {"result": {"rc": 0}})
    assert found is True


def test_a_sketch_takes_no_default_for_what_is_not_known_yet() -> None:
    assert sketch(late("a {{ b.c | default('d') }}", Kind.TEXT, "b")) == "a \u2039b.c | default('d')\u203a"
    assert sketch(late("{{ b | default('d') }}", Kind.TEXT, "c", b=late("{{ c }}", Kind.TEXT, "c"))).startswith(
        "\u2039b"
    )
    assert sketch(late("{{ b | default('d') }}", Kind.TEXT, "c")) == "d"


def test_a_sketch_shows_what_is_known_and_names_the_rest() -> None:
    leaf = late("cp {{ a }}/{{ b.stdout }} '{{ a }}'", Kind.SHELL, "b", a="it's")
    assert sketch(leaf) == "cp 'it'\\''s'/\u2039b.stdout\u203a 'it'\\''s'"
    assert sketch(late("x == {{ 1 }}", Kind.EXPRESSION)) == "x == {{ 1 }}"


@pytest.mark.parametrize("text", ["{% if a %}{{ a }}{% endif %}", "{# a #}{{ a }}", "x {{- a }}", "{{ a -}} y"])
def test_a_sketch_of_a_file_with_statements_is_the_file(text: str) -> None:
    assert sketch(late(text, Kind.FILE, "b", a="it's")) == text
    assert sketch(late("a={{ a }} b={{ b }}\n", Kind.FILE, "b", a="it's")) == "a=it's b=\u2039b\u203a\n"


VALUES = st.one_of(st.integers(), st.booleans(), st.text(max_size=8).filter(lambda text: "\0" not in text))
TEXTS = st.lists(
    st.sampled_from(
        ["{{ a }}", "{{ b }}", "{{ c | default('d') }}", " x ", "'{{ a }}'", '"{{ b }}"', "{{ a ~ b }}", "=y"]
    ),
    min_size=1,
    max_size=5,
).map("".join)


@given(
    text=TEXTS,
    values=st.fixed_dictionaries({"a": VALUES, "b": VALUES}, optional={"c": VALUES}),
    known=st.sets(st.sampled_from("abc")),
)
def test_rendering_now_and_filling_late_give_the_same(text: str, values: dict[str, Any], known: set[str]) -> None:
    """Whichever of the values planning knew, and whichever came with the run."""
    for kind in (Kind.TEXT, Kind.SHELL, Kind.VALUE):
        leaf = template(text, kind)
        early = {name: item for name, item in values.items() if name in known}
        rest = {name: item for name, item in values.items() if name not in known}
        assert outcome(leaf, values) == outcome(Late(leaf, early, tuple(sorted(rest))), rest)


def outcome(leaf: Any, values: dict[str, Any]) -> Any:
    try:
        return render(leaf, values)
    except InvalidInput as error:
        return error.problems
