"""What a host must be able to do for a run: the questions of `runbook ping`, and what their answers mean."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from executor.hosts.errors import ForwardingRefused
from executor.hosts.protocol import Host, Job, JobEnd, Stream

DEADLINE = 30.0  # seconds for each question

# Prints name=value lines. KillUserProcesses ends a user's processes at logout, and detached steps with them.
SCRIPT = r"""
echo "user=$(id -un 2>/dev/null || id -u)"
echo "home=$HOME"
if [ -d "$HOME" ] && [ -w "$HOME" ]; then echo writable=yes; else echo writable=no; fi
if command -v setsid >/dev/null 2>&1; then echo setsid=yes; else echo setsid=no; fi
kill=no
if command -v busctl >/dev/null 2>&1; then
  case $(busctl get-property org.freedesktop.login1 /org/freedesktop/login1 \
      org.freedesktop.login1.Manager KillUserProcesses 2>/dev/null) in
    'b true') kill=yes ;;
  esac
fi
echo "kills=$kill"
if [ "$kill" = yes ]; then
  linger=$(loginctl show-user "$(id -un)" -p Linger --value 2>/dev/null || echo no)
  echo "linger=$linger"
fi
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the checkup. `grave`: a run would fail on this host."""

    text: str
    grave: bool = False


class Listener:
    """A sink that waits for the end of a job."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._end = JobEnd("unknown")
        self.stdout = b""

    def output(self, stream: Stream, data: bytes) -> None:
        if stream == "stdout":
            self.stdout += data

    def ended(self, end: JobEnd) -> None:
        self._end = end
        self._ended.set()

    def wait(self, seconds: float) -> JobEnd:
        """The job's end; `timed out` where none came in time."""
        return self._end if self._ended.wait(seconds) else JobEnd("timed out", detail="no answer in time")


def checkup(host: Host, *, become: bool = False) -> tuple[Finding, ...]:
    """Ask a host that is connected; with `become` also whether sudo lets us in. Blocks; raises nothing that the host
    could cause."""
    listener = Listener()
    host.start(Job("ping-look", SCRIPT, executable="/bin/sh", read_only=True), listener)
    end = listener.wait(DEADLINE)
    if end.how != "exited" or end.rc != 0:
        return (Finding(f"no command can be run there: {end.detail or end.how}", grave=True),)
    said = dict(line.split("=", 1) for line in listener.stdout.decode("utf-8", "replace").splitlines() if "=" in line)
    return (*_told(said), *_durable(host), *(_becomes(host) if become else ()), *_forwards(host))


def _told(said: Mapping[str, str]) -> tuple[Finding, ...]:
    findings = [Finding(f"logged in as {said.get('user', 'somebody')}")]
    if said.get("writable") != "yes":
        findings.append(Finding(f"its home {said.get('home', '')} cannot be written: a folder under /var/tmp serves"))
    if said.get("setsid") != "yes":
        findings.append(Finding("it has no setsid: steps are detached by job control"))
    if said.get("kills") == "yes" and said.get("linger") != "yes":
        cure = f"loginctl enable-linger {said.get('user', '')}".strip()
        findings.append(Finding(f"KillUserProcesses=yes ends running steps at logout ({cure})", grave=True))
    return tuple(findings)


def _durable(host: Host) -> tuple[Finding, ...]:
    listener = Listener()
    host.start(Job("ping-step", "true"), listener)
    end = listener.wait(DEADLINE)
    if end.how == "exited" and end.rc == 0:
        return (Finding("steps can run"),)
    return (Finding(f"steps cannot run: {end.detail or end.how}", grave=True),)


def _becomes(host: Host) -> tuple[Finding, ...]:
    listener = Listener()
    host.start(Job("ping-sudo", "true", become=True), listener)
    end = listener.wait(DEADLINE)
    if end.how == "exited" and end.rc == 0:
        return (Finding("sudo makes us root"),)
    return (Finding(end.detail or f"a step as root: {end.how}", grave=True),)


def _forwards(host: Host) -> tuple[Finding, ...]:
    try:
        # Nothing listens on port 1, as a rule: a refusal by the port is an answer of the forwarding.
        host.dial("127.0.0.1", 1, 5.0).close()
    except ForwardingRefused:
        needs = "probes from the host need curl or wget there, of ports alone bash, python3 or nc"
        return (Finding(f"it forwards no ports: {needs}"),)
    except OSError:
        pass  # nothing listens there: the way to it is open
    return (Finding("ports can be forwarded"),)
