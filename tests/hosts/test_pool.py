"""All hosts of a run together."""

from __future__ import annotations

import queue
import time
from dataclasses import replace

import pytest

from executor.hosts.errors import ConnectionFailed
from executor.hosts.local import LocalHost
from executor.hosts.pool import Hosts
from executor.hosts.ssh import SshHost
from executor.model.inventories import HostSpec, Ssh
from tests.hosts.recording import run, start
from tests.sshd import SshServer, StartServer, started_again

pytestmark = pytest.mark.sshd


def connect(hosts: Hosts, *names: str) -> dict[str, ConnectionFailed | None]:
    answers: queue.SimpleQueue[tuple[str, ConnectionFailed | None]] = queue.SimpleQueue()
    hosts.connect(names, lambda name, _, error: answers.put((name, error)))
    return dict(answers.get(timeout=30) for _ in names)


def specs(server: SshServer, *names: str, **ssh: str) -> dict[str, HostSpec]:
    return {name: server.spec(name, **ssh) for name in names}


def test_many_hosts_are_reached_side_by_side_and_one_that_is_not_is_told(sshd: StartServer) -> None:
    server = sshd()
    all_specs = specs(server, *(f"web{n}" for n in range(30)))
    all_specs["away"] = server.spec("away", port=1)
    with Hosts(all_specs, "run1") as hosts:
        answers = connect(hosts, *all_specs)
        assert [name for name, error in answers.items() if error] == ["away"]
        for n in range(30):
            assert run(hosts.host(f"web{n}"), f"echo {n}").stdout == f"{n}\n".encode()
    assert len(server.run_folders()) == 30, "hosts that share a home keep apart"


def test_who_only_looks_leaves_no_trace_on_a_host(sshd: StartServer) -> None:
    server = sshd()
    with Hosts(specs(server, "web1"), "run1", traceless=True) as hosts:
        assert connect(hosts, "web1") == {"web1": None}
        assert run(hosts.host("web1"), "echo there", read_only=True).stdout == b"there\n"
    assert list(server.home.iterdir()) == []


