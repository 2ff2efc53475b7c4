"""The libraries that speak SSH. They are heavy: whoever needs them imports this late, and `--help` never does.

Connections are made in many threads, each of which comes here first. Python has all of them wait for the one that
loads this module; by different ways into packages whose parts import each other they would meet halfway.
"""

from __future__ import annotations

import fabric  # type: ignore[import-untyped]  # it has no types
from paramiko import ChannelException, SSHConfig, SSHException

from executor.hosts.channels import Transport

__all__ = ["ChannelException", "SSHConfig", "SSHException", "Transport", "fabric"]
