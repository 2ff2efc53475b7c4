"""Values that are only known once they are rendered, and must make sense: ports, modes, patterns, times."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from executor.errors import Problem
from executor.language import regex
from executor.model.actions import Checklist, Copy, ProbeAction, TemplateFile
from executor.model.leaves import Template
from executor.model.places import Place
from executor.model.probes import FileProbe, Http, Probe, Resources, ShellProbe, Tcp, Tls
from executor.model.runbooks import Amount
from executor.model.steps import Body

MOST_ATTEMPTS = 10_000


def check_body(written: Body, body: Body, place: Place) -> Iterator[Problem]:
    """What is wrong with a rendered body; `written` is the same before it was rendered, for the places."""
    match written.action, body.action:
        case ProbeAction(probe=before), ProbeAction(probe=after):
            yield from check_probe(before, after)
        case Checklist(items=old), Checklist(items=new):
            for before_item, after_item in zip(old, new, strict=True):
                if before_item.probe is not None and after_item.probe is not None:
                    yield from check_probe(before_item.probe, after_item.probe)
        case (Copy() | TemplateFile()) as old_file, (Copy() | TemplateFile()) as new_file:
            mode = new_file.mode
            if isinstance(mode, str) and not re.fullmatch(r"0?[0-7]{3,4}", mode):
                yield _problem(f"{mode!r} is not a file's mode", old_file.mode, place, "octal digits, as in 0644")
    if written.verify is not None and body.verify is not None:
        yield from check_probe(written.verify, body.verify)
    if written.retry is not None and body.retry is not None:
        attempts, backoff = body.retry.attempts, body.retry.backoff
        if isinstance(attempts, int) and not 1 <= attempts <= MOST_ATTEMPTS:
            yield _problem(
                f"{attempts} attempts: from 1 to {MOST_ATTEMPTS:,} are possible", written.retry.attempts, place
            )
        if isinstance(backoff, int | float) and not 1 <= backoff <= 100:
            yield _problem(f"a backoff of {backoff}: from 1 to 100 is possible", written.retry.backoff, place)
    if body.settings.timeout == 0:
        yield _problem("a timeout of 0 leaves no time at all", written.settings.timeout, place)


def check_probe(written: Probe, probe: Probe) -> Iterator[Problem]:
    """What is wrong with a rendered probe."""
    place = written.place
    match written.verb, probe.verb:
        case (Tcp() as old, Tcp() as new) | (Tls() as old, Tls() as new):
            yield from _port(new.port, old.port, place)
        case Http() as old_http, Http() as new_http:
            yield from _http(old_http, new_http, place)
        case ShellProbe() as old_shell, ShellProbe() as new_shell:
            yield from _pattern(new_shell.stdout, old_shell.stdout, place)
            if isinstance(new_shell.rc, int) and not 0 <= new_shell.rc <= 255:
                yield _problem(f"{new_shell.rc} is no exit code: they go from 0 to 255", old_shell.rc, place)
        case FileProbe() as old_file, FileProbe() as new_file:
            yield from _pattern(new_file.contains, old_file.contains, place)
        case Resources() as old_use, Resources() as new_use:
            yield from _fraction(new_use.disk_max_used, old_use.disk_max_used, place)
            yield from _fraction(new_use.memory_max_used, old_use.memory_max_used, place)
    if probe.every == 0:
        yield _problem("every 0s is without a pause", written.every, place, "500ms or more is kind to what is asked")


def _http(written: Http, http: Http, place: Place) -> Iterator[Problem]:
    if isinstance(http.url, str) and not re.match(r"https?://[^/\s]", http.url):
        yield _problem(f"{http.url!r} is not a URL of http or https", written.url, place)
    for before, status in zip(written.status, http.status, strict=True):
        if isinstance(status, int) and not 100 <= status <= 599:
            yield _problem(f"{status} is no HTTP status", before, place)
    yield from _pattern(http.body, written.body, place)
    yield from _fraction(http.max_error_rate, written.max_error_rate, place)


def _port(port: Any, written: Any, place: Place) -> Iterator[Problem]:
    if isinstance(port, int) and not 1 <= port <= 65_535:
        yield _problem(f"{port} is no port: they go from 1 to 65535", written, place)


def _fraction(value: Any, written: Any, place: Place) -> Iterator[Problem]:
    if isinstance(value, int | float) and not 0 <= value <= 1:
        yield _problem(f"{value} is not between 0% and 100%", written, place, "write a percentage: 90%")


def _pattern(pattern: Any, written: Any, place: Place) -> Iterator[Problem]:
    if not isinstance(pattern, str):
        return
    if regex.compiled(pattern) is None:
        yield _problem(f"{pattern!r} is not a regular expression", written, place, regex.HINT)


def amount_of(leaf: Any, *, least: int, what: str) -> Amount:
    """An amount out of what a template gave: "3", "25%", 3. Raises ValueError with the reason for people."""
    if isinstance(leaf, Amount):
        amount = leaf
    else:
        found = re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,6})?)\s*(%?)\s*", str(leaf))
        if found is None:
            raise ValueError(f"{what} is a number of hosts or a percentage, not {str(leaf)[:60]!r}")
        amount = Amount(float(found[1]), percent=bool(found[2]))
    if amount.percent and amount.number > 100:
        raise ValueError(f"{what} is at most 100%, not {amount.number:g}%")
    if not amount.percent and amount.number != int(amount.number):
        raise ValueError(f"{what} is a whole number of hosts, not {amount.number:g}")
    if (least and not amount.number) or (not amount.percent and amount.number < least):
        raise ValueError(f"{what} is at least {least}, not {amount.number:g}{'%' if amount.percent else ''}")
    return amount


def _problem(message: str, written: Any, place: Place, hint: str = "") -> Problem:
    return Problem(message, written.place if isinstance(written, Template) else place, hint, "value")
