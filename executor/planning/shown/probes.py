"""Probes in words."""

from __future__ import annotations

from collections.abc import Iterator

from executor.model.probes import FileProbe, Http, Probe, Resources, Service, ShellProbe, Tcp, Tls, Verb
from executor.planning.shown.words import duration, joined, percent, said, value


def probe(asked: Probe) -> str:
    """What is asked, what is wanted, and for how long, in one sentence."""
    where = "" if asked.source == "host" else "from the control node"
    expected = "" if asked.expect is None else f"expect {said(asked.expect)}"
    return joined([joined([_verb(asked.verb), where], ", "), expected, times(asked)], "; ")


def times(asked: Probe) -> str:
    """A probe's times."""
    every = f"every {duration(asked.every)}" if asked.every is not None else ""
    return joined(
        [
            f"within {duration(asked.within)}" if asked.within is not None else "",
            f"must hold for {duration(asked.hold)}" if asked.hold is not None else "",
            every,
            f"over the last {duration(asked.over)}" if asked.over is not None else "",
            f"counts once it is bad for {duration(asked.failing_for)}" if asked.failing_for is not None else "",
        ]
    )


def _verb(verb: Verb) -> str:
    match verb:
        case Http():
            wants = joined(_http(verb))
            return f"{said(verb.method)} {said(verb.url)}: {wants}"
        case Tcp(port=port, host=host):
            return f"port {said(port)}{'' if host is None else f' of {said(host)}'} takes connections"
        case Tls():
            return joined(_tls(verb))
        case ShellProbe(script=script, rc=rc, stdout=stdout):
            text = f"$ {said(script).strip()}"
            return joined(
                [
                    text,
                    "" if rc == 0 else f"exits with {said(rc)}",
                    "" if stdout is None else f"prints /{said(stdout)}/",
                ]
            )
        case FileProbe():
            return joined(_file(verb))
        case Service(unit=unit):
            return f"service {said(unit)} is active and has not restarted"
        case Resources():
            return joined(_resources(verb))


def _http(verb: Http) -> Iterator[str]:
    wanted = " or ".join(said(status) for status in verb.status) or "2xx"
    if verb.max_error_rate is not None:
        yield f"at most {percent(verb.max_error_rate)} other than {wanted}"
    else:
        yield wanted
    if verb.body is not None:
        yield f"body has /{said(verb.body)}/"
    for path, wants in verb.json.items():
        yield f"{path} is {value(wants)}"
    if verb.max_time is not None:
        yield f"in at most {duration(verb.max_time)}"
    for name in ("p50", "p95", "p99"):
        if (limit := getattr(verb, name)) is not None:
            yield f"{name} at most {duration(limit)}"
    if verb.min_samples is not None:
        yield f"of at least {said(verb.min_samples)} samples"


def _tls(verb: Tls) -> Iterator[str]:
    host = "the host" if verb.host is None else said(verb.host)
    name = "" if verb.name is None else f" for {said(verb.name)}"
    yield f"certificate{name} at {host}, port {said(verb.port)}"
    if verb.days_left is not None:
        yield f"valid for {said(verb.days_left)} more days"
    if verb.fingerprint is not None:
        yield f"fingerprint {said(verb.fingerprint)}"


def _file(verb: FileProbe) -> Iterator[str]:
    there = "exists" if verb.exists is not False else "does not exist"
    yield f"file {said(verb.path)} {there if isinstance(verb.exists, bool) else f'exists: {said(verb.exists)}'}"
    if verb.contains is not None:
        yield f"has /{said(verb.contains)}/"
    if verb.max_age is not None:
        yield f"at most {duration(verb.max_age)} old"


def _resources(verb: Resources) -> Iterator[str]:
    if verb.disk_max_used is not None:
        yield f"disk {said(verb.disk_path or '/')} at most {percent(verb.disk_max_used)} used"
    if verb.memory_max_used is not None:
        yield f"memory at most {percent(verb.memory_max_used)} used"
    if verb.load_max is not None:
        yield f"load at most {said(verb.load_max)}"
