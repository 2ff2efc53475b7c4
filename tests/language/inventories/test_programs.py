"""An executable inventory is asked within bounds, and what it prints is data: never a template."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from executor.errors import InvalidInput
from executor.language import load_inventory, render
from executor.model.inventories import Inventory
from executor.model.leaves import Template


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def load(script: str, patience: float = 20.0) -> Inventory:
    Path("dyn").write_text(script if script.startswith("#!") else f"#!/bin/sh\n{script}\n")
    Path("dyn").chmod(0o700)
    return load_inventory(["dyn"], root=Path.cwd(), patience=patience)


def told(script: str, patience: float = 20.0) -> str:
    with pytest.raises(InvalidInput) as caught:
        load(script, patience)
    return "\n".join(map(render, caught.value.problems))


def printing(groups: str) -> str:
    """A program that prints these groups, and no variables of hosts."""
    return f"""echo '{{{groups}, "_meta": {{"hostvars": {{}}}}}}'"""


def test_what_it_prints_is_never_rendered() -> None:
    inventory = load(printing('"g": {"hosts": ["h"], "vars": {"v": "{{ evil }}", "l": ["{% x %}"]}}'))
    assert inventory.hosts["h"].vars == {"v": "{{ evil }}", "l": ("{% x %}",)}


def test_a_vaulted_value_in_it_is_a_secret() -> None:
    vault = '{"__ansible_vault": "$ANSIBLE_VAULT;1.1;AES256"}'
    inventory = load(printing(f'"g": {{"hosts": ["h"], "vars": {{"v": {vault}}}}}'))
    assert isinstance(inventory.hosts["h"].vars["v"], Template)
    assert list(inventory.vaulted) == ["dyn:group g.v"]


def test_it_reads_nothing_and_runs_where_the_command_was_started(tmp_path: Path) -> None:
    inventory = load("""cat; printf '{"g": {"hosts": ["h"], "vars": {"pwd": "%s"}}}' "$(pwd)" """)
    assert inventory.hosts["h"].vars["pwd"] == str(tmp_path)


def test_without_meta_each_host_is_asked_for() -> None:
    inventory = load("""test "$1" = --list && echo '{"g": ["a", "b"]}' || printf '{"name": "%s"}' "$2" """)
    assert [inventory.hosts[name].vars for name in ("a", "b")] == [{"name": "a"}, {"name": "b"}]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo oh no >&2; exit 3", "failed with exit code 3 (--list)\n"),
        ("kill -9 $$", "was ended by signal 9 (--list)"),
        ("echo not json", "prints no JSON (--list): line 1, column 1 of its output"),
        ("printf '{\"a\":\\n oops}'", "prints no JSON (--list): line 2, column 2 of its output"),
        ("true", "prints nothing (--list)"),
        ("echo '[]'", "prints a JSON list, not an object with groups"),
        ("echo '\"x\"'", "prints a text, not an object"),
        ("printf '\\377'", "prints what is not UTF-8 text"),
        ("awk 'BEGIN {for (i = 0; i < 200000; i++) printf \"[\"}'", "prints no JSON that can be read"),
        ("#!/nowhere/at/all\n", "cannot be run: no such file"),
        ("""echo '{"g": {"hosts": "web1"}}'""", "`hosts` of the group 'g' is not a list of names"),
        ("""echo '{"g": {"vars": []}}'""", "`vars` of the group 'g' is a JSON list"),
        ("""echo '{"g": {"hosts": ["a b", "-oX"]}}'""", "'a b' in the group 'g' is no name for a host"),
        ("""echo '{"a b": []}'""", "'a b' is no name for a group"),
        ("""echo '{"_meta": {}}'""", "`_meta` has no mapping `hostvars`"),
        ("""echo '{"g": ["h"], "_meta": {"hostvars": {"h": 3}}}'""", "the variables of 'h' are a number"),
        ("""echo '{"g": ["h"], "_meta": {"hostvars": {"h": {"ansible_port": 70000}}}}'""", "'70000' is no port"),
        ("""echo '{"a": {"children": ["b"]}, "b": {"children": ["a"]}}'""", "contains itself: a → b → a"),
    ],
)
def test_what_is_wrong_with_it_is_told_with_its_name(script: str, message: str) -> None:
    said = told(script)
    assert said.startswith("dyn:1:1: error: ")
    assert message in said


def test_the_end_of_what_it_said_for_people_is_told() -> None:
    assert "it says: cannot reach the cloud" in told("echo cannot reach the cloud >&2; exit 1")


def test_one_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    said = told("sleep 30 & echo $! > pid; echo waiting >&2; sleep 30; touch finished", patience=1.5)
    assert "did not answer in time, and was ended" in said
    assert "it says: waiting" in said
    assert not Path("finished").exists()
    child = Path("/proc") / (tmp_path / "pid").read_text().strip() / "stat"
    for _ in range(500):
        if _has_ended(child):
            return
        time.sleep(0.01)
    pytest.fail("what it started runs on")


def _has_ended(stat: Path) -> bool:
    """Whether a process is gone, were it only that nobody has asked for its exit code yet."""
    try:
        return stat.read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_one_that_prints_without_an_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("executor.language.inventory.script.MAX_BYTES", 1_000_000)
    assert "prints more than 0 MB" in told("yes")


def test_a_child_that_keeps_its_output_open_does_not_keep_us() -> None:
    assert "did not answer in time" in told("echo '{}'; sleep 30 &", patience=0.3)
