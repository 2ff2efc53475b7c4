"""The shell scripts of the file actions, and how values get into them and answers out of them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.resources import files

from executor.engine.effects import Perform
from executor.events import Key
from executor.hosts.protocol import Job
from executor.model.secrets import Secret, revealed
from executor.model.steps import Settings

SHELL = "/bin/sh"
OUTPUT_LIMIT = 100_000_000  # bytes of each stream of a command that are kept, where nothing else is said
READ_ONLY_PARTS = frozenset({"only_if", "unless", "item"})  # questions that a step asks with a command


class CannotStart(Exception):
    """The action cannot be begun at all, with the reason for people: a local file is gone, a mode is no mode."""


@cache
def script(name: str) -> str:
    """The text of one file under `scripts/`."""
    return files(__package__).joinpath("scripts", name).read_text(encoding="utf-8")


def compose(names: tuple[str, ...], values: Mapping[str, str], *, functions: str = "", guard: str = "") -> str:
    """A script for a POSIX shell: the library, the values as variables, functions, a guard, and the named files."""
    assignments = "".join(f"{name}={quote(value)}\n" for name, value in values.items())
    *shared, verb = names
    return "\n".join([script("library.sh"), assignments, *map(script, shared), functions, guard, script(verb)])


def quote(value: str) -> str:
    """One word for a POSIX shell. Raises CannotStart for NUL, which no argument can hold."""
    if "\0" in value:
        raise CannotStart(f"{value!r} holds a NUL character, which no path or argument can")
    return shlex.quote(value)


def plain(leaf: object) -> str:
    """A leaf's text. What reaches a host has been filled: anything else is a fault of the program (TypeError)."""
    if not isinstance(leaf, str):
        raise TypeError(f"{leaf!r} has not been filled")
    return leaf


def handed(leaf: object) -> str:
    """A leaf's text, also where it is a secret: for what a job gets as environment, input or content. None of these is
    part of a command line, or kept on the host."""
    text = revealed(leaf)
    if text is None:
        raise TypeError(f"{leaf!r} has not been filled")
    return text


def optional(leaf: object) -> str:
    """As `plain`; nothing said is the empty text."""
    return "" if leaf is None else plain(leaf)


def job_with(
    perform: Perform,
    job_id: str,
    text: str,
    *,
    executable: str = SHELL,
    stdin: bytes | None = None,
    read_only: bool = False,
    secrets: Mapping[str, Secret] | None = None,
    limited: bool = False,
) -> Job:
    """A job with all that surrounds a script: what the step's settings say, and the secrets that the script reads.

    `limited`: it prints what it wants, and no more than its `output_limit` is kept.
    """
    settings = perform.settings
    return Job(
        id=job_id,
        script=text,
        executable=executable,
        environment={name: handed(value) for name, value in {**settings.environment, **(secrets or {})}.items()},
        chdir=None if settings.chdir is None else plain(settings.chdir),
        stdin=stdin,
        timeout=None if settings.timeout is None else float(settings.timeout),  # type: ignore[arg-type]  # filled
        become=settings.become is True,
        become_user=optional(settings.become_user) or "root",
        read_only=read_only or perform.dry or perform.key.part in READ_ONLY_PARTS,
        durable=settings.durable is not False,
        output_limit=output_limit(settings) if limited else None,
    )


def output_limit(settings: Settings) -> int:
    """How many bytes of each stream of a command are kept."""
    return settings.output_limit if isinstance(settings.output_limit, int) else OUTPUT_LIMIT


# --- guards ------------------------------------------------------------------------------------------------------


def not_needed(perform: Perform) -> dict[str, str]:
    """For each guard that is set, what it says when the action is not needed."""
    said = {}
    if perform.creates is not None:
        said["creates"] = f"{perform.creates} is there already"
    if perform.removes is not None:
        said["removes"] = f"there is no {perform.removes}"
    return said


def guard(perform: Perform, answer: str) -> str:
    """Shell that ends the script where a guard says so, by the command `answer` with the reason as its argument."""
    lines = []
    for name, reason in not_needed(perform).items():
        condition = "there" if name == "creates" else "! there"
        path = perform.creates if name == "creates" else perform.removes
        lines.append(f"if {condition} {quote(optional(path))}; then {answer} {quote(reason)}; fi")
    return "\n".join(lines)


# --- identity ----------------------------------------------------------------------------------------------------


def token(key: Key) -> str:
    """What a command of the operator's cannot say by accident: it belongs to this piece of work alone."""
    return blake2b(str(key).encode(), digest_size=8).hexdigest()


def step_name(key: Key) -> str:
    """A file name for a step's item on a host: the same for each attempt and for its undoing."""
    item, of = (key.of, 0) if key.part == "undo" else (key.item, key.of)
    text = f"{key.task}.i{item}{f'.o{of}' if of else ''}@{key.host}"
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "._@-") else "_" for c in text)
    return safe if safe == text else f"{safe[:100]}.{blake2b(text.encode(), digest_size=6).hexdigest()}"


# --- answers -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """What a script of ours said on its standard output."""

    outcome: str  # changed, unchanged, not-needed, refused
    message: str = ""
    values: Mapping[str, str] | None = None
    old: bytes | None = None  # what a file held before, up to 64 KiB and one byte


def read_answer(stdout: bytes) -> Answer | None:
    """The answer, or None where it is not whole: the script was ended before it could say what it did."""
    lines = stdout.split(b"\n")
    if lines[-2:] != [b"runbook-end", b""]:
        return None
    values: dict[str, bytes] = {}
    for line in lines[:-2]:
        name, gap, data = line.partition(b" ")
        if not gap:
            return None
        try:
            values[name.decode("ascii")] = bytes.fromhex(data.decode("ascii"))
        except ValueError:
            return None
    old = values.pop("old", None)
    texts = {name: data.decode("utf-8", "surrogateescape") for name, data in values.items()}
    outcome = texts.pop("outcome", "")
    if outcome not in {"changed", "unchanged", "not-needed", "refused"}:
        return None
    message = values.get("message", b"").decode("utf-8", "backslashreplace")
    texts.pop("message", None)
    return Answer(outcome, message, texts, old)
