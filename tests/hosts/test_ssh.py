"""Hosts over real OpenSSH servers."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from executor.hosts.errors import ConnectionFailed, ForwardingRefused
from executor.hosts.known_hosts import Known, Unknown
from executor.hosts.ssh import Abilities, SshHost
from executor.model.inventories import HostSpec
from tests.hosts.recording import Recording, job, run, start
from tests.hosts.shells import SHELLS
from tests.sshd import SshServer, StartServer

pytestmark = pytest.mark.sshd


@contextmanager
def connected(server: SshServer, **settings: float) -> Iterator[SshHost]:
    with closing(SshHost(server.spec(), "run1", **settings)) as host:  # type: ignore[arg-type]  # only patience
        host.connect()
        yield host


def failure(spec: HostSpec) -> ConnectionFailed:
    with closing(SshHost(spec, "run1")) as host, pytest.raises(ConnectionFailed) as caught:
        host.connect()
    return caught.value


# --- jobs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", SHELLS)
def test_a_step_under_each_shell(sshd: StartServer, shell: str) -> None:
    if shutil.which(shell.split(maxsplit=1)[0]) is None:
        pytest.skip(f"needs {shell}")
    with connected(server := sshd(login=shell)) as host:
        ran = run(host, "echo out; pwd; echo err >&2; exit 3", stdin=b"x")
        assert (ran.stdout, ran.stderr, ran.end.rc) == (f"out\n{server.home}\n".encode(), b"err\n", 3)
        assert run(host, "exit 4", read_only=True).end.rc == 4


@pytest.mark.parametrize("login_shell", ["fish", "tcsh", "zsh", "dash"])
def test_any_login_shell_will_do(sshd: StartServer, login_shell: str) -> None:
    if shutil.which(login_shell) is None:
        pytest.skip(f"needs {login_shell}")
    with connected(sshd(login=f'{login_shell} -c "$SSH_ORIGINAL_COMMAND"')) as host:
        assert run(host, 'echo "it is $((6 * 7))"').stdout == b"it is 42\n"


def test_a_login_that_talks_first_is_heard_out(sshd: StartServer) -> None:
    with connected(sshd(login="sh -c 'echo Welcome; echo to the host >&2; exec sh'")) as host:
        assert run(host, "echo x").stdout == b"x\n"


def test_a_login_that_gives_no_shell_says_why(sshd: StartServer) -> None:
    error = failure(sshd(login="sh -c 'echo This account is not available.; exit 1'").spec())
    assert error.kind == "login"
    assert error.reason.endswith("gives us no shell: This account is not available.")


def test_fifty_megabytes_arrive_whole(sshd: StartServer) -> None:
    with connected(sshd()) as host:
        sink = Counting()
        host.start(job("head -c 52428800 /dev/zero; head -c 1000 /dev/zero >&2"), sink)
        assert sink.wait() == {"stdout": 52428800, "stderr": 1000}


def test_a_slow_sink_slows_the_host_down(sshd: StartServer) -> None:
    """What nobody has taken yet waits on the host, not in our memory."""
    with connected(server := sshd()) as host:
        sink = Blocking()
        host.start(job("head -c 200000000 /dev/zero"), sink)
        assert sink.began.wait(30)
        assert _resident() - sink.resident < 50_000_000
        sink.go.set()
        assert sink.ended_with.wait(60)
        assert server.run_folders()


def test_two_jobs_overlap_and_a_third_lane_is_not_needed(sshd: StartServer) -> None:
    with connected(sshd()) as host:
        first = start(host, "while ! [ -e go ]; do sleep 0.05; done; echo first")
        assert run(host, "touch go; echo second").stdout == b"second\n"
        assert first.end.rc == 0


def test_beyond_the_servers_sessions_jobs_wait_for_their_turn(sshd: StartServer) -> None:
    with connected(sshd("MaxSessions 2")) as host:
        running = [start(host, f"echo {n}; sleep 0.2") for n in range(6)]
        assert [sink.end.rc for sink in running] == [0] * 6
        assert [sink.stdout for sink in running] == [f"{n}\n".encode() for n in range(6)]


def test_an_impossible_job_is_refused(sshd: StartServer) -> None:
    with connected(sshd()) as host:
        assert run(host, "echo \0").end.how == "refused"
        assert run(host, "echo", environment={"A B": ""}).end.how == "refused"
        assert run(host, "cat", stdin=Path("/does/not/exist")).end.detail == (
            "/does/not/exist cannot be read: No such file or directory"
        )


# --- losing the connection --------------------------------------------------------------------------------------------


def test_a_cut_connection_neither_ends_nor_forgets_a_step(sshd: StartServer) -> None:
    with connected(server := sshd()) as host:
        ran = start(host, "echo one; while ! [ -e go ]; do sleep 0.05; done; echo two; exit 5")
        ran.wait_for(b"one\n")
        server.cut()
        (server.home / "go").touch()
        assert (ran.end.how, ran.end.rc, ran.stdout) == ("exited", 5, b"one\ntwo\n")
        assert run(host, "echo on").stdout == b"on\n"


def test_no_byte_is_lost_or_doubled_however_often_the_connection_is_cut(sshd: StartServer) -> None:
    with connected(server := sshd()) as host:
        ran = start(
            host, "i=0; while [ $i -lt 40 ]; do seq $((i * 500)) $((i * 500 + 499)); i=$((i + 1)); sleep 0.05; done"
        )
        for _ in range(4):
            threading.Event().wait(0.4)
            server.cut()
        assert ran.end.rc == 0
        assert ran.stdout == b"".join(f"{n}\n".encode() for n in range(20_000))


def test_a_step_that_was_cut_off_can_still_be_ended(sshd: StartServer) -> None:
    with connected(server := sshd()) as host:
        sink = Recording()
        host.start(job("echo up; exec sleep 60", id="long"), sink)
        sink.wait_for(b"up")
        server.cut()
        host.end("long")
        assert sink.end.how == "cancelled"


def test_a_host_that_stays_away_is_unreachable(sshd: StartServer) -> None:
    with connected(server := sshd(), patience=0.5) as host:
        ran = start(host, "echo up; sleep 60")
        ran.wait_for(b"up")
        server.vanish()
        assert ran.end.how == "unreachable"
        assert ran.end.detail.endswith("whether it still runs there is not known")
        assert run(host, "echo").end.how == "unreachable"


def test_a_silent_server_is_noticed(sshd: StartServer) -> None:
    """Stopped processes and dropped packets look alike: no answer. The step is found again once somebody answers."""
    with connected(server := sshd()) as host:
        ran = start(host, "echo up; while ! [ -e go ]; do sleep 0.05; done; echo down")
        ran.wait_for(b"up")
        for pid in server.sessions():
            os.kill(pid, signal.SIGSTOP)
        now = host.connection().tap.heard
        for later in (10, 16, 20, 32):
            host.pulse(now + later)
        (server.home / "go").touch()
        assert (ran.end.rc, ran.stdout) == (0, b"up\ndown\n")
        server.cut()


def test_a_server_that_answers_is_left_alone(sshd: StartServer) -> None:
    with connected(sshd()) as host:
        before = host.connection()
        for _ in range(3):
            heard = before.tap.heard
            host.pulse(heard + 16)
            while before.tap.heard == heard:
                threading.Event().wait(0.01)
            host.pulse(before.tap.heard + 1)
        assert host.connection() is before


# --- getting in -------------------------------------------------------------------------------------------------------


def test_an_unknown_host_key_is_refused_with_the_way_on(sshd: StartServer) -> None:
    server = sshd()
    server.known_hosts.write_text("")
    error = failure(server.spec())
    assert error.kind == "host-key-unknown"
    assert "is not known: it shows ED25519 SHA256:" in error.reason
    assert "`runbook trust web1`" in error.hint


def test_a_changed_host_key_is_refused_with_its_line(sshd: StartServer) -> None:
    server, other = sshd(), sshd()
    server.known_hosts.write_text(f"# mine\n[127.0.0.1]:{server.port} {other.host_key}\n")
    for host_keys in ("strict", "accept-new"):
        error = failure(server.spec(host_keys=host_keys))
        assert error.kind == "host-key-changed"
        assert f"{server.known_hosts}:2 says ED25519 SHA256:" in error.reason


def test_a_key_of_another_type_counts_as_changed(sshd: StartServer, tmp_path: Path) -> None:
    """Else whoever stands in between would only have to show a key of a type that is not known yet."""
    server = sshd()
    subprocess.run(["ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", str(tmp_path / "other")], check=True)
    key = " ".join((tmp_path / "other.pub").read_text().split()[:2])
    server.known_hosts.write_text(f"[127.0.0.1]:{server.port} {key}\n")
    assert failure(server.spec(host_keys="accept-new")).kind == "host-key-changed"


def test_a_revoked_host_key_is_refused(sshd: StartServer) -> None:
    server = sshd()
    line = server.known_hosts.read_text()
    server.known_hosts.write_text(f"{line}@revoked * {server.host_key}\n")
    error = failure(server.spec(host_keys="accept-new"))
    assert error.reason.endswith(f"is revoked: {server.known_hosts}:2")


def test_accept_new_keeps_the_key_of_a_new_host(sshd: StartServer) -> None:
    server = sshd()
    before = server.known_hosts.read_text()
    server.known_hosts.unlink()
    with closing(SshHost(server.spec(host_keys="accept-new"), "run1")) as host:
        host.connect()
    assert server.known_hosts.read_text() == before
    with connected(server):
        pass


def test_a_server_with_several_keys_is_asked_for_the_known_one(sshd: StartServer, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", str(tmp_path / "rsa")], check=True)
    server = sshd(f"HostKey {tmp_path}/rsa")
    key = " ".join((tmp_path / "rsa.pub").read_text().split()[:2])
    server.known_hosts.write_text(f"[127.0.0.1]:{server.port} {key}\n")
    with connected(server) as host:
        assert run(host, "echo x").stdout == b"x\n"


def test_a_wrong_key_is_told_as_such(sshd: StartServer) -> None:
    error = failure(sshd().spec(key=str(sshd().key)))
    assert error.kind == "login"
    assert "refuses the login (1 key tried)" in error.reason


def test_a_key_that_is_not_there_is_named(sshd: StartServer) -> None:
    error = failure(sshd().spec(key="/does/not/exist"))
    assert "the key /does/not/exist does not exist" in error.reason


def test_a_key_with_a_passphrase_names_the_agent(sshd: StartServer) -> None:
    server = sshd()
    subprocess.run(["ssh-keygen", "-q", "-p", "-N", "secret", "-f", str(server.key)], check=True)
    error = failure(server.spec())
    assert error.kind == "login"
    assert f"`ssh-add {server.key}` gives it to the agent" in error.reason


def test_an_agent_logs_in(sshd: StartServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when it alone can open the key: the file asks for a passphrase that nobody is there to type."""
    server = sshd()
    address = tmp_path / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(address)], stdout=subprocess.DEVNULL) as agent:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(address))
        while subprocess.run(["ssh-add", "-q", str(server.key)], check=False, capture_output=True).returncode == 2:
            threading.Event().wait(0.02)
        subprocess.run(["ssh-keygen", "-q", "-p", "-N", "secret", "-f", str(server.key)], check=True)
        with connected(server) as host:
            assert run(host, "echo x").stdout == b"x\n"
        agent.terminate()


