"""OpenSSH's own tool, and keys that it makes, for tests."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KINDS = {
    "ed25519": ["-t", "ed25519"],
    "ecdsa-256": ["-t", "ecdsa", "-b", "256"],
    "ecdsa-384": ["-t", "ecdsa", "-b", "384"],
    "ecdsa-521": ["-t", "ecdsa", "-b", "521"],
    "rsa": ["-t", "rsa", "-b", "2048"],
}


def make_key(folder: Path, name: str, kind: str = "ed25519", passphrase: str = "") -> Path:
    """A new private key; its public one lies beside it."""
    path = folder / name
    _called("ssh-keygen", "-q", "-N", passphrase, "-C", name, "-f", str(path), *KINDS[kind])
    return path


def public(key: Path) -> str:
    """Type and base64, as a line of allowed signers has them."""
    return " ".join(key.with_name(f"{key.name}.pub").read_text().split()[:2])


def sign(key: Path, message: bytes, namespace: str = "runbook-plan") -> bytes:
    """What `ssh-keygen -Y sign` makes of a message."""
    return _called("ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", namespace, told=message)


def verifies(folder: Path, who: str, signature: bytes, message: bytes, namespace: str = "runbook-plan") -> bool:
    """What `ssh-keygen -Y verify` says, by the allowed signers in the folder."""
    (folder / "signature").write_bytes(signature)
    words = ["-f", str(folder / "allowed_signers"), "-I", who, "-n", namespace, "-s", str(folder / "signature")]
    ended = subprocess.run(["ssh-keygen", "-Y", "verify", *words], input=message, capture_output=True, check=False)
    return ended.returncode == 0


@contextmanager
def agent(*keys: Path) -> Iterator[str]:
    """An agent with these keys, for as long as this lasts; gives its socket."""
    said = _called("ssh-agent", "-s").decode()
    words = dict(part.strip().split("=", 1) for part in said.split(";") if "=" in part)
    try:
        for key in keys:
            _called("ssh-add", "-q", str(key), socket=words["SSH_AUTH_SOCK"])
        yield words["SSH_AUTH_SOCK"]
    finally:
        os.kill(int(words["SSH_AGENT_PID"]), signal.SIGTERM)


def _called(*words: str, told: bytes = b"", socket: str = "") -> bytes:
    environment = {**os.environ, "SSH_AUTH_SOCK": socket}
    return subprocess.run(words, input=told, env=environment, capture_output=True, check=True).stdout
