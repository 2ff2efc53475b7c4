"""Generated keys: one that the sandbox's hosts let in, and one for each host to be known by."""

from __future__ import annotations

import os
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paramiko import Ed25519Key, PKey


def generate() -> str:
    """A new ed25519 private key in OpenSSH's text format, without a passphrase."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - heavy, and only `up` needs it
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - as above

    return (
        Ed25519PrivateKey.generate()
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
        .decode()
    )


def parse(text: str) -> Ed25519Key:
    """The key for paramiko."""
    from paramiko import Ed25519Key  # noqa: PLC0415 - heavy, and only the server's process needs it

    return Ed25519Key(file_obj=StringIO(text))


def public_line(key: PKey, comment: str) -> str:
    return f"{key.get_name()} {key.get_base64()} {comment}\n"


def known_hosts(keys: Mapping[int, PKey]) -> str:
    """The known_hosts file for keys by port on 127.0.0.1."""
    return "".join(f"[127.0.0.1]:{port} {key.get_name()} {key.get_base64()}\n" for port, key in keys.items())


def write_private(path: Path, text: str) -> None:
    """Write a file that only the user may read, whatever the umask says."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
