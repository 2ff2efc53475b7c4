"""Whatever a file is called and has in it: an inventory comes of it, or problems with places. Never a traceback."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from executor.cli.inventory import listing
from executor.errors import InvalidInput, Problem
from executor.language import load_inventory, render

WORDS = st.sampled_from(
    [
        *("web1", "web[1:3]", "web[a:", "[web]", "[web:vars]", "[web:children]", "[all:vars]", "[", "]", "web", "all"),
        *(
            "ansible_host=1.2.3.4",
            "ansible_port=22",
            "ansible_port={{ x }}",
            "x=1",
            "x={{ y }}",
            "y={{ x }}",
            "='",
            '"',
        ),
        *(
            "ansible_ssh_common_args='-J b -o'",
            "ansible_become=yes",
            "ansible_host={{ ansible_host }}",
            "#",
            ";",
            "=",
            ":",
        ),
        *(
            "all:",
            "hosts:",
            "children:",
            "vars:",
            "- ",
            "{",
            "}",
            "{{",
            "}}",
            "<<:",
            "*a",
            "&a",
            "!vault",
            "!unsafe",
            "|",
        ),
        *("null", "yes", "012", "1:30", "2026-01-01", "2026-99-99", ".nan", "!!int", "plugin:", "(((", "'a': 1}", "\t"),
        *("$ANSIBLE_VAULT;1.1;AES256", "3163", "\\", "\x85", "é", "localhost", "ansible_group_priority=x"),
    ]
)
TEXTS = st.lists(st.one_of(WORDS, st.sampled_from([" ", "  ", "\n", "\n  ", "\n    "])), max_size=40).map("".join)


@given(text=TEXTS, name=st.sampled_from(["hosts", "hosts.ini", "hosts.yml"]), beside=TEXTS)
@example(text="[web]\nweb1 x={{ y }}\n", name="hosts.ini", beside="y: {{")
@settings(max_examples=8000, deadline=None, suppress_health_check=list(HealthCheck))
def test_anything_is_an_inventory_or_is_told(text: str, name: str, beside: str) -> None:
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path(name).write_text(text, "utf-8")
        Path("group_vars").mkdir()
        Path("group_vars/all.yml").write_text(beside, "utf-8")
        Path("password").write_text("x")
        problems = told(name)
    assert all(problem.place for problem in problems)


def told(name: str) -> tuple[Problem, ...]:
    """What is wrong with it; nothing where it can also be listed."""
    try:
        inventory = load_inventory([name], root=Path.cwd(), vault_password_files=["password"])
    except InvalidInput as error:
        return error.problems if all(map(render, error.problems)) else ()
    listing(inventory, frozenset(inventory.hosts))
    return ()
