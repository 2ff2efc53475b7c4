"""An inventory gives each host its address, its variables and the way to reach it."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.errors import InvalidInput
from executor.language import load_inventory
from executor.model.inventories import Inventory, Ssh
from executor.model.leaves import Kind, Template
from tests.language.golden import DATA


def load(tmp_path: Path, *texts: str) -> Inventory:
    names = []
    for number, text in enumerate(texts):
        path = tmp_path / f"{number}.yml"
        path.write_text(text)
        names.append(str(path))
    return load_inventory(names, root=tmp_path)


def test_files_are_relative_to_the_inventory_and_no_configuration_is_no_file(tmp_path: Path) -> None:
    inventory = load(tmp_path, "ssh: {config: none}\nhosts: {web1: {ssh: {key: keys/a}}, web2: {ssh: {config: c}}}\n")
    assert inventory.hosts["web1"].ssh == Ssh(config="none", key=str(tmp_path / "keys" / "a"))
    assert inventory.hosts["web2"].ssh.config == str(tmp_path / "c")


def test_the_example_of_the_manual_says_what_it_means() -> None:
    inventory = load_inventory([str(DATA / "good" / "inventory.yml")], root=DATA)
    assert list(inventory.hosts) == ["web1", "web2", "db1", "localhost"]
    assert inventory.hosts["db1"].ssh == Ssh(user="postgres", port=2222, jump="bastion")
    assert inventory.hosts["web2"].vars == {"app_dir": "/srv/app", "port": 8000, "weight": 2}
    assert inventory.hosts["web1"].groups == ("web", "eu")
    assert inventory.groups["eu"].hosts == ("web1", "web2", "db1")
    assert inventory.groups["all"].hosts == ("web1", "web2", "db1")


def test_a_host_of_which_nothing_is_said_is_reached_by_its_name(tmp_path: Path) -> None:
    host = load(tmp_path, "hosts:\n  web1:\n").hosts["web1"]
    assert (host.address, host.ssh, host.groups, host.local) == ("web1", Ssh(), (), False)


def test_localhost_is_always_there_and_no_part_of_all(tmp_path: Path) -> None:
    inventory = load(tmp_path, "vars: {a: 1}\nhosts: {web1: }\n")
    assert inventory.hosts["localhost"].local
    assert inventory.hosts["localhost"].vars == {"a": 1}
    assert inventory.groups["all"].hosts == ("web1",)


def test_localhost_may_be_listed_to_give_it_variables(tmp_path: Path) -> None:
    inventory = load(tmp_path, "hosts: {localhost: {vars: {a: 1}}, web1: }\nssh: {user: x}\n")
    assert (inventory.hosts["localhost"].vars, inventory.hosts["localhost"].ssh) == ({"a": 1}, Ssh())
    assert inventory.groups["all"].hosts == ("localhost", "web1")


def test_variables_of_the_nearer_win_all_then_parents_then_children_then_the_host(tmp_path: Path) -> None:
    inventory = load(
        tmp_path,
        """\
vars: {a: all, b: all, c: all, d: all, e: all}
hosts: {web1: {vars: {e: host}}}
groups:
  leaf: {hosts: [web1], vars: {d: leaf, e: leaf}}
  z_middle: {children: [leaf], vars: {c: middle, d: middle}}
  top: {children: [z_middle], vars: {b: top, c: top}}
