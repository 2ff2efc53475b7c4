"""A host over SSH: one connection, made again when it is lost, with lanes on it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from executor.hosts.become import Become
from executor.hosts.connecting import Connection, Credentials, connect, fetch_host_key
from executor.hosts.connections import Connections
from executor.hosts.dispatch import Dispatcher
from executor.hosts.errors import ConnectionFailed, ForwardingRefused
from executor.hosts.flights import LaneKind
from executor.hosts.known_hosts import HostKey, Opinion, add
from executor.hosts.lanes import Lane, LaneFailed
from executor.hosts.lines import Tunnel
from executor.hosts.protocol import Job, Sink
from executor.hosts.pulse import is_dead
from executor.hosts.ssh_config import Target, resolve
from executor.hosts.tunnels import as_socket, open_tunnel
from executor.model.inventories import HostSpec, Ssh

if TYPE_CHECKING:
    from paramiko import Channel

# How long a lost host is looked for while a job is on it.
PATIENCE = 60.0
# What can be done about a server that gives too few sessions.
_MORE_SESSIONS = "raise MaxSessions in its sshd_config"


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
        lent: Ssh | None = None,
    ) -> None:
        """`known`: an earlier program of the run has been connected to it. `awaited`: work of the run is under way
        there, so that already at the first connection it is looked for during `patience` seconds. `traceless`:
        connecting makes no folder there, so that nothing is left behind as long as all jobs can run plainly.
        `lent`: see `ssh_config.resolve`."""
        self.name = spec.name
        self._spec = spec
        self._credentials = credentials or Credentials()
        self._through = through
        self._become = Become(become_password)
        self._patience = patience
        self._awaited = awaited
        self._connections = Connections(self.name, lambda: self.target, self._connect)
        self._target: Target | None = None
        self._lent = lent
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
        self._dispatcher.close()
        self._connections.close()

    # --- for the rest of the room -------------------------------------------------------------------------------

    @property
    def target(self) -> Target:
        """Where and as whom. Raises ConnectionFailed (kind "config")."""
        if self._target is None:
            self._target = resolve(self._spec, self._lent)
        return self._target

    @property
    def ssh(self) -> Ssh:
        """What the inventory says of the way to it, with what was lent."""
        if self._lent is None:
            return self._spec.ssh
        return replace(self._spec.ssh, key=self._lent.key, known_hosts=self._lent.known_hosts)

    def connection(self, patience: float = 0.0) -> Connection:
        """The connection, made if there is none (blocking). A lost host is looked for during `patience` seconds."""
        return self._connections.first(patience)

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
        self._connections.beat(now)

    # --- inside ---------------------------------------------------------------------------------------------------

    def _open_lane(self, new_lane: Callable[[], Lane]) -> Lane:
        from executor.hosts.libraries import SSHException  # noqa: PLC0415  heavy

        give_up = time.monotonic() + self._patience
        tries = 2  # for a server that is there: a shell that has ended without a word may have been killed
        while True:
            lane = new_lane()
            command = self._become.way_in(lane.kind.user)
            connection = self.connection(max(0.0, give_up - time.monotonic()))
            try:
                connection = self._join(lane, command, connection)
                self._become.enter(lane, self.target.timeout)
            except (SSHException, EOFError, OSError, LaneFailed) as error:
                silent = isinstance(error, LaneFailed) and error.silent
                if isinstance(error, LaneFailed) and error.words and not silent:
                    raise
                # Without a word the connection is lost, whether the transport notices or not: on a new one it may work.
                if is_dead(connection):
                    connection.close()
                else:
                    tries -= 2 if silent else 1
                if tries <= 0 or time.monotonic() > give_up:
                    raise LaneFailed(str(error) or "no shell answers") from error
            else:
                return lane

    def _join(self, lane: Lane, command: str, connection: Connection) -> Connection:
        """Gives a lane its session (blocking); returns the connection that it is on.

        Servers limit the sessions of one connection, some to a single one. The next one is then had on another
        connection, as it would be with a second `ssh`. Raises LaneFailed, SSHException, EOFError, OSError.
        """
        from executor.hosts.libraries import ChannelException, SSHException  # noqa: PLC0415  heavy
        from executor.hosts.wire import ChannelWire  # noqa: PLC0415  imports paramiko

        def on(connection: Connection) -> Connection:
            lane.join(ChannelWire(connection.transport, command, lane, self.target.timeout))
            return connection

        try:
            return on(connection)
        except ChannelException:
            for other in self._connections.further():
                try:
                    return on(other)
                except ChannelException:
                    continue  # this one has no session left, either
                except (SSHException, EOFError, OSError):
                    other.close()  # lost: whatever is on it is looked for again
        try:
            another = self._connections.another()
        except ConnectionFailed as error:
            why = f"the server opens no further session, and no further connection ({error.reason})"
            raise LaneFailed(f"{why}: {_MORE_SESSIONS}") from error
        try:
            on(another)
        except (SSHException, EOFError, OSError) as error:
            another.close()
            if isinstance(error, ChannelException):
                raise LaneFailed(f"the server opens no session: {_MORE_SESSIONS}") from error
            raise
        self._connections.keep(another)
        return another

    def _connect(self) -> Connection:
        return connect(self.target, self._credentials, self._way())

    def _way(self) -> Tunnel | None:
        """How this host's own connection gets there: through the last of its jump hosts."""
        if not self.target.jump or self._through is None:
            return None
        *before, last = self.target.jump
        jump = self._through(self, last, tuple(before))
        return jump.tunnel if jump else None
