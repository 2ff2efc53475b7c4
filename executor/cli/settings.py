"""Settings of a project (`runbook.toml`) and of a user: defaults for flags. Flag > environment > project > user."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import platformdirs

from executor import __version__
from executor.errors import InvalidInput, Problem
from executor.model.places import Place

# Key of the file -> the flag's parameter, and what it must be.
KEYS: Mapping[str, type | tuple[type, ...]] = {
    "inventory": (str, list),
    "vault_password_file": (str, list),
    "forks": int,
    "user": str,
    "private_key": str,
    "become": bool,
    "lost_after": str,
    "on_failure": str,
    "output": str,
    "keep_awake": bool,
    "required_version": str,
}


def project_file(start: Path) -> Path | None:
    """The nearest runbook.toml from `start` upward."""
    for folder in (start, *start.parents):
        if (folder / "runbook.toml").is_file():
            return folder / "runbook.toml"
    return None


def load(start: Path) -> dict[str, Any]:
    """The defaults that hold in a folder, as flags take them. Raises InvalidInput for a file that makes no sense."""
    user = Path(platformdirs.user_config_dir("runbook")) / "runbook.toml"
    files = [path for path in (user, project_file(start)) if path is not None and path.is_file()]
    merged: dict[str, Any] = {}
    for path in files:
        merged |= _read(path)
    return merged


def _read(path: Path) -> dict[str, Any]:
    place = Place(str(path))
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(Problem(f"the settings cannot be read: {error}", place)) from error
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(Problem(f"the settings are not TOML: {error}", place)) from error
    problems = []
    for key, value in data.items():
        if key not in KEYS:
            close = difflib.get_close_matches(key, KEYS, 1)
            hint = f"did you mean '{close[0]}'?" if close else f"known settings: {', '.join(KEYS)}"
            problems.append(Problem(f"unknown setting '{key}'", place, hint=hint, code="unknown-key"))
        elif not isinstance(value, KEYS[key]):
            problems.append(Problem(f"'{key}' cannot be {value!r}", place, code="wrong-type"))
    if problems:
        raise InvalidInput(*problems)
    required = data.pop("required_version", None)
    if required is not None and not satisfies(__version__, required):
        hint = f"this is {__version__}"
        raise InvalidInput(Problem(f"this project asks for runbook {required}", place, hint=hint, code="version"))
    for several in ("inventory", "vault_password_file"):
        if isinstance(data.get(several), str):
            data[several] = [data[several]]
    return data


def satisfies(version: str, wanted: str) -> bool:
    """Is a version (1.2.3) within comma-separated bounds: '>=0.2', '>=1.0,<2', '1.4' (that one exactly)?"""
    have = _numbers(version)
    for part in wanted.split(","):
        bound = part.strip()
        operator = next((op for op in (">=", "<=", "==", ">", "<") if bound.startswith(op)), "")
        limit = _numbers(bound.removeprefix(operator).strip())
        size = max(len(have), len(limit))
        left, right = have + (0,) * (size - len(have)), limit + (0,) * (size - len(limit))
        verdicts = {">=": left >= right, "<=": left <= right, ">": left > right, "<": left < right}
        if not verdicts.get(operator, left == right):
            return False
    return True


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())
