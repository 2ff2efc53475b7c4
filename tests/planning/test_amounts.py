"""The arithmetic of batches, failures and windows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.model.amounts import allowed_failures, cut, of, window
from executor.model.runbooks import Amount

AMOUNTS = st.one_of(
    st.integers(0, 50).map(lambda n: Amount(float(n))),
    st.integers(0, 100).map(lambda n: Amount(float(n), percent=True)),
)


@pytest.mark.parametrize(
    ("hosts", "serial", "sizes"),
    [
        (3, [Amount(1, True)], [1, 1, 1]),
        (10, [Amount(1), Amount(25, True), Amount(100, True)], [1, 2, 7]),
        (10, [Amount(3)], [3, 3, 3, 1]),
        (10, [Amount(1), Amount(4)], [1, 4, 4, 1]),
        (4, [Amount(100, True)], [4]),
        (4, [Amount(99)], [4]),
        (0, [Amount(1)], []),
        (100, [Amount(29, True)], [29, 29, 29, 13]),
    ],
)
def test_batches_are_cut_as_serial_says(hosts: int, serial: list[Amount], sizes: list[int]) -> None:
    assert [len(batch) for batch in cut([f"h{n}" for n in range(hosts)], serial)] == sizes


@given(count=st.integers(0, 60), serial=st.lists(AMOUNTS, min_size=1, max_size=4))
def test_batches_hold_every_host_once_in_order_and_are_never_empty(count: int, serial: list[Amount]) -> None:
    hosts = [f"h{number}" for number in range(count)]
    batches = cut(hosts, serial)
    assert [host for batch in batches for host in batch] == hosts
    for number, batch in enumerate(batches):
        wanted = max(1, of(serial[min(number, len(serial) - 1)], count))
        assert len(batch) == wanted or (batch is batches[-1] and 0 < len(batch) < wanted)


@pytest.mark.parametrize(
    ("amount", "total", "allowed"),
    [(Amount(0), 5, 0), (Amount(2), 5, 2), (Amount(9), 5, 5), (Amount(10, True), 19, 1), (Amount(100, True), 7, 7)],
)
def test_a_percentage_of_failures_is_rounded_down(amount: Amount, total: int, allowed: int) -> None:
    assert allowed_failures(amount, total) == allowed


@given(amount=AMOUNTS, total=st.integers(0, 60))
def test_a_window_has_room_for_one_and_never_for_more_than_there_are(amount: Amount, total: int) -> None:
    assert min(1, total) <= window(amount, total) <= total


@given(percent=st.integers(0, 100), total=st.integers(0, 5000))
def test_a_whole_percentage_is_counted_exactly(percent: int, total: int) -> None:
    assert of(Amount(float(percent), percent=True), total) == percent * total // 100
