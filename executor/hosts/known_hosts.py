"""Host keys: OpenSSH's known_hosts files, read once, indexed by host, and what they say of a key.

Unlike paramiko's reader this one knows `@revoked`, `@cert-authority`, wildcards and negation, and keeps the line of
each entry, so that a refusal can name it.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import fnmatch
import hashlib
import hmac
import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

DEFAULT_PORT = 22


@dataclass(frozen=True, slots=True)
class HostKey:
    """A server's public key: its type ("ssh-ed25519") and its bytes as the protocol writes them."""

    type: str
    blob: bytes

    @property
    def fingerprint(self) -> str:
        """As ssh-keygen shows it."""
        digest = hashlib.sha256(self.blob).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    @property
    def short_type(self) -> str:
        return self.type.removeprefix("ssh-").removeprefix("ecdsa-sha2-").upper()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a known_hosts file. `hosts` is as written: names, patterns or one hash."""

    hosts: str
    key: HostKey
    marker: Literal["", "@revoked", "@cert-authority"]
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Known:
    """The key is the host's."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing is known of the host, except perhaps the authorities that sign its certificates."""

    authorities: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """The host is known, by other keys."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Revoked:
    """The key must never be accepted."""

    entry: Entry


Opinion: TypeAlias = Known | Unknown | Changed | Revoked


def lookup_name(host: str, port: int) -> str:
    """How a host and its port are written in a known_hosts file."""
    return host.lower() if port == DEFAULT_PORT else f"[{host.lower()}]:{port}"


class KnownHosts:
    """The entries of some files, found by host in constant time; hashes and patterns are tried one by one."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._named: dict[str, list[Entry]] = {}
        self._hashed: list[tuple[bytes, bytes, Entry]] = []
        self._patterns: list[Entry] = []
        for entry in entries:
            if entry.hosts.startswith("|1|"):
                if hashed := _hash_parts(entry.hosts):
                    self._hashed.append((*hashed, entry))
            elif any(sign in entry.hosts for sign in "*?!"):
                self._patterns.append(entry)
            else:
                for name in entry.hosts.lower().split(","):
                    self._named.setdefault(name, []).append(entry)

    def entries(self, host: str, port: int = DEFAULT_PORT) -> tuple[Entry, ...]:
        """All entries for a host."""
        return tuple(self._find(lookup_name(host, port)))

    def key_types(self, host: str, port: int = DEFAULT_PORT) -> tuple[str, ...]:
        """The types of the host's known keys: what to ask the server for first."""
        return tuple(dict.fromkeys(e.key.type for e in self.entries(host, port) if not e.marker))

    def judge(self, key: HostKey, host: str, port: int = DEFAULT_PORT) -> Opinion:
        """What the files say of a key that a server at host and port shows."""
        entries = self.entries(host, port)
        # As OpenSSH has it: a key without a port is good for all ports, but its absence is no change.
        plain = self.entries(host) if port != DEFAULT_PORT else ()
        for entry in (*entries, *plain):
            if entry.marker == "@revoked" and entry.key == key:
                return Revoked(entry)
        if any(entry.key == key and not entry.marker for entry in (*entries, *plain)):
            return Known()
        others = tuple(entry for entry in entries if not entry.marker)
        if others:
            return Changed(others)
        return Unknown(tuple(entry for entry in entries if entry.marker == "@cert-authority"))

    def _find(self, name: str) -> Iterator[Entry]:
        yield from self._named.get(name, ())
        yield from (entry for entry in self._patterns if _matches(entry.hosts.lower(), name))
        encoded = name.encode()
        for salt, digest, entry in self._hashed:
            if hmac.digest(salt, encoded, "sha1") == digest:
                yield entry


class KnownHostsFiles:
    """Reads known_hosts files when they are first needed and again when they have changed. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read: dict[tuple[tuple[str, int, int], ...], KnownHosts] = {}

    def load(self, paths: tuple[str, ...]) -> KnownHosts:
        """The entries of all these files; missing ones are empty. Raises OSError where one cannot be read."""
        state = tuple((path, *_version(path)) for path in paths)
        with self._lock:
            if state not in self._read:
                self._read[state] = KnownHosts(entry for path in paths for entry in _entries(Path(path)))
            return self._read[state]


def add(path: Path, host: str, port: int, key: HostKey) -> None:
    """Appends a host's key, making the file and its folder (for their owner alone) where needed. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    line = f"{lookup_name(host, port)} {key.type} {base64.b64encode(key.blob).decode()}\n"
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        size = file.seek(0, os.SEEK_END)
        if size and os.pread(file.fileno(), 1, size - 1) != b"\n":
            line = f"\n{line}"
        file.write(line.encode())


def _version(path: str) -> tuple[int, int]:
    try:
        stat = Path(path).stat()
    except OSError:
        return 0, -1
    return stat.st_mtime_ns, stat.st_size


def _entries(path: Path) -> Iterator[Entry]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    for number, line in enumerate(text.splitlines(), 1):
        if entry := _entry(line.split(), str(path), number):
            yield entry


def _entry(words: list[str], file: str, line: int) -> Entry | None:
    """None for a comment, an empty line, and what OpenSSH does not understand either."""
    if not words or words[0].startswith("#"):
        return None
    marker: Literal["", "@revoked", "@cert-authority"] = ""
    if words[0] == "@revoked":
        marker, words = "@revoked", words[1:]
    elif words[0] == "@cert-authority":
        marker, words = "@cert-authority", words[1:]
    if len(words) < 3 or words[0].startswith("@"):
        return None
    try:
        blob = base64.b64decode(words[2], validate=True)
    except binascii.Error:
        return None
    return Entry(words[0], HostKey(words[1], blob), marker, file, line)


def _hash_parts(text: str) -> tuple[bytes, bytes] | None:
    try:
        _, _, salt, digest = text.split("|")
        return base64.b64decode(salt), base64.b64decode(digest)
    except (ValueError, binascii.Error):
        return None


def _matches(patterns: str, name: str) -> bool:
    """A list of patterns with `*` and `?`; a negated one that matches rules the line out."""
    found = False
    for pattern in patterns.split(","):
        negated = pattern.startswith("!")
        # fnmatch knows brackets as sets, known_hosts as part of "[host]:port".
        if fnmatch.fnmatchcase(name, pattern.removeprefix("!").replace("[", "[[]")):
            if negated:
                return False
            found = True
    return found
