"""http, asked of real servers: over a socket, through a tunnel, and with the host's own curl or wget."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from executor.model.outcomes import Opinion
from executor.model.probes import Http, Probe
from executor.probes import Answer, Asking, ask, ask_http
from executor.probes.addresses import is_link_local
from executor.probes.ask_curl import config
from executor.probes.dialling import CURE
from executor.probes.http import Request
from tests.probes.near import Near, only
from tests.probes.servers import certificate, free_port, pages, raw


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    with pages(address="127.0.0.2") as number:
        yield f"http://127.0.0.2:{number}/health"


@pytest.fixture(scope="module")
def port(elsewhere: str) -> Iterator[int]:
    with pages(elsewhere=elsewhere) as number:
        yield number


def asked(verb: Http, host: Near) -> Answer:
    return ask(Probe(verb), Asking(host), job_id="j")


def said(verb: Http, host: Near) -> tuple[str, str]:
    verdict = asked(verb, host).verdict
    return verdict.opinion.value, verdict.summary


@pytest.fixture(params=["socket", "tunnel", "curl", "gnu wget", "busybox wget"])
def near(request: pytest.FixtureRequest, tmp_path: Path) -> Near:
    """Each way to a port."""
    basics = ("head", "cat", "echo")
    match request.param:
        case "socket":
            return Near()
        case "tunnel":
            return Near(tunnels=True)
        case "curl":
            return Near(forwards=False, path=only(tmp_path, "curl", *basics))
        case "gnu wget":
            return Near(forwards=False, path=only(tmp_path, "wget", *basics))
        case _:
            return Near(forwards=False, path=only(tmp_path, "busybox:wget", *basics))


def test_every_way_gives_status_and_body(near: Near, port: int) -> None:
    verb = Http(f"http://127.0.0.1:{port}/version", json={"version": "v2"})
    answer = asked(verb, near)
    assert answer.verdict.opinion is Opinion.PASSED, answer
    assert answer.result["status"] == 200
    assert answer.result["json"] == {"version": "v2"}
    wrong = asked(Http(f"http://127.0.0.1:{port}/version", json={"version": "v3"}), near)
    assert wrong.verdict.summary == "version is 'v2', wanted 'v3'"


def test_every_way_tells_a_bad_status(near: Near, port: int) -> None:
    assert said(Http(f"http://127.0.0.1:{port}/down"), near) == ("failed", "503 Service Unavailable (wanted 2xx)")


def test_every_way_tells_that_nobody_listens(near: Near) -> None:
    opinion, summary = said(Http(f"http://127.0.0.1:{free_port()}/"), near)
    assert opinion == "failed"
    assert "refused" in summary.lower() or "connect" in summary.lower()


def test_every_way_follows_a_redirect_on_the_same_host(near: Near, port: int) -> None:
    answer = asked(Http(f"http://127.0.0.1:{port}/here", body="^ok$"), near)
    assert answer.verdict.opinion is Opinion.PASSED, answer


def test_no_way_passes_for_a_redirect_to_another_host(near: Near, port: int) -> None:
    opinion, summary = said(Http(f"http://127.0.0.1:{port}/away"), near)
    assert opinion == "failed", summary


def test_every_way_bounds_the_body(near: Near, port: int) -> None:
    answer = asked(Http(f"http://127.0.0.1:{port}/large"), near)
    assert answer.verdict.opinion is Opinion.PASSED, answer
    assert len(str(answer.result["body"])) == 1_000_000


def test_the_time_of_an_answer_is_measured_where_it_can_be(near: Near, port: int) -> None:
    answer = asked(Http(f"http://127.0.0.1:{port}/health"), near)
    by_wget = not near.forwards and not Path(near.path, "curl").exists()
    assert (answer.seconds is None) == by_wget


def test_a_redirect_that_is_wanted_is_not_followed(port: int) -> None:
    assert said(Http(f"http://127.0.0.1:{port}/away", status=(302,)), Near())[0] == "passed"


def test_another_host_is_named_and_never_asked(near: Near, port: int, elsewhere: str) -> None:
    summary = said(Http(f"http://127.0.0.1:{port}/away"), near)[1]
    if "busybox" in str(Path(near.path, "wget").resolve()):
        assert summary == "it redirects to another host", "it has been asked: there is no way to keep busybox from it"
    else:
        assert summary == f"302 Found, to {elsewhere} (wanted 2xx)"
        assert all(address == "127.0.0.1" for address, _ in near.dialled)


def test_a_body_without_an_end_is_read_to_its_bound_alone(port: int) -> None:
    answer = asked(Http(f"http://127.0.0.1:{port}/endless", max_time=5.0), Near())
    assert answer.verdict.opinion is Opinion.PASSED, answer


def test_redirects_have_an_end(port: int) -> None:
    opinion, summary = said(Http(f"http://127.0.0.1:{port}/round"), Near())
    assert (opinion, summary) == ("failed", f"more than 5 redirects, the last to http://127.0.0.1:{port}/round")


@pytest.mark.parametrize("way", ["socket", "curl"])
def test_method_headers_and_data_arrive(way: str, port: int) -> None:
    host = Near(forwards=way == "socket")
    data = '@/etc/passwd "quoted" \\ back\nnew line ü [1-3]{a,b}'
    verb = Http(f"http://127.0.0.1:{port}/p?q=[1-3]", method="PUT", headers={"X-Token": 's"e\\c'}, data=data)
    answer = asked(verb, host)
    assert answer.verdict.opinion is Opinion.PASSED, answer
    seen = answer.result["json"]
    assert isinstance(seen, dict)
    assert seen["body"] == data
    assert seen["headers"]["x-token"] == 's"e\\c'
    assert seen["headers"]["user-agent"] == "runbook-probe"


def test_nothing_of_a_request_is_in_an_argument(port: int) -> None:
    host = Near(forwards=False)
    asked(Http(f"http://127.0.0.1:{port}/?key=hidden", headers={"X-Token": "secret"}, data="private"), host)
    (job,) = host.jobs
    assert job.read_only is True
    assert job.stdin is not None
    assert b"secret" in job.stdin  # type: ignore[operator]  # it is bytes
    words = [line for line in job.script.splitlines() if "curl -q" in line]
    assert all(hidden not in " ".join(words) for hidden in ("hidden", "secret", "private"))


def test_head_is_asked_without_waiting_for_a_body(port: int) -> None:
    for forwards in (True, False):
        answer = asked(Http(f"http://127.0.0.1:{port}/health", method="HEAD"), Near(forwards=forwards))
        assert answer.verdict.opinion is Opinion.PASSED, answer


def test_without_curl_what_wget_would_show_to_everybody_is_not_asked(tmp_path: Path, port: int) -> None:
    host = Near(forwards=False, path=only(tmp_path, "wget", "head"))
    opinion, summary = said(Http(f"http://127.0.0.1:{port}/health", headers={"X-Token": "secret"}), host)
    assert opinion == "inconclusive"
    assert summary == (
        "web1: its SSH server forwards no ports, and there is no curl on the host;"
        f" wget would show the request to everybody there ({CURE})"
    )


def test_without_any_way_it_is_inconclusive_with_that_reason(tmp_path: Path) -> None:
    host = Near(forwards=False, path=only(tmp_path, "head"))
    assert said(Http("http://127.0.0.1:1/"), host) == (
        "inconclusive",
        f"web1: its SSH server forwards no ports, and there is no curl on the host ({CURE})",
    )


@pytest.mark.parametrize("page", ["silent", "drip"])
def test_an_answer_that_does_not_come_is_cut_off(page: str, port: int) -> None:
    for host in (Near(), Near(tunnels=True)):
        opinion, summary = said(Http(f"http://127.0.0.1:{port}/{page}", max_time=0.2), host)
        assert (opinion, summary) == ("failed", "no answer within 200ms")


@pytest.mark.parametrize(
    "nonsense", [b"SSH-2.0-OpenSSH_9.2\r\n", b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"]
)
def test_what_is_no_answer_is_a_failure_with_its_reason(nonsense: bytes) -> None:
    with raw(nonsense) as number:
        opinion, summary = said(Http(f"http://127.0.0.1:{number}/"), Near())
    assert opinion == "failed"
    assert summary.startswith("the answer is not HTTP: ")


@pytest.mark.parametrize("url", ["ftp://x/", "localhost:8000", "http://", "file:///etc/passwd", "http://[::1"])
def test_what_is_no_url_is_not_asked(url: str) -> None:
    host = Near()
    opinion, summary = said(Http(url), host)
    assert opinion == "failed"
    assert "is not a URL" in summary
    assert host.dialled == []


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "169.254.43518",
        "[fe80::1]",
        "[::ffff:169.254.1.1]",
        "0251.0376.1.1",
    ],
)
def test_link_local_addresses_are_not_looked_at(address: str) -> None:
    host = Near()
    opinion, summary = said(Http(f"http://{address}/latest/meta-data"), host)
    assert opinion == "inconclusive"
    assert "link-local" in summary
    assert host.dialled == []


class Metadata(socket.socket):
    """A connection whose other end is where clouds keep their credentials."""

    def getpeername(self) -> tuple[str, int]:
        return "169.254.169.254", 80


def test_a_name_that_stands_for_a_link_local_address_is_not_looked_at() -> None:
    class Resolving(Near):
        def dial(self, address: str, port: int, timeout: float) -> socket.socket:
            self.dialled.append((address, port))
            connection = Metadata()
            connection.settimeout(timeout)
            return connection

    assert said(Http("http://metadata.example/"), Resolving()) == (
        "inconclusive",
        "metadata.example stands for a link-local address: probes do not look there",
    )


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "example.com", "[::1]", "169.253.1.1"])
def test_other_addresses_may_be_looked_at(address: str) -> None:
    assert not is_link_local(address)


@pytest.fixture
def tls_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    context, trust, _ = certificate(tmp_path, names=("app.example.com",))
    monkeypatch.setenv("SSL_CERT_FILE", str(trust))
    ask_http._trust.cache_clear()
    with pages(context) as number:
        yield number
    ask_http._trust.cache_clear()


@pytest.mark.parametrize("tunnels", [False, True])
def test_one_hosts_address_with_anothers_name(tls_port: int, tunnels: bool) -> None:
    host = Near(tunnels=tunnels)
    url = f"https://127.0.0.1:{tls_port}/health"
    named = said(Http(url, headers={"Host": "app.example.com:443"}, body="ok"), host)
    assert named[0] == "passed", named
    unnamed = said(Http(url), host)
    assert unnamed[0] == "failed"
    assert unnamed[1].startswith("the certificate is not trusted: ")


def test_a_certificate_that_nobody_vouches_for_is_a_failure(tmp_path: Path) -> None:
    context, _, _ = certificate(tmp_path)
    with pages(context) as number:
        assert said(Http(f"https://localhost:{number}/health"), Near()) == (
            "failed",
            "the certificate is not trusted: self-signed certificate",
        )


def test_curls_configuration_is_one_setting_a_line() -> None:
    told = config(Request("GET", 'http://x/"\n', {"A": "b\r\nC: d"}, None, 2.5))
    assert 'url = "http://x/\\"\\n"' in told.splitlines()
    assert 'header = "A: b\\r\\nC: d"' in told.splitlines()
    assert "max-time = 2.5" in told.splitlines()
