"""Fetching secrets: once a run, before anything runs side by side. No message here ever holds a value."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from executor.errors import InvalidInput, Problem
from executor.language.sources import shown
from executor.model.inventories import Inventory
from executor.model.places import Place
from executor.model.secrets import SHORTEST, FromCommand, FromDotenv, FromFile, FromVariable, Secret, SecretSource
from executor.secrets.redact import Redactor

LARGEST = 1_000_000  # bytes
PATIENCE = 120.0  # seconds for a command where nobody is there to be asked


@dataclass(frozen=True, slots=True)
class Desk:
    """Where secrets are fetched: the environment, the folder that commands run in, and whether a person is there."""

    environment: Mapping[str, str]
    root: Path
    at_terminal: bool = False  # a command that asks has the terminal


class _Failed(Exception):
    """Why a secret cannot be had, in words without any value."""


def fetch(names: Iterable[str], inventory: Inventory, desk: Desk) -> dict[str, Secret]:
    """The named secrets, one after the other. Raises InvalidInput with everything that could not be fetched."""
    found: dict[str, Secret] = {}
    problems: list[Problem] = []
    for name in names:
        place: Place | None = None
        try:
            if name in inventory.vaulted:
                place = inventory.vaulted[name].place
                value = inventory.vaulted[name].reveal()
            elif name in inventory.secrets:
                place = inventory.secrets[name].place
                value = _fetched(inventory.secrets[name], desk)
            else:
                raise _Failed("the inventory does not say where it comes from")  # noqa: TRY301 -- told like the others
            found[name] = Secret(_checked(value))
        except _Failed as why:
            problems.append(Problem(f"the secret {name!r} could not be fetched: {why}", place, code="secret"))
        except InvalidInput as error:
            problems += error.problems
    if problems:
        raise InvalidInput(*problems)
    return found


def _checked(value: str) -> str:
    if "\0" in value:
        raise _Failed("there is a NUL character in it")
    if not value:
        raise _Failed("it is empty")
    if len(value) < SHORTEST:
        raise _Failed(f"it is shorter than {SHORTEST} characters, and could not be kept out of what is shown")
    return value


def _fetched(source: SecretSource, desk: Desk) -> str:
    match source:
        case FromVariable(name):
            if name not in desk.environment:
                raise _Failed(f"the environment variable {name} is not set")
            return desk.environment[name]
        case FromCommand(command):
            return _printed(command, desk)
        case FromFile(path):
            return _read(path).rstrip("\r\n")
        case FromDotenv(path, key):
            return _line(_read(path), key, path)


def _read(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise _Failed(f"{shown(Path(path))}: {error.strerror}") from None
    return _decoded(data, shown(Path(path)))


def _decoded(data: bytes, what: str) -> str:
    if len(data) > LARGEST:
        raise _Failed(f"{what} is larger than 1 MB")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise _Failed(f"{what} is not UTF-8 text") from None


# --- commands ----------------------------------------------------------------------------------------------------


def _printed(command: str, desk: Desk) -> str:
    """What a command prints. At a terminal it can ask there; elsewhere it has no input and a limit."""
    try:
        ended = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=desk.root,
            env=dict(desk.environment),
            stdin=None if desk.at_terminal else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if desk.at_terminal else subprocess.PIPE,
            timeout=None if desk.at_terminal else PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _Failed(f"its command has not ended within {PATIENCE:g} s, and there is no terminal to ask at") from None
    except OSError as error:
        raise _Failed(f"its command cannot be run: {error.strerror}") from None
    if ended.returncode != 0:
        how = f"exit code {ended.returncode}" if ended.returncode > 0 else f"signal {-ended.returncode}"
        raise _Failed(f"its command failed ({how}){_last_words(ended.stderr, ended.stdout)}")
    return _decoded(ended.stdout, "what its command prints").rstrip("\r\n")


def _last_words(stderr: bytes | None, stdout: bytes) -> str:
    """The last line of a command's complaint, without anything that it has printed as the value."""
    printed = stdout.decode("utf-8", "replace").strip()
    lines = (stderr or b"").decode("utf-8", "replace").strip().splitlines()
    if not lines:
        return ""
    values = [text for text in (printed, *printed.splitlines()) if len(text) >= SHORTEST]
    return f": {Redactor(values).text(lines[-1].strip())[:200]}"


# --- dotenv ------------------------------------------------------------------------------------------------------

_NAME = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*", re.ASCII)
_QUOTED = re.compile(r"'([^']*)'|\"((?:[^\"\\]|\\.)*)\"", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def _line(text: str, key: str, path: str) -> str:
    """The value of a name in a file of `NAME=value` lines; the last one holds. Nothing in a value is expanded."""
    values = dotenv(text)
    if key not in values:
        raise _Failed(f"there is no {key} in {shown(Path(path))}")
    return values[key]


def dotenv(text: str) -> dict[str, str]:
    """All values of a dotenv file. A bare one ends at ` #`; '…' is as it stands, "…" has \\n, \\" and their like; both
    may go over several lines. What is no such line is passed over, as the programs that read these files do.
    """
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        name = _NAME.match(text, at)
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        if name is not None and name.end() <= end:
            quoted = _QUOTED.match(text, name.end())
            if quoted is not None:
                found[name[1]] = quoted[1] if quoted[1] is not None else _unescaped(quoted[2])
                end = text.find("\n", quoted.end())
                end = len(text) if end < 0 else end
            else:
                found[name[1]] = re.split(r"(?:^|[ \t])#", text[name.end() : end], maxsplit=1)[0].strip()
        at = end + 1
    return found


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text, flags=re.DOTALL)
