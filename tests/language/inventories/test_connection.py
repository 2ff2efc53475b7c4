"""The variables by which Ansible reaches a host say the same here, or the host is told to be out of reach, and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.errors import InvalidInput
from executor.language import load_inventory
from executor.language.inventory.ssh_words import understood
from executor.model.inventories import HostSpec, Ssh


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def host(line: str, *, name: str = "w", more: str = "") -> HostSpec:
    Path("hosts.ini").write_text(f"{name} {line}\n{more}", "utf-8")
    return load_inventory(["hosts.ini"], root=Path.cwd()).hosts[name]


@pytest.mark.parametrize(
    ("line", "ssh"),
    [
        ("ansible_user=deploy ansible_port=2222", Ssh(user="deploy", port=2222)),
        ("ansible_port='2222'", Ssh(port=2222)),
        ("ansible_ssh_user=a ansible_user=b", Ssh(user="a")),
        ("ansible_ssh_private_key_file=~/k", Ssh(key=str(Path.home() / "k"))),
        ("ansible_ssh_timeout=30", Ssh(connect_timeout=30.0)),
        ("ansible_host_key_checking=false", Ssh(host_keys="accept-new")),
        ("ansible_host_key_checking=true", Ssh()),
        ("ansible_python_interpreter=/usr/bin/python3 ansible_ssh_pipelining=yes ansible_shell_type=sh", Ssh()),
        ("ansible_ssh_common_args='-J deploy@bastion:2222'", Ssh(jump="deploy@bastion:2222")),
        (
            "ansible_ssh_common_args='-o ProxyJump=none' ansible_ssh_extra_args='-C -o Compression=yes'",
            Ssh(jump="none"),
        ),
        ("ansible_ssh_extra_args='-p 2200 -l x' ansible_port=22", Ssh(port=22, user="x")),
        ("ansible_connection=ssh ansible_become=true", Ssh()),
    ],
)
def test_they_are_settings_of_the_connection(line: str, ssh: Ssh) -> None:
    found = host(line)
    assert (found.ssh, found.unfit) == (ssh, "")


def test_a_relative_key_is_where_the_command_was_started(tmp_path: Path) -> None:
    assert host("ansible_private_key_file=keys/a").ssh.key == str(tmp_path / "keys" / "a")


def test_ansible_host_is_the_address() -> None:
    assert host("ansible_host=203.0.113.5").address == "203.0.113.5"
    assert host("ansible_host=2001:db8::5").address == "2001:db8::5"
    assert host("x=1").address == "w"


def test_they_may_be_templates_of_the_hosts_own_variables() -> None:
    found = host('ansible_host="{{ ip }}" ip="{{ net }}.{{ number }}" net=10.0.0 number=7 ansible_user="{{ who }}"')
    assert found.address == "10.0.0.7"
    assert found.unfit == "ansible_user cannot be rendered: 'who' is not defined"
    assert host('ansible_host="{{ inventory_hostname }}.example.com"').address == "w.example.com"


def test_one_that_is_made_of_itself_ends() -> None:
    assert "made of itself" in host('ansible_host="{{ ansible_host }}"').unfit


def test_connection_local_is_the_control_node() -> None:
    found = host("ansible_connection=local ansible_host=203.0.113.5 ansible_password=x")
    assert (found.local, found.ssh, found.unfit) == (True, Ssh(), "")


def test_localhost_is_never_another_machine() -> None:
    assert host("ansible_user=x", name="localhost").local
    assert host("ansible_connection=local ansible_port=2222", name="localhost").local
    with pytest.raises(InvalidInput, match="`localhost` is the control node itself"):
        host("ansible_host=203.0.113.5", name="localhost")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("ansible_connection=winrm", "ansible_connection is 'winrm'"),
        ("ansible_connection=community.docker.docker", "hosts are reached by SSH"),
        ("ansible_password=hunter2", "ansible_password is a password"),
        ("ansible_ssh_pass=hunter2", "ansible_ssh_pass is a password"),
        ("ansible_shell_type=powershell", "Windows"),
        ("ansible_become=yes ansible_become_method=su", "by 'su'"),
        ("ansible_become=yes ansible_become_exe=/usr/bin/doas", "by '/usr/bin/doas'"),
        ("ansible_become=yes ansible_become_flags=-i", "ansible_become_flags are '-i'"),
        ("ansible_ssh_common_args='-A'", "`-A` is not done here"),
        ("ansible_ssh_common_args='-o ForwardAgent=yes'", "`forwardagent=yes` is not understood"),
        ("ansible_ssh_common_args='-L 1:h:2'", "`-L` is not done here"),
        ("ansible_ssh_common_args='-o ProxyCommand=\"nc %h %p\"'", "the ProxyCommand `nc %h %p` is not run"),
        ("ansible_ssh_common_args='-J ssh://x'", "is no way to go"),
    ],
)
def test_what_cannot_be_done_here_is_no_error_until_the_host_is_needed(line: str, why: str) -> None:
    assert why in host(line).unfit
    assert "hunter2" not in host(line).unfit


def test_sudo_as_it_is_started_here_may_be_said() -> None:
    found = host(
        "ansible_become=yes ansible_become_method=sudo ansible_become_flags='-H -S -n' ansible_become_user=app"
    )
    assert (found.become, found.become_user, found.unfit) == (True, "app", "")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("ansible_port=70000", "'70000' is no port from 1 to 65535"),
        ("ansible_port=ssh", "'ssh' is no port"),
        ("ansible_host=-oProxyCommand=id", "is neither a host name nor an IP address"),
        ("ansible_host='a b'", "is neither a host name nor an IP address"),
        ("ansible_user=-oX", "is no name for a user"),
        ("ansible_become_user='a b'", "is no name for a user"),
        ("ansible_ssh_timeout=soon", "is not a duration"),
    ],
)
def test_what_can_never_be_is_an_error_at_its_place(line: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        host(f"a=1 {line}")
    place = caught.value.problems[0].place
    assert place is not None
    assert (place.file, place.line, place.column) == ("hosts.ini", 1, 7)


def test_what_all_hosts_go_through_is_itself_reached_directly() -> None:
    Path("hosts.ini").write_text("bastion\nweb1\n[all:vars]\nansible_ssh_common_args=-J bastion\n")
    hosts = load_inventory(["hosts.ini"], root=Path.cwd()).hosts
    assert (hosts["web1"].ssh.jump, hosts["bastion"].ssh.jump) == ("bastion", "none")


def test_sudos_password_is_a_secret_that_hosts_of_a_group_share() -> None:
    Path("hosts.ini").write_text("w1\nw2\n[all:vars]\nansible_become_password=hunter2\n")
    inventory = load_inventory(["hosts.ini"], root=Path.cwd())
    names = {inventory.hosts[name].become_secret for name in ("w1", "w2")}
    assert [inventory.vaulted[name].reveal() for name in names] == ["hunter2"]


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [
        ("-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null", {"host_keys": "accept-new"}),
        ("-oStrictHostKeyChecking=yes", {"host_keys": "strict"}),
        ("-o 'UserKnownHostsFile ~/.ssh/prod'", {"known_hosts": "~/.ssh/prod"}),
        ("-F ssh.cfg -i key -l me -p 23", {"config": "ssh.cfg", "key": "key", "user": "me", "port": 23}),
        ("-o ConnectTimeout=5 -o ControlMaster=auto -o ControlPersist=60s", {"connect_timeout": 5}),
        ("-o ProxyCommand='ssh -W %h:%p -q me@bastion'", {"jump": "me@bastion"}),
        ("-o ProxyCommand='ssh -q -p 2222 -l me bastion -W [%h]:%p'", {"jump": "me@bastion:2222"}),
        ("-J a@b,c:22", {"jump": "a@b,c:22"}),
        ("-qvC4", {}),
        ("", {}),
    ],
)
def test_arguments_of_ssh_are_settings(arguments: str, settings: dict[str, object]) -> None:
    found = understood(arguments)
    assert (found.settings, found.refused) == (settings, [])


@pytest.mark.parametrize(
    "arguments",
    [
        "-o ProxyCommand='ssh -i k -W %h:%p b'",
        "-o ProxyCommand='ssh b nc %h %p'",
        "-w",
        "word",
        "'",
        "-o KexAlgorithms=x",
    ],
)
def test_other_arguments_are_refused_with_a_reason(arguments: str) -> None:
    assert understood(arguments).refused
