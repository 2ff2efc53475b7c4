"""A host over SSH: one connection, made again when it is lost, with lanes on it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from executor.hosts.become import Become
from executor.hosts.connecting import Connection, Credentials, connect, fetch_host_key
from executor.hosts.dispatch import Dispatcher
from executor.hosts.errors import ConnectionFailed, ForwardingRefused
from executor.hosts.flights import LaneKind
from executor.hosts.known_hosts import HostKey, Opinion, add
from executor.hosts.lanes import Lane, LaneFailed
from executor.hosts.lines import Tunnel
from executor.hosts.protocol import Job, Sink
from executor.hosts.ssh_config import Target, resolve
from executor.hosts.tunnels import as_socket, open_tunnel
from executor.model.inventories import HostSpec

if TYPE_CHECKING:
    from paramiko import Channel

# A silent connection is asked for a sign of life after this many seconds, and given up as many seconds later.
PULSE = 15.0
# How long a lost host is looked for while a job is on it.
PATIENCE = 60.0
_NOTICE = 2.0  # seconds in which a transport finds out that its line is dead
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0
# What a second try can cure.
_PASSING = {"unreachable", "timeout"}


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a login can do, for `ping`. `unfit` says why no durable job can run there; "" where one can."""

    unfit: str
    sessions: bool  # jobs get sessions of their own; without setsid no more than process groups
    forwards: bool  # its ports can be reached through the connection


class Route(Protocol):
    def __call__(self, host: SshHost, jump: str, before: tuple[str, ...]) -> SshHost | None:
        """The host that a jump name stands for, itself reached through `before`; None where that is `host` itself."""


