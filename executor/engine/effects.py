"""What the engine asks the world to do. Each effect but `Finish` and the cancels is answered by exactly one event.

An effect carries plain values: every template in it has been filled, but for what asks for a secret. That waits as a
late leaf until the effect is performed, so that neither the engine nor its events ever hold a secret's value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from executor.errors import Exit
from executor.events import Event, Key, Question
from executor.model.actions import Action
from executor.model.leaves import Text
from executor.model.probes import Probe
from executor.model.steps import Settings


@dataclass(frozen=True, slots=True)
class Connect:
    """Answered by HostReached or HostLost. Where the plan has a lock, a host counts as reached once it is locked: then
    Locked, LockAwaited and LockRefused may come before."""

    host: str


@dataclass(frozen=True, slots=True)
class Unlock:
    """Let the run's lock go. Answered by Unlocked."""

    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Perform:
    """Run one action (or a guard's, apply's, handler's command as a Shell). Answered by Ended."""

    key: Key
    on: str  # the host whose connection is used
    action: Action
    settings: Settings = field(default_factory=Settings)
    stdin: Text | None = None
    creates: str | None = None  # checked on the host before the action; if so it ends OK with changed=False
    removes: str | None = None
    register: bool = False  # keep up to 1 MB of the output in the result
    diff: bool = False
    dry: bool = False  # only say whether it would change something (a check)
    settles: Key | None = None  # only ask what became of that work: where it has not started, it never will (REFUSED)
    again: bool = False  # it may have been started already, by a program that has died: attach to it, or start it


@dataclass(frozen=True, slots=True)
class Sample:
    """Ask one probe, with its `within` and `hold` times. Answered by Judged."""

    key: Key
    on: str  # the host it asks from: "localhost" for `from: control`
    about: str  # the host it is about
    probe: Probe
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True, slots=True)
class Watch:
    """Sample a probe until cancelled. Answered by any number of WatchTurned."""

    key: Key
    on: str
    about: str
    probe: Probe
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True, slots=True)
class Wait:
    """Answered by WaitEnded."""

    key: Key
    seconds: float


@dataclass(frozen=True, slots=True)
class Ask:
    """Answered by Answered."""

    key: Key
    question: Question


@dataclass(frozen=True, slots=True)
class Cancel:
    """End a Wait, Ask, Sample or Watch now. Waits, questions and samples are still answered (cut short, withdrawn,
    cancelled); a watch is not."""

    key: Key


@dataclass(frozen=True, slots=True)
class End:
    """End a running Perform: its whole process group. It is still answered by Ended (cancelled, or how it ended)."""

    key: Key


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing is left to do in this process."""

    exit: Exit
    why: Literal["ended", "stopped"] = "ended"


Effect: TypeAlias = Connect | Unlock | Perform | Sample | Watch | Wait | Ask | Cancel | End | Finish


@dataclass(frozen=True, slots=True)
class Decision:
    """First `events` are on disk and folded into the state, then `effects` start."""

    events: tuple[Event, ...] = ()
    effects: tuple[Effect, ...] = ()
