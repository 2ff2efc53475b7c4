"""The SSH server: what a client finds is what sshd would show it, and it lets in nobody else."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import paramiko
import pytest
from paramiko.common import OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED, OPEN_FAILED_CONNECT_FAILED

from executor.sandbox import SandboxInfo
from executor.sandbox.forward import is_loopback
from executor.sandbox.keys import generate, write_private
from executor.sandbox.processes import identity
from executor.sandbox.server import MAX_SESSIONS

Connect: TypeAlias = Callable[..., paramiko.SSHClient]
Eventually: TypeAlias = Callable[[Callable[[], bool]], None]


def run(client: paramiko.SSHClient, command: str, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
    """One command: its exit code and both outputs."""
    given, out, err = client.exec_command(command)
    with contextlib.suppress(OSError):  # a command may end, and its channel close, before it has read everything
        given.channel.sendall(stdin)
        given.channel.shutdown_write()
    stdout, stderr = out.read(), err.read()
    return out.channel.recv_exit_status(), stdout, stderr


def session(client: paramiko.SSHClient) -> paramiko.Channel:
    transport = client.get_transport()
    assert transport is not None
    return transport.open_session()


def test_a_command_runs_at_home_and_both_outputs_and_its_code_come_back(connect: Connect, box: SandboxInfo) -> None:
    code, out, err = run(connect(), "pwd; echo trouble >&2; exit 3")
    assert (code, out.decode(), err.decode()) == (3, f"{box.hosts[0].home}\n", "trouble\n")


def test_each_host_has_a_home_of_its_own(connect: Connect, box: SandboxInfo) -> None:
    homes = {run(connect(host), "echo $HOME")[1].decode().strip() for host in box.hosts}
    assert homes == {str(host.home) for host in box.hosts}


def test_the_environment_is_a_logins_and_not_that_of_who_started_the_sandbox(connect: Connect) -> None:
    _, out, _ = run(connect(), "env")
    names = {line.partition("=")[0] for line in out.decode().splitlines()}
    assert names <= {"HOME", "USER", "LOGNAME", "SHELL", "PATH", "PWD", "SSH_CONNECTION", "OLDPWD", "_", "SHLVL"}


def test_a_language_may_be_sent_and_nothing_else(connect: Connect) -> None:
    channel = session(connect())
    channel.update_environment({"LC_ALL": "C.UTF-8", "LD_PRELOAD": "evil.so"})
    channel.exec_command('echo "$LC_ALL:$LD_PRELOAD"')
    assert channel.makefile().read() == b"C.UTF-8:\n"


def test_an_end_by_signal_is_not_an_exit_code(connect: Connect) -> None:
    code, out, _ = run(connect(), "echo before; kill -9 $$")
    assert (code, out) == (-1, b"before\n")


def test_much_output_arrives_whole(connect: Connect) -> None:
    code, out, _ = run(connect(), "head -c 20000000 /dev/zero | tr '\\0' 'x'")
    assert code == 0
    assert hashlib.sha256(out).digest() == hashlib.sha256(b"x" * 20_000_000).digest()


def test_input_arrives_byte_for_byte_and_ends(connect: Connect) -> None:
    data = os.urandom(3_000_000)
    code, out, _ = run(connect(), "sha256sum", stdin=data)
    assert code == 0
    assert out.split()[0].decode() == hashlib.sha256(data).hexdigest()


def test_a_command_that_does_not_read_its_input_ends_all_the_same(connect: Connect) -> None:
    assert run(connect(), "exit 7", stdin=b"x" * 1_000_000)[0] == 7


def test_a_client_does_not_get_stuck_on_input_that_a_running_command_has_closed(
    connect: Connect, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    given, out, _ = connect().exec_command(f"exec 0<&-; cat {pipe}")
    given.channel.settimeout(20)
    given.channel.sendall(b"x" * 5_000_000)  # more than the channel's window, so somebody has to take it
    pipe.write_bytes(b"go on")
    assert out.read() == b"go on"


def test_a_command_that_is_over_at_once_is_never_taken_for_a_refused_one(connect: Connect) -> None:
    client = connect()
    assert [run(client, f"exit {n}")[0] for n in range(50)] == list(range(50))


def test_sessions_of_one_connection_run_side_by_side(connect: Connect, tmp_path: Path) -> None:
    client = connect()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    _, waiting, _ = client.exec_command(f"cat {pipe}")
    assert run(client, f"echo hello > {pipe}")[0] == 0  # would wait for ever if the first one had to end before
    assert waiting.read() == b"hello\n"


def test_a_connection_has_as_many_sessions_as_sshd_allows(connect: Connect, eventually: Eventually) -> None:
    client = connect()
    channels = [session(client) for _ in range(MAX_SESSIONS)]
    with pytest.raises(paramiko.ChannelException) as refused:
        session(client)
    assert refused.value.code == OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
    channels.pop().close()

    def is_free() -> bool:
        with contextlib.suppress(paramiko.ChannelException):  # the server has not seen yet that one was closed
            return run(client, "exit 0")[0] == 0
        return False

    eventually(is_free)


def test_the_exit_code_does_not_wait_for_a_background_child_that_holds_the_output(connect: Connect) -> None:
    channel = session(connect())
    channel.exec_command("sleep 1000 & echo $!; exit 5")
    assert channel.recv_exit_status() == 5
    assert not channel.closed
    os.kill(int(channel.recv(100)), 9)
    assert channel.recv(1) == b""


def test_a_closed_connection_ends_what_is_attached_and_spares_what_is_not(
    connect: Connect, eventually: Eventually
) -> None:
    client = connect()
    _, out, _ = client.exec_command("setsid sleep 1000 >/dev/null 2>&1 & echo $! $$; exec sleep 1000")
    detached, attached = map(int, out.readline().split())
    client.close()
    eventually(lambda: identity(attached) is None)
    assert identity(detached) is not None
    os.kill(detached, 9)


def test_a_shell_without_a_terminal_reads_its_commands(connect: Connect) -> None:
    channel = session(connect())
    channel.invoke_shell()
    channel.sendall(b"echo $((40 + 2)); exit 9\n")
    assert channel.makefile().read() == b"42\n"
    assert channel.recv_exit_status() == 9


def test_a_terminal_has_the_clients_size_and_follows_it(connect: Connect) -> None:
    channel = session(connect())
    channel.get_pty("vt100", width=120, height=40)
    channel.exec_command("echo $TERM; stty size; read go </dev/tty; stty size; exit 4")
    lines = channel.makefile()
    assert [lines.readline(), lines.readline()] == ["vt100\r\n", "40 120\r\n"]
    channel.resize_pty(width=90, height=20)
    channel.sendall(b"go\n")
    assert b"20 90\r\n" in lines.read()
    assert channel.recv_exit_status() == 4


def test_what_a_command_wrote_to_its_terminal_right_before_its_end_arrives(connect: Connect) -> None:
    channel = session(connect())
    channel.get_pty()
    channel.exec_command("seq 1 100000; exit 4")
    assert channel.makefile("rb").read() == b"".join(b"%d\r\n" % n for n in range(1, 100_001))
    assert channel.recv_exit_status() == 4


def test_a_login_shell_knows_its_host_and_takes_interrupts(connect: Connect) -> None:
    channel = session(connect())
    channel.get_pty()
    channel.invoke_shell()
    channel.settimeout(20)
    seen = b""
    conversation = (
        (b"web1 $ ", b"cat\n"),
        (b"cat\r\n", b"hello\n"),
        (b"hello\r\nhello\r\n", b"\x03"),  # once from the terminal, once from cat, which therefore runs
        (b"web1 $ ", b"exit 6\n"),
    )
    for expected, typed in conversation:
        while expected not in seen:
            seen += channel.recv(1000)
        seen = seen.rpartition(expected)[2]
        channel.sendall(typed)
    assert channel.recv_exit_status() == 6


def forwarded(client: paramiko.SSHClient, address: str, port: int) -> paramiko.Channel:
    transport = client.get_transport()
    assert transport is not None
    return transport.open_channel("direct-tcpip", (address, port), ("127.0.0.1", 1))


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1"])
def test_a_port_of_the_host_is_reached_through_the_connection(connect: Connect, box: SandboxInfo, address: str) -> None:
    channel = forwarded(connect(), address, box.hosts[0].app_port)
    channel.sendall(b"GET /version HTTP/1.0\r\n\r\n")
    assert b'"version": "v1.0.0"' in channel.makefile().read()


def test_a_forwarded_connection_may_be_closed_on_one_side_first(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        channel = forwarded(connect(), "127.0.0.1", server.getsockname()[1])
        channel.sendall(b"question")
        channel.shutdown_write()
        peer, _ = server.accept()
        with peer, peer.makefile("rb") as asked:
            assert asked.read() == b"question"
            peer.sendall(b"answer")
        assert channel.makefile().read() == b"answer"


def test_a_server_that_has_said_all_it_had_to_say_may_still_listen(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        channel = forwarded(connect(), "127.0.0.1", server.getsockname()[1])
        peer, _ = server.accept()
        with peer, peer.makefile("rb") as heard:
            peer.sendall(b"go on")
            peer.shutdown(socket.SHUT_WR)
            assert channel.makefile("rb").read() == b"go on"
            channel.sendall(b"and on")
            channel.shutdown_write()
            assert heard.read() == b"and on"


def test_a_port_on_which_nobody_listens_is_a_failed_connection(connect: Connect) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(paramiko.ChannelException) as failed:
            forwarded(connect(), "127.0.0.1", bound.getsockname()[1])
    assert failed.value.code == OPEN_FAILED_CONNECT_FAILED


def test_no_other_machine_is_reached_through_a_sandbox_host(connect: Connect) -> None:
    with pytest.raises(paramiko.ChannelException) as refused:
        forwarded(connect(), "192.0.2.1", 80)
    assert refused.value.code == OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


def test_names_are_not_looked_up_to_find_out_whether_they_mean_this_machine() -> None:
    wanted = {"127.0.0.1": True, "127.9.9.9": True, "::1": True, "localhost": True}
    refused = {"0.0.0.0": False, "example.com": False, "localhost.example.com": False, "": False}  # noqa: S104 - an input
    assert {address: is_loopback(address) for address in wanted | refused} == wanted | refused


def test_another_key_is_refused(connect: Connect, tmp_path: Path) -> None:
    write_private(tmp_path / "other", generate())
    with pytest.raises(paramiko.AuthenticationException):
        connect(key=tmp_path / "other")


def test_another_user_is_refused(connect: Connect) -> None:
    with pytest.raises(paramiko.AuthenticationException):
        connect(user="somebody-else")


def test_the_public_key_alone_opens_nothing(box: SandboxInfo) -> None:
    """Whoever knows the key's public half, and cannot sign with it, gets no session."""
    transport = paramiko.Transport(("127.0.0.1", box.hosts[0].ssh_port))
    transport.start_client()
    try:
        with pytest.raises(paramiko.BadAuthenticationType):
            transport.auth_password(box.user, "guess", fallback=False)
        with pytest.raises((paramiko.SSHException, EOFError)):
            transport.open_session(timeout=5)
    finally:
        transport.close()