""",
    )
    assert inventory.hosts["web1"].vars == {"a": "all", "b": "top", "c": "middle", "d": "leaf", "e": "host"}


def test_of_groups_side_by_side_the_later_name_wins_as_in_ansible(tmp_path: Path) -> None:
    groups = "groups:\n  b: {hosts: [w], vars: {x: b}}\n  a: {hosts: [w], vars: {x: a}}\n"
    assert load(tmp_path, f"hosts: {{w: }}\n{groups}").hosts["w"].vars == {"x": "b"}


def test_a_groups_hosts_are_in_the_inventorys_order_each_once(tmp_path: Path) -> None:
    text = "hosts: {c: , a: , b: }\ngroups:\n  x: {hosts: [b, c], children: [y]}\n  y: {hosts: [a, b]}\n"
    inventory = load(tmp_path, text)
    assert inventory.groups["x"].hosts == ("c", "a", "b")
    assert inventory.groups["ungrouped"].hosts == ()


def test_a_template_in_a_variable_stays_one_with_its_place(tmp_path: Path) -> None:
    found = load(tmp_path, "hosts: {w: {vars: {url: 'http://{{ host.address }}/'}}}\n").hosts["w"].vars["url"]
    assert isinstance(found, Template)
    assert (found.kind, found.place.line, found.place.column) == (Kind.VALUE, 1, 26)


def test_files_are_relative_to_the_inventory_that_names_them(tmp_path: Path) -> None:
    inventory = load(tmp_path, "hosts: {w: {key: keys/deploy}}\nssh: {known_hosts: /etc/known, config: ~/c}\n")
    ssh = inventory.hosts["w"].ssh
    assert (ssh.key, ssh.known_hosts) == (str(tmp_path / "keys" / "deploy"), "/etc/known")
    assert ssh.config == str(Path.home() / "c")


def test_a_hosts_own_settings_win_over_those_of_all(tmp_path: Path) -> None:
    text = "hosts: {w: {port: 23, ssh: {jump: none, connect_timeout: 1m}}}\nssh: {port: 22, user: u, jump: b}\n"
    assert load(tmp_path, text).hosts["w"].ssh == Ssh(user="u", port=23, jump="none", connect_timeout=60.0)


def test_several_sources_are_one_inventory_and_the_later_wins(tmp_path: Path) -> None:
    first = "vars: {a: 1, b: 1}\nhosts: {w: {port: 1, user: x}, v: }\ngroups: {g: {hosts: [w], vars: {c: 1, d: 1}}}\n"
    second = "vars: {b: 2}\nhosts: {w: {port: 2, address: h}, u: }\ngroups: {g: {hosts: [u], vars: {d: 2}}}\n"
    inventory = load(tmp_path, first, second)
    host = inventory.hosts["w"]
    assert (host.address, host.ssh.port, host.ssh.user) == ("h", 2, "x")
    assert host.vars == {"a": 1, "b": 2, "c": 1, "d": 2}
    assert inventory.groups["g"].hosts == ("w", "u")
    assert len(inventory.files) == 2


def test_a_list_of_hosts_needs_no_file(tmp_path: Path) -> None:
    inventory = load_inventory(["web1,web2.example.com:2222,"], root=tmp_path)
    assert list(inventory.hosts) == ["web1", "web2.example.com", "localhost"]
    assert inventory.hosts["web2.example.com"].ssh.port == 2222


@pytest.mark.parametrize("item", ["-oProxyCommand=id", "a b", "web1:0", "web1:99999", "a..b", "h" * 254, "a\nb"])
def test_a_list_takes_only_what_can_be_a_host(item: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is no host"):
        load_inventory([f"web1,{item}"], root=tmp_path)


def test_two_names_of_one_address_are_two_hosts(tmp_path: Path) -> None:
    assert len(load(tmp_path, "hosts: {a: {address: h}, b: {address: h}}\n").hosts) == 3


def test_a_name_is_looked_up_below_the_projects_inventories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inventories").mkdir()
    (tmp_path / "inventories" / "prod.yaml").write_text("hosts: {w: }\n")
    (tmp_path / "prod").mkdir()
    monkeypatch.chdir(tmp_path)
    assert "w" in load_inventory(["prod"], root=tmp_path).hosts


def test_what_is_no_inventory_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inventories").mkdir()
    (tmp_path / "inventories" / "prod.yml").write_text("hosts: {w: }\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInput, match="there is no inventory 'prdo'") as caught:
        load_inventory(["prdo"], root=tmp_path)
    assert caught.value.problems[0].hint == "did you mean 'prod'?"


def test_without_a_source_there_is_localhost_alone(tmp_path: Path) -> None:
    assert list(load_inventory([], root=tmp_path).hosts) == ["localhost"]
