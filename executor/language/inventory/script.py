"""Executable inventories: a program that prints JSON when it is asked with `--list`. That is data, never a template."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from executor.language.draft import Draft
from executor.language.inventory import addresses
from executor.language.inventory.entries import Entries, EntriesBuilder, Listed
from executor.language.inventory.values import data, priority
from executor.language.inventory.vault import Vaults
from executor.language.sources import shown
from executor.language.wording import quoted
from executor.model.inventories import Layer
from executor.model.leaves import Value
from executor.model.places import Place

MAX_BYTES = 64 * 1024 * 1024  # of what it prints, at once
_TOLD = 300  # characters of its standard error that a message shows
_MOST_PROBLEMS = 20  # that are told of one program


class _Failed(Exception):
    """The program gave no answer; its text says what happened, `said` what it printed for people."""

    def __init__(self, what: str, said: str = "") -> None:
        super().__init__(what)
        self.said = said


@dataclass(slots=True)
class _Reading:
    draft: Draft
    vaults: Vaults
    path: Path
    deadline: float
    place: Place
    built: EntriesBuilder = field(default_factory=EntriesBuilder)
    hosts: dict[str, None] = field(default_factory=dict)
    told: int = 0

    def say(self, message: str, hint: str = "") -> None:
        self.told += 1
        if self.told <= _MOST_PROBLEMS:
            self.draft.say(message, self.place, hint, "inventory-program")


def read_script(draft: Draft, vaults: Vaults, path: Path, *, patience: float) -> Entries:
    """What the program at `path` prints, within `patience` seconds; what goes wrong is noted in the draft."""
    name = shown(path)
    reading = _Reading(draft, vaults, path, time.monotonic() + patience, Place(name))
    try:
        _groups(reading, _asked(reading, "--list"))
    except _Failed as reason:
        reading.say(f"the inventory program {name} {reason}", reason.said)
    return reading.built.entries((name,))


def _groups(reading: _Reading, found: Any) -> None:
    if not isinstance(found, dict):
        raise _Failed(f"prints a {_kind(found)}, not an object with groups")
    for name, content in found.items():
        if name != "_meta":
            _group(reading, name, content)
    meta = found.get("_meta")
    known = meta.get("hostvars") if isinstance(meta, dict) else None
    if "_meta" in found and not isinstance(known, dict):
        reading.say("`_meta` has no mapping `hostvars`", 'for example: "_meta": {"hostvars": {"web1": {"port": 8000}}}')
        return
    for host in reading.hosts:
        variables = _asked(reading, "--host", host) if known is None else known.get(host, {})
        if not isinstance(variables, dict):
            reading.say(f"the variables of {host!r} are a {_kind(variables)}, not an object")
        elif variables:
            layer = _layer(reading, f"host {host}", variables)
            reading.built.host(host, reading.place, layers=(layer,))


def _group(reading: _Reading, name: str, content: Any) -> None:
    if not addresses.is_group_name(name):
        reading.say(f"{quoted(name)} is no name for a group")
        return
    if not isinstance(content, dict):
        content = {"hosts": content}
    elif not content.keys() & {"hosts", "vars", "children"}:
        content = {"hosts": [name], "vars": content}  # an old way to write a single host
    reading.built.group(name, reading.place)
    for host in _names(reading, name, "hosts", content):
        if not addresses.is_host_name(host):
            reading.say(f"{quoted(host)} in the group {name!r} is no name for a host")
            continue
        reading.hosts[host] = None
        reading.built.host(host, reading.place)
        reading.built.member(name, host, reading.place)
    variables = content.get("vars", {})
    if isinstance(variables, dict):
        variables = dict(variables)
        if "ansible_group_priority" in variables:
            strength = variables.pop("ansible_group_priority")
            reading.built.priority(name, priority(reading.draft, strength, reading.place))
        if variables:
            layer = _layer(reading, name if name == "all" else f"group {name}", variables)
            reading.built.group(name, reading.place, layers=(layer,))
    else:
        reading.say(f"`vars` of the group {name!r} is a {_kind(variables)}, not an object")
    for child in _names(reading, name, "children", content):
        reading.built.group(child, reading.place)
        reading.built.child(name, Listed(child, reading.place))


def _names(reading: _Reading, group: str, key: str, content: dict[str, Any]) -> list[str]:
    found = content.get(key, [])
    if isinstance(found, list) and all(isinstance(item, str) for item in found):
        return found
    reading.say(f"`{key}` of the group {group!r} is not a list of names")
    return []


def _layer(reading: _Reading, name: str, variables: dict[str, Any]) -> Layer:
    def opened(variable: str) -> Callable[[str], Value]:
        secret = f"{reading.path.name}:{name}.{variable}"
        return lambda text: reading.vaults.keep_shut(secret, text, reading.place)

    values = {key: data(value, opened(key)) for key, value in variables.items()}
    return Layer(name, values, dict.fromkeys(values, reading.place))


def _kind(value: object) -> str:
    return {dict: "JSON object", list: "JSON list", str: "text", type(None): "null"}.get(type(value), "number")


# --- asking --------------------------------------------------------------------------------------------------------


def _asked(reading: _Reading, *words: str) -> Any:
    """The JSON that the program prints for some words; {} for nothing at all in answer to --host. Raises _Failed."""
    said = " ".join(words)
    out, err, code = _run(reading, words)
    tail = _tail(err)
    if code != 0:
        ended = f"was ended by signal {-code}" if code < 0 else f"failed with exit code {code}"
        raise _Failed(f"{ended} ({said})", tail)
    try:
        text = out.decode("utf-8")
    except UnicodeDecodeError:
        raise _Failed(f"prints what is not UTF-8 text ({said})", tail) from None
    if not text.strip():
        if words[0] == "--host":
            return {}
        raise _Failed(f"prints nothing ({said})", tail)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno} of its output"
        raise _Failed(f"prints no JSON ({said}): {where}", tail) from None
    except (ValueError, RecursionError):
        raise _Failed(f"prints no JSON that can be read ({said})", tail) from None


def _run(reading: _Reading, words: tuple[str, ...]) -> tuple[bytes, bytes, int]:
    """Its output, its errors and its exit code. Ends it, with all that it started, when its time is up."""
    try:
        program = subprocess.Popen(
            [reading.path.absolute(), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise _Failed(f"cannot be run: {(error.strerror or str(error)).lower()}") from error
    with program:
        try:
            out, err = _heard(program, reading.deadline)
            program.wait(max(reading.deadline - time.monotonic(), 0.1))
        except (_Failed, subprocess.TimeoutExpired) as error:
            raise error if isinstance(error, _Failed) else _slow() from None
        finally:
            if program.returncode is None:
                with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
                    os.killpg(program.pid, signal.SIGKILL)
    return out, err, program.returncode


def _heard(program: subprocess.Popen[bytes], deadline: float) -> tuple[bytes, bytes]:
    """All that it prints, until it closes both. Raises _Failed when that is too much, or too slow."""
    assert program.stdout is not None, "it was asked for"  # noqa: S101  an invariant, for the type checker
    assert program.stderr is not None, "it was asked for"  # noqa: S101  an invariant, for the type checker
    heard: dict[Any, bytearray] = {program.stdout: bytearray(), program.stderr: bytearray()}
    with selectors.DefaultSelector() as selector:
        for pipe in heard:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select(max(deadline - time.monotonic(), 0)):
                chunk = os.read(key.fd, 65536)
                if not chunk:
                    selector.unregister(key.fileobj)
                heard[key.fileobj] += chunk
                if len(heard[program.stdout]) > MAX_BYTES:
                    raise _Failed(f"prints more than {MAX_BYTES // 1024**2} MB")
                del heard[program.stderr][: -_TOLD * 4]
            if time.monotonic() >= deadline:
                raise _slow(_tail(bytes(heard[program.stderr])))
    return bytes(heard[program.stdout]), bytes(heard[program.stderr])


def _slow(said: str = "") -> _Failed:
    return _Failed("did not answer in time, and was ended", said)


def _tail(err: bytes) -> str:
    """The end of what it said for people, in one line."""
    words = " ".join(err.decode("utf-8", "replace").split())
    return f"it says: {'…' if len(words) > _TOLD else ''}{words[-_TOLD:]}" if words else ""
