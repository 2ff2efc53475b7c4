"""Small real servers on loopback for probes to look at."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Pages(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        match path:
            case "/health":
                self._say(200, b"ok\n")
            case "/version":
                self._say(200, b'{"version": "v2"}', {"Content-Type": "application/json"})
            case "/down":
                self._say(503, b"maintenance")
            case "/large":
                self._say(200, b"x" * 1_500_000)
            case "/here":
                self._say(302, b"", {"Location": "/health"})
            case "/round":
                self._say(302, b"", {"Location": "/round"})
            case "/away":
                self._say(302, b"", {"Location": self.server.elsewhere})  # type: ignore[attr-defined]  # set by `pages`
            case "/silent":
                self.server.hold.wait(30)  # type: ignore[attr-defined]  # set by `pages`
            case "/drip":
                self._pour(b"H", 0.02)
            case "/endless":
                self.close_connection = True
                self._pour(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000, 0)
            case _:
                self._say(404, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        seen = {"body": body, "headers": {name.lower(): value for name, value in self.headers.items()}}
        self._say(201, json.dumps(seen).encode())

    do_PUT = do_POST  # noqa: N815  # the names that http.server looks for
    do_HEAD = do_GET  # noqa: N815  # as above

    def _say(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _pour(self, data: bytes, pause: float) -> None:
        try:
            while not self.server.hold.wait(pause):  # type: ignore[attr-defined]  # as above
                self.wfile.write(data)
        except OSError:
            pass  # the probe has had enough, as it should

    def log_message(self, *args: Any) -> None: ...


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is what some tests are about."""


@contextmanager
def pages(context: ssl.SSLContext | None = None, *, address: str = "127.0.0.1", elsewhere: str = "") -> Iterator[int]:
    """The port of an HTTP server (or an HTTPS one), whose /away redirects to `elsewhere`."""
    server = Server((address, 0), Pages)
    server.elsewhere = elsewhere  # type: ignore[attr-defined]  # for its pages
    server.hold = threading.Event()  # type: ignore[attr-defined]  # what keeps a silent page silent
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.hold.set()  # type: ignore[attr-defined]  # as above
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def raw(answer: bytes) -> Iterator[int]:
    """The port of a server that says the same to everybody and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # nobody came before the test was over
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def certificate(
    folder: Path, *, names: tuple[str, ...] = ("localhost",), days: float = 30.0
) -> tuple[ssl.SSLContext, Path, str]:
    """A server's context with a new self-signed certificate; the file it is in; its SHA-256 fingerprint."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    entries = [x509.IPAddress(ipaddress.ip_address(n)) if n[0].isdigit() else x509.DNSName(n) for n in names]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=400))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(entries), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + made.public_bytes(pem))
    trust = folder / "trust.pem"
    trust.write_bytes(made.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, trust, made.fingerprint(hashes.SHA256()).hex()
