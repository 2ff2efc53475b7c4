"""Starting one piece of work for a task: the event that must be on disk, and the effect that it allows."""

from __future__ import annotations

from collections.abc import Sequence

from executor.engine.effects import Decision, Perform, Sample
from executor.engine.index import LOCAL
from executor.engine.values import flag, text
from executor.engine.work import Here
from executor.events import Armed, Event, Started
from executor.model.actions import (
    Action,
    Copy,
    Fetch,
    Reboot,
    Script,
    Shell,
    Symlink,
    TemplateFile,
    Unarchive,
    Undo,
)
from executor.model.leaves import Text, Value
from executor.model.probes import FileProbe, Http, Probe, Resources, Service, ShellProbe, Tcp, Tls
from executor.model.steps import Settings
from executor.templates import fill, sketch

SHOWN = 100  # characters of a command in an event


class Lost(Exception):
    """The host that should do the work cannot be reached. The message says which and why."""


def perform(
    here: Here, part: str, action: Action, label: str, *, armed: Armed | None = None, before: Sequence[Event] = (),
    sub: int = 0,
) -> Decision:  # fmt: skip
    """Run an action or a command of the current item. Raises Lost, and RunbookError where a template fails."""
    body, values, settings = here.item.body, here.values(), _settings(here)
    on = _on(here, settings)
    key = here.key(part, sub)
    main = part in ("action", "undo")
    effect = Perform(
        key,
        on,
        action,
        settings,
        stdin=fill(body.stdin, values) if main else None,
        creates=_optional(body.creates, values) if main else None,
        removes=_optional(body.removes, values) if main else None,
        register=main and _is_read(here),
    )
    what = "" if flag(settings.no_log, values) else _brief(action)
    started = Started(key, label, what, on if on != key.host else "", armed)
    return Decision((*before, started), (effect,))


def sample(here: Here, part: str, probe: Probe, label: str, *, armed: Armed | None = None, sub: int = 0) -> Decision:
    """Ask a probe of the current item. Raises Lost, and RunbookError where a template fails."""
    settings = _settings(here)
    delegate = _on(here, settings)
    on = LOCAL if probe.source == "control" else delegate
    key = here.key(part, sub)
    started = Started(key, label, describe(probe), on if on != key.host else "", armed, kind="sample")
    return Decision((started,), (Sample(key, on, delegate, probe, settings),))


def _optional(leaf: Text | None, values: dict[str, Value]) -> str | None:
    return None if leaf is None else text(leaf, values)


def _settings(here: Here) -> Settings:
    settings: Settings = fill(here.item.body.settings, here.values())
    return settings


def _on(here: Here, settings: Settings) -> str:
    """Whose connection is used."""
    on = str(settings.delegate_to) if settings.delegate_to is not None else here.host.name
    host = here.state.hosts.get(on)
    if host is None:
        raise Lost(f"there is no host {on!r} to delegate to")
    if host.lost:
        raise Lost(f"{on}: {host.lost}" if on != here.host.name else host.lost)
    return on


def _is_read(here: Here) -> bool:
    """Somebody will look at the output: a registered name, or an expression of the step."""
    body = here.item.body
    until = body.retry is not None and bool(body.retry.until)
    return bool(here.work.task.register) or body.failed_when is not None or body.changed_when is not None or until


def describe(probe: Probe) -> str:
    """A probe in a few words: `https://example.com/health`, `tcp port 5432`."""
    kind = type(probe.verb).__name__.removesuffix("Probe").lower()
    asked: object = None
    match probe.verb:
        case Http(url=str() as url):
            kind, asked = "", url
        case ShellProbe(script=asked) | FileProbe(path=asked) | Service(unit=asked):
            pass
        case Tcp(port=int() as port, host=host) | Tls(port=int() as port, host=host):
            asked = f"{host}:{port}" if isinstance(host, str) else f"port {port}"
        case Http() | Tcp() | Tls() | Resources():
            pass
    # What is not a text yet waits for a value, or for a secret.
    return probe.name or (f"{kind} {_line(asked)}".lstrip() if isinstance(asked, str) else kind)


def _brief(action: Action) -> str:
    match action:
        case Shell(script):
            return _line(script if isinstance(script, str) else sketch(script))  # it may wait for a secret
        case Script(file):
            return _line(f"script {file}")
        case Copy(dest=dest) | TemplateFile(dest=dest) | Symlink(dest=dest) | Unarchive(dest=dest):
            return _line(f"{type(action).__name__.removesuffix('File').lower()} {dest}")
        case Fetch(src, dest):
            return _line(f"fetch {src} to {dest}")
        case Reboot():
            return "restart the machine"
        case Undo(undone):
            return f"put back: {_brief(undone)}"
        case _:
            return type(action).__name__.removesuffix("Action").removesuffix("Vars").lower()


def _line(text: str) -> str:
    first, _, rest = text.strip().partition("\n")
    return first if len(first) <= SHOWN and not rest else f"{first[:SHOWN]}…"
