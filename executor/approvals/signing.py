"""Making signatures: with the agent, with a private key in a file, or by ssh-keygen where the key is in hardware."""

from __future__ import annotations

import base64
import binascii
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from executor.approvals.keys import CERTIFICATE, kind_of
from executor.approvals.sshsig import Signature, parsed, signed
from executor.approvals.wire import Malformed, big, string
from executor.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from paramiko.agent import AgentKey

_HASH = "sha512"
Passphrase: TypeAlias = Callable[[], str]  # asks a person for one


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that can sign. `sign` takes a namespace and a message; `comment` is what its owner calls it."""

    public: bytes
    comment: str
    sign: Callable[[str, bytes], Signature]


# --- the agent -----------------------------------------------------------------------------------------------------


def of_agent() -> Sequence[SigningKey]:
    """The keys that the agent has, hardware keys among them. Empty where there is no agent."""
    with _agents_keys() as keys:
        listed = [(key.asbytes(), getattr(key, "comment", "")) for key in keys]
    return tuple(_of_agent(blob, name) for blob, name in listed if not kind_of(blob).endswith(CERTIFICATE))


def _of_agent(public: bytes, comment: str) -> SigningKey:
    def sign(namespace: str, message: bytes) -> Signature:
        return Signature(public, namespace, _HASH, _asked_of_agent(public, signed(namespace, _HASH, message)))

    return SigningKey(public, comment, sign)


def _asked_of_agent(public: bytes, data: bytes) -> bytes:
    from paramiko import SSHException  # noqa: PLC0415  heavy

    algorithm = "rsa-sha2-512" if kind_of(public) == "ssh-rsa" else None
    with _agents_keys() as keys:
        for key in keys:
            if key.asbytes() == public:
                try:
                    # The stubs say that it is a Message; it is the bytes out of one.
                    return cast("bytes", key.sign_ssh_data(data, algorithm))
                except SSHException as error:
                    raise InvalidInput(Problem(f"the agent does not sign: {error}", code="agent")) from error
    raise InvalidInput(Problem("the agent does not have this key any more", code="agent"))


@contextmanager
def _agents_keys() -> Iterator[Sequence[AgentKey]]:
    from paramiko import Agent, SSHException  # noqa: PLC0415  heavy

    try:
        agent = Agent()
    except SSHException:
        yield ()  # what answers there is no agent
        return
    try:
        yield agent.get_keys()
    finally:
        agent.close()


# --- a file --------------------------------------------------------------------------------------------------------


def of_file(path: Path, passphrase: Passphrase) -> SigningKey:
    """The private key in a file; of a public key's file, the agent's key. A passphrase is asked for where the agent
    does not have the key either. Raises InvalidInput with the reason."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _bad(path, (error.strerror or str(error)).lower()) from error
    public = _public(path, data)
    if public is not None and not data.startswith(b"-----"):
        return _with_agent(path, public)
    if public is not None and kind_of(public).startswith("sk-"):
        return SigningKey(public, path.name, lambda namespace, message: _by_ssh_keygen(path, namespace, message))
    held = _held(public) if public is not None and _locked(data) else None
    return held or _loaded(path, data, passphrase)


def _held(public: bytes) -> SigningKey | None:
    return next((key for key in of_agent() if key.public == public), None)


def public_of(path: Path) -> bytes | None:
    """The public key that lies beside a private one; None where there is none."""
    return _public(path, b"")


def _with_agent(path: Path, public: bytes) -> SigningKey:
    found = _held(public)
    if found is None:
        raise _bad(path, "it is a public key, and the agent does not have the private one")
    return found


def _public(path: Path, data: bytes) -> bytes | None:
    """The public key of a file: the file itself, or the .pub file beside a private one; None where neither is there."""
    for text in (data, _beside(path)):
        words = text.split()
        if len(words) > 1 and not text.startswith(b"-----"):
            try:
                blob = base64.b64decode(words[1], validate=True)
                kind_of(blob)
            except (binascii.Error, Malformed):
                continue
            return blob
    return None


def _beside(path: Path) -> bytes:
    try:
        return path.with_name(f"{path.name}.pub").read_bytes()
    except OSError:
        return b""  # a private key alone can sign, too


def _loaded(path: Path, data: bytes, passphrase: Passphrase) -> SigningKey:
    key = _load(path, data, passphrase)
    public = _public_blob(path, key)

    def sign(namespace: str, message: bytes) -> Signature:
        return Signature(public, namespace, _HASH, _proof(key, signed(namespace, _HASH, message)))

    return SigningKey(public, path.name, sign)


def _locked(data: bytes) -> bool:
    """Whether a private key has a passphrase; what else is wrong with it is told when it is loaded."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415  heavy

    try:
        _parsed(data, None)
    except TypeError:  # that is how cryptography says that a passphrase is needed
        return True
    except (ValueError, UnsupportedAlgorithm):
        return False
    return False


def _parsed(data: bytes, password: bytes | None) -> PrivateKeyTypes:
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415  heavy
        load_pem_private_key,
        load_ssh_private_key,
    )

    load: Callable[..., PrivateKeyTypes] = (
        load_ssh_private_key if b"BEGIN OPENSSH PRIVATE KEY" in data else load_pem_private_key
    )
    return load(data, password=password)


def _load(path: Path, data: bytes, passphrase: Passphrase) -> PrivateKeyTypes:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415  heavy

    try:
        return _parsed(data, passphrase().encode() if _locked(data) else None)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _bad(
            path, f"it is no private key that can be read, or its passphrase is another one ({error})"
        ) from error


def _public_blob(path: Path, key: PrivateKeyTypes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: PLC0415  heavy
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415  heavy

    if not isinstance(key, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise _bad(path, "keys of its type do not sign plans")
    line = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return base64.b64decode(line.split()[1])


def _proof(key: PrivateKeyTypes, data: bytes) -> bytes:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415  heavy
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: PLC0415  heavy
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415  heavy
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature  # noqa: PLC0415  heavy

    match key:
        case ed25519.Ed25519PrivateKey():
            return string(b"ssh-ed25519") + string(key.sign(data))
        case ec.EllipticCurvePrivateKey():
            size = key.curve.key_size
            used = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}[size]
            r, s = decode_dss_signature(key.sign(data, ec.ECDSA(used)))
            return string(f"ecdsa-sha2-nistp{size}".encode()) + string(big(r) + big(s))
        case rsa.RSAPrivateKey():
            return string(b"rsa-sha2-512") + string(key.sign(data, PKCS1v15(), hashes.SHA512()))
        case _:
            raise TypeError(f"a {type(key).__name__} does not sign")  # `_public_blob` has refused it


def _by_ssh_keygen(path: Path, namespace: str, message: bytes) -> Signature:
    """OpenSSH's own tool speaks with the hardware; it asks for the touch, and for a PIN, at the terminal."""
    words = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(path), "-n", namespace]
    try:
        ended = subprocess.run(words, input=message, stdout=subprocess.PIPE, check=False)
    except OSError as error:
        raise _bad(path, f"ssh-keygen is needed for it: {error.strerror}") from error
    if ended.returncode != 0:
        raise _bad(path, "ssh-keygen could not sign with it")
    try:
        return parsed(ended.stdout.decode("ascii", "replace"))
    except Malformed as error:
        raise _bad(path, f"what ssh-keygen printed makes no sense: {error}") from error


def _bad(path: Path, why: str) -> InvalidInput:
    return InvalidInput(Problem(f"the key {path} cannot be used: {why}", code="key"))
