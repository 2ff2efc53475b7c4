"""How many hosts an amount is: the sizes of batches, the limit of failures, the width of a window."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

from executor.model.runbooks import Amount


def of(amount: Amount, total: int) -> int:
    """The amount as a number of hosts out of `total`, rounded down. It may be 0, and more than `total`."""
    if not amount.percent:
        return floor(amount.number)
    # A percentage is written in decimals, so it is counted in them: 29% of 100 is 29, whatever floats make of it.
    return floor(round(amount.number * total, 6) / 100)


def cut(hosts: Sequence[str], serial: Sequence[Amount]) -> tuple[tuple[str, ...], ...]:
    """`hosts` in batches of the sizes in `serial`, in order; the last size repeats, and a batch has at least one host.

    Percentages are of all the hosts, not of those that are left. No hosts: no batches.
    """
    batches: list[tuple[str, ...]] = []
    start = 0
    while start < len(hosts):
        amount = serial[min(len(batches), len(serial) - 1)]
        size = max(1, of(amount, len(hosts)))
        batches.append(tuple(hosts[start : start + size]))
        start += size
    return tuple(batches)


def allowed_failures(amount: Amount, total: int) -> int:
    """How many of `total` hosts may fail; one more aborts. A percentage is rounded down."""
    return min(of(amount, total), total)


def window(amount: Amount, total: int) -> int:
    """How many of `total` hosts may be in work at once in a sliding window: at least one, at most all (0 of none)."""
    return min(max(1, of(amount, total)), total)
