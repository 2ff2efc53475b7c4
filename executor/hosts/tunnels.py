"""Connections that go out from the host: for probes of its own ports, and as the way to the next host."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

from executor.hosts.errors import ForwardingRefused

if TYPE_CHECKING:
    from paramiko import Channel, Transport

_PIECE = 64 * 1024


def open_tunnel(transport: Transport, address: str, port: int, timeout: float) -> Channel:
    """A channel to address and port as the host sees them (one round trip, blocking).

    Raises ForwardingRefused where the server does not forward, OSError where nothing answers.
    """
    from paramiko import ChannelException, SSHException  # noqa: PLC0415  heavy
    from paramiko.common import OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED  # noqa: PLC0415  heavy

    try:
        return transport.open_channel("direct-tcpip", (address, port), ("127.0.0.1", 0), timeout=timeout)
    except ChannelException as error:
        if error.code == OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED:
            raise ForwardingRefused("the SSH server does not forward connections (AllowTcpForwarding)") from error
        raise ConnectionRefusedError(f"nothing answers at {address}:{port}") from error
    except (SSHException, EOFError) as error:
        if "Timeout" in str(error):
            raise TimeoutError(f"{address}:{port} did not answer within {timeout:g} s") from error
        raise ConnectionResetError("the connection to the host was lost") from error


def as_socket(channel: Channel) -> socket.socket:
    """The channel as a real socket, which TLS and HTTP libraries want."""
    ours, theirs = socket.socketpair()
    threading.Thread(target=_inward, args=(channel, theirs), name="runbook-tunnel", daemon=True).start()
    threading.Thread(target=_outward, args=(channel, theirs), name="runbook-tunnel", daemon=True).start()
    return ours


def _inward(channel: Channel, end: socket.socket) -> None:
    # Either side may hang up at any time; that is how a connection ends.
    with contextlib.suppress(OSError):
        while data := channel.recv(_PIECE):
            end.sendall(data)
        end.shutdown(socket.SHUT_WR)


def _outward(channel: Channel, end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := end.recv(_PIECE):
            channel.sendall(data)
        channel.shutdown_write()
    # The user's end is closed: nobody reads what still comes.
    channel.close()
    end.close()
