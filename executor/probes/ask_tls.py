"""Looking at the certificate of a port."""

from __future__ import annotations

import hashlib
import ssl
from datetime import datetime
from typing import TYPE_CHECKING

from executor.hosts.protocol import Host
from executor.probes.answers import Silence, Unasked
from executor.probes.dialling import Refused, cut_off, dial
from executor.probes.tls import Certificate
from executor.probes.words import duration, excerpt

if TYPE_CHECKING:
    from cryptography.x509 import Certificate as Parsed

LIMIT = 10.0  # seconds for a handshake


def ask(
    host: Host, address: str, port: int, name: str, now: datetime, *, link_local: bool = False
) -> Certificate | Silence | Unasked:
    """What the port shows to somebody who asks for `name`; trusted or not. `now` is aware of its zone."""
    distrust = ""
    try:
        shown = _shown(host, address, port, name, _strict(), link_local=link_local)
    except ssl.SSLCertVerificationError as error:
        distrust = error.verify_message
        try:
            shown = _shown(host, address, port, name, _lenient(), link_local=link_local)
        except (OSError, Refused) as second:
            return Silence(excerpt(str(second), 160))
    except Refused as refused:
        return refused.answer
    except OSError as error:
        return Silence(f"no TLS on {address}:{port}: {excerpt(error.strerror or str(error), 160)}")
    return _read(shown, now, distrust)


def _shown(host: Host, address: str, port: int, name: str, context: ssl.SSLContext, *, link_local: bool) -> bytes:
    """The certificate, as DER. Raises Refused, OSError."""
    connection = dial(host, address, port, link_local=link_local)
    with cut_off(connection, LIMIT) as line:
        try:
            wire = line.secure(context, name)
        except ssl.SSLCertVerificationError:
            raise
        except OSError as error:
            if line.late:
                raise TimeoutError(0, f"no handshake within {duration(LIMIT)}") from error
            raise
        return wire.getpeercert(binary_form=True) or b""


def _strict() -> ssl.SSLContext:
    """The chain is checked; the name is looked at by the probe, which can say more about it."""
    context = ssl.create_default_context()
    context.check_hostname = False
    return context


def _lenient() -> ssl.SSLContext:
    context = _strict()
    context.verify_mode = ssl.CERT_NONE
    return context


def _read(der: bytes, now: datetime, distrust: str) -> Certificate | Silence:
    from cryptography import x509  # noqa: PLC0415  # only probes of certificates pay for it

    try:
        certificate = x509.load_der_x509_certificate(der)
        left = certificate.not_valid_after_utc - now
        names = _names(certificate)
    except ValueError as error:
        return Silence(f"the certificate cannot be read: {excerpt(str(error), 160)}")
    return Certificate(left.total_seconds() / 86_400, hashlib.sha256(der).hexdigest(), names, distrust)


def _names(certificate: Parsed) -> tuple[str, ...]:
    """The names that it bears, addresses among them."""
    from cryptography import x509  # noqa: PLC0415  # as above

    try:
        entries = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    names = entries.get_values_for_type(x509.DNSName)
    return (*names, *map(str, entries.get_values_for_type(x509.IPAddress)))
