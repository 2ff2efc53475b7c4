"""Connections to a port as a host sees it, with a time by which they are cut off."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from executor.hosts.errors import ConnectionFailed, ForwardingRefused
from executor.hosts.protocol import Host
from executor.probes.addresses import is_link_local, peer_of
from executor.probes.answers import Silence, Unasked
from executor.probes.words import duration

CONNECT_LIMIT = 10.0  # seconds for opening a connection


class Refused(Exception):
    """No connection, and what that says: `answer`."""

    def __init__(self, answer: Silence | Unasked, *, forwarding: bool = False) -> None:
        super().__init__(answer.reason)
        self.answer = answer
        self.forwarding = forwarding  # the SSH server forwards nothing: there may be another way


def dial(
    host: Host, address: str, port: int, *, limit: float = CONNECT_LIMIT, link_local: bool = False
) -> socket.socket:
    """An open connection. Raises Refused, with what that says of the port."""
    if not link_local and is_link_local(address):
        raise Refused(Unasked(f"{address} is a link-local address: probes do not look there"))
    try:
        connection = host.dial(address, port, limit)
    except ForwardingRefused as error:
        raise Refused(Unasked(f"{host.name}: the SSH server forwards no ports"), forwarding=True) from error
    except ConnectionFailed as error:
        raise Refused(Unasked(f"{host.name}: {error.reason}")) from error
    except TimeoutError as error:
        raise Refused(Silence(f"no connection to {address}:{port} within {duration(limit)}")) from error
    except OSError as error:
        raise Refused(Silence(f"{error.strerror or error} ({address}:{port})")) from error
    if not link_local and is_link_local(peer_of(connection)):
        connection.close()
        raise Refused(Unasked(f"{address} stands for a link-local address: probes do not look there"))
    return connection


def secure(connection: object, context: ssl.SSLContext, name: str) -> ssl.SSLSocket:
    """TLS over a connection, whether it is a socket or a channel. Raises ssl.SSLError or OSError."""
    if isinstance(connection, socket.socket):
        return context.wrap_socket(connection, server_hostname=name)
    from urllib3.util.ssltransport import SSLTransport  # noqa: PLC0415  # only for channels that are no sockets

    transport: Any = SSLTransport(connection, context, server_hostname=name)  # type: ignore[arg-type]  # like a socket
    return transport  # type: ignore[no-any-return]  # it has the methods of an SSLSocket


class Cut:
    """Has the time been up?"""

    def __init__(self) -> None:
        self.late = False


@contextmanager
def cut_off(connection: socket.socket, seconds: float) -> Iterator[Cut]:
    """Ends whatever waits on the connection when the time is up, however slowly bytes drip in; then closes it."""
    cut = Cut()

    def end() -> None:
        cut.late = True
        with suppress(OSError):  # it may have ended by itself in the meantime
            connection.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield cut
    finally:
        timer.cancel()
        connection.close()
