"""One sample of a probe: the thin shell around what the verbs decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from executor.hosts.protocol import Host
from executor.model.probes import FileProbe, Http, Probe, Resources, Service, ShellProbe, Tcp, Tls
from executor.model.steps import Settings
from executor.probes import ask_tcp, file, http, resources, service, shell, tcp, tls
from executor.probes.answers import Answer, Silence, Unasked
from executor.probes.clean import cleaned
from executor.probes.jobs import look, run
from executor.probes.leaves import number, optional

T = TypeVar("T")

SHELL_LIMIT = 60.0  # seconds for a command of the operator's
LOOK_LIMIT = 20.0  # seconds for a command of ours
EXECUTABLE = "/bin/sh -e"


@dataclass(frozen=True, slots=True)
class Asking:
    """Who is asked, about whom.

    `host` is where the question is asked from: for `from: control` the control node. `address` is that of the host
    which it is about, as `host` sees it: "localhost" where the two are one.
    """

    host: Host
    address: str = "localhost"
    settings: Settings = field(default_factory=Settings)
    link_local: bool = False  # may probes look at link-local addresses?
    clean: Callable[[bytes], bytes] | None = None  # takes secrets out of what is answered, before it is judged

    def cleaned(self, said: T) -> T:
        """An answer without secrets."""
        return said if self.clean is None else cleaned(said, self.clean)


def ask(probe: Probe, asking: Asking, *, job_id: str, age: float = 0.0) -> Answer:
    """Take one sample; blocks until there is an answer, or its time is up.

    `job_id` names the command on the host, if there is one: no other job of the run may have it. `age` is how many
    seconds ago the step (or the probe, where there is no step) began. An answer that cannot be had is an answer too:
    this raises nothing but faults of the program.
    """
    match probe.verb:
        case Http() as verb:
            from executor.probes import ask_http  # noqa: PLC0415  # urllib3 is paid for by those who use it

            return http.judge(
                verb, asking.cleaned(ask_http.ask(verb, asking.host, job_id, link_local=asking.link_local))
            )
        case Tcp() as verb:
            return tcp.judge(verb, asking.cleaned(_knock(verb, asking, job_id)))
        case Tls() as verb:
            return _look_at_certificate(verb, asking)
        case ShellProbe() as verb:
            executable = optional(asking.settings.executable) or EXECUTABLE
            script, secrets = shell.parts(verb.script)
            job = look(job_id, script, asking.settings, SHELL_LIMIT, executable=executable, secrets=secrets)
            return shell.judge(verb, asking.cleaned(run(asking.host, job)))
        case FileProbe() as verb:
            return file.judge(verb, file.read(verb, _run(asking, job_id, file.script(verb))))
        case Service() as verb:
            return service.judge(verb, service.read(_run(asking, job_id, service.script(verb))), age)
        case Resources() as verb:
            return resources.judge(verb, resources.read(_run(asking, job_id, resources.script(verb))))


def _run(asking: Asking, job_id: str, script: str) -> shell.Ran | Silence | Unasked:
    return asking.cleaned(run(asking.host, look(job_id, script, asking.settings, LOOK_LIMIT)))


def _knock(verb: Tcp, asking: Asking, job_id: str) -> tcp.Open | Silence | Unasked:
    address = optional(verb.host) or asking.address
    return ask_tcp.ask(asking.host, address, int(number(verb.port) or 0), job_id, link_local=asking.link_local)


def _look_at_certificate(verb: Tls, asking: Asking) -> Answer:
    from executor.probes import ask_tls  # noqa: PLC0415  # only probes of certificates pay for it

    address = optional(verb.host) or asking.address
    name = optional(verb.name) or address
    port = int(number(verb.port) or 0)
    seen = ask_tls.ask(asking.host, address, port, name, datetime.now(UTC), link_local=asking.link_local)
    return tls.judge(verb, name, seen)
