"""What somebody gets who installs only the package: the wheel, in an environment of its own, away from the sources."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from executor import __version__
from tests.project.files import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built without fetching anything: the build backend is one of the suite's own dependencies."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ROOT, check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def alone(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a new environment with this wheel in it. The libraries come from the suite's environment."""
    folder = tmp_path_factory.mktemp("alone")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, str(wheel)], check=True)
    site = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    (Path(site) / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def run(program: Path, *arguments: str, cwd: Path) -> str:
    ended = subprocess.run(
        [str(program), *arguments], cwd=cwd, env={"HOME": str(cwd)}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_wheel_holds_all_that_the_program_reads_and_nothing_of_the_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    package = ROOT / "executor"
    wanted = {path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert {str(path.relative_to(ROOT)) for path in wanted} <= set(names)
    for folder in ("schemas", "runbooks"):
        files = {str(path.relative_to(ROOT)) for path in (ROOT / folder).rglob("*") if path.is_file()}
        assert {f"executor/{file}" for file in files} <= set(names)
    assert {name.split("/")[0] for name in names} == {"executor", f"runbook_executor-{__version__}.dist-info"}


def test_the_command_runs_from_the_wheel_alone(alone: Path, tmp_path: Path) -> None:
    where = run(alone / "python", "-c", "import executor; print(executor.__file__)", cwd=tmp_path)
    assert where.startswith(str(alone.parent)), "the sources were imported instead of the wheel"
    assert __version__ in run(alone / "runbook", "--version", cwd=tmp_path)


@pytest.mark.parametrize("name", ["runbook", "inventory"])
def test_the_schemas_are_printed_from_the_wheel(alone: Path, tmp_path: Path, name: str) -> None:
    printed = run(alone / "runbook", "schema", name, cwd=tmp_path)
    assert json.loads(printed) == json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text())
