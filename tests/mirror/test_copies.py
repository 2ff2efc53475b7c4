"""Copies of a journal on a host, under every shell that a host may have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from socket import socket

import pytest

from executor.errors import InvalidInput, Refused
from executor.mirror import scripts
from executor.mirror.fetching import find, goes_on, keep
from executor.mirror.jobs import Asked, Said
from executor.mirror.scripts import ENDED, OTHER, SHORT, Copy, Owner
from tests.hosts.conftest import shell
from tests.hosts.recording import job, run
from tests.hosts.shells import ShellHost

__all__ = ["shell"]

RUN = "20260301-101500-k3f9"
MINE, THEIRS = Owner("aaaa", "0", "ann on laptop"), Owner("bbbb", "0", "bob on desktop")


class Host(ShellHost):
    """A host of that run."""

    def connect(self) -> None:
        """Its lanes are opened when they are needed."""

    def dial(self, address: str, port: int, timeout: float) -> socket:
        raise OSError(f"nobody dials {address}:{port} here, within {timeout} s or ever")

    @property
    def copy(self) -> Path:
        return self.home / f".runbook/runs/{RUN}/web1"


@pytest.fixture
def host(shell: str, tmp_path: Path) -> Iterator[Host]:
    there = Host(shell, tmp_path)
    there.copy.mkdir(parents=True)
    yield there
    there.close()


def ask(host: Host, script: str, data: bytes | None = None) -> Said:
    return Asked(host, job(script, executable="/bin/sh", stdin=data)).wait(30)


def look(host: Host) -> tuple[Copy, ...]:
    return scripts.looked("web1", ask(host, scripts.look("k3f9")).text)


def test_what_is_brought_lies_there_as_it_came(host: Host) -> None:
    assert ask(host, scripts.put_whole(RUN, "web1", MINE, 3, 4), b"{}\none\n").rc == 0
    assert ask(host, scripts.append(RUN, "web1", MINE, 4, 8), b"two\n").rc == 0
    assert (host.copy / "journal.jsonl").read_bytes() == b"one\ntwo\n"
    assert (host.copy / "plan.json").read_bytes() == b"{}\n"
    assert look(host) == (Copy("web1", RUN, str(host.copy), 8, MINE),)


def test_the_last_piece_says_that_the_run_is_over(host: Host) -> None:
    ask(host, scripts.put_whole(RUN, "web1", MINE, 2, 4), b"{}one\n")
    assert ask(host, scripts.append(RUN, "web1", Owner("aaaa", ENDED, MINE.who), 4, 8), b"two\n").rc == 0
    (copy,) = look(host)
    assert copy.size == 8
    assert copy.owner.over


def test_what_does_not_fit_is_not_put_behind(host: Host) -> None:
    """A copy that is not as long as it should be is brought anew as a whole, and never patched together."""
    ask(host, scripts.put_whole(RUN, "web1", MINE, 2, 4), b"{}one\n")
    assert ask(host, scripts.append(RUN, "web1", MINE, 8, 12), b"two\n").rc == SHORT
    assert ask(host, scripts.put_whole(RUN, "web1", MINE, 2, 8), b"{}cut").rc == SHORT
    assert (host.copy / "journal.jsonl").read_bytes() == b"one\n"


def test_a_run_that_was_taken_over_takes_nothing_more_from_its_first_controller(host: Host) -> None:
    ask(host, scripts.put_whole(RUN, "web1", MINE, 2, 4), b"{}one\n")
    (copy,) = look(host)
    assert ask(host, scripts.take(copy, THEIRS)).rc == 0
    for script in (
        scripts.append(RUN, "web1", MINE, 4, 8),
        scripts.put_whole(RUN, "web1", MINE, 2, 4),
        scripts.beat(RUN, "web1", MINE),
    ):
        said = ask(host, script, b"two\n")
        assert (said.rc, said.text) == (OTHER, "bbbb 0 bob on desktop")
    assert (host.copy / "journal.jsonl").read_bytes() == b"one\n"
    assert ask(host, scripts.append(RUN, "web1", THEIRS, 4, 8), b"two\n").rc == 0


def test_of_many_that_take_it_over_one_comes_through(host: Host) -> None:
    ask(host, scripts.put_whole(RUN, "web1", MINE, 2, 4), b"{}one\n")
    (copy,) = look(host)
    others = [Host(host.shell, host.home) for _ in range(4)]
    asked = [
        Asked(other, job(scripts.take(copy, Owner(f"c{n}", "0", "x")), executable="/bin/sh"))
        for n, other in enumerate(others)
    ]
    assert sorted(str(one.wait(30).rc) for one in asked) == ["0", "8", "8", "8"]
    for other in others:
        other.close()


def test_who_dies_in_the_middle_of_taking_it_over_has_it_and_leaves_it_to_the_next(host: Host) -> None:
    """The owner's file was not written any more: what says that it was taken counts all the same."""
    ask(host, scripts.put_whole(RUN, "web1", MINE, 2, 4), b"{}one\n")
    (copy,) = look(host)
    cut, end = scripts.take(copy, THEIRS).rsplit("mv -f", 1)
    assert "owner" in end
    assert ask(host, cut).rc == 0
    assert ask(host, scripts.append(RUN, "web1", MINE, 4, 8), b"two\n").rc == OTHER
    (now,) = look(host)
    assert now.owner == THEIRS
    assert ask(host, scripts.take(copy, Owner("cccc", "0", "carl"))).rc == OTHER, "it was not there when he looked"
    assert ask(host, scripts.take(now, Owner("cccc", "0", "carl"))).rc == 0
    assert look(host)[0].owner == Owner("cccc", "0", "carl")