def test_localhost_needs_no_connection(tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("root")
    with Hosts({"localhost": HostSpec("localhost", "localhost", local=True)}, "run1", root=root) as hosts:
        assert connect(hosts, "localhost") == {"localhost": None}
        assert isinstance(hosts.host("localhost"), LocalHost)


def test_a_host_behind_a_jump_host_of_the_inventory(sshd: StartServer) -> None:
    bastion, inner = sshd(), sshd()
    known = specs(bastion, "bastion") | specs(inner, "db1", jump="bastion")
    with Hosts(known, "run1") as hosts:
        assert connect(hosts, "db1") == {"db1": None}
        assert run(hosts.host("db1"), "pwd").stdout == f"{inner.home}\n".encode()
    assert "direct-tcpip" in bastion.log() or "Accepted publickey" in bastion.log()
    assert not bastion.run_folders(), "nothing runs on the bastion"


def test_a_lost_jump_host_is_found_again(sshd: StartServer) -> None:
    bastion, inner = sshd(), sshd()
    known = specs(bastion, "bastion") | specs(inner, "db1", jump="bastion")
    with Hosts(known, "run1") as hosts:
        connect(hosts, "db1")
        bastion.cut()
        ran = run(hosts.host("db1"), "echo x")
        assert ran.end.rc == 0, ran.end


def test_a_step_is_found_again_at_its_byte_when_a_jump_host_returns(sshd: StartServer) -> None:
    """The jump host is away, its port closed, while the step goes on behind it."""
    bastion, inner = sshd(), sshd()
    known = specs(bastion, "bastion") | specs(inner, "db1", jump="bastion")
    with Hosts(known, "run1", patience=60) as hosts:
        connect(hosts, "db1")
        ran = start(
            hosts.host("db1"), "seq 1 5000; while ! [ -e go ]; do sleep 0.05; done; seq 5001 9999; touch done; exit 7"
        )
        ran.wait_for(b"\n5000\n")
        bastion.vanish()
        (inner.home / "go").touch()
        while not (inner.home / "done").exists():
            time.sleep(0.02)
        time.sleep(1)  # it is looked for in vain, more than once
        assert not ran.ends
        with started_again(bastion):
            assert (ran.end.how, ran.end.rc) == ("exited", 7)
            assert ran.stdout == b"".join(b"%d\n" % n for n in range(1, 10_000))
            assert run(hosts.host("db1"), "echo on").stdout == b"on\n"


def test_a_host_behind_a_jump_host_that_has_just_gone_can_be_closed(
    sshd: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise EOFError

    bastion, inner = sshd(), sshd()
    with Hosts(specs(bastion, "bastion") | specs(inner, "db1", jump="bastion"), "run1") as hosts:
        connect(hosts, "db1")
        gate = hosts.host("bastion")
        assert isinstance(gate, SshHost)
        monkeypatch.setattr(gate.connection().transport.packetizer, "send_message", broken)
        hosts.host("db1").close()


def test_a_chain_of_jump_hosts(sshd: StartServer) -> None:
    first, second, inner = sshd(), sshd(), sshd()
    known = specs(first, "first") | specs(second, "second") | specs(inner, "db1", jump="first,second")
    with Hosts(known, "run1") as hosts:
        assert connect(hosts, "db1") == {"db1": None}
    assert f"127.0.0.1 port {inner.port}" in second.log() or "Accepted publickey" in second.log()
    assert "Accepted publickey" in first.log()


def behind(bastion: SshServer, inner: SshServer, **ssh: str) -> dict[str, HostSpec]:
    """A host behind a jump host that the inventory does not know; both let in the same key."""
    (bastion.folder / "authorized_keys").write_bytes((inner.folder / "login.pub").read_bytes())
    return specs(inner, "db1", jump=f"{bastion.user}@127.0.0.1:{bastion.port}", **ssh)


def test_a_jump_host_by_address_follows_the_settings_of_the_host_behind_it(sshd: StartServer) -> None:
    """The key, and the file in which its host key must stand."""
    bastion, inner = sshd(), sshd()
    known = behind(bastion, inner)
    with Hosts(known, "run1") as hosts:
        error = connect(hosts, "db1")["db1"]
    assert error is not None
    assert error.kind == "host-key-unknown"
    with inner.known_hosts.open("a") as file:
        file.write(bastion.known_hosts.read_text())
    with Hosts(known, "run1") as hosts:
        assert connect(hosts, "db1") == {"db1": None}
        assert run(hosts.host("db1"), "pwd").stdout == f"{inner.home}\n".encode()


def test_a_jump_host_by_address_is_accepted_where_new_hosts_are(sshd: StartServer) -> None:
    bastion, inner = sshd(), sshd()
    with Hosts(behind(bastion, inner, host_keys="accept-new"), "run1") as hosts:
        assert connect(hosts, "db1") == {"db1": None}
    assert bastion.host_key in inner.known_hosts.read_text()


def test_a_jump_host_by_address_still_takes_the_keys_of_the_ssh_config(sshd: StartServer) -> None:
    """The key of the host behind it is tried first; it need not be that of the jump host as well."""
    bastion, inner = sshd(), sshd()
    known = behind(bastion, inner, host_keys="accept-new", config=str(bastion.folder / "ssh_config"))
    (bastion.folder / "authorized_keys").write_bytes((bastion.folder / "login.pub").read_bytes())
    (bastion.folder / "ssh_config").write_text(f"Host 127.0.0.1\n  IdentityFile {bastion.key}\n")
    with Hosts(known, "run1") as hosts:
        assert connect(hosts, "db1") == {"db1": None}


def test_a_chain_of_jump_hosts_by_address_follows_them_too(sshd: StartServer) -> None:
    first, second, inner = sshd(), sshd(), sshd()
    for server in (first, second):
        behind(server, inner)
    jump = f"127.0.0.1:{first.port},127.0.0.1:{second.port}"
    with Hosts(specs(inner, "db1", jump=jump, host_keys="accept-new"), "run1") as hosts:
        assert connect(hosts, "db1") == {"db1": None}
    assert "Accepted publickey" in first.log()


def test_hosts_with_settings_of_their_own_do_not_share_a_jump_host_by_address(sshd: StartServer) -> None:
    """Who trusts its key must not vouch for it to who does not."""
    bastion, inner, other = sshd(), sshd(), sshd()
    known = behind(bastion, inner, host_keys="accept-new")
    jump = known["db1"].ssh.jump or ""
    with Hosts(known | specs(other, "db2", jump=jump), "run1") as hosts:
        assert connect(hosts, "db1") == {"db1": None}
        error = connect(hosts, "db2")["db2"]
    assert error is not None
    assert error.kind == "host-key-unknown"


def test_a_jump_host_is_looked_up_in_the_ssh_config_of_the_host_behind_it(sshd: StartServer) -> None:
    bastion, inner = sshd(), sshd()
    config = bastion.folder / "ssh_config"
    config.write_text(
        f"Host gate\n  HostName 127.0.0.1\n  Port {bastion.port}\n  User {bastion.user}\n"
        f"  IdentityFile {bastion.key}\n  UserKnownHostsFile {bastion.known_hosts}\n"
    )
    with Hosts(specs(inner, "db1", jump="gate", config=str(config)), "run1") as hosts:
        assert connect(hosts, "db1") == {"db1": None}


def test_a_jump_for_all_hosts_is_not_for_the_bastion_itself(sshd: StartServer) -> None:
    bastion = sshd()
    with Hosts(specs(bastion, "bastion", jump="bastion"), "run1") as hosts:
        assert connect(hosts, "bastion") == {"bastion": None}


def test_jump_hosts_in_a_circle_are_an_error(sshd: StartServer) -> None:
    server = sshd()
    one = server.spec("one", jump="two")
    known = {
        "one": replace(one, address="127.0.0.2"),
        "two": replace(server.spec("two", jump="three"), address="127.0.0.3"),
        "three": replace(server.spec("three", jump="one"), address="127.0.0.4"),
    }
    with Hosts(known, "run1") as hosts:
        error = connect(hosts, "one")["one"]
    assert error is not None
    assert error.reason == "the jump hosts go in a circle: one → two → three → one"


def test_a_jump_host_that_forbids_forwarding_says_so(sshd: StartServer) -> None:
    bastion, inner = sshd("AllowTcpForwarding no"), sshd()
    with Hosts(specs(bastion, "bastion") | specs(inner, "db1", jump="bastion"), "run1") as hosts:
        error = connect(hosts, "db1")["db1"]
    assert error is not None
    assert "forward" in error.reason


def test_two_names_of_one_machine_do_not_collide(sshd: StartServer) -> None:
    server = sshd()
    with Hosts(specs(server, "web1", "alias"), "run1") as hosts:
        assert run(hosts.host("web1"), "echo 1", id="2.1").stdout == b"1\n"
        assert run(hosts.host("alias"), "echo 2", id="2.1").stdout == b"2\n"


def test_an_unknown_name_is_a_key_error() -> None:
    with Hosts({"web1": HostSpec("web1", "192.0.2.1", Ssh())}, "run1") as hosts, pytest.raises(KeyError):
        hosts.host("web2")
