"""The format of an inventory is told by what is in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.errors import InvalidInput
from executor.language import load_inventory, match_hosts
from executor.model.inventories import Inventory
from executor.model.leaves import Kind, Template


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def load(*sources: str, **files: str) -> Inventory:
    for name, text in files.items():
        Path(name.replace("__", "/").replace("_DOT_", ".")).write_text(text)
    return load_inventory(sources, root=Path.cwd())


def names(inventory: Inventory) -> list[str]:
    return [name for name in inventory.hosts if name != "localhost"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("hosts", "web1 x=1\n"),
        ("hosts", "# first\n[web]\nweb1\n"),
        ("hosts", "all:\n  hosts:\n    web1:\n"),
        ("hosts", "---\nweb: {hosts: {web1: }}\n"),
        ("hosts", '{"web": {"hosts": {"web1": null}}}'),
        ("hosts", "hosts: {web1: }\n"),
        ("hosts.ini", "web1\n"),
        ("hosts.prod", "web1\n"),
        ("hosts.yml", "hosts: {web1: }\n"),
        ("hosts.yml", "ungrouped: {hosts: web1}\n"),
        ("hosts.yaml", "web: {hosts: web1}\n"),
        ("hosts.json", '{"all": {"hosts": {"web1": {}}}}'),
    ],
)
def test_by_its_content_and_where_that_leaves_it_open_by_its_name(file: str, text: str) -> None:
    Path(file).write_text(text)
    assert names(load(file)) == ["web1"]


def test_our_own_format_keeps_its_strict_rules_beside_ansibles() -> None:
    inventory = load(
        "own.yml",
        "other.yml",
        own_DOT_yml="hosts: {a: {vars: {x: yes}}}\n",
        other_DOT_yml="all: {hosts: {b: {x: yes}}}\n",
    )
    assert (inventory.hosts["a"].vars["x"], inventory.hosts["b"].vars["x"]) == ("yes", True)


def test_a_text_file_with_the_bit_of_a_program_is_read_and_not_run() -> None:
    Path("hosts").write_text("web1\n")
    Path("hosts").chmod(0o755)
    assert names(load("hosts")) == ["web1"]


def test_group_vars_beside_our_own_format_are_read_too() -> None:
    Path("group_vars").mkdir()
    inventory = load(
        "own.yml", own_DOT_yml="hosts: {a: {vars: {x: 1}}}\ngroups: {g: {hosts: [a]}}\n", group_vars__g="y: 2\nx: 3\n"
    )
    assert inventory.hosts["a"].vars == {"x": 1, "y": 2}


def test_a_name_is_a_file_or_a_folder_of_the_projects_inventories() -> None:
    Path("inventories/stage").mkdir(parents=True)
    Path("inventories/prod.ini").write_text("p\n")
    Path("inventories/stage/hosts").write_text("s\n")
    assert names(load("prod")) == ["p"]
    assert names(load("stage")) == ["s"]


def test_a_folder_without_an_inventory_is_told() -> None:
    Path("inv/group_vars").mkdir(parents=True)
    with pytest.raises(InvalidInput, match="the folder inv has no inventory in it"):
        load("inv")


def test_folders_that_lie_in_each_other_end() -> None:
    Path("inv").mkdir()
    Path("inv/hosts").write_text("web1\n")
    Path("inv/again").symlink_to(".")
    assert names(load("inv")) == ["web1"]


def test_a_text_with_statements_is_rendered_as_a_whole_when_it_is_used() -> None:
    found = load("h.ini", h_DOT_ini="w x=\"{% if a %}b{% endif %}\" y='{{ lookup(1) }}'\n").hosts["w"].vars
    assert [item.kind for item in found.values() if isinstance(item, Template)] == [Kind.FILE, Kind.VALUE]


def test_each_variable_knows_where_it_was_written() -> None:
    inventory = load("h.ini", h_DOT_ini="[g]\nw aa=1 a=2\n[g:vars]\n  b = 3\n")
    group, host = inventory.layers["w"]
    assert {name: (place.line, place.column, place.end_column) for name, place in host.places.items()} == {
        "aa": (2, 3, 5),
        "a": (2, 8, 9),
    }
    assert (group.places["b"].line, group.places["b"].column) == (4, 3)


def test_hosts_come_in_ansibles_order_as_ansible_takes_them() -> None:
    inventory = load("h.ini", h_DOT_ini="[b]\nb2\nb1\n[a]\na1\nb1\n[top:children]\na\nb\n[z]\nalone\n")
    assert inventory.groups["top"].hosts == ("a1", "b1", "b2")
    assert names(inventory) == ["alone", "a1", "b1", "b2"]


def test_a_word_that_is_a_group_and_a_host_means_the_group() -> None:
    inventory = load("h.ini", h_DOT_ini="[web1]\nweb1\nweb2\n")
    assert match_hosts("web1", inventory) == ("web1", "web2")


def test_a_variable_of_a_built_in_name_could_never_be_read_and_is_told() -> None:
    with pytest.raises(InvalidInput, match="'stage' is built in") as caught:
        load("h.ini", h_DOT_ini="w\n[all:vars]\nstage=prod\n")
    place = caught.value.problems[0].place
    assert place is not None
    assert (place.file, place.line) == ("h.ini", 3)


def test_variables_beside_inventory_and_runbook_in_one_folder_are_read_once() -> None:
    Path("group_vars").mkdir()
    Path("group_vars/all.yml").write_text("x: 1\n")
    Path("h.ini").write_text("w\n")
    inventory = load_inventory(["h.ini"], root=Path.cwd(), beside=Path.cwd())
    assert [layer.name for layer in inventory.layers["w"]] == ["group_vars of all"]
    assert inventory.files == ("h.ini", "group_vars/all.yml")


def test_the_same_folder_again_is_the_strongest_as_for_ansible() -> None:
    for name in ("a", "b"):
        Path(name, "group_vars").mkdir(parents=True)
        Path(name, "hosts").write_text("w\n")
        Path(name, "group_vars", "all.yml").write_text(f"x: {name}\n")
    assert load("a/hosts", "b/hosts", "a/hosts").hosts["w"].vars == {"x": "a"}
