"""Whether a key has made a signature: Ed25519, ECDSA, RSA, and the first two in hardware (`sk-`)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from executor.approvals.wire import Malformed, Reader, number

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurve
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

LEAST_RSA: Final = 2048  # bits
_TOUCHED: Final = 0x01  # a hardware key's flag: somebody was there
CERTIFICATE: Final = "-cert-v01@openssh.com"


class NotVerified(ValueError):
    """The signature is not that key's, or of a kind that proves nothing; the text says which."""


def verify(key: bytes, proof: bytes, data: bytes) -> None:
    """Returns where `proof` is the signature of `data` by the public `key`, all three as SSH writes them.

    Raises NotVerified with the reason.
    """
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415  heavy

    try:
        _verify(Reader(key), Reader(proof), data)
    except InvalidSignature:
        raise NotVerified("it is a signature of something else") from None
    except (Malformed, UnsupportedAlgorithm, ValueError) as error:
        raise NotVerified(str(error) or "its key makes no sense") from error


def kind_of(key: bytes) -> str:
    """A public key's type, e.g. ssh-ed25519. Raises Malformed."""
    return Reader(key).text()


def _verify(key: Reader, proof: Reader, data: bytes) -> None:
    kind, how = key.text(), proof.text()
    match kind:
        case "ssh-ed25519":
            _same(how, kind)
            _ed25519(key.string(), proof.string(), data)
        case "sk-ssh-ed25519@openssh.com":
            _same(how, kind)
            point, application, made = key.string(), key.string(), proof.string()
            _ed25519(point, made, _by_hardware(application, proof, data))
        case "ecdsa-sha2-nistp256" | "ecdsa-sha2-nistp384" | "ecdsa-sha2-nistp521":
            _same(how, kind)
            _ecdsa(key.text(), key.string(), proof.string(), data)
        case "sk-ecdsa-sha2-nistp256@openssh.com":
            _same(how, kind)
            curve, point, application, made = key.text(), key.string(), key.string(), proof.string()
            _ecdsa(curve, point, made, _by_hardware(application, proof, data))
        case "ssh-rsa":
            _rsa(key.big(), key.big(), how, proof.string(), data)
        case _ if kind.endswith(CERTIFICATE):
            raise NotVerified("it was made with a certificate, which is not understood: sign with the plain key")
        case _:
            raise NotVerified(f"a key of type {kind!r} is not understood")
    key.end()
    proof.end()


def _same(how: str, kind: str) -> None:
    if how != kind:
        raise NotVerified(f"a key of type {kind} does not make signatures of type {how!r}")


def _ed25519(point: bytes, made: bytes, data: bytes) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415  heavy

    Ed25519PublicKey.from_public_bytes(point).verify(made, data)


def _ecdsa(curve: str, point: bytes, made: bytes, data: bytes) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415  heavy
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature  # noqa: PLC0415  heavy

    shape, hash_ = _curve(curve)
    reader = Reader(made)
    r, s = reader.big(), reader.big()
    reader.end()
    public = ec.EllipticCurvePublicKey.from_encoded_point(shape, point)
    public.verify(encode_dss_signature(r, s), data, ec.ECDSA(hash_))


def _curve(name: str) -> tuple[EllipticCurve, HashAlgorithm]:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415  heavy
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415  heavy

    match name:
        case "nistp256":
            return ec.SECP256R1(), hashes.SHA256()
        case "nistp384":
            return ec.SECP384R1(), hashes.SHA384()
        case "nistp521":
            return ec.SECP521R1(), hashes.SHA512()
        case _:
            raise NotVerified(f"the curve {name!r} is not understood")


def _rsa(exponent: int, modulus: int, how: str, made: bytes, data: bytes) -> None:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415  heavy
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415  heavy
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers  # noqa: PLC0415  heavy

    hashes_by_name: dict[str, HashAlgorithm] = {"rsa-sha2-512": hashes.SHA512(), "rsa-sha2-256": hashes.SHA256()}
    if how not in hashes_by_name:
        raise NotVerified(f"an RSA signature of type {how!r} proves nothing: rsa-sha2-512 does")
    if modulus.bit_length() < LEAST_RSA:
        raise NotVerified(f"its RSA key has {modulus.bit_length()} bits; {LEAST_RSA} are the least")
    RSAPublicNumbers(exponent, modulus).public_key().verify(made, data, PKCS1v15(), hashes_by_name[how])


def _by_hardware(application: bytes, proof: Reader, data: bytes) -> bytes:
    """What a hardware key signs for `data`. Raises NotVerified where nobody has touched it."""
    flags, counter = proof.take(1), proof.number()
    if not flags[0] & _TOUCHED:
        raise NotVerified("its hardware key was not touched")
    return hashlib.sha256(application).digest() + flags + number(counter) + hashlib.sha256(data).digest()
