"""Whatever a template's text is: it is checked, and rendered or refused, and nothing else ever happens."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from executor.errors import InvalidInput, Problem
from executor.model.leaves import Kind, Late, Template, Value
from executor.templates import check, names, render, sketch
from tests.templates.helpers import template

PIECES = [
    *("{{", "}}", "{{-", "-}}", "{%", "%}", "{#", "#}", "{{ x }}", "{{ x.y }}", "{{ xs[0] }}", "{{ xs }}", "{{ n }}"),
    *(
        "{% if x %}",
        "{% endif %}",
        "{% for i in xs %}",
        "{% endfor %}",
        "{% macro m() %}",
        "{% endmacro %}",
        "{% raw %}",
    ),
    *("x", "xs", "n", "|", "default('')", "quote", "raw", "join", "map('upper')", "is", "defined", "not", "in", "and"),
    *(
        "'",
        '"',
        "`",
        "$",
        "$(",
        "${",
        "$((",
        "((",
        ")",
        "}",
        "<<E",
        "<<-'E'",
        "\nE\n",
        "#",
        "\\",
        "\n",
        " ",
        "/",
        "=",
        ";",
    ),
    *(
        "case a in b)",
        ";;",
        "esac",
        "&&",
        "(",
        "[",
        "]",
        "{",
        ":",
        ",",
        "~",
        "+",
        "*",
        "**",
        "-",
        "1",
        "9" * 30,
        "é",
        "\0",
    ),
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
VALUES: dict[str, Value] = {"x": "a b", "xs": ["p", "q's"], "n": 3}


@settings(max_examples=600, deadline=None)
@given(text=TEXTS, kind=st.sampled_from(list(Kind)))
def test_a_text_is_rendered_or_refused(text: str, kind: Kind) -> None:
    leaf = template(text, kind)
    wrong = check(leaf)
    assert all(problem.place is not None and problem.place.file == "deploy.yml" for problem in wrong)
    assert all(problem.message for problem in wrong)
    refused = problems(leaf)
    assert all(problem.place is not None for problem in refused)
    assert refused or not wrong or kind not in {Kind.SHELL, Kind.EXPRESSION, Kind.FILE}
    if not wrong:
        assert names(leaf) >= set()
        assert isinstance(sketch(Late(leaf, VALUES)), str)


def problems(leaf: Template) -> tuple[Problem, ...]:
    try:
        render(leaf, VALUES)
    except InvalidInput as error:
        return error.problems
    return ()
