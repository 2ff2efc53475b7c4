"""Start-up time is a feature: what a command does not need, it does not import. Told without a clock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.files import ROOT

HEAVY = {"asyncio", "cryptography", "fabric", "jinja2", "jsonschema", "paramiko", "rich", "sqlite3", "urllib3"}
SSH = {"cryptography", "fabric", "paramiko"}
PROGRAM = """
import sys
from executor.cli.main import call
code = call(sys.argv[1:])
sys.stderr.write("\\n" + " ".join(sorted(name for name in sys.modules if "." not in name)))
sys.exit(code)
"""
FLAGSHIP = str(ROOT / "runbooks" / "production-deploy.yml")
PRODUCTION = str(ROOT / "inventories" / "prod.yml")


def imported(*arguments: str, home: Path) -> set[str]:
    """The top-level modules that a command has imported at its end."""
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=ROOT,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return set(ended.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["schema"]], ids=" ".join)
def test_help_imports_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    assert not imported(*arguments, home=tmp_path) & HEAVY


def test_validating_imports_nothing_of_ssh(tmp_path: Path) -> None:
    assert not imported("validate", FLAGSHIP, home=tmp_path) & (SSH | {"rich"})


def test_planning_imports_nothing_of_ssh(tmp_path: Path) -> None:
    asked = ["plan", FLAGSHIP, "-i", PRODUCTION, "-e", "version=v1.2.3"]
    assert not imported(*asked, home=tmp_path) & (SSH | {"rich"})
