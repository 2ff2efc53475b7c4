"""Digests by which a resumed run notices that a secret has changed, and from which nobody can tell what it is."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping

from executor.model.secrets import Secret

_SALT = 16  # bytes, new for each digest
_SIZE = 8
# Slow on purpose (some 20 ms): a short password must not be found by trying. In RFC 7914's terms N, r and p.
_COST, _BLOCK, _LANES = 1 << 13, 8, 1


def digests(secrets: Mapping[str, Secret]) -> dict[str, str]:
    """A digest for each name: "scrypt:SALT:DIGEST", both in hexadecimal."""
    return {name: _written(os.urandom(_SALT), secret) for name, secret in secrets.items()}


def changed(secrets: Mapping[str, Secret], known: Mapping[str, str]) -> tuple[str, ...]:
    """The names whose values are not those that the known digests were made of. Names without a digest are not told."""
    return tuple(
        name
        for name, secret in secrets.items()
        if name in known
        and not hmac.compare_digest(known[name], _written(bytes.fromhex(known[name].split(":")[1]), secret))
    )


def _written(salt: bytes, secret: Secret) -> str:
    value = secret.reveal().encode("utf-8", "surrogateescape")
    digest = hashlib.scrypt(value, salt=salt, n=_COST, r=_BLOCK, p=_LANES, dklen=_SIZE)
    return f"scrypt:{salt.hex()}:{digest.hex()}"
