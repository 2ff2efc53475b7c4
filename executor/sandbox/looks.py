"""Looking at a sandbox host from outside: does it answer, with which version, and is it in rotation?"""

from __future__ import annotations

import json
from typing import Any

from executor.sandbox import balancer
from executor.sandbox.info import HostStatus, SandboxHost, SandboxInfo


def look(host: SandboxHost) -> HostStatus:
    """How one host answers now, asked past the load balancer."""
    return HostStatus(
        host=host, version=version(host), healthy=balancer.is_healthy(host), drained=balancer.is_drained(host)
    )


def in_rotation(info: SandboxInfo) -> tuple[str, ...]:
    """The names of the hosts that the load balancer sends requests to. Raises OSError where it does not answer."""
    return tuple(counters(info)["in_rotation"])


def counters(info: SandboxInfo) -> dict[str, Any]:
    """What the load balancer has counted: `requests`, `failed`, `by_host`, `in_rotation`. Raises OSError."""
    front = SandboxHost("the load balancer", info.folder, ssh_port=0, app_port=info.balancer_port)
    counted: dict[str, Any] = json.loads(balancer.ask(front, "GET", "/.balancer").body)
    return counted


def version(host: SandboxHost) -> str | None:
    """What the host's /version says. None: no answer, or none that makes sense."""
    try:
        answer = balancer.ask(host, "GET", "/version", timeout=2.0)
        return str(json.loads(answer.body)["version"]) if answer.status == 200 else None
    except (OSError, ValueError, LookupError, TypeError):
        return None
