"""Small phrases read as a person would say them."""

from __future__ import annotations

import pytest

from executor.report.phrasing import count, duration, names, ordinal, some_names, span


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-1, "0ms"),
        (0.035, "35ms"),
        (0.0996, "0.1s"),
        (0.4, "0.4s"),
        (9.94, "9.9s"),
        (9.96, "10s"),
        (59.4, "59s"),
        (59.6, "1m 00s"),
        (72, "1m 12s"),
        (7500, "2h 05m"),
        (3 * 86400 + 4 * 3600, "3d 04h"),
    ],
)
def test_duration(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.5, "500ms"), (1.5, "1.5s"), (10, "10s"), (1800, "30m"), (5400, "1h 30m"), (90061, "1d 1h 1m 1s")],
)
def test_span(seconds: float, said: str) -> None:
    assert span(seconds) == said


def test_counts() -> None:
    assert [count(1, "host"), count(2, "host"), count(2, "try", "tries")] == ["1 host", "2 hosts", "2 tries"]
    numbers = (1, 2, 3, 4, 11, 12, 13, 21, 22, 111)
    assert " ".join(map(ordinal, numbers)) == "1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 111th"


@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        ([], ""),
        (["db"], "db"),
        (["web1", "web2"], "web1, web2"),
        (["web1", "web2", "web3", "db"], "web1…web3, db"),
        (["web09", "web10", "web11"], "web09…web11"),
        (["web9", "web10", "web11"], "web9…web11"),
        (["web099", "web100", "web101"], "web099…web101"),
        (["web3", "web2", "web1"], "web3, web2, web1"),
        (["a1.example", "a2.example", "a3.example"], "a1.example…a3.example"),
        (["a1", "b2", "c3"], "a1, b2, c3"),
    ],
)
def test_names_are_exact_and_short(hosts: list[str], said: str) -> None:
    assert names(hosts) == said


def test_names_that_find_no_place_are_counted() -> None:
    hosts = ["web1", "web5", "web9", "web13"]
    assert some_names(hosts, 40) == "web1, web5, web9, web13"
    assert some_names(hosts, 22) == "web1, web5 and 2 more"
    assert some_names(hosts, 5) == "4 hosts"
