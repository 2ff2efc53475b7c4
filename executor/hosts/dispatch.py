"""Which lane carries which job: lanes are opened as jobs overlap, up to a limit, and lost ones are replaced."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable
from typing import Protocol

from executor.hosts import requests
from executor.hosts.errors import ConnectionFailed
from executor.hosts.flights import Flight, LaneKind, new_flight
from executor.hosts.lanes import Lane, LaneFailed
from executor.hosts.protocol import Job, JobEnd, Sink

# sshd allows ten sessions a connection. Two stay free: one to end a job while all lanes are busy, one for a login.
LANES = 8

_PATIENCE = 5.0  # seconds for a host to remove what is not needed any more

# Seconds after its timeout in which a host must have ended a job: it is asked politely at first.
_GRACE = 15.0

# How often a durable job is attached to again when its lane dies under it, before that counts as its own doing.
_LOSSES = 20

UNRECORDED = "it ran without a record (durable: false), so the host cannot tell what came of it"


class Refusal(Exception):
    """The host is there, but will not give us this kind of lane (sudo wants something)."""


class Opener(Protocol):
    def __call__(self, new_lane: Callable[[], Lane]) -> Lane:
        """A new lane, opened (blocking). Raises ConnectionFailed, Refusal or LaneFailed."""


def in_thread(work: Callable[[], None]) -> None:
    """Does blocking work elsewhere."""
    threading.Thread(target=work, name="runbook-host", daemon=True).start()


class Dispatcher:
    """The lanes of one host, and the jobs that are on them or wait for one. Safe to use from several threads."""

    def __init__(
        self,
        opener: Opener,
        folder: str,
        *,
        limit: int = LANES,
        spawn: Callable[[Callable[[], None]], None] = in_thread,
        known: bool = False,
    ) -> None:
        """`known`: an earlier program of the same run has been there, and its folder must be."""
        self._open = opener
        self._folder = folder
        self._limit = limit
        self._spawn = spawn
        self._lock = threading.Lock()
        self._lanes: list[Lane] = []
        self._opening: Counter[LaneKind] = Counter()
        self._waiting: deque[Flight] = deque()
        self._flights: dict[str, Flight] = {}
        self._closed = False
        self._known = {LaneKind()} if known else set[LaneKind]()  # those whose folder was there

    # --- what a host asks for -----------------------------------------------------------------------------------

    def prepare(self, kind: LaneKind) -> Lane:
        """Opens a first lane now (blocking), so that trouble shows before any job. Raises what the opener raises."""
        with self._lock:
            for lane in self._lanes:
                if lane.kind == kind:
                    return lane
        lane = self._open_lane(kind)
        with self._lock:
            self._lanes.append(lane)
        self.idle(lane)
        return lane

    def start(self, job: Job, sink: Sink) -> None:
        """Sends a job off, at once where a lane is free."""
        if not job.durable and not job.read_only and (job.again or job.barred):
            sink.ended(JobEnd("unknown", detail=UNRECORDED))
            return
        try:
            flight = new_flight(job, sink)
        except requests.BadJob as error:
            sink.ended(JobEnd("refused", detail=str(error)))
            return
        with self._lock:
            if flight.job.id in self._flights:
                return  # asked twice: it is running
            self._flights[flight.job.id] = flight
        self._dispatch(flight)

    def end(self, job_id: str) -> None:
        """Ends a job, or keeps it from starting."""
        with self._lock:
            flight = self._flights.get(job_id)
            if flight is None:
                return
            flight.end_asked = True
            # What may have been started before has to be asked for on the host.
            unsent = flight in self._waiting and not (flight.sent or flight.job.again or flight.job.barred)
            if unsent:
                self._waiting.remove(flight)
                del self._flights[job_id]
        if unsent:
            flight.land("cancelled")
        else:
            self._spawn(lambda: self._end(flight))

    def overdue(self, now: float) -> None:
        """Has jobs ended whose timeout is over since long: the watchdog that had to do it on their host was killed."""
        with self._lock:
            late = [
                flight
                for flight in self._flights.values()
                if flight.job.timeout is not None and now > flight.since + flight.job.timeout + _GRACE
            ]
        for flight in late:
            if not flight.end_asked:
                flight.overdue = True
                self.end(flight.job.id)

    def forget(self) -> None:
        """Removes from the host what ended jobs have printed there (blocking), as far as it can be reached."""
        with self._lock:
            free = {lane.kind: lane for lane in self._lanes if not lane.busy and not lane.kind.plain and not lane.unfit}
            for lane in free.values():
                lane.busy = True
        for lane in free.values():
            try:
                lane.forget(_PATIENCE)
            except OSError:
                # The host has gone: what it keeps stays in its owner's folder.
                lane.close()
            else:
                self.idle(lane)

    def running(self) -> bool:
        with self._lock:
            return bool(self._flights)

    def close(self) -> None:
        """Gives up all lanes. Durable jobs run on; whoever waits for one hears that it can no longer be seen."""
        with self._lock:
            self._closed = True
            lanes, self._lanes = self._lanes, []
            flights = list(self._flights.values())
            self._flights.clear()
            self._waiting.clear()
        for lane in lanes:
            lane.close()
        for flight in flights:
            _lost(flight, "the connection was closed")

    # --- what lanes tell (from the wire's thread) ---------------------------------------------------------------

    def idle(self, lane: Lane) -> None:
        with self._lock:
            lane.busy = False
            flight = self._next_for(lane)
        if flight:
            self._spawn(lambda: self._carry(lane, flight))

    def landed(self, flight: Flight) -> None:
        with self._lock:
            if self._flights.get(flight.job.id) is flight:
                del self._flights[flight.job.id]

    def known_pid(self, flight: Flight) -> None:
        self._spawn(lambda: self._end(flight))

    def dropped(self, lane: Lane, flight: Flight | None) -> None:
        with self._lock:
            if lane in self._lanes:
                self._lanes.remove(lane)
            if self._closed:
                return
        if flight is None:
            return
        flight.losses += 1
        if flight.repeatable and flight.losses <= _LOSSES:
            self._dispatch(flight)
        else:
            self.landed(flight)
            _lost(flight, "the connection was lost while it ran")

    # --- inside ---------------------------------------------------------------------------------------------------

    def _dispatch(self, flight: Flight) -> None:
        with self._lock:
            if self._closed:
                lane, opens = None, False
            else:
                lane = next((lane for lane in self._lanes if lane.kind == flight.kind and not lane.busy), None)
                opens = lane is None and self._may_open(flight.kind)
                if lane:
                    lane.busy, lane.flight = True, flight
                else:
                    self._waiting.append(flight)
                    self._opening[flight.kind] += opens
        if lane and not requests.has_files(flight.job):
            self._carry(lane, flight)
        elif lane:
            taken = lane
            self._spawn(lambda: self._carry(taken, flight))
        elif opens:
            self._spawn(lambda: self._open_for(flight.kind))

    def _may_open(self, kind: LaneKind) -> bool:
        """Under the lock: whether one more such lane is opened. The first of its kind always is: no other lane can
        carry what waits for it."""
        if len(self._lanes) + self._opening.total() < self._limit:
            return True
        return not self._opening[kind] and not any(lane.kind == kind for lane in self._lanes)

    def _next_for(self, lane: Lane) -> Flight | None:
        """Under the lock: the next flight that waits for such a lane, which takes it."""
        flight = next((waiting for waiting in self._waiting if waiting.kind == lane.kind), None)
        if flight is None or lane not in self._lanes:
            return None
        self._waiting.remove(flight)
        lane.busy, lane.flight = True, flight
        return flight

    def _carry(self, lane: Lane, flight: Flight) -> None:
        try:
            lane.carry(flight)
        except OSError:
            # The wire is cut: `dropped` hears of it too, and takes care of the flight.
            lane.close()
            return
        if flight.end_asked:
            self._end(flight)

    def _open_for(self, kind: LaneKind) -> None:
        try:
            lane = self._open_lane(kind)
        except (ConnectionFailed, Refusal, LaneFailed) as error:
            self._not_opened(kind, error)
            return
        with self._lock:
            self._opening[kind] -= 1
            if not self._closed:
                self._lanes.append(lane)
            closed = self._closed
        if closed:
            lane.close()
        else:
            self.idle(lane)

    def _not_opened(self, kind: LaneKind, error: ConnectionFailed | Refusal | LaneFailed) -> None:
        with self._lock:
            self._opening[kind] -= 1
            if isinstance(error, LaneFailed) and any(lane.kind == kind for lane in self._lanes):
                # The server has its own limit: those that wait get the lanes that there are.
                self._limit = max(1, len(self._lanes) + self._opening.total())
                return
            given_up = [flight for flight in self._waiting if flight.kind == kind]
            for flight in given_up:
                self._waiting.remove(flight)
                del self._flights[flight.job.id]
        for flight in given_up:
            why = error.reason if isinstance(error, ConnectionFailed) else str(error)
            if flight.sent or flight.job.again or flight.job.barred:
                flight.land("unreachable", detail=f"{why}; whether it still runs there is not known")
            else:
                flight.land("unreachable" if isinstance(error, ConnectionFailed) else "refused", detail=why)

    def _open_lane(self, kind: LaneKind) -> Lane:
        lane = self._open(lambda: Lane(kind, self._folder, self, known=kind in self._known))
        self._known.add(kind)
        return lane

    def _end(self, flight: Flight) -> None:
        """Asks the host to end a job that was sent, over a lane of the same user that is free or new."""
        if flight.landed or (flight.kind.plain and flight.pid is None):
            return
        lane = self._free_lane(flight.kind)
        if lane is None:
            return
        try:
            lane.errand(requests.stop(flight.pid) if flight.pid is not None else requests.kill(flight.job.id))
        except OSError:
            # Attached to again, the flight is asked for its end again.
            lane.close()

    def _free_lane(self, kind: LaneKind) -> Lane | None:
        with self._lock:
            for lane in self._lanes:
                if lane.kind == kind and not lane.busy:
                    lane.busy = True
                    return lane
        try:
            lane = self._open_lane(kind)
        except (ConnectionFailed, Refusal, LaneFailed):
            # Without a way to the host there is nothing to end it with; its own lane tells what becomes of it.
            return None
        with self._lock:
            self._lanes.append(lane)
        return lane


def _lost(flight: Flight, why: str) -> None:
    """Nothing more will be heard of it."""
    if flight.untold:
        flight.land("unknown", detail=f"{why}: {UNRECORDED}")
    else:
        flight.land("unreachable", detail=why)
