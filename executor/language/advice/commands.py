"""Commands: pipes whose failures are lost, commands that may run for ever, values that become part of a script."""

from __future__ import annotations

import re
from collections.abc import Iterator

from executor.language.advice.rules import Finding, Rule
from executor.language.advice.subject import Seen, Subject
from executor.model.actions import Script, Shell
from executor.model.leaves import Kind, Template
from executor.templates.faults import Fault, place_of
from executor.templates.scan import Hole, split
from executor.templates.shell import pipes

_SHELLS = {"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "busybox"}
# The first word of a command that does not fail, or whose failure is the question that is asked.
_HARMLESS = {"echo", "printf", "yes", "true", "if", "elif", "while", "until", "!"}


def _pipe(subject: Subject) -> Iterator[Finding]:
    for seen in subject.steps:
        if not _forgets_failures(seen):
            continue
        for key in ("shell", "apply"):
            text = subject.text(seen.step, key)
            if text is None or "pipefail" in text.text:
                continue
            for start in _unguarded(text.text):
                yield Finding(
                    "where the command before this `|` fails, nobody notices",
                    place_of(text, start, start + 1),
                    "`executable: bash -euo pipefail`, on the step, the stage or the runbook",
                )


def _forgets_failures(seen: Seen) -> bool:
    """Whether the step's shell takes a pipe's last command for the whole of it."""
    executable = str(seen.settings.executable)
    program = executable.split(maxsplit=1)[0].rpartition("/")[2]
    return isinstance(seen.step.body.action, Shell) and program in _SHELLS and "pipefail" not in executable


def _unguarded(script: str) -> Iterator[int]:
    """The pipes of a script, as offsets, where a failure on their left would count."""
    masked = script
    for piece in split(script):
        if isinstance(piece, Hole):  # a value is a word, whatever is in it
            masked = masked[: piece.start] + "x" * (piece.end - piece.start) + masked[piece.end :]
    try:
        found = pipes(masked)
    except Fault:
        return  # it cannot be followed: nothing is known about it
    for start in found:
        before = re.split(r"[\n;&|(`]", masked[:start])[-1].split()
        behind = masked[start:].partition("\n")[0]
        if before and before[0] not in _HARMLESS and "||" not in behind:
            yield start


PIPE = Rule(
    "pipe",
    "a pipe whose left side may fail unnoticed",
    "A plain shell takes the exit code of the last command for that of the whole pipe. A dump that breaks off half-way "
    "is compressed without an error, and the backup is there and worth nothing.",
    """\
- name: Back up the database
  executable: bash -euo pipefail
  shell: pg_dump app | gzip > /srv/backups/app.sql.gz
  rollback: none
""",
    _pipe,
)


def _no_timeout(subject: Subject) -> Iterator[Finding]:
    for seen in subject.steps:
        runs = isinstance(seen.step.body.action, Shell | Script)
        if runs and seen.role != "handler" and seen.settings.timeout is None:
            yield Finding(
                "this command may take for ever",
                seen.step.place,
                "`timeout: 10m`, on the step, the stage or the runbook",
            )


NO_TIMEOUT = Rule(
    "no-timeout",
    "a command without a `timeout`",
    "A command that waits for an answer, a lock or a dead mount holds its host, its batch and the whole run. With a "
    "timeout it fails, and what was done is undone. One at the top of the runbook is enough.",
    """\
- name: Restart
  shell: systemctl restart app
  timeout: 2m
  rollback: none
""",
    _no_timeout,
)


def _raw(subject: Subject) -> Iterator[Finding]:
    for template in subject.written.templates:
        if template.kind is Kind.SHELL:
            yield from _raw_values(template)


def _raw_values(template: Template) -> Iterator[Finding]:
    for piece in split(template.text):
        if isinstance(piece, Hole) and re.search(r"\|\s*raw\b", piece.source):
            yield Finding(
                "this value becomes part of the command, whatever is in it",
                place_of(template, piece.start, piece.end),
                "without `| raw` it is one word; a list gives several",
            )


RAW = Rule(
    "raw",
    "a value that enters a command as it is",
    "`| raw` turns off what keeps a value from changing the command: a space makes two words of it, a `;` a second "
    "command. Options that vary are better a list, whose entries become words of their own.",
    """\
- name: Build
  vars: {options: [--release, --strip]}
  shell: ./build.sh {{ options }}
  rollback: none
""",
    _raw,
)
