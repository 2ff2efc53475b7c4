"""The other verbs, asked of real ports, files and shells."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest

from executor.hosts.errors import ConnectionFailed
from executor.hosts.protocol import JobEnd
from executor.model.outcomes import Opinion
from executor.model.probes import FileProbe, Probe, Resources, Service, ShellProbe, Tcp, Tls, Verb
from executor.model.steps import Settings
from executor.probes import Answer, Asking, ask
from tests.probes.near import Near, only
from tests.probes.servers import certificate, free_port, pages, raw

SHELLS = [("dash",), ("bash",), ("busybox", "sh"), ("mksh",), ("ksh",)]


def asked(verb: Verb, host: Near | None = None, **about: object) -> Answer:
    return ask(Probe(verb), Asking(host or Near(), **about), job_id="j")  # type: ignore[arg-type]  # Asking's fields


def said(verb: Verb, host: Near | None = None) -> tuple[str, str]:
    verdict = asked(verb, host).verdict
    return verdict.opinion.value, verdict.summary


@pytest.fixture(params=SHELLS, ids=lambda shell: shell[-1] if shell[0] == "busybox" else shell[0])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Near:
    """A host with each of the shells in turn."""
    if shutil.which(request.param[0]) is None:
        pytest.skip(f"{request.param[0]} is not on this machine")
    return Near(shell=request.param, folder=tmp_path)


# --- tcp and tls ---------------------------------------------------------------------------------------------------


def test_an_open_port_passes_and_a_closed_one_fails() -> None:
    with pages() as port:
        answer = asked(Tcp(port))
        assert answer.verdict.opinion is Opinion.PASSED
        assert answer.seconds is not None
    closed = free_port()
    assert said(Tcp(closed)) == ("failed", f"port {closed}: Connection refused (localhost:{closed})")


def test_the_port_is_the_hosts_own_unless_another_host_is_named() -> None:
    host = Near()
    asked(Tcp(1), host, address="127.0.0.1")
    asked(Tcp(1, host="127.0.0.2"), host)
    assert host.dialled == [("127.0.0.1", 1), ("127.0.0.2", 1)]


def test_a_host_that_is_away_says_nothing_of_its_port() -> None:
    for error in (ConnectionFailed("no route"), ConnectionResetError("no route")):
        assert said(Tcp(80), Near(cannot_dial=error)) == ("inconclusive", "web1: no route")


def test_a_port_that_does_not_answer_fails() -> None:
    assert said(Tcp(80), Near(cannot_dial=TimeoutError())) == (
        "failed",
        "port 80: no connection to localhost:80 within 10s",
    )


@pytest.mark.parametrize("tool", ["bash", "python3", "busybox:nc"])
def test_where_nothing_is_forwarded_the_host_knocks_itself(host: Near, tool: str, tmp_path: Path) -> None:
    host.shell = (shutil.which(host.shell[0]) or "", *host.shell[1:])
    host.forwards, host.path = False, only(tmp_path, tool, "true")
    with pages() as port:
        answer = asked(Tcp(port, host="127.0.0.1"), host)
        assert (answer.verdict.opinion, answer.seconds is None) == (Opinion.PASSED, False), answer
    closed = free_port()
    assert said(Tcp(closed, host="127.0.0.1"), host) == (
        "failed",
        f"port {closed}: Connection refused (127.0.0.1:{closed})",
    )


def test_a_port_that_cannot_be_asked_about_is_not_a_closed_one(tmp_path: Path) -> None:
    cure = "(`AllowTcpForwarding local` lets it, and `from: control` asks from here)"
    bare = Near(forwards=False, path=only(tmp_path))
    assert said(Tcp(80), bare) == (
        "inconclusive",
        "web1: its SSH server forwards no ports, and there is neither bash nor python3 nor nc on the host " + cure,
    )
    assert said(Tls(443), bare) == ("inconclusive", f"web1: its SSH server forwards no ports {cure}")
    away = Near(forwards=False, end_of_jobs=JobEnd("unreachable", detail="no route"))
    assert said(Tcp(80), away) == ("inconclusive", "web1: no route")


@pytest.mark.parametrize("answer", ["/dev/tcp/127.0.0.1/1: No such file or directory", "fork: Resource unavailable"])
def test_a_bash_that_cannot_connect_at_all_says_nothing_of_the_port(tmp_path: Path, answer: str) -> None:
    (tmp_path / "bash").write_text(f"#!/bin/sh\necho 'bash: line 1: {answer}' >&2; exit 1\n")
    (tmp_path / "bash").chmod(0o755)
    assert said(Tcp(1, host="127.0.0.1"), Near(forwards=False, path=str(tmp_path)))[0] == "inconclusive"


def test_where_a_host_knocks_itself_its_time_is_bounded() -> None:
    silent = Near(forwards=False, end_of_jobs=JobEnd("timed out"))
    assert said(Tcp(80), silent) == ("failed", "port 80: no connection to localhost:80 within 10s")


def test_an_address_is_never_an_option_nor_a_file(tmp_path: Path) -> None:
    for address in ("-e", "../../tmp", "; touch pwned", "$(touch pwned)"):
        host = Near(forwards=False, folder=tmp_path)
        assert said(Tcp(80, host=address), host)[0] == "failed"
    assert not list(tmp_path.iterdir())


def test_a_trusted_certificate_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, trust, fingerprint = certificate(tmp_path, names=("app.example.com", "127.0.0.1"), days=30.5)
    monkeypatch.setenv("SSL_CERT_FILE", str(trust))
    with pages(context) as port:
        for near in (Near(), Near(tunnels=True)):
            answer = asked(Tls(port, name="app.example.com", days_left=14), near, address="127.0.0.1")
            assert (answer.verdict.opinion, answer.verdict.summary) == (
                Opinion.PASSED,
                "the certificate ends in 30 days",
            )
            assert answer.verdict.measured["fingerprint"] == fingerprint
        assert said(Tls(port, host="127.0.0.1"))[0] == "passed", "an address is a name too"
        assert said(Tls(port, host="127.0.0.1", name="example.org")) == (
            "failed",
            "the certificate is for app.example.com, 127.0.0.1, wanted example.org",
        )
        assert said(Tls(port, host="127.0.0.1", days_left=60)) == (
            "failed",
            "the certificate ends in 30 days (wanted 60)",
        )


def test_an_untrusted_certificate_fails_unless_it_is_the_one_that_is_wanted(tmp_path: Path) -> None:
    context, _, fingerprint = certificate(tmp_path)
    with pages(context) as port:
        assert said(Tls(port)) == ("failed", "the certificate is not trusted: self-signed certificate")
        assert said(Tls(port, fingerprint=fingerprint.upper()))[0] == "passed"
        assert said(Tls(port, fingerprint="00"))[1].startswith(f"the certificate's fingerprint is {fingerprint}")


def test_a_certificate_that_has_ended_says_since_when(tmp_path: Path) -> None:
    context, _, _ = certificate(tmp_path, days=-3.5)
    with pages(context) as port:
        assert said(Tls(port)) == ("failed", "the certificate ended 4 days ago")


def test_what_is_no_tls_fails() -> None:
    with raw(b"220 mail.example.com ESMTP\r\n") as port:
        opinion, summary = said(Tls(port))
    assert opinion == "failed"
    assert summary.startswith(f"no TLS on localhost:{port}: ")


# --- shell ---------------------------------------------------------------------------------------------------------


def test_a_command_runs_with_the_steps_settings(tmp_path: Path) -> None:
    settings = Settings(
        environment={"A": "b"}, chdir=str(tmp_path), executable="bash -eu", become=True, become_user="app"
    )
    near = Near()
    answer = asked(ShellProbe('echo "$A $PWD"'), near, settings=settings)
    assert answer.result["stdout"] == f"b {tmp_path}"
    (job,) = near.jobs
    assert (job.read_only, job.become, job.become_user, job.timeout) == (True, True, "app", 60.0)


def test_a_command_stops_at_its_first_error() -> None:
    assert said(ShellProbe("false\ntrue")) == ("failed", "exit code 1 (wanted 0)")


@pytest.mark.parametrize(
    ("end", "verdict"),
    [
        (JobEnd("timed out"), ("failed", "no answer within 1m")),
        (JobEnd("unreachable", detail="the connection is gone"), ("inconclusive", "web1: the connection is gone")),
        (JobEnd("refused", detail="sudo wants a password"), ("inconclusive", "web1: sudo wants a password")),
        (JobEnd("unknown"), ("inconclusive", "web1: unknown")),
    ],
)
def test_a_command_that_could_not_run_says_nothing_of_what_it_asks(end: JobEnd, verdict: tuple[str, str]) -> None:
    assert said(ShellProbe("true"), Near(end_of_jobs=end)) == verdict


# --- file ----------------------------------------------------------------------------------------------------------

NAMES = ["plain", "two words", "it's", "-rf", "*", "$(touch pwned)", "new\nline", "größe", "~x"]


@pytest.mark.parametrize("name", NAMES)
def test_any_file_is_seen(host: Near, tmp_path: Path, name: str) -> None:
    for path in (str(tmp_path / name), name):
        assert said(FileProbe(path), host) == ("failed", f"{path} does not exist")
        (tmp_path / name).write_bytes(b"one\ntwo \xff\n")
        answer = asked(FileProbe(path, contains="^two"), host)
        assert answer.verdict.opinion is Opinion.PASSED, answer
        assert answer.verdict.measured["size"] == 10
        (tmp_path / name).unlink()
    assert not (tmp_path / "pwned").exists()


def test_a_file_in_the_home_folder(host: Near, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    assert said(FileProbe("~/f"), host)[0] == "passed"


def test_the_age_of_a_file_is_told_by_the_hosts_clock(host: Near, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    os.utime(tmp_path / "f", (time.time() - 7300, time.time() - 7300))
    opinion, summary = said(FileProbe(str(tmp_path / "f"), max_age=3600.0), host)
    assert (opinion, summary) == ("failed", f"{tmp_path}/f was changed 2h1m ago (limit 1h)")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_file_in_a_closed_folder_is_not_taken_for_absent(host: Near) -> None:
    with tempfile.TemporaryDirectory() as closed:  # mode 0700
        host.user, host.folder = 65534, Path("/")
        assert said(FileProbe(f"{closed}/f", exists=False), host) == (
            "inconclusive",
            f"the user nobody may not look into {closed}/",
        )


def test_a_link_to_nothing_does_not_exist(host: Near, tmp_path: Path) -> None:
    (tmp_path / "l").symlink_to("gone")
    assert said(FileProbe(str(tmp_path / "l"), exists=False), host)[0] == "passed"


def test_a_folder_has_no_content_to_look_into(host: Near, tmp_path: Path) -> None:
    opinion, summary = said(FileProbe(str(tmp_path), contains="x"), host)
    assert opinion == "failed"
    assert "cannot be read" in summary or "matches" in summary


# --- resources and service -----------------------------------------------------------------------------------------


def test_resources_are_measured(host: Near, tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    verb = Resources(disk_path=str(tmp_path / "a b"), disk_max_used=1.0, memory_max_used=1.0, load_max=100_000)
    answer = asked(verb, host)
    assert answer.verdict.opinion is Opinion.PASSED, answer
    disk, memory = answer.verdict.measured["disk"], answer.verdict.measured["memory"]
    used = shutil.disk_usage(tmp_path)
    assert isinstance(disk, float)
    assert abs(disk - used.used / (used.used + used.free)) < 0.05
    assert isinstance(memory, float)
    assert 0 < memory < 1


def test_a_disk_that_is_not_there_is_inconclusive(host: Near) -> None:
    assert said(Resources(disk_path="/gone", disk_max_used=0.9), host) == (
        "inconclusive",
        "the host does not say: disk /gone",
    )


SYSTEMCTL = """\
#!/bin/sh
[ "$1 $2" = "show -p" ] && [ "$4 $5" = "-- my app.service" ] || exit 9
read -r up _ < /proc/uptime
echo LoadState=loaded
echo ActiveState=active
echo SubState=running
echo NRestarts={restarts}
echo ExecMainStartTimestampMonotonic=$(( (${{up%.*}} - 100) * 1000000 ))
"""


@pytest.mark.parametrize(
    ("restarts", "age", "opinion"), [(0, 500.0, "passed"), (3, 500.0, "failed"), (3, 50.0, "passed")]
)
def test_a_service_that_restarted_by_itself_since_the_step_began_fails(
    host: Near, tmp_path: Path, restarts: int, age: float, opinion: str
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "systemctl").write_text(SYSTEMCTL.format(restarts=restarts))
    (tmp_path / "bin" / "systemctl").chmod(0o755)
    host.path = f"{tmp_path}/bin:{host.path}"
    answer = ask(Probe(Service("my app.service")), Asking(host), job_id="j", age=age)
    assert answer.verdict.opinion.value == opinion, answer
    running = answer.verdict.measured["running_for"]
    assert isinstance(running, float)
    assert 99 <= running <= 102


def test_without_systemd_a_service_is_inconclusive(host: Near, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    host.shell = (shutil.which(host.shell[0]) or "", *host.shell[1:])
    host.path = str(tmp_path / "bin")
    assert said(Service("app"), host) == ("inconclusive", "there is no systemctl on the host")
