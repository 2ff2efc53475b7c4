"""Whether a server is the one that it should be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from executor.hosts.errors import ConnectionFailed
from executor.hosts.known_hosts import Changed, HostKey, Known, KnownHostsFiles, Revoked, Unknown, add
from executor.hosts.ssh_config import Target

if TYPE_CHECKING:
    from paramiko import PKey, SSHClient


class Checked:
    """Accepts what known_hosts vouches for. paramiko asks it about every host, as it is given no keys of its own."""

    def __init__(self, target: Target, files: KnownHostsFiles) -> None:
        self._target = target
        self._files = files

    def missing_host_key(self, client: SSHClient, hostname: str, key: PKey) -> None:  # noqa: ARG002  paramiko's form
        target = self._target
        shown = host_key(key)
        name = target.known_as or target.host
        match self._files.load(target.known_hosts).judge(shown, name, target.port):
            case Known():
                return
            case Unknown() if target.accept_new:
                add(Path(target.known_hosts[0]), name, target.port, shown)
            case Unknown(authorities):
                raise _unknown_key(target, shown, bool(authorities))
            case Changed(entries):
                raise ConnectionFailed(
                    f"the host key of {target.name} ({target}) has changed: it shows {_said(shown)}, but "
                    + " and ".join(f"{e.file}:{e.line} says {_said(e.key)}" for e in entries),
                    kind="host-key-changed",
                    hint="somebody may be in between. If the host was set up anew: "
                    f"delete that line, then `runbook trust {target.name}`",
                )
            case Revoked(entry):
                raise ConnectionFailed(
                    f"the host key that {target.name} ({target}) shows is revoked: {entry.file}:{entry.line}",
                    kind="host-key-changed",
                    hint="the server must get a new key",
                )


class UnknownKey(ConnectionFailed):
    """Nobody vouches for the key that a server shows. `keep` writes it down, once a person has compared it."""

    def __init__(self, target: Target, shown: HostKey, reason: str, hint: str) -> None:
        super().__init__(reason, kind="host-key-unknown", hint=hint)
        self.name = target.name  # whose key it is: the host's, or that of a jump host on the way to it
        self.shown = shown
        self.file = Path(target.known_hosts[0])
        self._target = target

    def keep(self) -> None:
        """Appends the key to the host's own known_hosts file. Raises OSError."""
        add(self.file, self._target.known_as or self._target.host, self._target.port, self.shown)


def _unknown_key(target: Target, shown: HostKey, certified: bool) -> UnknownKey:
    reason = f"the host key of {target.name} ({target}) is not known: it shows {_said(shown)}"
    if certified:
        reason += ", and certificates of hosts are not understood"
    hint = f"`runbook trust {target.name}` shows it and keeps it once you have compared it"
    return UnknownKey(target, shown, reason, hint)


def _said(key: HostKey) -> str:
    return f"{key.short_type} {key.fingerprint}"


def host_key(key: PKey) -> HostKey:
    """paramiko's key as a value of ours."""
    return HostKey(key.get_name(), key.asbytes())
