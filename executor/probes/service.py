"""`service`: a systemd unit that is active, and has not restarted by itself since the step began."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from executor.model.probes import Service
from executor.probes.answers import Answer, Measured, Silence, Unasked, failed, passed, without_answer
from executor.probes.leaves import text
from executor.probes.shell import Ran
from executor.probes.words import count, duration, excerpt

_PROPERTIES = "LoadState,ActiveState,SubState,NRestarts,ExecMainStartTimestampMonotonic"


@dataclass(frozen=True, slots=True)
class Unit:
    """What systemd says. `restarts` counts those that systemd did by itself since somebody last started the unit."""

    load: str
    active: str
    sub: str
    restarts: int
    running_for: float | None  # seconds since its main process was started; None: it has none


def script(verb: Service) -> str:
    """For a POSIX shell on the host; it changes nothing."""
    return (
        'command -v systemctl >/dev/null || { echo "there is no systemctl on the host" >&2; exit 2; }\n'
        f"systemctl show -p {_PROPERTIES} -- {shlex.quote(text(verb.unit))} || exit 2\n"
        'read -r up _ < /proc/uptime && echo "Uptime=$up"\n'
    )


def read(ran: Ran | Silence | Unasked) -> Unit | Silence | Unasked:
    """What the script said."""
    if not isinstance(ran, Ran):
        return ran
    if ran.rc != 0:
        said = excerpt(ran.stderr.decode("utf-8", "replace"), 160)
        return Unasked(said or f"systemctl ended with {ran.rc}")
    lines = ran.stdout.decode("utf-8", "replace").splitlines()
    said_of = {name: value for name, _, value in (line.partition("=") for line in lines)}
    started, now = said_of.get("ExecMainStartTimestampMonotonic", ""), said_of.get("Uptime", "")
    running = max(float(now) - int(started) / 1e6, 0.0) if started.isdigit() and int(started) and now else None
    restarts = said_of.get("NRestarts", "")
    return Unit(
        load=said_of.get("LoadState", ""),
        active=said_of.get("ActiveState", ""),
        sub=said_of.get("SubState", ""),
        restarts=int(restarts) if restarts.isdigit() else 0,
        running_for=running,
    )


def judge(verb: Service, seen: Unit | Silence | Unasked, age: float) -> Answer:
    """`age` is how many seconds ago the step began.

    A start by hand, as a step does it with `systemctl restart`, sets systemd's count to zero: so a main process that
    is younger than the step and a count above zero together mean that systemd had to start it again.
    """
    if not isinstance(seen, Unit):
        return without_answer(seen)
    unit = text(verb.unit)
    measured: Measured = {"active": seen.active, "restarts": seen.restarts, "running_for": seen.running_for}
    if seen.load == "not-found":
        return failed(f"{unit} does not exist", measured)
    if seen.active != "active":
        return failed(f"{unit} is {seen.active} ({seen.sub}), wanted active", measured)
    if seen.restarts and seen.running_for is not None and seen.running_for < age:
        times = count(seen.restarts, "time")
        return failed(
            f"{unit} has restarted since the step began, {duration(seen.running_for)} ago ({times} in all)", measured
        )
    since = "" if seen.running_for is None else f", running for {duration(seen.running_for)}"
    return passed(f"{unit} is active ({seen.sub}){since}", measured)
