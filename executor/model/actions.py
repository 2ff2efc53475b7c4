"""What a step can do. Leaves may be templates; see `executor.model.leaves`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from executor.model.leaves import Duration, Flag, Text, Value
from executor.model.places import NOWHERE, Place
from executor.model.probes import Probe

REBOOT_WITHIN = 600.0  # seconds that a machine has to come back


@dataclass(frozen=True, slots=True)
class Shell:
    script: Text


@dataclass(frozen=True, slots=True)
class Script:
    file: Text  # a local path, as the plan resolved it
    args: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Copy:
    """A file written whole or not at all. Exactly one of `src` (a local file) and `content` is given."""

    dest: Text
    src: Text | None = None
    content: Text | None = None
    mode: Text | None = None  # octal digits, e.g. "0644"
    owner: Text | None = None
    group: Text | None = None
    validate: Text | None = None  # a shell command with %s for the new file
    keep: Flag = True  # what is replaced is kept for rollback


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """As Copy, from a template file: `content` is what it renders to."""

    dest: Text
    src: str
    content: Text
    mode: Text | None = None
    owner: Text | None = None
    group: Text | None = None
    validate: Text | None = None
    keep: Flag = True


@dataclass(frozen=True, slots=True)
class Symlink:
    dest: Text
    to: Text


@dataclass(frozen=True, slots=True)
class Unarchive:
    src: Text  # a local archive
    dest: Text  # the folder it becomes


@dataclass(frozen=True, slots=True)
class Fetch:
    src: Text
    dest: Text  # a local path


@dataclass(frozen=True, slots=True)
class Reboot:
    """The host is restarted. Whether that is needed, and the test afterwards, are the step's `only_if` and `verify`."""

    within: Duration = REBOOT_WITHIN  # seconds, until a login is possible again
    command: Text | None = None  # instead of the system's own


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    item: Text
    shell: Text | None = None
    probe: Probe | None = None
    evidence: Flag = False  # the answer must bring a text: a link, a ticket
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Checklist:
    items: tuple[ChecklistItem, ...]


@dataclass(frozen=True, slots=True)
class ProbeAction:
    probe: Probe


@dataclass(frozen=True, slots=True)
class Pause:
    """Either a time in seconds or a question to a person."""

    seconds: Duration | None = None
    prompt: Text | None = None


@dataclass(frozen=True, slots=True)
class Assert:
    that: tuple[Text, ...]  # expressions
    message: Text | None = None


@dataclass(frozen=True, slots=True)
class SetVars:
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Undo:
    """The built-in undoing of a file action, with what that action said it captured."""

    action: Copy | TemplateFile | Symlink | Unarchive
    captured: Mapping[str, str]


Action: TypeAlias = (
    Shell
    | Script
    | Copy
    | TemplateFile
    | Symlink
    | Unarchive
    | Fetch
    | Reboot
    | Checklist
    | ProbeAction
    | Pause
    | Assert
    | SetVars
    | Undo
)

# Actions that know how to undo themselves.
SELF_UNDOING = (Copy, TemplateFile, Symlink, Unarchive)
