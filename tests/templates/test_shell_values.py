"""Hostile values through every place of a script and real shells: what arrives is the value, and nothing else runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from executor.model.leaves import Kind
from tests.templates.helpers import value
from tests.templates.shells import SHELLS, run

# A script for each place, and what its words must be. `p` prints its words, each with a NUL behind it.
PLACES = [
    ("p {{ x }}", "{x}"),
    ("p a{{ x }}b", "a{x}b"),
    ("p '{{ x }}'", "{x}"),
    ('p "a {{ x }} b"', "a {x} b"),
    ("p '{{ x }}'\"{{ x }}\"{{ x | default('') }}", "{x}{x}{x}"),
    ("p --opt={{ x }}", "--opt={x}"),
    ('p "$(printf %s. {{ x }})"', "{x}."),
    ('p "$(printf %s. "{{ x }}")"', "{x}."),
    ("p \"$(printf %s. '{{ x }}')\"", "{x}."),
    ('p "$(case a in a) printf %s. {{ x }} ;; esac)"', "{x}."),
    ('v={{ x }}; p "$v"', "{x}"),
    ('v="{{ x }}"; p "$v"', "{x}"),
    ("case {{ x }} in {{ x }}) p yes ;; *) p no ;; esac", "yes"),
    ("case \"{{ x }}\" in '{{ x }}') p yes ;; *) p no ;; esac", "yes"),
    ('if [ {{ x }} = "{{ x }}" ]; then p yes; else p no; fi', "yes"),
    ("# {{ x }}\np ok # {{ x }}", "ok"),
    ("cat >/dev/null <<END\nit's \"\nEND\np {{ x }}", "{x}"),
    ("(p {{ x }}); { p {{ x }}; }", "{x}\0{x}"),
    ('p ${nothing:-"\'"} {{ x }}', "'\0{x}"),
    ('for w in {{ xs }}; do p "$w"; done', "{x}\0{x}"),
    ("p {{ xs }}", "{x}\0{x}"),
    ('p {{ x | quote }} "{{ x | quote }}"', "{x}\0{x}"),
    ("printf '%s\\0' {{ x }} | cat", "{x}"),
    ('f() { p "$1"; }; f {{ x }} >&1', "{x}"),
]

CHARACTERS = [*"'\"`$(){}\\\n \t;&|<>*?[]!#~-=,a1é\u202e\r\x1b\x7f"]
PHRASES = [
    *("..", "%s", "${IFS}", "$'a'", "{a,b}", "EOF", "END", "esac", "fi", "$((1))", "\\'", "\\\\"),
    *("$(touch CANARY)", "`touch CANARY`", "; touch CANARY;", "\ntouch CANARY\n", "&& touch CANARY", "| touch CANARY"),
    *("'; touch CANARY; '", '"; touch CANARY; "'),
]
HOSTILE = st.lists(st.sampled_from(CHARACTERS + PHRASES), max_size=6).map("".join)


@pytest.mark.parametrize(("name", "shell"), SHELLS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(HOSTILE, min_size=6, max_size=6))
def test_a_value_arrives_byte_for_byte_and_nothing_else_runs(
    name: str, shell: list[str], values: list[str], tmp_path: Path
) -> None:
    """Each example is six values in every place; one process runs them all."""
    assert name
    parts = ["p() { for word; do printf '%s\\0' \"$word\"; done; }"]
    wanted = []
    for text in values:
        for script, words in PLACES:
            parts.append(value(script, Kind.SHELL, x=text, xs=[text, text]))
            wanted += words.replace("{x}", text).split("\0") if words != "{x}" else [text]
    done = run(shell, "\n".join(parts) + "\n", tmp_path)
    assert done.stderr == b""
    assert done.stdout.decode().split("\0")[:-1] == wanted
    assert list(tmp_path.iterdir()) == []


def test_there_is_a_shell_to_try_it_on() -> None:
    assert {"dash", "bash", "busybox"} & {name for name, _ in SHELLS}, "none of dash, bash and busybox is here"