def test_links_and_strangers_files_are_passed_over(host: Host) -> None:
    (host.home / "elsewhere").write_text("x\n")
    (host.copy / "journal.jsonl").symlink_to(host.home / "elsewhere")
    assert look(host) == ()


def test_a_sign_of_life_leaves_the_run_where_it_is(host: Host) -> None:
    ask(host, scripts.put_whole(RUN, "web1", MINE, 2, 4), b"{}one\n")
    copies = look(host)
    hosts = {"web1": host}
    waits: list[float] = []

    def moving(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            assert run(host, scripts.beat(RUN, "web1", Owner("aaaa", "1", MINE.who)), executable="/bin/sh").end.rc == 0

    assert goes_on(hosts, copies, moving) == "ann on laptop"
    assert len(waits) == 3
    assert goes_on(hosts, copies, lambda _s: None) == "ann on laptop"
    assert goes_on(hosts, look(host), lambda _s: None) == ""


def test_a_run_that_has_ended_is_not_waited_for(host: Host) -> None:
    ask(host, scripts.put_whole(RUN, "web1", Owner("aaaa", ENDED, "ann"), 2, 4), b"{}one\n")

    def never(_seconds: float) -> None:
        raise AssertionError("nobody has to wait")

    assert goes_on({"web1": host}, look(host), never) == ""


def test_a_copy_that_was_changed_is_not_taken(host: Host, tmp_path: Path) -> None:
    data = json.dumps({"chain": "0", "seq": 1}).encode() + b"\n"
    ask(host, scripts.put_whole(RUN, "web1", MINE, 2, len(data)), b"{}" + data)
    hosts = {"web1": host}
    copies = find(hosts, "k3f9")
    with pytest.raises(InvalidInput, match="can be trusted"):
        keep(hosts, copies, tmp_path / "state", "bob", lambda _folder: None)
    assert not list((tmp_path / "state/runs").iterdir())
    (tmp_path / "state/runs" / RUN).mkdir()
    with pytest.raises(Refused, match="kept here already"):
        keep(hosts, copies, tmp_path / "state", "bob", lambda _folder: None)
    assert look(host)[0].owner == MINE


def test_a_name_that_is_more_than_a_name_is_no_path() -> None:
    with pytest.raises(ValueError, match="cannot stand in a path"):
        scripts.beat("../x", "web1", MINE)
