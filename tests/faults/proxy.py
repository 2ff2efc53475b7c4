"""A bad line: a TCP proxy before a server, which is slow, and breaks its first connections after a number of bytes."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from typing import Literal

Fault = Literal[
    "reset",
    "close",
    "silence",  # both ends stay connected, and never hear of each other again
]


class Proxy:
    """Listens on loopback; `cuts` are the bytes after which each of the first connections breaks, both ways counted."""

    def __init__(self, port: int, cuts: list[int], fault: Fault, *, delay: float = 0.0) -> None:
        """`delay`: seconds that everything needs on its way."""
        self._port = port
        self._cuts = list(cuts)
        self._fault = fault
        self._delay = delay
        self.silent = threading.Event()  # a connection has fallen silent since this was cleared
        self._server = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        port: int = self._server.getsockname()[1]
        return port

    def close(self) -> None:
        with contextlib.suppress(OSError):  # nobody may be waiting any more
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for one in self._sockets:
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return  # closed
            self.connections += 1
            server = socket.create_connection(("127.0.0.1", self._port))
            self._sockets += [client, server]
            line = _Line(self, (client, server), self._cuts.pop(0) if self._cuts else None, self._fault, self._delay)
            for ends in ((client, server), (server, client)):
                threading.Thread(target=line.carry, args=ends, daemon=True).start()


class _Line:
    """One connection."""

    def __init__(
        self, proxy: Proxy, ends: tuple[socket.socket, socket.socket], left: int | None, fault: Fault, delay: float
    ) -> None:
        self._proxy = proxy
        self._ends = ends
        self._left = left
        self._fault = fault
        self._delay = delay
        self._lock = threading.Lock()

    def carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the other way has cut it
            while data := source.recv(65536):
                time.sleep(self._delay)
                data, cut = self._take(data)
                target.sendall(data)
                if cut and self._fault != "silence":
                    break
                if cut:
                    self._proxy.silent.set()
        self._end()

    def _take(self, data: bytes) -> tuple[bytes, bool]:
        """What of it still goes through, and whether that is the end."""
        with self._lock:
            if self._left is None or len(data) < self._left:
                self._left = None if self._left is None else self._left - len(data)
                return data, False
            data, self._left = data[: self._left], 0
            return data, True

    def _end(self) -> None:
        for end in self._ends:
            with contextlib.suppress(OSError):  # it has ended already
                if self._fault == "reset":
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.shutdown(socket.SHUT_RDWR)
