"""Connections to a port as a host sees it, with a time by which they are cut off."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from executor.hosts.errors import ConnectionFailed, ForwardingRefused
from executor.hosts.protocol import Host
from executor.probes.addresses import is_link_local, peer_of
from executor.probes.answers import Silence, Unasked
from executor.probes.words import duration

CONNECT_LIMIT = 10.0  # seconds for opening a connection
FORWARDING = "its SSH server forwards no ports"
CURE = "`AllowTcpForwarding local` lets it, and `from: control` asks from here"


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
        raise Refused(Unasked(f"{host.name}: {FORWARDING} ({CURE})"), forwarding=True) from error
    except ConnectionFailed as error:
        raise Refused(Unasked(f"{host.name}: {error.reason}")) from error
    except TimeoutError as error:
        raise Refused(Silence(f"no connection to {address}:{port} within {duration(limit)}")) from error
    except ConnectionResetError as error:
        # A port that nobody listens on refuses; a reset at this point is the way to the host that broke.
        raise Refused(Unasked(f"{host.name}: {error.strerror or error}")) from error
    except OSError as error:
        reason = f"{error.strerror} ({address}:{port})" if error.strerror else str(error)
        raise Refused(Silence(reason)) from error
    if not link_local and is_link_local(peer_of(connection)):
        connection.close()
        raise Refused(Unasked(f"{address} stands for a link-local address: probes do not look there"))
    return connection


class Line:
    """An open connection, with or without TLS over it. `late`: its time was up before it had been closed."""

    def __init__(self, connection: socket.socket) -> None:
        self.wire = connection
        self.late = False

    def secure(self, context: ssl.SSLContext, name: str) -> ssl.SSLSocket:
        """TLS from here on. Raises ssl.SSLError or OSError."""
        # The handshake comes after `wire` is the new socket, so that it can be cut off too.
        wire = context.wrap_socket(self.wire, server_hostname=name, do_handshake_on_connect=False)
        self.wire = wire
        wire.do_handshake()
        return wire

    def end(self) -> None:
        """Wakes whoever waits on it."""
        self.late = True
        with suppress(OSError):  # it may have ended by itself in the meantime
            socket.socket.shutdown(self.wire, socket.SHUT_RDWR)


@contextmanager
def cut_off(connection: socket.socket, seconds: float) -> Iterator[Line]:
    """Ends the connection when the time is up, however slowly bytes drip in; closes it in any case."""
    line = Line(connection)
    connection.settimeout(None)
    timer = threading.Timer(seconds, line.end)
    timer.daemon = True
    timer.start()
    try:
        yield line
    finally:
        timer.cancel()
        line.wire.close()
