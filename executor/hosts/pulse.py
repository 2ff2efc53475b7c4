"""Whether a server is still there: a silent one is asked for a sign of life, and hung up on when none comes."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass

from executor.hosts.connecting import Connection

# A silent connection is asked for a sign of life after this many seconds, and given up as many seconds later.
PULSE = 15.0
_NOTICE = 2.0  # seconds in which a transport finds out that its line is dead


@dataclass(slots=True, eq=False)
class Pulse:
    """One connection's."""

    connection: Connection
    asked: float | None = None  # when a sign of life was asked for that has not come yet

    def beat(self, now: float) -> None:
        """Called every few seconds: asks, or hangs up."""
        if now - self.connection.tap.heard < PULSE:
            self.asked = None
        elif self.asked is None:
            self.asked = now
            _ask_for_life(self.connection)
        elif now - self.asked >= PULSE:
            # The transport's end is told to every lane, and their jobs are looked for again.
            self.connection.close()


def is_dead(connection: Connection) -> bool:
    """Whether a server that is asked for a sign of life gives none (blocking)."""
    asked = time.monotonic()
    _ask_for_life(connection)
    connection.transport.join(_NOTICE)
    return connection.tap.heard < asked


def _ask_for_life(connection: Connection) -> None:
    """Sends a request that every server answers, if only with a refusal. In a thread: a dead line may block it."""
    from paramiko.common import cMSG_GLOBAL_REQUEST  # noqa: PLC0415  heavy
    from paramiko.message import Message  # noqa: PLC0415  heavy
    from paramiko.ssh_exception import SSHException  # noqa: PLC0415  heavy

    message = Message()
    message.add_byte(cMSG_GLOBAL_REQUEST)
    message.add_string("keepalive@openssh.com")
    message.add_boolean(True)
    # Transport.global_request would wait for the answer without a deadline.
    send = connection.transport._send_user_message  # type: ignore[attr-defined]  # not in its stubs

    def ask() -> None:
        # A connection that is lost now needs no question any more.
        with suppress(OSError, EOFError, SSHException):
            send(message)

    threading.Thread(target=ask, name="runbook-pulse", daemon=True).start()
