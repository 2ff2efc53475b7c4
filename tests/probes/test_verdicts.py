"""What people read: every verb's verdicts, in a table that is kept in data/verdicts.txt.

RUNBOOK_REWRITE=1 writes the table anew; then it is to be read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from executor.model.probes import FileProbe, Http, Resources, Service, ShellProbe, Tcp, Tls
from executor.probes import file, http, resources, service, shell, tcp, tls
from executor.probes.answers import Answer, Silence, Unasked
from executor.probes.file import Absent, Found
from executor.probes.http import Reply
from executor.probes.resources import Usage
from executor.probes.service import Unit
from executor.probes.shell import Ran
from executor.probes.tcp import Open
from executor.probes.tls import Certificate
from executor.probes.words import count, duration, percent, percent_beside

TABLE = Path(__file__).parent / "data" / "verdicts.txt"
DOWN = Silence("Connection refused (localhost:8000)")
BLIND = Unasked("web1: the SSH server forwards no ports")


def reply(status: int = 200, body: bytes = b"", seconds: float | None = 0.0123, **headers: str) -> Reply:
    return Reply(status, headers, body, seconds)


def http_cases() -> Iterator[tuple[str, Answer]]:
    url = "http://localhost:8000/"
    yield "passes", http.judge(Http(url), reply())
    yield "wrong status", http.judge(Http(url), reply(503))
    yield "server's own words", http.judge(Http(url), Reply(503, {}, b"", 0.1, reason="Down for   repair"))
    yield "one of some", http.judge(Http(url, status=(200, 204, 301)), reply(404))
    yield "a status nobody knows", http.judge(Http(url), reply(799))
    yield "redirect", http.judge(Http(url), reply(302, location="https://elsewhere.example/login"))
    yield "wanted redirect", http.judge(Http(url, status=(302,)), reply(302, location="/login"))
    yield "too slow", http.judge(Http(url, max_time=2.0), reply(seconds=2.345))
    yield "untimed", http.judge(Http(url, max_time=2.0), reply(seconds=None))
    yield "body", http.judge(Http(url, body="ok|fine"), reply(body=b"all fine\n"))
    yield "no body", http.judge(Http(url, body="ok"), reply())
    yield "other body", http.judge(Http(url, body="^ok"), reply(body=b"<html>\n  maintenance, back soon\n" + b"x" * 90))
    version = Http(url, json={"version": "v2", "db.ok": True})
    yield "json", http.judge(version, reply(body=b'{"version": "v2", "db": {"ok": true}}'))
    yield "old version", http.judge(version, reply(body=b'{"version": "v1", "db": {"ok": true}}'))
    yield "true is not 1", http.judge(version, reply(body=b'{"version": "v2", "db": {"ok": 1}}'))
    yield "missing", http.judge(version, reply(body=b"{}"))
    yield "no json", http.judge(version, reply(body=b"<html>"))
    yield "text, not number", http.judge(Http(url, json={"n": "3"}), reply(body=b'{"n": 3}'))
    yield "number, not text", http.judge(Http(url, json={"n": 3}), reply(body=b'{"n": "3"}'))
    yield "a list", http.judge(Http(url, json={"n": (1, 2)}), reply(body=b'{"n": [1, 3]}'))
    yield "a path that does not fit", http.judge(Http(url, json={"length(n)": 2}), reply(body=b'{"n": 3}'))
    yield "no answer", http.judge(Http(url), DOWN)
    yield "not asked", http.judge(Http(url), BLIND)


def tcp_cases() -> Iterator[tuple[str, Answer]]:
    yield "open", tcp.judge(Tcp(5432), Open(0.0031))
    yield "closed", tcp.judge(Tcp(5432), Silence("Connection refused"))
    yield "not asked", tcp.judge(Tcp(5432), BLIND)


def tls_cases() -> Iterator[tuple[str, Answer]]:
    name, pin = "www.example.com", "AB:CD"
    good = Certificate(61.5, "abcd", ("*.example.com",))
    yield "good", tls.judge(Tls(days_left=14), name, good)
    yield "soon over", tls.judge(Tls(days_left=14), name, Certificate(6.9, "abcd", (name,)))
    yield "over", tls.judge(Tls(), name, Certificate(-0.5, "abcd", (name,), "certificate has expired"))
    yield "self-signed", tls.judge(Tls(), name, Certificate(61.5, "abcd", (name,), "self-signed certificate"))
    yield "pinned", tls.judge(Tls(fingerprint=pin), name, Certificate(1.0, "abcd", (), "self-signed certificate"))
    yield "another one", tls.judge(Tls(fingerprint=pin), name, Certificate(61.5, "abce", (name,)))
    yield "other name", tls.judge(Tls(), "example.org", good)
    yield "one label alone", tls.judge(Tls(), "a.b.example.com", good)
    yield "pinned, with a name", tls.judge(Tls(fingerprint=pin, name="example.org"), "example.org", good)
    yield "no names", tls.judge(Tls(), name, Certificate(61.5, "abcd", ()))
    yield "no answer", tls.judge(Tls(), name, DOWN)


def shell_cases() -> Iterator[tuple[str, Answer]]:
    yield "passes", shell.judge(ShellProbe("x"), Ran(0))
    yield "passes and says so", shell.judge(ShellProbe("x"), Ran(0, b"one\nready\n"))
    yield "fails", shell.judge(ShellProbe("x"), Ran(1, b"", b"first\npg_isready: no response\n"))
    yield "fails without a word", shell.judge(ShellProbe("x"), Ran(2))
    yield "wanted failure", shell.judge(ShellProbe("x", rc=1), Ran(1))
    yield "other output", shell.judge(ShellProbe("x", stdout="^ready$"), Ran(0, b"starting\n"))
    yield "no output", shell.judge(ShellProbe("x", stdout="^ready$"), Ran(0))
    yield "too long", shell.judge(ShellProbe("x"), Silence("no answer within 1m"))
    yield "not asked", shell.judge(ShellProbe("x"), Unasked("web1: unreachable"))


def file_cases() -> Iterator[tuple[str, Answer]]:
    yield "there", file.judge(FileProbe("/f"), Found(120, 5))
    yield "absent", file.judge(FileProbe("/f"), Absent())
    yield "absent as wanted", file.judge(FileProbe("/f", exists=False), Absent())
    yield "there, unwanted", file.judge(FileProbe("/f", exists=False), Found(120, 5))
    yield "old", file.judge(FileProbe("/f", max_age=3600.0), Found(120, 7300))
    yield "content", file.judge(FileProbe("/f", contains="^done"), Found(5, 5, b"all\ndone\n"))
    yield "other content", file.judge(FileProbe("/f", contains="^done"), Found(5, 5, b"not done"))
    yield "large", file.judge(FileProbe("/f", contains="done"), Found(5, 5, b"x" * 1_000_001))


def service_cases() -> Iterator[tuple[str, Answer]]:
    verb = Service("app.service")
    yield "active", service.judge(verb, Unit("loaded", "active", "running", 0, 3600.0), 60.0)
    yield "restarted by the step", service.judge(verb, Unit("loaded", "active", "running", 0, 5.0), 60.0)
    yield "restarted by itself", service.judge(verb, Unit("loaded", "active", "running", 2, 5.0), 60.0)
    yield "restarted long ago", service.judge(verb, Unit("loaded", "active", "running", 2, 3600.0), 60.0)
    yield "in a crash loop", service.judge(verb, Unit("loaded", "activating", "auto-restart", 7, None), 60.0)
    yield "failed", service.judge(verb, Unit("loaded", "failed", "failed", 0, None), 60.0)
    yield "unknown", service.judge(verb, Unit("not-found", "inactive", "dead", 0, None), 60.0)
    yield "oneshot", service.judge(verb, Unit("loaded", "active", "exited", 0, None), 60.0)


def resources_cases() -> Iterator[tuple[str, Answer]]:
    verb = Resources(disk_path="/srv", disk_max_used=0.9, memory_max_used=0.8, load_max=4)
    yield "fine", resources.judge(verb, Usage(0.421, 0.5, 0.25))
    yield "full", resources.judge(verb, Usage(0.9004, 0.5, 4.01))
    yield "no word", resources.judge(verb, Usage(0.5, None, 1.0))
    yield "disk alone", resources.judge(Resources(disk_path="/srv"), Usage(disk=0.42))


def table() -> str:
    cases = {
        "http": http_cases,
        "tcp": tcp_cases,
        "tls": tls_cases,
        "shell": shell_cases,
        "file": file_cases,
        "service": service_cases,
        "resources": resources_cases,
    }
    lines = []
    for verb, them in cases.items():
        lines.append(f"{verb}\n")
        lines += [f"  {name}: {a.verdict.opinion} | {a.verdict.summary}\n" for name, a in them()]
    return "".join(lines)


def test_the_verdicts_read_as_they_are_kept() -> None:
    if os.environ.get("RUNBOOK_REWRITE"):
        TABLE.write_text(table(), encoding="utf-8")
    assert table() == TABLE.read_text(encoding="utf-8")


def test_what_was_measured_is_always_there() -> None:
    assert http.judge(Http("u"), reply(503)).verdict.measured == {"status": 503, "seconds": 0.0123}
    assert tcp.judge(Tcp(80), Open(0.5)).verdict.measured == {"port": 80, "seconds": 0.5}
    assert resources.judge(Resources(load_max=1), Usage(load=2.0)).verdict.measured == {"load": 2.0}


def test_an_expression_sees_the_whole_answer() -> None:
    result = http.judge(Http("u"), reply(body=b'{"a": [1]}', server="x")).result
    assert (result["status"], result["json"], result["headers"]) == (200, {"a": [1]}, {"server": "x"})
    assert shell.judge(ShellProbe("x"), Ran(3, b'{"a": 1}\n')).result == {
        "rc": 3,
        "stdout": '{"a": 1}',
        "stderr": "",
        "json": {"a": 1},
    }


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0ms"),
        (0.212, "212ms"),
        (0.9996, "1s"),
        (4.25, "4.2s"),
        (59.96, "1m"),
        (90, "1m30s"),
        (1800, "30m"),
        (90061, "1d1h"),
    ],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_shares_in_words() -> None:
    assert (percent(0.01), percent(0.025), percent(1.0)) == ("1%", "2.5%", "100%")
    assert percent_beside(0.021, 0.01) == "2.1%"
    assert percent_beside(0.0104, 0.01) == "1.04%", "never the limit itself, where it is beyond it"
    assert percent_beside(0.01, 0.01) == "1.0%"
    assert (count(1, "sample"), count(2, "sample")) == ("1 sample", "2 samples")
