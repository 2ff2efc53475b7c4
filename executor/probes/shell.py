"""`shell`: a command whose exit code and output say it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from executor.model.exits import exit_words
from executor.model.leaves import Value
from executor.model.probes import ShellProbe
from executor.model.secrets import SealedScript, Secret
from executor.probes.answers import Answer, Silence, Unasked, failed, passed, without_answer
from executor.probes.leaves import number, optional, text
from executor.probes.words import excerpt


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that came to its end; up to 1 MB of each of its streams."""

    rc: int
    stdout: bytes = b""
    stderr: bytes = b""


def parts(script: object) -> tuple[str, Mapping[str, Secret]]:
    """A script's text, and the secrets that it reads from its environment."""
    return (script.text, script.environment) if isinstance(script, SealedScript) else (text(script), {})


def judge(verb: ShellProbe, ran: Ran | Silence | Unasked) -> Answer:
    if not isinstance(ran, Ran):
        return without_answer(ran)
    stdout = ran.stdout.decode("utf-8", "replace").rstrip("\r\n")
    stderr = ran.stderr.decode("utf-8", "replace").rstrip("\r\n")
    result: dict[str, Value] = {"rc": ran.rc, "stdout": stdout, "stderr": stderr, "json": _json(stdout)}
    wanted, pattern = int(number(verb.rc) or 0), optional(verb.stdout)
    if ran.rc != wanted:
        said = _last_line(stderr) or _last_line(stdout)
        words = f"{exit_words(ran.rc)} (wanted {wanted})"
        return failed(f"{words}: {said}" if said else words, {"rc": ran.rc}, result=result)
    if pattern is not None and not re.search(pattern, stdout, re.MULTILINE):
        printed = f"it printed {excerpt(stdout)!r}" if stdout.strip() else "it printed nothing"
        return failed(f"nothing in the output matches {pattern!r}: {printed}", {"rc": ran.rc}, result=result)
    printed = f": {excerpt(_last_line(stdout))}" if stdout.strip() else ""
    return passed(f"{exit_words(ran.rc)}{printed}", {"rc": ran.rc}, result=result)


def _last_line(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()]
    return excerpt(lines[-1], 160) if lines else ""


def _json(output: str) -> Value:
    try:
        document: Value = json.loads(output)
    except (ValueError, RecursionError):
        return None
    return document
