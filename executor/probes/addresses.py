"""Where probes must not look: link-local addresses, behind which clouds keep their credentials."""

from __future__ import annotations

import ipaddress
import socket


def is_link_local(host: str) -> bool:
    """Is this text a link-local address, in any of the forms that resolvers take? A name is none."""
    address = _address(host.strip("[]").partition("%")[0])
    if address is None:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_link_local


def peer_of(connection: object) -> str:
    """The address at the other end of a plain connection; "" where there is none, as behind a tunnel."""
    if not isinstance(connection, socket.socket) or connection.family not in {socket.AF_INET, socket.AF_INET6}:
        return ""
    try:
        return str(connection.getpeername()[0])
    except OSError:
        return ""  # closed again already: nothing will be read from it


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        # 0xa9fea9fe, 2852039166 and 169.254.43518 are 169.254.169.254 to a resolver.
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None
