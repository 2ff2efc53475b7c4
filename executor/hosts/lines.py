"""The bytes' way to a server, below SSH: a TCP socket of our own, a ProxyCommand, or a tunnel through another host."""

from __future__ import annotations

import contextlib
import shlex
import socket
import subprocess
import time
from collections.abc import Callable
from typing import Protocol, TypeAlias

from executor.hosts.errors import ConnectionFailed
from executor.hosts.ssh_config import Target

_PIECE = 128 * 1024
_WAKE = 1.0  # seconds


class Line(Protocol):
    """What paramiko needs of a socket."""

    def recv(self, size: int, /) -> bytes: ...
    def send(self, data: bytes, /) -> int: ...
    def settimeout(self, seconds: float | None, /) -> None: ...
    def shutdown(self, how: int, /) -> None: ...
    def close(self) -> None: ...


class Tap:
    """A line that knows when something was last heard on it, and reads ahead: paramiko asks for small pieces."""

    def __init__(self, line: Line) -> None:
        self.heard = time.monotonic()
        self.send = line.send
        self._line = line
        self._recv = line.recv
        self._closed = False  # looked at by paramiko
        self._data = b""
        self._at = 0

    def recv(self, size: int, /) -> bytes:
        if self._at == len(self._data):
            self._data, self._at = self._recv(_PIECE), 0
            self.heard = time.monotonic()
        piece = self._data[self._at : self._at + size]
        self._at += len(piece)
        return piece

    def settimeout(self, seconds: float | None, /) -> None:
        """paramiko wakes ten times a second to see whether it was closed; `close` wakes it, so less often will do."""
        self._line.settimeout(None if seconds is None else max(seconds, _WAKE))

    def close(self) -> None:
        self._closed = True
        # Closed alone, it would let a thread that reads it wait on. It may be shut already.
        with contextlib.suppress(OSError, EOFError):
            self._line.shutdown(socket.SHUT_RDWR)
        # Through a jump host whose own connection has gone there is nothing left to close.
        with contextlib.suppress(OSError, EOFError):
            self._line.close()


Tunnel: TypeAlias = Callable[[str, int, float], Line]


def open_line(target: Target, tunnel: Tunnel | None) -> Line:
    """A line to the target (blocking). Raises OSError, or ConnectionFailed for a command that cannot be started."""
    if tunnel is not None:
        return tunnel(target.host, target.port, target.timeout)
    if target.proxy_command:
        return _proxied(target, target.proxy_command)
    line = socket.create_connection((target.host, target.port), target.timeout)
    # paramiko leaves Nagle's algorithm on, which makes a small request wait for 40 ms.
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


class Proxy:
    """A ProxyCommand's input and output as one line."""

    def __init__(self, command: str) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                shlex.split(command), stdin=theirs.fileno(), stdout=theirs.fileno(), start_new_session=True
            )
        self.recv = self._socket.recv
        self.send = self._socket.send
        self.settimeout = self._socket.settimeout
        self.shutdown = self._socket.shutdown

    def close(self) -> None:
        self._socket.close()
        self._process.terminate()
        self._process.wait()


def _proxied(target: Target, command: str) -> Line:
    try:
        return Proxy(command)
    except (OSError, ValueError) as error:
        raise ConnectionFailed(f"the ProxyCommand for {target} cannot be started: {error}", kind="config") from error
