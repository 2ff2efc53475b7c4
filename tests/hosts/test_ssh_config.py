"""Where and as whom to connect."""

from __future__ import annotations

import getpass
import shutil
import subprocess
from pathlib import Path

import pytest

from executor.hosts import ssh_config
from executor.hosts.errors import ConnectionFailed
from executor.hosts.ssh_config import resolve
from executor.model.inventories import HostSpec, Ssh

CONFIG = """
Host web1
    HostName 203.0.113.11
    User deploy
    Port 2222
    IdentityFile /keys/one
    IdentitiesOnly yes
    ProxyJump ops@bastion:2200,inner
    UserKnownHostsFile /known/mine /known/more
    HostKeyAlias web
    IdentityAgent /run/agent
Host web2
    ProxyCommand nc %h %p
"""


@pytest.fixture(params=["ssh", "paramiko"])
def config(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same config, read by ssh and by paramiko."""
    if request.param == "paramiko":
        monkeypatch.setattr(shutil, "which", lambda _: None)
    elif shutil.which("ssh") is None:
        pytest.skip("needs ssh")
    (tmp_path / "config").write_text(CONFIG)
    return str(tmp_path / "config")


def test_the_config_is_honoured(config: str) -> None:
    target = resolve(HostSpec("web1", "web1", Ssh(config=config)))
    assert (target.name, target.host, target.port, target.user) == ("web1", "203.0.113.11", 2222, "deploy")
    assert (target.keys, target.keys_said, target.only_these_keys) == (("/keys/one",), True, True)
    assert target.jump == ("ops@bastion:2200", "inner")
    assert target.known_hosts[:2] == ("/known/mine", "/known/more")
    assert (target.known_as, target.agent) == ("web", "/run/agent")


def test_the_inventory_has_the_last_word(config: str) -> None:
    said = Ssh(config=config, user="root", port=22, key="~/k", known_hosts="/known/this", jump="none")
    target = resolve(HostSpec("web1", "web1", said))
    assert (target.user, target.port, target.jump, target.known_hosts) == ("root", 22, (), ("/known/this",))
    assert target.keys == (str(Path("~/k").expanduser()),)


def test_a_proxy_command_is_taken_over(config: str) -> None:
    target = resolve(HostSpec("web2", "web2", Ssh(config=config)))
    assert target.proxy_command is not None
    assert target.proxy_command.startswith("nc ")


def test_without_a_word_anywhere_ssh_is_not_even_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text("# nothing\nHost *\n  SendEnv LANG\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("ssh was started"))
    target = resolve(HostSpec("web1", "192.0.2.1", Ssh(config=str(tmp_path / "config"))))
    assert (target.host, target.port, target.user) == ("192.0.2.1", 22, getpass.getuser())
    assert target.keys[0].endswith("/.ssh/id_ed25519")
    assert not target.keys_said


def test_includes_are_seen(tmp_path: Path) -> None:
    if shutil.which("ssh") is None:
        pytest.skip("needs ssh")
    (tmp_path / "more").write_text("Host web1\n  Port 2022\n")
    (tmp_path / "config").write_text(f"Include {tmp_path}/mor*\n")
    assert resolve(HostSpec("web1", "web1", Ssh(config=str(tmp_path / "config")))).port == 2022


def test_a_config_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    if shutil.which("ssh") is None:
        pytest.skip("needs ssh")
    (tmp_path / "config").write_text("Host web1\n  Port many\n")
    with pytest.raises(ConnectionFailed, match="the ssh config cannot be read") as caught:
        resolve(HostSpec("web1", "web1", Ssh(config=str(tmp_path / "config"))))
    assert caught.value.kind == "config"


def test_a_config_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("ssh") is None:
        pytest.skip("needs ssh")
    monkeypatch.setattr(ssh_config, "_TIMEOUT", 0.2)
    (tmp_path / "config").write_text('Match exec "sleep 20"\n  Port 2\n')
    with pytest.raises(ConnectionFailed, match=r"took longer than 0\.2 s"):
        resolve(HostSpec("web1", "web1", Ssh(config=str(tmp_path / "config"))))


def test_a_missing_config_is_an_error() -> None:
    with pytest.raises(ConnectionFailed, match="/no/such/config does not exist"):
        resolve(HostSpec("web1", "web1", Ssh(config="/no/such/config")))
