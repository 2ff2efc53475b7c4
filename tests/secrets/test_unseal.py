"""A script gets its secrets through its environment: every byte of them arrives, and none stands in its text."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from executor.errors import InvalidInput
from executor.model.leaves import Kind, Late, Template
from executor.model.places import Place
from executor.model.secrets import SealedScript, Secret
from executor.templates import fill, secrets_of, sketch, unsealed

SHELLS = [
    [path, *arguments]
    for name, *arguments in (["dash"], ["bash", "--norc"], ["busybox", "sh"], ["mksh"], ["ksh"])
    if (path := shutil.which(name))
]
PLACE = Place("rb.yml", 4, 10, 4, 60)


def late(text: str, kind: Kind = Kind.SHELL, **known: object) -> Late:
    return Late(Template(text, kind, PLACE), known, ("secret",))  # type: ignore[arg-type]  # plain values


def opened(leaf: object, **values: str) -> Any:
    return unsealed(leaf, values)


def script(text: str, **values: str) -> SealedScript:
    found = opened(late(text), **values)
    assert isinstance(found, SealedScript)
    return found


def ran(sealed: SealedScript, shell: list[str], folder: Path) -> list[bytes]:
    """What the script printed, between NULs."""
    file = folder / "script"
    file.write_text(sealed.text)
    environment = {name: secret.reveal() for name, secret in sealed.environment.items()}
    done = subprocess.run(
        [*shell, str(file)],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        check=True,
        cwd=folder,
    )
    return done.stdout.split(b"\1")[:-1]


HOSTILE = st.text(st.sampled_from("ab '\"\\$`(){}[]*?!;&|<>#~\n\t%-=/äπ"), min_size=4, max_size=24)


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: Path(shell[0]).name)
@given(value=HOSTILE)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_value_arrives_as_it_is_wherever_it_stands(shell: list[str], value: str, tmp_path: Path) -> None:
    sealed = script(
        "printf '%s\\001' {{ secret('x') }} a{{ secret('x') }}b \"c {{ secret('x') }} $(printf %s {{ secret('x') }})\" "
        "'it is {{ secret('x') }}' {{ [secret('x'), 'plain'] }} # {{ secret('x') }}\n",
        x=value,
    )
    data = value.encode()
    assert ran(sealed, shell, tmp_path) == [
        data,
        b"a" + data + b"b",
        # $(…) takes line breaks away at the end
        b"c " + data + b" " + data.rstrip(b"\n"),
        b"it is " + data,
        data,
        b"plain",
    ]


def test_no_value_stands_in_the_text_of_a_script() -> None:
    sealed = script("echo {{ secret('x') }} \"{{ secret('x') }}\" '{{ secret('x') }}' # {{ secret('x') }}", x="hunter2")
    assert sealed.text == 'echo "${RB_SECRET_1}" "${RB_SECRET_2}" \'\'"${RB_SECRET_3}"\'\' # [secret]'
    assert list(sealed.environment) == ["RB_SECRET_1", "RB_SECRET_2", "RB_SECRET_3"]


def test_what_filters_make_of_a_secret_is_one_too() -> None:
    found = opened(late("echo {{ ('u:' ~ secret('x')) | b64encode }} {{ plain }}", plain="a b"), x="hunter2")
    assert found.text == "echo \"${RB_SECRET_1}\" 'a b'"
    assert found.environment["RB_SECRET_1"].reveal() == "dTpodW50ZXIy"


def test_a_text_becomes_a_secret_as_a_whole_and_one_without_stays_a_text() -> None:
    url = Late(Template("postgres://{{ secret('x') }}@db", Kind.VALUE), {}, ("secret",))
    leaf = fill(late("url={{ url }} {{ secret('x') if wanted else 'none' }}", Kind.TEXT, url=url, wanted=True), {})
    assert opened(leaf, x="hunter2") == Secret("url=postgres://hunter2@db hunter2")
    assert opened(late("{{ secret('x') if wanted else 'none' }}", Kind.TEXT, wanted=False), x="y") == "none"


def test_it_is_shown_by_its_name_whatever_it_is_made_of() -> None:
    url = Late(Template("postgres://{{ secret('x') }}@{{ host }}", Kind.VALUE), {"host": "db"}, ("secret",))
    leaf = late("connect '{{ url }}' {{ secret('y') | b64encode }} {{ plain }}", url=url, plain="p q")
    assert sketch(leaf) == "connect '[secret x]' [secret y] 'p q'"
    assert secrets_of(leaf) == {"x", "y"}


def test_filling_keeps_it_waiting_with_what_the_run_knows_by_then() -> None:
    """The engine fills with what it knows; nothing of it needs the value."""
    leaf = Late(Template("{{ said.stdout }} {{ secret('x') }}", Kind.SHELL), {}, ("said", "secret"))
    filled = fill(leaf, {"said": {"stdout": "a b"}})
    assert isinstance(filled, Late)
    assert opened(filled, x="hunter2").text == "'a b' \"${RB_SECRET_1}\""


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("echo {{ secret('x') | raw }}", Kind.SHELL, "`raw` would write a secret into the script"),
        ("echo {{ secret('y') }}", Kind.SHELL, "the secret 'y' has not been fetched"),
        ("echo $(( {{ secret('x') }} ))", Kind.SHELL, "only a whole number can stand in arithmetic"),
        ("{{ secret('x') | from_json }}", Kind.TEXT, "this cannot be rendered with the secret 'x'"),
        ("{{ secret('x') ~ '\n' }}", Kind.LINE, "this cannot be rendered with the secret 'x'"),
        ("x{{ secret('x') }}", Kind.INTEGER, "a secret cannot stand here"),
    ],
)
def test_what_cannot_be_rendered_is_told_without_the_value(text: str, kind: Kind, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        opened(late(text, kind), x="hunter2")
    (problem,) = caught.value.problems
    assert problem.message == words
    assert "hunter2" not in f"{problem} {caught.value.__cause__}"
    assert problem.place is not None
    assert problem.place.line == 4
