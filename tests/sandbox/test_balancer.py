"""The load balancer: requests go in turn to healthy hosts that are not drained, and every answer is counted."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from executor.sandbox import SandboxHost, SandboxInfo, balancer
from executor.sandbox.balancer import Answer, Balancer
from executor.sandbox.looks import counters


class Page(BaseHTTPRequestHandler):
    """Says what was asked, or the status that the path names."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(int(self.path[1:]) if self.path[1:].isdigit() else 200)
        self.end_headers()
        self.wfile.write(b"%s %s %s" % (self.command.encode(), self.headers.get("X-Who", "").encode(), body))

    do_GET = do_POST  # noqa: N815 - http.server looks for this name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        """Say nothing."""


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[tuple[SandboxHost, ...]]:
    """Three hosts with a web server each."""
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Page) for _ in range(3)]
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    made = tuple(SandboxHost(f"web{n}", tmp_path / f"web{n}", 1, s.server_port) for n, s in enumerate(servers, start=1))
    for host in made:
        host.app_dir.mkdir(parents=True)
    yield made
    for server in servers:
        server.shutdown()
        server.server_close()


def get(state: Balancer, path: str = "/") -> Answer:
    return state.answer("GET", path, None, [])


def all_healthy(hosts: tuple[SandboxHost, ...]) -> Balancer:
    return Balancer(hosts, healthy={host.name: True for host in hosts})


def test_hosts_take_turns(hosts: tuple[SandboxHost, ...]) -> None:
    state = all_healthy(hosts)
    assert [get(state).host for _ in range(6)] == ["web1", "web2", "web3"] * 2


def test_a_drained_host_gets_nothing_until_it_is_back(hosts: tuple[SandboxHost, ...]) -> None:
    state = all_healthy(hosts)
    drain = hosts[1].app_dir / "drain"
    drain.touch()
    assert {get(state).host for _ in range(6)} == {"web1", "web3"}
    drain.unlink()
    assert {get(state).host for _ in range(6)} == {"web1", "web2", "web3"}


def test_an_unhealthy_host_gets_nothing(hosts: tuple[SandboxHost, ...]) -> None:
    state = Balancer(hosts, healthy={"web1": True, "web2": False})
    assert {get(state).host for _ in range(6)} == {"web1"}


def test_without_any_host_the_answer_is_503_and_counts_as_failed(hosts: tuple[SandboxHost, ...]) -> None:
    state = Balancer(hosts)
    assert get(state).status == 503
    counters = state.counters()
    assert (counters["requests"], counters["failed"], counters["by_host"]) == (1, 1, {})


def test_a_host_that_is_gone_is_noticed_and_nobody_sees_it(hosts: tuple[SandboxHost, ...], tmp_path: Path) -> None:
    gone = SandboxHost("gone", tmp_path, 1, 1)  # nothing listens on port 1
    state = all_healthy((gone, hosts[0]))
    assert [get(state).status for _ in range(4)] == [200] * 4
    counters = state.counters()
    assert (counters["failed"], counters["in_rotation"]) == (0, ["web1"])


def test_an_error_of_a_host_is_passed_on_and_counted(hosts: tuple[SandboxHost, ...]) -> None:
    state = all_healthy(hosts)
    assert [get(state, path).status for path in ("/500", "/404", "/204")] == [500, 404, 204]
    assert (state.counters()["requests"], state.counters()["failed"]) == (3, 1)


def test_method_body_and_headers_reach_the_host(hosts: tuple[SandboxHost, ...]) -> None:
    state = all_healthy(hosts)
    assert state.answer("POST", "/", b"hello", [("X-Who", "me")]).body == b"POST me hello"


def test_the_sandboxs_own_balancer_answers_over_http(box: SandboxInfo) -> None:
    front = SandboxHost("front", box.folder, ssh_port=1, app_port=box.balancer_port)
    page = balancer.ask(front, "GET", "/version")
    assert json.loads(page.body)["version"] == "v1.0.0"
    assert dict(page.headers)["X-Served-By"] in {"web1", "web2"}
    assert counters(box)["in_rotation"] == ["web1", "web2"]
    assert balancer.ask(front, "GET", "/.staging/health").status == 200


def test_a_host_is_looked_at_until_the_balancer_stops(hosts: tuple[SandboxHost, ...]) -> None:
    state = Balancer(hosts)
    looking = threading.Thread(target=state.keep_looking, args=(hosts[0],))
    looking.start()
    while not state.healthy.get("web1"):
        assert looking.is_alive()
    state.stopped.set()
    looking.join()
    assert balancer.is_healthy(hosts[0])
