"""The other tools, each in a virtual environment of its own below a cache folder."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import platformdirs


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool from a Python package. `command` is the file in the environment that it is started by."""

    package: str
    command: str
    requirement: str

    @property
    def folder(self) -> Path:
        return platformdirs.user_cache_path("runbook-benchmarks") / self.package

    @property
    def executable(self) -> Path:
        return self.folder / "bin" / self.command

    def installed(self) -> bool:
        return self.executable.exists()

    def install(self) -> None:
        """Make its environment. Raises CalledProcessError where pip cannot."""
        subprocess.run([sys.executable, "-m", "venv", str(self.folder)], check=True)
        subprocess.run([str(self.folder / "bin" / "pip"), "install", "--quiet", self.requirement], check=True)

    def version(self) -> str:
        """The version of the installed package."""
        code = f"import importlib.metadata as m; print(m.version({self.package!r}))"
        asked = subprocess.run(
            [str(self.folder / "bin" / "python"), "-c", code], check=True, capture_output=True, text=True
        )
        return asked.stdout.strip()


ANSIBLE = Tool("ansible-core", "ansible-playbook", "ansible-core>=2.19")
PYINFRA = Tool("pyinfra", "pyinfra", "pyinfra>=3.5")
