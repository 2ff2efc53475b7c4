"""What `status` says of a host is a sentence that is true: whether, until when and how far it can be undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

import pytest

from executor.report.standing import OnHost, text

AT = datetime(2026, 11, 20, 12, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("undo", "until", "point", "said"),
    [
        ("yes", AT, "", "until 2026-11-20 12:03"),
        ("yes", AT, "Drop it", "until 2026-11-20 12:03, back to 'Drop it'"),
        ("no", None, "", "no"),
        ("no", None, "Drop it", "no, 'Drop it' is a point of no return"),
    ],
)
def test_how_far_a_host_can_be_undone(
    undo: Literal["yes", "no"], until: datetime | None, point: str, said: str
) -> None:
    host = OnHost("web1", "prod", "Deploy", "20261120-120340-k7m2", AT, "", "done", undo, until, point)
    head, row = text([], [host], zone=UTC).splitlines()
    assert row[head.index("CAN BE UNDONE") :] == said


@pytest.mark.parametrize(("partly", "said"), [(True, "partly undone  2"), (False, "rolled back  2")])
def test_a_host_that_has_gone_back_in_part_is_told_so(partly: bool, said: str) -> None:
    host = OnHost("web1", "prod", "Deploy", "20261120-120340-k7m2", AT, "", "rolled back", "yes", AT, partly=partly)
    head, row = text([], [host], zone=UTC).splitlines()
    assert row[head.index("STATE") :].startswith(said)


def on(host: str, version: str = "", params: str = "", inventory: str = "prod") -> OnHost:
    return OnHost(host, inventory, "Deploy", "20261120-120340-k7m2", AT, params, "done", "yes", AT, version=version)


def test_a_host_takes_a_line_however_much_its_run_was_given() -> None:
    hosts = [on("web1", "v1.3.0", "a=" + 500 * "x"), on("web2", "", "b=" + 500 * "y"), on("web3", "", "c=1")]
    assert text([], hosts, zone=UTC) == (
        "HOST  RUNBOOK  VERSION                         STATE  RUN                   CAN BE UNDONE\n"
        "web1  Deploy   v1.3.0                          done   20261120-120340-k7m2  until 2026-11-20 12:03\n"
        "web2  Deploy   b=yyyyyyyyyyyyyyyyyyyyyyyyyyy…  done   20261120-120340-k7m2  until 2026-11-20 12:03\n"
        "web3  Deploy   c=1                             done   20261120-120340-k7m2  until 2026-11-20 12:03\n"
    )


def test_hosts_of_the_same_name_are_told_apart_by_their_inventories() -> None:
    head, *rows = text([], [on("web1", "v1"), on("web1", "v1", inventory="staging")], zone=UTC).splitlines()
    assert [row[head.index("INVENTORY") :] for row in rows] == ["prod", "staging"]


def test_long_names_are_counted_and_make_no_line_longer() -> None:
    hosts = [on(f"a-very-long-name-{number:02}.eu-central-1.example.com", "v1") for number in range(12)]
    _, row = text([], hosts, zone=UTC).splitlines()
    assert row.startswith("a-very-long-name-00.eu-ce… and 11 more  Deploy   v1 ")


def test_hosts_whose_time_is_up_in_the_same_minute_share_a_line() -> None:
    hosts = [replace(on(f"web{n}", "v1"), until=AT.replace(second=n)) for n in (1, 2, 3)]
    assert text([], hosts, zone=UTC).count("web1…web3") == 1


def test_on_a_narrow_terminal_a_host_has_a_paragraph() -> None:
    assert text([], [on("web1", "v1.3.0")], zone=UTC, width=60) == (
        "web1\n  Deploy v1.3.0: done\n  run 20261120-120340-k7m2\n  can be undone: until 2026-11-20 12:03\n"
    )
