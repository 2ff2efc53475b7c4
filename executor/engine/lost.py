"""What was under way when a connection was lost: kept, so that it is asked for again under the key that it had.

It may still run on its host, or start late. So the same attempt is taken up where its answer counts, and its host is
asked what became of it where it does not (see `executor.engine.settle`): another attempt never begins beside it.
"""

from __future__ import annotations

from executor.engine.moves import take_off
from executor.engine.state import Entry, Halfway, HostState, State, Stuck, Unwind, Work
from executor.events import Key
from executor.model.outcomes import Result, Status

# What changes something on a host, and may go on there when nobody listens.
LASTING = ("action", "undo", "reapply", "apply")


def ended(host: HostState, work: Work | None, key: Key, on: str, result: Result) -> None:
    """A command has ended, or its connection has: what became of it is open in the latter case."""
    if key.part not in LASTING:
        return
    lost = result.status is Status.UNREACHABLE
    if lost:
        host.doubts[key] = on
    else:
        host.doubts.pop(key, None)
    if work is not None:
        unknown = result.status is Status.UNKNOWN and work.phase == "action"
        work.stuck = Stuck(key, work.phase, work.result, unknown) if lost or unknown else None


def once_more(host: HostState, work: Work) -> None:
    """The work goes on with its current item: with what was lost, else with all of the item from the start.

    A round of a loop that has failed is open again.
    """
    if work.broken:
        work.rounds.pop()
        work.item -= 1
    work.again()
    stuck = work.stuck
    if stuck is not None and not stuck.unknown:
        work.phase, work.result, work.attempt = "lost", stuck.result, stuck.key.attempt - work.offset
        return
    work.attempt = 0
    work.offset = host.tries.get((work.task.id, work.part, work.direction, work.of), 0)


def found(work: Work) -> Work:
    """The work as it was before its connection was lost: at the piece that is asked for again."""
    stuck = work.stuck
    assert stuck is not None  # noqa: S101 - only such work has the phase `lost`
    earlier = work.fork()
    earlier.phase = stuck.phase
    return earlier


# --- on the way back --------------------------------------------------------------------------------------------------


def keep(host: HostState, entry: Entry) -> None:
    """The host cannot go on with a handler: what has passed of it is not run again when its turn comes once more."""
    if host.work is not None or host.round:
        entry.halfway = Halfway(host.round, host.did, host.work)
    if host.work is not None and not _is_answered(host.work):
        once_more(host, host.work)


def _is_answered(work: Work) -> bool:
    """What was last begun has come to an end of which nothing has been made yet: that is what it goes on with."""
    answer = work.answer
    return answer is not None and not (isinstance(answer, Result) and answer.status is Status.UNREACHABLE)


def enter(host: HostState, entry: Entry) -> None:
    """The host goes on with a handler where it was left."""
    halfway, entry.halfway = entry.halfway, None
    if halfway is not None:
        host.round, host.did = halfway.round, halfway.did


def leave(state: State, host: HostState) -> None:
    """The host leaves what it was at on its way back: nobody waits there any more for what is under way."""
    for key in tuple(host.flights):
        flight = take_off(state, key)
        if flight is not None and flight.kind == "perform":
            ended(host, host.work, key, flight.on, Result(Status.UNREACHABLE))
        elif flight is not None and flight.kind == "sample" and host.work is not None:
            host.work.stuck = Stuck(key, host.work.phase, host.work.result)
    if host.course is not None and isinstance(host.course.next, Unwind):
        keep(host, host.armed[host.course.next.seq])
    host.course, host.work, host.failure = None, None, None
