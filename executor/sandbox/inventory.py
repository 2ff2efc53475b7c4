"""The sandbox's inventory: its hosts, how to log in, and what the production runbook wants to know of them."""

from __future__ import annotations

import shlex
from typing import Any

import yaml

from executor.sandbox.info import SandboxInfo

HEAD = """\
# The sandbox's hosts, written by `runbook sandbox up`. It is written anew whenever the sandbox comes up.
"""


def text(info: SandboxInfo, *, git: bool) -> str:
    """The inventory in YAML. `git`: the demo's project is a git repository."""
    return HEAD + yaml.safe_dump(_document(info, git=git), sort_keys=False, default_flow_style=None, width=110)


def _document(info: SandboxInfo, *, git: bool) -> dict[str, Any]:
    layout = info.layout
    manage = "bin/manage"
    return {
        "vars": {
            "public_url": info.public_url,
            "staging_url": f"{info.public_url}/.staging",
            "project": str(layout.project),
            "use_git": git,
            "build": ["./build.sh"],
            "ci_status": ["./ci-status"],
            "migrate": [manage, "migrate"],
            "migrate_to": [manage, "migrate-to"],
            "check_schema": [manage, "check-schema"],
            "schema_version": [manage, "version"],
            "dump_database": [manage, "dump"],
            "check_dump": [manage, "check"],
            "smoke_tests": [
                {"name": "Homepage loads", "path": "/", "method": "GET"},
                {"name": "A user can sign up", "path": "/signup", "method": "GET"},
                {"name": "A user can log in", "path": "/login", "method": "POST"},
                {"name": "The API lists the notes", "path": "/api/notes", "method": "GET"},
            ],
            # A demo has no half hour, and this machine is not a web server.
            "drain_for": "300ms",
            "start_within": "3s",
            "settle_for": "500ms",
            "monitor_for": "5s",
            "unhealthy_for": "3s",
            "sample_every": "200ms",
            "min_samples": 8,
            "max_memory": "100%",
            "max_disk": "100%",
            "max_load": 1000,
        },
        "ssh": {
            "user": info.user,
            "key": str(layout.key),
            "known_hosts": str(layout.known_hosts),
            "config": "/dev/null",
            "jump": "none",
        },
        "hosts": {
            host.name: {
                "address": "127.0.0.1",
                "port": host.ssh_port,
                "vars": {
                    "app_dir": str(host.app_dir),
                    "app_port": host.app_port,
                    "error_log": str(host.app_dir / "log" / "app.log"),
                    "restart": [str(host.app_dir / "current" / "bin" / "restart")],
                },
            }
            for host in info.hosts
        },
        "groups": {"web": {"hosts": [host.name for host in info.hosts]}},
    }


def settings(info: SandboxInfo, port: int) -> str:
    """`shared/env` of a host: what its application is told, in the shell's words."""
    values = {"PYTHON": info.python, "PORT": str(port), "DATABASE": str(info.layout.database)}
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())
