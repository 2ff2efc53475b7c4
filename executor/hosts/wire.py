"""A lane's wire over an SSH channel: what arrives goes from the transport's thread straight to the lane.

No thread waits for each channel. As the lane's work is done before the next packet is read, a slow sink slows the
connection down, and nothing piles up in memory however much a job prints.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from paramiko.buffered_pipe import BufferedPipe
from paramiko.common import cMSG_CHANNEL_REQUEST, cMSG_CHANNEL_WINDOW_ADJUST
from paramiko.message import Message
from paramiko.ssh_exception import SSHException

from executor.hosts.lanes import Lane

if TYPE_CHECKING:
    from paramiko import Channel, Transport

# As nothing is buffered, the window needs no smaller size. It is opened anew, rarely, from another thread: the
# transport's own must never wait for a key exchange that it carries out itself.
_WINDOW = 1 << 30
_PACKET = 1 << 15


class _Stream(BufferedPipe):  # type: ignore[type-arg]  # generic in its stubs alone
    """Stands where paramiko keeps a channel's input."""

    def __init__(self, tell: Callable[[bytes], None], ended: Callable[[], None]) -> None:
        super().__init__()
        self._tell = tell
        self._ended = ended

    def feed(self, data: bytes | str) -> None:
        self._tell(data if isinstance(data, bytes) else data.encode())

    def close(self) -> None:
        super().close()
        self._ended()


class ChannelWire:
    """Runs a command on a session channel of its own. Implements `lanes.Wire`."""

    def __init__(self, transport: Transport, command: str, lane: Lane, timeout: float) -> None:
        """Opens the channel (a round trip, blocking). Raises SSHException.

        A command that the server does not carry out is heard of as the end of the channel: to wait for its consent
        would cost another round trip.
        """
        self._transport = transport
        self._lane = lane
        self._credit = 0
        self._channel: Channel = transport.open_session(_WINDOW, _PACKET, timeout)
        self._channel.in_buffer = _Stream(self._received, lane.closed)
        self._channel.in_stderr_buffer = _Stream(self._complained, _nothing)
        self._execute(command)

    def _execute(self, command: str) -> None:
        message = Message()
        message.add_byte(cMSG_CHANNEL_REQUEST)
        message.add_int(self._channel.remote_chanid)
        message.add_string("exec")
        message.add_boolean(False)
        message.add_string(command)
        self._transport._send_user_message(message)  # type: ignore[attr-defined]  # not in its stubs

    def send(self, data: bytes) -> None:
        try:
            self._channel.sendall(data)
        except (EOFError, SSHException) as error:
            raise ConnectionError("the connection is lost") from error

    def close(self) -> None:
        # Elsewhere, as it speaks with the server, and may be asked for by the transport's own thread.
        threading.Thread(target=self._close, name="runbook-close", daemon=True).start()

    def _close(self) -> None:
        # On a connection that is gone there is nothing left to close.
        with contextlib.suppress(OSError, EOFError, SSHException):
            self._channel.close()

    def _received(self, data: bytes) -> None:
        self._lane.received(data)
        self._count(len(data))

    def _complained(self, data: bytes) -> None:
        self._lane.complained(data)
        self._count(len(data))

    def _count(self, size: int) -> None:
        self._credit += size
        if self._credit >= _WINDOW // 4:
            credit, self._credit = self._credit, 0
            threading.Thread(target=self._open_window, args=(credit,), name="runbook-window", daemon=True).start()

    def _open_window(self, credit: int) -> None:
        message = Message()
        message.add_byte(cMSG_CHANNEL_WINDOW_ADJUST)
        message.add_int(self._channel.remote_chanid)
        message.add_int(credit)
        # Channel.recv would do this, had it been the one to read. Without a connection nobody waits for it.
        with contextlib.suppress(OSError, EOFError, SSHException):
            self._transport._send_user_message(message)  # type: ignore[attr-defined]  # not in its stubs


def _nothing() -> None:
    """Standard error may end before standard output: only the latter is the end of the shell."""
