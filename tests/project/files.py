"""The project's own files, as its tests about itself read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FOLDERS = ("executor", "tests", "benchmarks", "docs", "runbooks", "inventories", "schemas", ".ci")
TOP = ("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "LICENSE", "Makefile", "pyproject.toml", ".importlinter")


def texts() -> Iterator[tuple[Path, str]]:
    """Every text file of the project with its content; what is not UTF-8 is data of a test and left out."""
    paths = [ROOT / name for name in TOP]
    for folder in FOLDERS:
        paths += (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    for path in sorted(paths):
        try:
            yield path, path.read_text()
        except UnicodeDecodeError:
            continue


def python_files(*folders: str) -> Iterator[tuple[Path, str]]:
    """The Python files below these folders, with their content."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path, path.read_text()


def pages() -> list[Path]:
    """README and the manual."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def where(path: Path, line: int | None = None) -> str:
    """A place for an assertion's message."""
    return str(path.relative_to(ROOT)) + (f":{line}" if line else "")