class SshHost:
    """One host of the inventory. Implements `hosts.protocol.Host`. `run` names the run's folder on the host."""

    def __init__(
        self,
        spec: HostSpec,
        run: str,
        *,
        credentials: Credentials | None = None,
        through: Route | None = None,
        become_password: Callable[[], str] | None = None,
        patience: float = PATIENCE,
        known: bool = False,
        awaited: bool = False,
        traceless: bool = False,
    ) -> None:
        """`known`: an earlier program of the run has been connected to it. `awaited`: work of the run is under way
        there, so that already at the first connection it is looked for during `patience` seconds. `traceless`:
        connecting makes no folder there, so that nothing is left behind as long as all jobs can run plainly."""
        self.name = spec.name
        self._spec = spec
        self._credentials = credentials or Credentials()
        self._through = through
        self._become = Become(become_password)
        self._patience = patience
        self._awaited = awaited
        self._connecting = threading.Lock()
        self._connection: Connection | None = None
        self._target: Target | None = None
        self._asked: float | None = None  # when the last sign of life was asked for
        self._closed = False
        self._first = LaneKind(plain=traceless)
        self._dispatcher = Dispatcher(self._open_lane, f"{run}/{spec.name}", known=known)

    # --- the protocol -------------------------------------------------------------------------------------------

    def connect(self) -> None:
        """Opens the connection and a first lane on it. Raises ConnectionFailed."""
        self._prepare(self._patience if self._awaited else 0.0)

    def _prepare(self, patience: float = 0.0) -> Lane:
        self.connection(patience)
        try:
            return self._dispatcher.prepare(self._first)
        except LaneFailed as error:
            raise ConnectionFailed(
                f"{self.target} lets us in, but gives us no shell: {error.words or 'it hangs up'}", kind="login"
            ) from error

    def start(self, job: Job, sink: Sink) -> None:
        self._dispatcher.start(job, sink)

    def end(self, job_id: str) -> None:
        self._dispatcher.end(job_id)

    def forget(self) -> None:
        """Removes what the run's ended jobs have printed from the host (blocking)."""
        self._dispatcher.forget()

    def dial(self, address: str, port: int, timeout: float) -> socket.socket:
        try:
            return as_socket(self.tunnel(address, port, timeout))
        except ConnectionFailed as error:
            raise ConnectionError(error.reason) from error

    def close(self) -> None:
        self._closed = True
        self._dispatcher.close()
        connection = self._connection
        if connection:
            connection.close()

    # --- for the rest of the room -------------------------------------------------------------------------------

    @property
    def target(self) -> Target:
        """Where and as whom. Raises ConnectionFailed (kind "config")."""
        if self._target is None:
            self._target = resolve(self._spec)
        return self._target

    @property
    def config(self) -> str | None:
        """The ssh config that it is read from, where the inventory names one."""
        return self._spec.ssh.config

    def connection(self, patience: float = 0.0) -> Connection:
        """The connection, made if there is none (blocking). A lost host is looked for during `patience` seconds."""
        give_up = time.monotonic() + patience
        wait = _FIRST_WAIT
        with self._alone(patience):
            while True:
                if self._closed:
                    raise ConnectionFailed(f"the connection to {self.name} was closed")
                if self._connection and self._connection.alive():
                    return self._connection
                try:
                    self._connection = connect(self.target, self._credentials, self._way())
                    self._asked = None
                except ConnectionFailed as error:
                    if error.kind not in _PASSING or time.monotonic() + wait > give_up:
                        raise
                    time.sleep(wait)
                    wait = min(2 * wait, _LONGEST_WAIT)
                else:
                    return self._connection

    @contextmanager
    def _alone(self, patience: float) -> Iterator[None]:
        """Only one thread connects; the others wait for what it finds, no longer than it would take themselves."""
        if not self._connecting.acquire(timeout=patience + self.target.timeout):
            raise ConnectionFailed(f"{self.target} is away", kind="timeout")
        try:
            yield
        finally:
            self._connecting.release()

    def shown_key(self) -> HostKey:
        """The key that the server shows, whether it is known or not (blocking). Raises ConnectionFailed."""
        return fetch_host_key(self.target, self._way())

    def opinion(self, key: HostKey) -> Opinion:
        """What the known_hosts files say of a key of this host's."""
        target = self.target
        return self._credentials.known_hosts.load(target.known_hosts).judge(
            key, target.known_as or target.host, target.port
        )

    def trust(self, key: HostKey) -> Path:
        """Keeps a key as this host's; returns the file that it now stands in. Raises OSError."""
        target = self.target
        file = Path(target.known_hosts[0])
        add(file, target.known_as or target.host, target.port, key)
        return file

    def abilities(self) -> Abilities:
        """What this login can do (a few round trips, blocking). Raises ConnectionFailed."""
        lane = self._prepare()
        try:
            self.tunnel("127.0.0.1", 1, self.target.timeout).close()
            forwards = True
        except ForwardingRefused:
            forwards = False
        except OSError:
            forwards = True  # it tried: nothing listens there
        return Abilities(lane.unfit, bool(lane.session), forwards)

    def tunnel(self, address: str, port: int, timeout: float) -> Channel:
        """A channel to somewhere that this host can reach. Raises ForwardingRefused, OSError, ConnectionFailed."""
        return open_tunnel(self.connection().transport, address, port, timeout)

    def pulse(self, now: float) -> None:
        """Called every few seconds: ends what is overdue; asks a silent server for a sign of life, and hangs up when
        none has come."""
        self._dispatcher.overdue(now)
        connection = self._connection
        if connection is None or not connection.alive():
            return
        if now - connection.tap.heard < PULSE:
            self._asked = None
        elif self._asked is None:
            self._asked = now
            _ask_for_life(connection)
        elif now - self._asked >= PULSE:
            # The transport's end is told to every lane, and their jobs are looked for again.
            connection.close()

    # --- inside ---------------------------------------------------------------------------------------------------

    def _open_lane(self, new_lane: Callable[[], Lane]) -> Lane:
        from paramiko import ChannelException, SSHException  # noqa: PLC0415  heavy

        from executor.hosts.wire import ChannelWire  # noqa: PLC0415  imports paramiko

        give_up = time.monotonic() + self._patience
        tries = 2  # for a server that is there: a shell that has ended without a word may have been killed
        while True:
            lane = new_lane()
            command = self._become.way_in(lane.kind.user)
            connection = self.connection(max(0.0, give_up - time.monotonic()))
            try:
                lane.join(ChannelWire(connection.transport, command, lane, self.target.timeout))
                self._become.enter(lane, self.target.timeout)
            except ChannelException as error:
                raise LaneFailed(f"the server opens no further session: {error.text}") from error
            except (SSHException, EOFError, OSError, LaneFailed) as error:
                silent = isinstance(error, LaneFailed) and error.silent
                if isinstance(error, LaneFailed) and error.words and not silent:
                    raise
                # Without a word the connection is lost, whether the transport notices or not: on a new one it may work.
                if _is_dead(connection):
                    connection.close()
                else:
                    tries -= 2 if silent else 1
                if tries <= 0 or time.monotonic() > give_up:
                    raise LaneFailed(str(error) or "no shell answers") from error
            else:
                return lane

    def _way(self) -> Tunnel | None:
        """How this host's own connection gets there: through the last of its jump hosts."""
        if not self.target.jump or self._through is None:
            return None
        *before, last = self.target.jump
        jump = self._through(self, last, tuple(before))
        return jump.tunnel if jump else None


def _is_dead(connection: Connection) -> bool:
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
