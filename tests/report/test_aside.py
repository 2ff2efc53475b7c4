"""A report beside the run: in order, complete in events, and never in the run's way."""

from __future__ import annotations

import threading

import pytest

from executor.events import Event, Key, Stamp
from executor.hosts.protocol import Stream
from executor.model.outcomes import Opinion, Verdict
from executor.report.aside import BACKLOG, Aside
from tests.report.stories import BEGAN, success

KEY = Key("web1", "2.1")


class Recording:
    """A report that remembers what it was told, and can be held up."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.held = threading.Event()
        self.held.set()

    def event(self, stamp: Stamp, event: Event) -> None:
        self.held.wait()
        self.told.append(f"{stamp.seq} {type(event).__name__}")

    def output(self, key: Key, stream: Stream, data: bytes) -> None:
        self.told.append(f"{key} {stream} {data!r}")

    def measured(self, key: Key, verdict: Verdict) -> None:
        self.told.append(f"{key} {verdict.summary}")

    def tick(self, mono: float) -> None:
        self.told.append(f"tick {mono}")

    def close(self) -> None:
        self.told.append("closed")


class Broken(Recording):
    def event(self, stamp: Stamp, event: Event) -> None:  # noqa: ARG002 - it breaks whatever it is told
        raise BrokenPipeError


def test_settling_waits_until_all_that_was_handed_on_is_told() -> None:
    recording = Recording()
    aside = Aside(recording)
    for stamp, event in success().records:
        aside.event(stamp, event)
    aside.settle()
    assert len(recording.told) == len(success().records)
    aside.close()
    aside.settle()  # nobody is left to wait for


def test_everything_is_told_in_order_and_closing_waits_for_it() -> None:
    recording = Recording()
    aside = Aside(recording)
    records = success().records
    for stamp, event in records:
        aside.event(stamp, event)
    aside.output(KEY, "stdout", b"x")
    aside.measured(KEY, Verdict(Opinion.PASSED, "200 OK"))
    aside.tick(1.0)
    aside.close()
    events = [f"{stamp.seq} {type(event).__name__}" for stamp, event in records]
    assert recording.told == [
        *events,
        "2.1.action.1@web1 stdout b'x'",
        "2.1.action.1@web1 200 OK",
        "tick 1.0",
        "closed",
    ]


def test_a_terminal_that_is_stopped_costs_output_and_ticks_but_no_event() -> None:
    recording = Recording()
    recording.held.clear()
    aside = Aside(recording)
    event = success().records[0][1]
    for number in range(BACKLOG + 500):
        aside.event(Stamp(number, BEGAN, 0.0), event)
        aside.output(KEY, "stdout", b"x")
        aside.measured(KEY, Verdict(Opinion.PASSED, "200 OK"))
        aside.tick(float(number))
    recording.held.set()
    aside.close()
    events = [told for told in recording.told if told.endswith("RunStarted")]
    assert len(events) == BACKLOG + 500
    assert len(recording.told) < 2 * BACKLOG + 503
    assert sum(told.startswith("tick") for told in recording.told) == 1


def test_what_goes_wrong_comes_out_where_the_run_can_deal_with_it() -> None:
    aside = Aside(Broken())
    stamp, event = success().records[0]
    aside.event(stamp, event)
    with pytest.raises(BrokenPipeError):
        aside.close()
    aside.close()
