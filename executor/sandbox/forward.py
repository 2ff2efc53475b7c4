"""Forwarding from an SSH channel to a port of this machine, and to nowhere else."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paramiko import Channel

CHUNK = 1 << 16  # bytes moved at once


def is_loopback(address: str) -> bool:
    """Whether a destination is this machine. Names other than `localhost` are not looked up."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def dial(destination: tuple[str, int]) -> socket.socket:
    """A connection to a port on loopback. Raises OSError where nothing listens."""
    # Short: loopback answers at once, and whoever calls holds up the rest of the connection.
    connection = socket.create_connection(destination, timeout=1.0)
    connection.settimeout(None)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def join(channel: Channel, target: socket.socket) -> None:
    """Move bytes both ways until both sides have said all they had to say, or one of them is gone."""
    back = threading.Thread(target=_from_target, args=(channel, target), daemon=True)
    back.start()
    with contextlib.suppress(OSError):  # the target hung up: what is left for it has no reader
        while data := channel.recv(CHUNK):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    if channel.eof_sent:
        channel.close()
    # On the server's side no status ever comes, so this returns when the channel is closed, by whomever.
    channel.recv_exit_status()
    with contextlib.suppress(OSError):  # already shut down by the other side
        target.shutdown(socket.SHUT_RDWR)
    back.join()
    target.close()


def _from_target(channel: Channel, target: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the client or the target is gone: nothing more to move
        while data := target.recv(CHUNK):
            channel.sendall(data)
    with contextlib.suppress(OSError):  # closed already, with its whole connection
        channel.shutdown_write()
    if channel.eof_received:
        channel.close()
