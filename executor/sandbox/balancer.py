"""A small load balancer: round robin over the hosts that are healthy and not drained, 503 when there are none.

It counts what it answers under `/.balancer`, so that a deploy can show that nobody noticed it. `/.staging` stands in
for a staging site, which a deploy looks at before it begins.
"""

from __future__ import annotations

import http.client
import itertools
import json
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from executor.sandbox.info import SandboxHost

HEALTH_EVERY = 0.25  # seconds between two looks at a host's /health
PATIENCE = 5.0  # seconds that a host has to answer
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "host", "date", "server"}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    host: str = ""  # who answered; empty: the balancer itself


def is_healthy(host: SandboxHost) -> bool:
    """Whether the host's own /health says 200 now."""
    try:
        return ask(host, "GET", "/health", timeout=1.0).status == HTTPStatus.OK
    except OSError:
        return False


def is_drained(host: SandboxHost) -> bool:
    """Whether the host has asked, by its drain file, to get no requests."""
    return (host.app_dir / "drain").exists()


def ask(
    host: SandboxHost,
    method: str,
    path: str,
    body: bytes | None = None,
    *,
    headers: Sequence[tuple[str, str]] = (),
    timeout: float = PATIENCE,
) -> Answer:
    """One request to a host's own service. Raises OSError where it does not answer, or not in HTTP."""
    connection = http.client.HTTPConnection("127.0.0.1", host.app_port, timeout=timeout)
    try:
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        kept = tuple((name, value) for name, value in response.getheaders() if name.lower() not in HOP_BY_HOP)
        return Answer(response.status, kept, response.read(), host.name)
    except http.client.HTTPException as error:
        raise OSError(f"{host.name} does not speak HTTP: {error!r}") from error
    finally:
        connection.close()


@dataclass(slots=True, eq=False)
class Balancer:
    """The hosts, who of them is healthy, whose turn it is and what has been answered. Safe from several threads."""

    hosts: tuple[SandboxHost, ...]
    healthy: dict[str, bool] = field(default_factory=dict)
    turn: Iterator[int] = field(default_factory=itertools.count)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)  # by (host, status)
    lock: threading.Lock = field(default_factory=threading.Lock)
    stopped: threading.Event = field(default_factory=threading.Event)

    def answer(self, method: str, path: str, body: bytes | None, headers: Sequence[tuple[str, str]]) -> Answer:
        """Pass a request on. A host that cannot even be connected to is marked and the next one is asked."""
        given = self._pass_on(method, path, body, headers)
        with self.lock:
            self.answers[given.host, given.status] += 1
        return given

    def _pass_on(self, method: str, path: str, body: bytes | None, headers: Sequence[tuple[str, str]]) -> Answer:
        first = next(self.turn)
        for host in (self.hosts[(first + n) % len(self.hosts)] for n in range(len(self.hosts))):
            if is_drained(host) or not self.healthy.get(host.name):
                continue
            try:
                return ask(host, method, path, body, headers=headers)
            except ConnectionRefusedError:  # nothing was sent, so another host may be asked safely
                self.healthy[host.name] = False
            except OSError as error:
                return _text(HTTPStatus.BAD_GATEWAY, f"{host.name}: {error}", host.name)
        return _text(HTTPStatus.SERVICE_UNAVAILABLE, "no host is healthy and in rotation")

    def counters(self) -> dict[str, object]:
        """What `/.balancer` tells: requests, those that failed (5xx), and who answered how many."""
        with self.lock:
            answers = dict(self.answers)
        served: Counter[str] = Counter()
        for (host, _), count in answers.items():
            served[host] += count
        return {
            "requests": sum(answers.values()),
            "failed": sum(count for (_, status), count in answers.items() if status >= 500),
            "by_host": {name: count for name, count in sorted(served.items()) if name},
            "in_rotation": [h.name for h in self.hosts if self.healthy.get(h.name) and not is_drained(h)],
        }

    def keep_looking(self, host: SandboxHost) -> None:
        """Follow one host's health until the balancer is stopped. Blocks."""
        while not self.stopped.is_set():
            self.healthy[host.name] = is_healthy(host)
            self.stopped.wait(HEALTH_EVERY)


def _text(status: HTTPStatus, message: str, host: str = "") -> Answer:
    return Answer(status, (("Content-Type", "text/plain; charset=utf-8"),), message.encode() + b"\n", host)


def _json(value: object) -> Answer:
    return Answer(HTTPStatus.OK, (("Content-Type", "application/json"),), json.dumps(value).encode() + b"\n")


def serve(hosts: tuple[SandboxHost, ...]) -> ThreadingHTTPServer:
    """Start a balancer on a free port of 127.0.0.1, in threads of its own. Raises OSError."""
    balancer = Balancer(hosts)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else None
            headers = [(name, value) for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP]
            if self.path == "/.balancer":
                given = _json(balancer.counters())
            elif self.path.startswith("/.staging"):
                given = _json({"status": "ok", "site": "staging"})
            else:
                given = balancer.answer(self.command, self.path, body, headers)
            self.send_response(given.status)
            for name, value in given.headers:
                if name.lower() != "content-length":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(given.body)))
            if given.host:
                self.send_header("X-Served-By", given.host)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(given.body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 - http.server looks for these names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
            """Say nothing: the counters tell what happened."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    for host in hosts:
        threading.Thread(target=balancer.keep_looking, args=(host,), daemon=True).start()
    return server