def test_a_port_where_nobody_listens(sshd: StartServer) -> None:
    server = sshd()
    server.stop()
    error = failure(server.spec())
    assert error.reason == f"127.0.0.1:{server.port} refused the connection: no SSH server listens there"
    assert error.kind == "unreachable"


def test_a_port_that_says_nothing(sshd: StartServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = failure(sshd().spec(port=silent.getsockname()[1], connect_timeout=0.5))
    assert error.kind == "timeout"
    assert error.reason.endswith("did not answer within 0.5 s")


def test_a_name_that_does_not_exist() -> None:
    error = failure(HostSpec("web1", "no-such-host.invalid"))
    assert error.reason == "there is no host named no-such-host.invalid"


def test_a_server_at_its_limit_is_asked_again(sshd: StartServer) -> None:
    server = sshd("MaxStartups 1:100:1")
    blocker = socket.create_connection(("127.0.0.1", server.port))
    threading.Timer(0.5, blocker.close).start()
    with connected(server) as host:
        assert run(host, "echo x").stdout == b"x\n"


def test_only_modern_algorithms_are_offered(sshd: StartServer) -> None:
    with connected(sshd()) as host:
        transport = host.connection().transport
        options = transport.get_security_options()
        assert options.kex[0] == "curve25519-sha256@libssh.org"
        assert vars(transport)["remote_cipher"] == "aes128-gcm@openssh.com"
        assert not [
            name for name in (*options.ciphers, *options.digests) if any(old in name for old in ("cbc", "md5", "sha1"))
        ]


def test_the_connection_does_not_wait_to_fill_packets(sshd: StartServer) -> None:
    with connected(sshd()) as host:
        line = host.connection().tap._line
        assert isinstance(line, socket.socket)
        assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_new_host_can_be_trusted(sshd: StartServer) -> None:
    server = sshd()
    line = server.known_hosts.read_text()
    server.known_hosts.unlink()
    with closing(SshHost(server.spec(), "run1")) as host:
        key = host.shown_key()
        assert host.opinion(key) == Unknown()
        assert host.trust(key) == server.known_hosts
        assert host.opinion(key) == Known()
        host.connect()
    assert server.known_hosts.read_text() == line


def test_what_a_login_can_do_is_found_out(sshd: StartServer) -> None:
    with connected(sshd()) as host:
        assert host.abilities() == Abilities(unfit="", sessions=True, forwards=True)
    with connected(sshd("AllowTcpForwarding no")) as host:
        assert host.abilities() == Abilities(unfit="", sessions=True, forwards=False)


# --- going on from there ----------------------------------------------------------------------------------------------


def test_the_hosts_own_ports_can_be_dialled(sshd: StartServer) -> None:
    with connected(sshd()) as host, socket.create_server(("127.0.0.1", 0)) as service:
        port = service.getsockname()[1]
        with host.dial("127.0.0.1", port, 5) as dialled:
            peer, _ = service.accept()
            with peer:
                dialled.sendall(b"ping")
                assert peer.recv(4) == b"ping"
                peer.sendall(b"x" * 1_000_000)
                peer.shutdown(socket.SHUT_WR)
                got = bytearray()
                while data := dialled.recv(65536):
                    got += data
                assert len(got) == 1_000_000
        service.close()
        with pytest.raises(OSError, match="nothing answers at"):
            host.dial("127.0.0.1", port, 5)


def test_a_server_that_forbids_forwarding_says_so(sshd: StartServer) -> None:
    with connected(sshd("AllowTcpForwarding no")) as host, pytest.raises(ForwardingRefused):
        host.dial("127.0.0.1", 1, 5)


def test_a_tunnel_through_a_connection_that_breaks_at_that_moment_is_a_lost_connection(
    sshd: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """paramiko tells it as an end of file, which is no OSError."""

    def broken(*_: object) -> None:
        raise EOFError

    with connected(sshd()) as host:
        monkeypatch.setattr(host.connection().transport.packetizer, "send_message", broken)
        with pytest.raises(ConnectionResetError):
            host.dial("127.0.0.1", 1, 5)


def test_of_many_dials_at_once_each_hears_its_own_reason(sshd: StartServer) -> None:
    """One that is forbidden must not look like a port on which nobody listens, nor the other way round."""
    server = sshd("PermitOpen 127.0.0.1:1")

    def reason(port: int) -> type[BaseException] | None:
        try:
            host.dial("127.0.0.1", port, 5)
        except (ForwardingRefused, OSError) as error:
            return type(error)
        return None

    with connected(server) as host, ThreadPoolExecutor(16) as threads:
        assert list(threads.map(reason, [1, 2] * 50)) == [ConnectionRefusedError, ForwardingRefused] * 50


class Counting(Recording):
    """Counts bytes instead of keeping them."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes = {"stdout": 0, "stderr": 0}

    def output(self, stream: str, data: bytes) -> None:
        self.sizes[stream] += len(data)

    def wait(self) -> dict[str, int]:
        assert self.end.rc == 0
        return self.sizes


class Blocking(Recording):
    """Takes the first bytes, and nothing more until it may go on."""

    def __init__(self) -> None:
        super().__init__()
        self.began, self.go, self.ended_with = threading.Event(), threading.Event(), threading.Event()
        self.resident = _resident()

    def output(self, stream: str, data: bytes) -> None:  # noqa: ARG002  only when matters
        self.began.set()
        assert self.go.wait(30)

    def ended(self, end: object) -> None:  # noqa: ARG002  only when matters
        self.ended_with.set()


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
