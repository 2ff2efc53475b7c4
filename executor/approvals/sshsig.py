"""SSH signatures of files, in the form that OpenSSH's PROTOCOL.sshsig describes."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Final

from executor.approvals.wire import Malformed, Reader, number, string

_MAGIC: Final = b"SSHSIG"
_VERSION: Final = 1
_BEGIN: Final = "-----BEGIN SSH SIGNATURE-----\n"
_END: Final = "-----END SSH SIGNATURE-----\n"
_LINE: Final = 70  # characters of base64 in a line
LARGEST: Final = 64 * 1024  # bytes of a signature's file that is looked at


@dataclass(frozen=True, slots=True)
class Signature:
    """What a signature's file says. Whether it is true is for `keys.verify` to find out."""

    key: bytes  # the public key, as SSH writes it
    namespace: str  # what the signature is for
    hash: str  # "sha512" or "sha256"
    proof: bytes  # the signature itself, as SSH writes it


def signed(namespace: str, hash_name: str, message: bytes) -> bytes:
    """The bytes that a key signs for a message. Raises Malformed for a hash that signatures do not use."""
    if hash_name not in ("sha512", "sha256"):
        raise Malformed(f"its hash is {hash_name!r}; sha512 and sha256 are known")
    digest = hashlib.new(hash_name, message).digest()
    return _MAGIC + string(namespace.encode()) + string(b"") + string(hash_name.encode()) + string(digest)


def armoured(signature: Signature) -> str:
    """The text of a signature's file, as ssh-keygen writes it."""
    parts = (signature.key, signature.namespace.encode(), b"", signature.hash.encode(), signature.proof)
    blob = _MAGIC + number(_VERSION) + b"".join(map(string, parts))
    text = base64.b64encode(blob).decode("ascii")
    lines = (text[at : at + _LINE] for at in range(0, len(text), _LINE))
    return _BEGIN + "".join(f"{line}\n" for line in lines) + _END


def split(text: str) -> tuple[str, str]:
    """A signature's text, and what follows its last line. Raises Malformed where there is none."""
    if not text.startswith(_BEGIN) or _END not in text:
        raise Malformed("it is no SSH signature")
    end = text.index(_END) + len(_END)
    return text[:end], text[end:]


def parsed(text: str) -> Signature:
    """A signature out of its text. Raises Malformed where a character is not as ssh-keygen writes it."""
    if not text.startswith(_BEGIN) or not text.endswith(_END):
        raise Malformed("it is no SSH signature")
    try:
        blob = base64.b64decode(text[len(_BEGIN) : -len(_END)].replace("\n", ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("its base64 is damaged") from error
    reader = Reader(blob)
    if reader.take(len(_MAGIC)) != _MAGIC:
        raise Malformed("it is no SSH signature")
    if (version := reader.number()) != _VERSION:
        raise Malformed(f"it is of version {version}; version {_VERSION} is known")
    key, namespace, reserved, hash_name, proof = (
        reader.string(), reader.text(), reader.string(), reader.text(), reader.string(),
    )  # fmt: skip
    reader.end()
    found = Signature(key, namespace, hash_name, proof)
    if reserved or armoured(found) != text:
        raise Malformed("it is not written as a signature should be")
    return found


def fingerprint(key: bytes) -> str:
    """A public key's fingerprint, as ssh-keygen shows it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode("ascii").rstrip("=")