def test_each_host_is_known_by_a_key_of_its_own(box: SandboxInfo) -> None:
    keys = [line.split()[2] for line in box.layout.known_hosts.read_text().splitlines()]
    assert len(set(keys)) == len(box.hosts)


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs /proc to see who listens where")
def test_everything_listens_on_loopback_alone(box: SandboxInfo) -> None:
    ours = {box.balancer_port, *(h.ssh_port for h in box.hosts), *(h.app_port for h in box.hosts)}
    listening = [
        line.split()[1].split(":")
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for line in Path(table).read_text().splitlines()[1:]
        if line.split()[3] == "0A"
    ]
    found = {int(port, 16): address for address, port in listening if int(port, 16) in ours}
    assert found == dict.fromkeys(ours, "0100007F")


@pytest.mark.skipif(shutil.which("ssh") is None, reason="needs OpenSSH's client (ssh)")
def test_openssh_logs_in_and_gets_output_input_and_code(box: SandboxInfo) -> None:
    host = box.hosts[1]
    files = ["-F", os.devnull, "-i", str(box.layout.key), "-o", f"UserKnownHostsFile={box.layout.known_hosts}"]
    to = ["-o", "BatchMode=yes", "-p", str(host.ssh_port), f"{box.user}@127.0.0.1"]
    answer = subprocess.run(
        ["ssh", *files, *to, "tr a-z A-Z; pwd >&2; exit 3"],
        input="shout",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (3, "SHOUT", f"{host.home}\n")
