"""The SSH server of the sandbox: on 127.0.0.1 alone, for one key alone, with sessions and forwarding to loopback."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    MSG_CHANNEL_REQUEST,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_FAILED_CONNECT_FAILED,
    OPEN_SUCCEEDED,
)

from executor.sandbox import forward, session
from executor.sandbox.info import SandboxHost
from executor.sandbox.shells import OnTerminal, Running, Window, environment, on_terminal, piped, resize

LOG = logging.getLogger(__name__)
LOGIN_TIME = 30.0  # seconds that a client has to log in
MAX_SESSIONS = 10  # at once on one connection, as with sshd


@dataclass(frozen=True, slots=True)
class Door:
    """Who is let in to a host, and the key by which the host is known."""

    host: SandboxHost
    host_key: paramiko.PKey
    user: str
    client_key: paramiko.PKey


@dataclass(slots=True)
class _Session:
    """A session channel before and while its command runs."""

    environment: dict[str, str]
    channel: paramiko.Channel | None = None  # kept here: paramiko itself holds its channels weakly
    window: Window | None = None
    begin: Callable[[], None] | None = None  # due once the client has been told that its request is granted
    running: Running | None = None


def accept(connection: socket.socket, address: tuple[str, int], door: Door) -> None:
    """Serve one client until it leaves. Blocks: run it in a thread of its own."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    transport = _Transport(connection)
    transport.add_server_key(door.host_key)
    login = _Connection(door, address)
    try:
        transport.start_server(server=login)
        login.take_channels(transport)
    except (paramiko.SSHException, EOFError, OSError) as error:
        LOG.info("%s: a connection ended: %s", door.host.name, error)
    finally:
        transport.close()


def _request_and_begin(channel: paramiko.Channel, message: paramiko.Message) -> None:
    """Answer a channel's request as paramiko does, and only then start what it asked for.

    A command that is over before the client has read "granted" would look to it like one that was refused.
    """
    channel._handle_request(message)  # type: ignore[attr-defined]  # paramiko's own handler; not in the stubs
    login = channel.get_transport().server_object
    if isinstance(login, _Connection):
        login.begin(channel)


class _Transport(paramiko.Transport):
    _channel_handler_table: dict[int, Any] = {  # noqa: RUF012 - paramiko declares the table so, on the class
        **paramiko.Transport._channel_handler_table,  # type: ignore[attr-defined]  # not in the stubs
        MSG_CHANNEL_REQUEST: _request_and_begin,
    }


@dataclass(slots=True, eq=False)
class _Connection(paramiko.ServerInterface):
    """What one client may do. Its methods are called from the transport's thread and must not block."""

    door: Door
    address: tuple[str, int]
    sessions: dict[int, _Session] = field(default_factory=dict)
    forwards: dict[int, socket.socket] = field(default_factory=dict)

    # --- logging in --------------------------------------------------------------------------------------------

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - the same for everybody
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        welcome = username == self.door.user and key.asbytes() == self.door.client_key.asbytes()
        return AUTH_SUCCESSFUL if welcome else AUTH_FAILED

    # --- sessions ----------------------------------------------------------------------------------------------

    def check_channel_request(self, kind: str, chanid: int) -> int:
        for number, asked in list(self.sessions.items()):
            if asked.channel is not None and asked.channel.closed:
                self.sessions.pop(number, None)
        if kind != "session" or len(self.sessions) >= MAX_SESSIONS:
            return OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
        env = environment(self.door.host, self.door.user)
        client, port = self.address
        env["SSH_CONNECTION"] = f"{client} {port} 127.0.0.1 {self.door.host.ssh_port}"
        self.sessions[chanid] = _Session(env)
        return OPEN_SUCCEEDED

    def check_channel_env_request(self, channel: paramiko.Channel, name: bytes, value: bytes) -> bool:
        text = name.decode(errors="replace")
        welcome = text == "LANG" or text.startswith("LC_")
        if welcome:
            self.sessions[channel.get_id()].environment[text] = value.decode(errors="replace")
        return welcome

    def check_channel_pty_request(  # noqa: PLR0917 - as paramiko calls it
        self,
        channel: paramiko.Channel,
        term: bytes,
        width: int,
        height: int,
        pixelwidth: int,  # noqa: ARG002 - nobody asks for pixels
        pixelheight: int,  # noqa: ARG002 - as above
        modes: bytes,  # noqa: ARG002 - the terminal's usual modes will do
    ) -> bool:
        self.sessions[channel.get_id()].window = Window(term.decode(errors="replace"), width, height)
        return True

    def check_channel_window_change_request(
        self,
        channel: paramiko.Channel,
        width: int,
        height: int,
        pixelwidth: int,  # noqa: ARG002 - nobody asks for pixels
        pixelheight: int,  # noqa: ARG002 - as above
    ) -> bool:
        asked = self.sessions[channel.get_id()]
        if asked.window is None:
            return False
        asked.window = replace(asked.window, columns=width, rows=height)
        if isinstance(asked.running, OnTerminal):
            resize(asked.running.theirs, asked.window)
        return True

    def check_channel_shell_request(self, channel: paramiko.Channel) -> bool:
        return self._grant(channel, None)

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        return b"\0" not in command and self._grant(channel, command)

    def _grant(self, channel: paramiko.Channel, command: bytes | None) -> bool:
        asked = self.sessions[channel.get_id()]
        if asked.begin is not None or asked.running is not None:
            return False  # one command a channel
        asked.begin = partial(self._run, channel, asked, command)
        return True

    def begin(self, channel: paramiko.Channel) -> None:
        """Start what has been granted to the channel and not begun yet."""
        asked = self.sessions.get(channel.get_id())
        if asked is not None and asked.begin is not None and asked.running is None:
            threading.Thread(target=asked.begin, daemon=True).start()
            asked.begin = None

    def _run(self, channel: paramiko.Channel, asked: _Session, command: bytes | None) -> None:
        host, env = self.door.host, asked.environment
        try:
            if asked.window is not None:
                asked.running = on_terminal(command, host, env, asked.window)
            else:
                # Without a terminal a shell reads its commands from its input, as `sh` does by itself.
                asked.running = piped(b"exec /bin/sh" if command is None else command, host, env)
            session.serve(channel, asked.running)
        except OSError as error:
            LOG.warning("%s: a command could not be started: %s", host.name, error)
            channel.close()
        finally:
            self.sessions.pop(channel.get_id(), None)

    # --- forwarding --------------------------------------------------------------------------------------------

    def check_channel_direct_tcpip_request(
        self,
        chanid: int,
        origin: tuple[str, int],  # noqa: ARG002 - who asks does not matter, where to does
        destination: tuple[str, int],
    ) -> int:
        if not forward.is_loopback(destination[0]):
            return OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
        try:
            self.forwards[chanid] = forward.dial(destination)
        except OSError:
            return OPEN_FAILED_CONNECT_FAILED
        return OPEN_SUCCEEDED

    def take_channels(self, transport: paramiko.Transport) -> None:
        """Hold each channel as it is opened; those that lead to a port get their threads here."""
        while transport.is_active():
            channel = transport.accept(timeout=LOGIN_TIME)
            if channel is None:
                if not transport.is_authenticated():
                    return
            elif (target := self.forwards.pop(channel.get_id(), None)) is not None:
                threading.Thread(target=forward.join, args=(channel, target), daemon=True).start()
            elif (asked := self.sessions.get(channel.get_id())) is not None:
                asked.channel = channel
