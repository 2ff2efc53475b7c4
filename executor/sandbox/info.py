"""What is known of a sandbox: its hosts, its ports and its process, as values that survive in a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from executor.sandbox.layout import Layout


@dataclass(frozen=True, slots=True)
class SandboxHost:
    """One host: its own home directory, SSH port and application port, all on 127.0.0.1."""

    name: str
    home: Path
    ssh_port: int
    app_port: int

    @property
    def app_dir(self) -> Path:
        return self.home / "app"

    @property
    def url(self) -> str:
        """The host's own HTTP service, past the load balancer."""
        return f"http://127.0.0.1:{self.app_port}"


@dataclass(frozen=True, slots=True)
class SandboxInfo:
    """A sandbox that is (or was) up."""

    folder: Path
    pid: int
    identity: str  # tells this process from a later one with the same pid
    user: str  # whom the hosts let in: the user who started the sandbox
    python: str  # the interpreter that the hosts' services run on
    balancer_port: int
    hosts: tuple[SandboxHost, ...]
    found: bool = False  # by `up`, which had nothing to do

    @property
    def layout(self) -> Layout:
        return Layout(self.folder)

    @property
    def inventory(self) -> Path:
        return self.layout.inventory

    @property
    def project(self) -> Path:
        return self.layout.project

    @property
    def public_url(self) -> str:
        """The load balancer in front of the hosts."""
        return f"http://127.0.0.1:{self.balancer_port}"


@dataclass(frozen=True, slots=True)
class HostStatus:
    """One host as it answers now."""

    host: SandboxHost
    version: str | None  # None: no answer, or none that makes sense
    healthy: bool
    drained: bool


@dataclass(frozen=True, slots=True)
class SandboxStatus:
    """`crashed`: it was up, and its process is gone; the next `up` or `down` cleans after it."""

    state: Literal["up", "down", "crashed"]
    folder: Path
    info: SandboxInfo | None = None
    hosts: tuple[HostStatus, ...] = ()


def dumps(info: SandboxInfo) -> str:
    """The text of the state file."""
    return json.dumps(
        {
            "pid": info.pid,
            "identity": info.identity,
            "user": info.user,
            "python": info.python,
            "balancer_port": info.balancer_port,
            "hosts": [{"name": h.name, "ssh_port": h.ssh_port, "app_port": h.app_port} for h in info.hosts],
        },
        indent=1,
    )


def loads(text: str, layout: Layout) -> SandboxInfo:
    """What `dumps` wrote. Raises ValueError where the text is something else."""
    try:
        data: Mapping[str, Any] = json.loads(text)
        return SandboxInfo(
            folder=layout.folder,
            pid=int(data["pid"]),
            identity=str(data["identity"]),
            user=str(data["user"]),
            python=str(data["python"]),
            balancer_port=int(data["balancer_port"]),
            hosts=tuple(
                SandboxHost(
                    name=str(entry["name"]),
                    home=layout.home(str(entry["name"])),
                    ssh_port=int(entry["ssh_port"]),
                    app_port=int(entry["app_port"]),
                )
                for entry in data["hosts"]
            ),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"this is not a sandbox's state: {error}") from error
