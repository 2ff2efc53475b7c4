"""Logging in with keys: the agent's and the files', in an order that does not use up the server's patience."""

from __future__ import annotations

import base64
import binascii
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from executor.hosts.errors import ConnectionFailed
from executor.hosts.ssh_config import Target

if TYPE_CHECKING:
    from paramiko import PKey, Transport

# sshd ends the connection after six failures, and counts each key.
_ATTEMPTS = 6


class Dropped(Exception):
    """The connection ended while its first key was tried."""


class KeyRing:
    """Private keys by file, each read once. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[str, PKey | str] = {}

    def key(self, path: str) -> PKey | str:
        """The key, or why it cannot be used."""
        with self._lock:
            if path not in self._keys:
                self._keys[path] = _read(path)
            return self._keys[path]


class Login:
    """Authenticates one connection. Handed to fabric as its strategy."""

    def __init__(self, target: Target, keys: KeyRing) -> None:
        self._target = target
        self._keys = keys
        self._troubles: list[str] = []

    def authenticate(self, transport: Transport) -> None:
        """Tries key after key. Raises ConnectionFailed (kind "login") with what was tried and what the server takes."""
        with _agent(self._target.agent) as agents_keys:
            self._try_all(transport, agents_keys)

    def _try_all(self, transport: Transport, agents_keys: Sequence[PKey]) -> None:
        from paramiko import AuthenticationException, BadAuthenticationType, SSHException  # noqa: PLC0415  heavy

        tried = 0
        allowed: list[str] = []
        for key in self._candidates(agents_keys):
            if tried == _ATTEMPTS:
                self._troubles.append(f"only the first {_ATTEMPTS} keys were tried: name one with `key`")
                break
            tried += 1
            try:
                more = transport.auth_publickey(self._target.user, key)
            except BadAuthenticationType as error:
                allowed = error.allowed_types
                break
            except AuthenticationException as error:
                if not transport.is_active():
                    if tried == 1:
                        raise Dropped("the connection was closed during the login") from error
                    self._troubles.append(f"the server ended the connection: {error}")
                    break
                continue
            except SSHException as error:
                self._troubles.append(str(error))
                break
            if not more:
                return
            self._troubles.append(f"the server also wants {', '.join(more)}")
            break
        self._fail(tried, allowed)

    def _candidates(self, agents_keys: Sequence[PKey]) -> Iterator[PKey]:
        """The agent's keys that were asked for by file, those files, then the rest of the agent's."""
        wanted = {blob for path in self._target.keys if (blob := _public_blob(path))}
        seen: set[bytes] = set()
        for key in agents_keys:
            if key.asbytes() in wanted:
                seen.add(key.asbytes())
                yield key
        for path in self._target.keys:
            if file_key := self._file_key(path, seen):
                seen.add(file_key.asbytes())
                yield file_key
        if not self._target.only_these_keys:
            yield from (key for key in agents_keys if key.asbytes() not in seen)

    def _file_key(self, path: str, seen: set[bytes]) -> PKey | None:
        if _public_blob(path) in seen:
            return None
        key = self._keys.key(path)
        if isinstance(key, str):
            if self._target.keys_said or Path(path).exists():
                self._troubles.append(key)
            return None
        return None if key.asbytes() in seen else key

    def _fail(self, tried: int, allowed: list[str]) -> None:
        reason = f"{self._target} refuses the login"
        if tried == 0:
            reason = f"there is no key to log in to {self._target} with"
        elif allowed and "publickey" not in allowed:
            reason += f": it takes no keys, only {', '.join(allowed)}"
        elif tried:
            reason += f" ({tried} {'key' if tried == 1 else 'keys'} tried)"
        if self._troubles:
            reason += "; " + "; ".join(self._troubles)
        raise ConnectionFailed(
            reason, kind="login", hint="`ssh-add -l` lists the agent's keys; `key:` in the inventory names a file"
        )


def _read(path: str) -> PKey | str:
    from paramiko import PKey, SSHException  # noqa: PLC0415  heavy
    from paramiko.ssh_exception import PasswordRequiredException  # noqa: PLC0415  heavy

    if not Path(path).is_file():
        return f"the key {path} does not exist"
    try:
        return PKey.from_path(path)
    except (PasswordRequiredException, TypeError):
        # cryptography says "password was not given" as a TypeError
        return f"the key {path} is protected by a passphrase: `ssh-add {path}` gives it to the agent"
    except (SSHException, OSError, ValueError) as error:
        return f"the key {path} cannot be read: {error}"


def _public_blob(path: str) -> bytes | None:
    """What the agent knows a key file's key by: the .pub file beside it."""
    try:
        words = Path(f"{path}.pub").read_text(encoding="ascii", errors="replace").split()
        return base64.b64decode(words[1]) if len(words) > 1 else None
    except (OSError, binascii.Error):
        return None


@contextmanager
def _agent(said: str | None) -> Iterator[Sequence[PKey]]:
    """The agent's keys, for the time of one login: its protocol is not for sharing between connections."""
    from paramiko import SSHException  # noqa: PLC0415  heavy
    from paramiko.agent import AgentSSH  # noqa: PLC0415  heavy

    path = os.environ.get("SSH_AUTH_SOCK", "") if said is None else said
    if path in {"", "none"}:
        yield ()
        return
    agent = AgentSSH()
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(5)
        try:
            link.connect(os.path.expandvars(path))
            # paramiko looks at SSH_AUTH_SOCK alone; an IdentityAgent of the config needs its inner door.
            agent._connect(link)  # type: ignore[attr-defined]  # not in its stubs
        except (OSError, SSHException):
            # An agent that is not there is no agent: keys in files may still do.
            pass
        yield agent.get_keys()
