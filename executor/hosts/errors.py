"""What can go wrong on the way to a host, in words for people."""

from __future__ import annotations


class ConnectionFailed(Exception):
    """The host could not be reached, or would not let us in. `kind` is stable: it also picks the hint."""

    def __init__(self, reason: str, *, kind: str = "unreachable", hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind  # unreachable, timeout, host-key-unknown, host-key-changed, login, config
        self.hint = hint


class ForwardingRefused(Exception):
    """The SSH server does not forward ports for us."""
