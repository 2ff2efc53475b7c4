"""What a figure depends on: the machine, and the versions of everything that takes part."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.fleet import disk_of_hosts
from benchmarks.tools import ANSIBLE, PYINFRA


def conditions() -> list[str]:
    """One line for each circumstance, for people."""
    machine = f"{os.cpu_count()} cores ({processor()}) shared by controller and servers"
    packages = ["runbook-executor", "paramiko"]
    return [
        f"{datetime.now(UTC):%Y-%m-%d}; {machine}; load before the start {os.getloadavg()[0]:.1f}",
        (
            f"{platform.system()} {platform.release()}, {openssh()}, hosts on loopback, /bin/sh is {shell()}; "
            f"each host's home is its own, {'in memory' if disk_of_hosts() else 'on the disk that all share'}"
        ),
        ", ".join(
            [
                f"Python {platform.python_version()}",
                *(f"{name} {importlib.metadata.version(name)}" for name in packages),
                *(f"{tool.package} {tool.version()}" for tool in (ANSIBLE, PYINFRA) if tool.installed()),
            ]
        ),
    ]


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def openssh() -> str:
    asked = subprocess.run(["ssh", "-V"], capture_output=True, text=True, check=True)
    return asked.stderr.partition(",")[0].strip()


def shell() -> str:
    return Path("/bin/sh").resolve().name
