"""The benchmark measures what it says: every contestant does the same work, and one that does not has no figure."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.compare import NotDone, Scenario, check_work, hosts_of, one_run, ratios
from benchmarks.contestants import CONTESTANTS, Contestant, Prepared, Work, steps_for
from benchmarks.fleet import ADDRESS, Fleet, FleetFailed, Target, fleet, free_ports
from benchmarks.table import BEGIN, END, Table, as_markdown, as_text, into_page
from tests.project.files import ROOT

HERE = ("runbook", "ssh with ControlMaster", "paramiko, one sh a host", "paramiko, all in one exec")
SMALL = Scenario("2×3", 2, 3)


@pytest.fixture(scope="module")
def hosts() -> Iterator[Fleet]:
    folder = Path(tempfile.mkdtemp(prefix="rb", dir="/tmp"))  # short: sockets of ssh live below it
    try:
        with fleet(folder, SMALL.hosts) as servers:
            yield servers
    except FleetFailed as reason:
        pytest.skip(str(reason))
    finally:
        shutil.rmtree(folder)


@pytest.mark.sshd
@pytest.mark.parametrize("one_by_one", [False, True], ids=["side by side", "host by host"])
@pytest.mark.parametrize("name", HERE)
def test_a_contestant_does_every_step_once_and_in_order(hosts: Fleet, name: str, one_by_one: bool) -> None:
    (contestant,) = (one for one in CONTESTANTS if one.name == name)
    one_run(contestant, Scenario("", SMALL.hosts, SMALL.steps, one_by_one=one_by_one), hosts)  # raises NotDone


@pytest.mark.sshd
def test_a_distant_host_is_reached_through_the_proxy(hosts: Fleet) -> None:
    scenario = Scenario("", SMALL.hosts, SMALL.steps, round_trip=0.001)
    (contestant,) = (one for one in CONTESTANTS if one.name == "paramiko, all in one exec")
    with hosts_of(hosts, scenario) as far:
        assert not {target.port for target in far.targets} & {target.port for target in hosts.targets}
        one_run(contestant, scenario, far)


def work(folder: Path) -> Work:
    folder.joinpath("counters").mkdir()
    return Work(Fleet((Target("a", 1), Target("b", 2)), folder, "me"), 3, False, folder, folder / "counters")


LAZY = Contestant("lazy", lambda _: Prepared(["true"]))


@pytest.mark.parametrize(
    "done",
    ["1\n2\n", "1\n2\n3\n3\n", "2\n1\n3\n", ""],
    ids=["one missing", "one twice", "in another order", "none"],
)
def test_work_that_was_not_done_is_noticed(tmp_path: Path, done: str) -> None:
    asked = work(tmp_path)
    asked.counter("a").write_text("1\n2\n3\n")
    asked.counter("b").write_text(done)
    with pytest.raises(NotDone, match="on b once and in order"):
        check_work(LAZY, asked)


def test_the_steps_leave_the_counter_that_is_checked(tmp_path: Path) -> None:
    asked = work(tmp_path)
    for host in ("a", "b"):
        subprocess.run(["/bin/sh", "-c", "\n".join(steps_for(asked, host))], check=True)
    check_work(LAZY, asked)


@pytest.mark.parametrize(("command", "reason"), [("true", "did not do"), ("echo why; exit 3", "exit code 3:\nwhy")])
def test_a_contestant_that_fails_has_no_figure(tmp_path: Path, command: str, reason: str) -> None:
    hosts = Fleet((Target("a", 1),), tmp_path, "me")
    with pytest.raises(NotDone, match=reason):
        one_run(Contestant("it", lambda _: Prepared(["sh", "-c", command])), SMALL, hosts)


@contextlib.contextmanager
def proxy(round_trip: float, connect: int) -> Iterator[int]:
    (listen,) = free_ports(1)
    command = [sys.executable, "-m", "benchmarks.delay", str(round_trip), f"{listen}:{connect}"]
    process = subprocess.Popen(command)
    try:
        while True:
            assert process.poll() is None
            with contextlib.suppress(OSError), socket.create_connection((ADDRESS, listen)):
                break
        yield listen
    finally:
        process.terminate()
        process.wait()


def test_the_proxy_carries_every_byte_both_ways_and_the_end() -> None:
    sent = os.urandom(1 << 20)
    with socket.create_server((ADDRESS, 0)) as server, proxy(0.001, server.getsockname()[1]) as port:
        server.accept()[0].close()  # the connection that found out whether the proxy listens
        client = socket.create_connection((ADDRESS, port))
        far, _ = server.accept()
        with client, far:
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
            with far.makefile("rb") as stream:
                assert stream.read() == sent
            far.sendall(b"answer")
            far.shutdown(socket.SHUT_WR)
            with client.makefile("rb") as stream:
                assert stream.read() == b"answer"


def test_ratios_are_to_runbook_where_both_have_a_figure() -> None:
    figures = {"runbook": {"a": 2.0}, "slow": {"a": 9.0, "b": 1.0}, "absent": {}}
    assert ratios(figures) == {"slow": {"a": 4.5}, "absent": {}}


def test_a_table_for_people_and_for_the_manual() -> None:
    table = Table("Seconds", "hosts", ["10×10", "RTT"], {"runbook": {"10×10": 0.5}, "absent": {}}, digits=2)
    assert as_text(["2 cores"], [table]) == "2 cores\n\nSeconds\nhosts    10×10  RTT\nrunbook   0.50    –\n"
    assert as_markdown(["2 cores"], [table]) == (
        "- 2 cores\n\n**Seconds**\n\n| hosts | 10×10 | RTT |\n|---|---:|---:|\n| runbook | 0.50 | – |\n"
    )


def test_new_figures_take_the_place_of_the_old_ones() -> None:
    page = f"# Speed\n\n{BEGIN}\nold\n\n{END}\nAnd more.\n"
    assert into_page(page, "new\n") == f"# Speed\n\n{BEGIN}\nnew\n\n{END}\nAnd more.\n"
    assert into_page(into_page(page, "a\n"), "b\n") == into_page(page, "b\n")
    with pytest.raises(ValueError, match="no <!-- figures -->"):
        into_page("# Speed\n", "new\n")


def test_the_manual_has_a_place_for_the_figures() -> None:
    page = (ROOT / "docs" / "performance.md").read_text()
    assert "new figures" in into_page(page, "new figures\n")
