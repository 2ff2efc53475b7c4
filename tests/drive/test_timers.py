"""Timers fire in the order in which they are due, and not when they were cancelled."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from executor.drive.timers import Timers


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=30), st.integers(0, 20))
def test_what_is_due_runs_once_in_order_and_nothing_else(timers: list[tuple[int, bool]], now: int) -> None:
    heap, ran = Timers(), []
    for number, (when, cancelled) in enumerate(timers):
        timer = heap.at(when, lambda number=number: ran.append(number))  # type: ignore[misc]  # a default in a lambda
        if cancelled:
            timer.cancel()
    heap.run(now)
    due = [(when, number) for number, (when, cancelled) in enumerate(timers) if when <= now and not cancelled]
    assert ran == [number for _, number in sorted(due)]
    heap.run(now)
    assert len(ran) == len(due)
    later = [when for when, cancelled in timers if when > now and not cancelled]
    assert heap.next() == (min(later) if later else None)
