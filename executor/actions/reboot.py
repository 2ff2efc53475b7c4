"""`reboot`: the order that restarts a machine, and the question which start of it this is."""

from __future__ import annotations

from dataclasses import replace

from executor.actions.outcomes import command_result
from executor.actions.posix import SHELL, job_with, quote, script
from executor.actions.shell import parts
from executor.engine.effects import Perform
from executor.hosts.protocol import Job, JobEnd
from executor.model.actions import Reboot
from executor.model.outcomes import Result, Status

_ANSWER = 15.0  # seconds for a host that is there to say which start of it this is


def job(perform: Perform, action: Reboot, job_id: str) -> Job:
    """Durable, as any step: however often it is sent, the machine is restarted once. It says first what it restarts."""
    order, secrets = ("", {}) if action.command is None else parts(action.command)
    text = "\n".join((f"order={quote(order)}", script("boot.sh"), script("reboot.sh")))
    return replace(job_with(perform, job_id, text, secrets=secrets), timeout=float(action.within))  # type: ignore[arg-type]  # filled


def question(order: Job) -> Job:
    """Asked again and again until the answer is another one. As the login: sudo may not work yet."""
    return Job(f"{order.id}.boot", f"{script('boot.sh')}\nboot\n", executable=SHELL, timeout=_ANSWER, read_only=True)


def boot(stdout: bytes) -> str:
    """Which start of the machine it was, as the host says it; "" where it has not said it."""
    first, newline, _ = stdout.partition(b"\n")
    word, _, said = first.decode("utf-8", "replace").partition(" ")
    return said.strip() if newline and word == "boot" else ""


def result(end: JobEnd, stdout: bytes, stderr: bytes) -> Result:
    """What came of the order alone: that it was given, where nobody waited for what comes of it."""
    if end.rebooted:
        return Result(Status.OK, rc=0, changed=True, detail="restarted", duration=end.duration)
    return command_result(end, stdout, stderr, register=False)
