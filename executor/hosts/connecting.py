"""One SSH connection, from a socket of our own to a checked host key and a login."""

from __future__ import annotations

import logging
import random
import time
from dataclasses import dataclass, field
from functools import partial
from socket import gaierror
from typing import TYPE_CHECKING, Any

from executor.hosts.errors import ConnectionFailed, ForwardingRefused
from executor.hosts.host_keys import Checked, host_key
from executor.hosts.known_hosts import HostKey, KnownHostsFiles
from executor.hosts.lines import Tap, Tunnel, open_line
from executor.hosts.login import Dropped, KeyRing, Login
from executor.hosts.ssh_config import Target

if TYPE_CHECKING:
    from paramiko import Transport

# What the key exchange costs this side: 2.5 ms with curve25519, 22 with group14, 71 with group16.
_KEX = (
    "curve25519-sha256@libssh.org",
    "curve25519-sha256",
    "ecdh-sha2-nistp256",
    "mlkem768x25519-sha256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group16-sha512",
)
_CIPHERS = (
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
)
_MACS = (
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
)
# A server at its limit of connections that are not yet logged in hangs up (MaxStartups): it is asked again.
_BUSY_TRIES = 8


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection that is logged in. `client` is fabric's, which must live as long as the transport is used."""

    target: Target
    transport: Transport
    tap: Tap
    client: Any = field(repr=False)

    def alive(self) -> bool:
        return self.transport.is_active()

    def close(self) -> None:
        self.client.close()
        self.tap.close()


@dataclass(frozen=True, slots=True)
class Credentials:
    """What connections share: keys and known hosts that were read once."""

    keys: KeyRing = field(default_factory=KeyRing)
    known_hosts: KnownHostsFiles = field(default_factory=KnownHostsFiles)


class _Busy(Exception):
    """The server hung up before the login. It is asked again, `tries` times in all."""

    def __init__(self, words: str, tries: int = _BUSY_TRIES) -> None:
        super().__init__(words)
        self.tries = tries


def connect(target: Target, credentials: Credentials, tunnel: Tunnel | None) -> Connection:
    """Opens a connection within `target.timeout` seconds, through `tunnel` where there is one (blocking).

    Raises ConnectionFailed with the reason for people.
    """
    for attempt in range(_BUSY_TRIES):
        try:
            return _connect_once(target, credentials, tunnel)
        except _Busy as error:
            if attempt >= error.tries - 1:
                raise ConnectionFailed(f"{target} hangs up before the login ({error})") from error
            time.sleep(random.uniform(0.05, 0.15) * 2 ** min(attempt, 4))  # noqa: S311  jitter, not a secret
    raise AssertionError("the loop returns or raises")


def fetch_host_key(target: Target, tunnel: Tunnel | None) -> HostKey:
    """The key that a server shows, unchecked and without a login (blocking). Raises ConnectionFailed."""
    try:
        line = open_line(target, tunnel)
    except (OSError, ForwardingRefused) as error:
        raise _explained(error, target) from error
    transport = _transport(line, (), disabled_algorithms=None)
    try:
        transport.start_client(timeout=target.timeout)
        return host_key(transport.get_remote_server_key())
    except Exception as error:
        raise _explained(error, target) from error
    finally:
        transport.close()


def _connect_once(target: Target, credentials: Credentials, tunnel: Tunnel | None) -> Connection:
    try:
        known = credentials.known_hosts.load(target.known_hosts)
    except OSError as error:
        raise ConnectionFailed(f"{error.filename} cannot be read: {error.strerror}", kind="config") from error
    first_types = known.key_types(target.known_as or target.host, target.port)
    started = time.monotonic()
    try:
        tap = Tap(open_line(target, tunnel))
    except (OSError, ForwardingRefused) as error:
        raise _explained(error, target) from error
    # After the line was opened: while the libraries are loaded, the server starts its side of the connection.
    from executor.hosts.libraries import fabric  # noqa: PLC0415  heavy

    # What goes wrong is raised and told once; paramiko would print it with a traceback as well.
    logging.getLogger("paramiko").setLevel(logging.CRITICAL + 1)
    client = fabric.Connection(
        target.host,
        user=target.user,
        port=target.port,
        config=fabric.Config(lazy=True),
        connect_kwargs={
            "sock": tap,
            "timeout": target.timeout,
            "banner_timeout": target.timeout,
            "auth_timeout": target.timeout,
            "channel_timeout": target.timeout,
            "transport_factory": partial(_transport, first_types=first_types),
            "auth_strategy": Login(target, credentials.keys),
        },
    )
    client.client.set_missing_host_key_policy(Checked(target, credentials.known_hosts))
    try:
        client.open()
    except Exception as error:
        client.close()
        tap.close()
        late = time.monotonic() - started >= target.timeout and not isinstance(error, ConnectionFailed)
        raise _explained(TimeoutError() if late else error, target) from error
    return Connection(target, client.transport, tap, client)


def _transport(line: Any, first_types: tuple[str, ...], disabled_algorithms: Any = None) -> Transport:
    """A transport with the algorithms that we want, in our order. Called by paramiko's client."""
    from executor.hosts.libraries import Transport  # noqa: PLC0415  heavy

    transport = Transport(line, disabled_algorithms=disabled_algorithms)
    options = transport.get_security_options()
    options.kex = _ours(_KEX, options.kex)
    options.ciphers = _ours(_CIPHERS, options.ciphers)
    options.digests = _ours(_MACS, options.digests)
    # The server is asked for the key that we know first: another type of key would look like a changed one.
    known = tuple(signing for kind in first_types for signing in _signatures(kind))
    options.key_types = (*_ours(known, options.key_types), *(k for k in options.key_types if k not in known))
    return transport


def _ours(wanted: tuple[str, ...], possible: Any) -> tuple[str, ...]:
    return tuple(name for name in wanted if name in possible)


def _signatures(key_type: str) -> tuple[str, ...]:
    return ("rsa-sha2-512", "rsa-sha2-256") if key_type == "ssh-rsa" else (key_type,)


def _explained(error: Exception, target: Target) -> Exception:
    """The same trouble in words for people, or as a sign to try again."""
    from executor.hosts.libraries import SSHException  # noqa: PLC0415  heavy

    where = f"{target.host}:{target.port}"
    match error:
        case ConnectionFailed():
            return error
        case ForwardingRefused():
            return ConnectionFailed(f"the jump host before {target} does not forward connections", kind="config")
        case gaierror():
            return ConnectionFailed(f"there is no host named {target.host}")
        case TimeoutError():
            return ConnectionFailed(f"{where} did not answer within {target.timeout:g} s", kind="timeout")
        case ConnectionRefusedError():
            return ConnectionFailed(f"{where} refused the connection: no SSH server listens there")
        case EOFError() | ConnectionResetError() | BrokenPipeError():
            return _Busy("the connection was closed")
        case OSError():
            return ConnectionFailed(f"{where} cannot be reached: {error.strerror or error}")
        case Dropped():
            # Mostly the line; but a server may hang up because of the key, and must not be tried often.
            return _Busy(str(error), tries=2)
        case SSHException() if "banner" in str(error) or "MaxStartups" in str(error):
            return _Busy(str(error))
        case SSHException() if "timeout" in str(error).lower() or "timed out" in str(error).lower():
            return ConnectionFailed(f"{where} did not answer within {target.timeout:g} s", kind="timeout")
        case SSHException():
            return ConnectionFailed(f"{where}: {error}")
        case _:
            return error
