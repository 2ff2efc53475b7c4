"""What hosts cost: steps over real OpenSSH servers on this machine, beside the limit for any program of its kind.

    python -m benchmarks.hosts [HOSTS] [STEPS]

The limit is paramiko with one persistent `sh` per host: one round trip and one process a step, nothing kept, nothing
survives. Ours keeps every step's script, output and exit code on the host. Both do the same work, which is checked.
"""

from __future__ import annotations

import queue
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import paramiko

from executor.hosts.pool import Hosts
from executor.hosts.protocol import Job, JobEnd, Stream
from tests.sshd import SshServer, start_server

_SCRIPT = "echo done >>work"


class Counter:
    """A sink that counts, and tells when its job has ended."""

    def __init__(self, ended: Callable[[JobEnd], None]) -> None:
        self.size = 0
        self.ended = ended

    def output(self, stream: Stream, data: bytes) -> None:  # noqa: ARG002  both streams count
        self.size += len(data)


def main() -> None:
    hosts, steps = (int(word) for word in (sys.argv[1:] + ["10", "50"][len(sys.argv) - 1 :])[:2])
    # For half a minute ext4 looks at every deleted file before it makes a new one near it: below /tmp, where tests come
    # and go, that may cost fifty times the price.
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        servers = [start_server(Path(folder) / f"host{n}") for n in range(hosts)]
        try:
            _measure(servers, steps)
        finally:
            for server in servers:
                server.vanish()
                server.end_jobs()


def _measure(servers: list[SshServer], steps: int) -> None:
    _say("one host, connect", [(name, _median(partial(run, servers[:1], 0)), 1e3, "ms") for name, run in _ways()])
    for group in (servers[:1], servers):
        rows = []
        for name, run in _ways():
            spent = _median(partial(run, group, steps))
            _check(group, 3 * steps)
            rows.append((name, spent, 1.0, "s"))
        _say(f"{len(group)} hosts × {steps} steps, with connecting", rows)
    _say("per step on one host", [(name, _step_cost(run, servers[:1]), 1e3, "ms") for name, run in _ways()])
    print(f"output: {_output(servers[0], 300_000_000):.0f} MB/s")  # noqa: T201  a benchmark prints


def _ways() -> list[tuple[str, Callable[[list[SshServer], int], None]]]:
    return [("limit", _limit), ("ours", _ours)]


def _limit(servers: list[SshServer], steps: int) -> None:
    threads = [threading.Thread(target=_persistent_sh, args=(server, steps)) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _persistent_sh(server: SshServer, steps: int) -> None:
    import socket  # noqa: PLC0415  of this way alone

    line = socket.create_connection(("127.0.0.1", server.port))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    transport = paramiko.Transport(line)
    options = transport.get_security_options()
    options.kex = ("curve25519-sha256@libssh.org", *options.kex)
    transport.start_client()
    transport.auth_publickey(server.user, paramiko.Ed25519Key.from_private_key_file(str(server.key)))
    channel = transport.open_session()
    channel.exec_command("exec /bin/sh")
    for _ in range(steps):
        channel.sendall(f"sh -ec '{_SCRIPT}' </dev/null; echo $?\n".encode())
        if channel.recv(100) != b"0\n":
            raise RuntimeError("a step failed")
    transport.close()


def _ours(servers: list[SshServer], steps: int) -> None:
    """One thread decides for all hosts, as the executor's own loop does."""
    specs = {f"web{n}": server.spec(f"web{n}") for n, server in enumerate(servers)}
    events: queue.SimpleQueue[tuple[str, object]] = queue.SimpleQueue()
    with Hosts(specs, f"bench{time.monotonic_ns()}") as hosts:
        hosts.connect(specs, lambda name, _, error: events.put((name, error)))
        left = dict.fromkeys(specs, steps)
        while left:
            name, event = events.get()
            if event is not None and not (isinstance(event, JobEnd) and event.rc == 0):
                raise RuntimeError(f"{name}: {event}")
            if left[name] == 0:
                del left[name]
                continue
            left[name] -= 1
            job = Job(f"2.{left[name]}.action.1@{name}", _SCRIPT, executable="sh -e")
            hosts.host(name).start(job, Counter(lambda end, name=name: events.put((name, end))))  # type: ignore[misc]  # a default in a lambda


def _step_cost(run: Callable[[list[SshServer], int], None], servers: list[SshServer]) -> float:
    few, many = 20, 220
    return (_median(partial(run, servers, many)) - _median(partial(run, servers, few))) / (many - few)


def _output(server: SshServer, size: int) -> float:
    with Hosts({"web1": server.spec("web1")}, "output") as hosts:
        hosts.host("web1").connect()
        ended = threading.Event()
        sink = Counter(lambda _: ended.set())
        began = time.perf_counter()
        hosts.host("web1").start(Job("out", f"head -c {size} /dev/zero"), sink)
        ended.wait()
        if sink.size != size:
            raise RuntimeError(f"{sink.size} bytes instead of {size}")
        return size / 1e6 / (time.perf_counter() - began)


def _median(work: Callable[[], object]) -> float:
    spent = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        spent.append(time.perf_counter() - began)
    return sorted(spent)[1]


def _check(servers: list[SshServer], wanted: int) -> None:
    for server in servers:
        work = server.home / "work"
        done = len(work.read_text().splitlines())
        if done != wanted:
            raise RuntimeError(f"{server.home}: {done} steps done instead of {wanted}")
        work.unlink()


def _say(title: str, rows: list[tuple[str, float, float, str]]) -> None:
    limit = rows[0][1]
    print(title)  # noqa: T201  a benchmark prints
    for name, spent, scale, unit in rows:
        print(f"  {name:8}{spent * scale:9.3f} {unit}  {spent / limit:5.2f}×")  # noqa: T201  a benchmark prints


if __name__ == "__main__":
    main()
