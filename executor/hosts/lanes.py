"""A lane: one supervisor's shell on a host, seen from here. It carries one job at a time."""

from __future__ import annotations

import queue
import secrets
import threading
import time
from io import BytesIO
from typing import BinaryIO, Protocol

from executor.hosts import reasons, requests
from executor.hosts.flights import Flight, LaneKind
from executor.hosts.frames import Frames, Mark, new_mark
from executor.hosts.protocol import Stream

_CHUNK = 256 * 1024


class Wire(Protocol):
    """The bytes' way to a shell. What comes back is given to the lane's `received`, `complained` and `closed`."""

    def send(self, data: bytes) -> None:
        """Blocks while the other side is slow. Raises OSError when the wire is cut."""

    def close(self) -> None: ...


class LaneFailed(Exception):
    """The shell did not come up; `words` is what was printed instead. `silent`: it said nothing, and has not ended."""

    def __init__(self, words: str, *, silent: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.silent = silent


class Keeper(Protocol):
    """Who owns the lanes. Called from the wire's thread: must not block."""

    def idle(self, lane: Lane) -> None: ...

    def landed(self, flight: Flight) -> None: ...

    def known_pid(self, flight: Flight) -> None: ...

    def dropped(self, lane: Lane, flight: Flight | None) -> None: ...


class Lane:
    """Speaks with one supervisor. `flight` and `busy` are set by the keeper, under its lock."""

    def __init__(self, kind: LaneKind, folder: str, keeper: Keeper, *, known: bool = False) -> None:
        """`known`: the run's folder on the host was there before."""
        self.kind = kind
        self._known = known
        self.flight: Flight | None = None
        self.busy = True
        self.unfit = ""
        self.session = ""  # how jobs leave the connection's session; "" where there is no setsid
        self._folder = folder
        self._keeper = keeper
        self._mark = new_mark()
        self._frames = Frames(self._mark)
        self._complaints = Frames(self._mark)
        self._wire: Wire | None = None
        self._lock = threading.RLock()
        self._stream: Stream = "stdout"
        self._rc: int | None = None  # of a plain job, once it has ended on stdout
        self._both_ended = 0
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._noise = bytearray()  # what came before the supervisor's first word
        self._heard = threading.Event()
        self._ready = threading.Event()
        self._closed = False

    # --- coming up and going down -----------------------------------------------------------------------------

    def join(self, wire: Wire) -> None:
        """Takes the wire; what is said on it before the supervisor starts is `noise`."""
        self._wire = wire

    def open(self, timeout: float) -> None:
        """Starts the supervisor over the wire; returns when it is ready (blocking). Raises LaneFailed."""
        folder = None if self.kind.plain else self._folder
        try:
            self._send(requests.begin(self._mark, secrets.token_hex(4), folder, known=self._known))
        except OSError:
            self.closed()
        if not self._ready.wait(timeout) or self._closed:
            self.close()
            if self._closed or self.noise:
                raise LaneFailed(self.noise)
            raise LaneFailed(f"no shell answered within {timeout:g} s", silent=True)

    def type(self, line: str) -> None:
        """Answers a question that comes before the supervisor. Raises OSError when the wire is cut."""
        self._send(f"{line}\n".encode())

    def more_noise(self, timeout: float) -> bool:
        """Waits for more `noise` (blocking). False: there will be none, or the time is up."""
        heard = self._heard.wait(timeout)
        self._heard.clear()
        return heard and not self._closed

    @property
    def noise(self) -> str:
        return bytes(self._noise).decode("utf-8", "replace").strip()

    def close(self) -> None:
        if self._wire:
            self._wire.close()

    # --- from the wire's thread -------------------------------------------------------------------------------

    def received(self, data: bytes) -> None:
        with self._lock:
            for frame in self._frames.feed(data):
                if isinstance(frame, Mark):
                    self._obey(frame.words)
                elif self.flight:
                    self.flight.deliver(self._stream, frame)
                elif not self._ready.is_set():
                    self._overhear(frame)

    def complained(self, data: bytes) -> None:
        """What came on standard error: a plain job's, or what a login says instead of a shell."""
        with self._lock:
            for frame in self._complaints.feed(data):
                if isinstance(frame, Mark):
                    self._plain_ended()
                elif self.flight and self.kind.plain:
                    self.flight.deliver("stderr", frame)
                elif not self._ready.is_set():
                    self._overhear(frame)

    def _overhear(self, data: bytes) -> None:
        self._noise += data[: 4096 - len(self._noise)]
        self._heard.set()

    def closed(self) -> None:
        """The wire is cut, or the shell has gone."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._ready.set()
            self._heard.set()
            self._answers.put("lost")
            flight, self.flight = self.flight, None
        self._keeper.dropped(self, flight)

    def _obey(self, words: tuple[str, ...]) -> None:
        match words:
            case ("o",):
                self._stream = "stdout"
            case ("e",):
                self._stream = "stderr"
            case ("x", _, rc, how) if self.kind.plain:
                self._rc = int(rc)
                self._plain_ended()
            case ("x", _, rc, how):
                self._ended(how, int(rc))
            case ("n", _, why):
                self._refused(why)
            case ("u", _, why):
                self._unknown(why)
            case ("lost",):
                self.close()
                self.closed()
            case ("take", answer):
                self._answers.put(answer)
            case ("k", *_):
                self._keeper.idle(self)
            case ("ready", _, fit, session):
                self.unfit = reasons.UNFIT.get(fit, "")
                self.session = "" if session == "none" else session
                self._ready.set()
            case _ if self.flight:
                self._note(self.flight, words)

    def _note(self, flight: Flight, words: tuple[str, ...]) -> None:
        """What a plain job's process says of itself before it ends."""
        match words:
            case ("n", why):
                flight.refusal = why
            case ("t",):
                flight.timed_out = True
            case ("p", pid):
                flight.pid = int(pid)
                if flight.end_asked:
                    self._keeper.known_pid(flight)

    # --- carrying ---------------------------------------------------------------------------------------------

    def carry(self, flight: Flight) -> None:
        """Sends a flight off (`flight` is set). Blocks while files are sent; raises OSError if the wire is cut."""
        if self.unfit and not self.kind.plain:
            self._take_off()
            asked = flight.sent or flight.job.again or flight.job.barred
            flight.land("unknown" if asked else "refused", detail=self.unfit)
            return
        self._stream = "stdout"
        self._rc, self._both_ended = None, 0
        flight.refusal, flight.timed_out = "", False
        if self.kind.plain:
            self._carry_plainly(flight)
            return
        if not flight.files_sent and not self._send_files(flight):
            return
        flight.files_sent = True
        again, flight.sent = flight.sent, True
        flight.since = min(flight.since, time.monotonic())
        self._send(requests.durable(flight.job, flight.stdout, flight.stderr, again=again))

    def _carry_plainly(self, flight: Flight) -> None:
        """Its input goes straight to it, however large that is."""
        job = flight.job
        flight.sent = not job.read_only
        if job.stdin is None or requests.inline_stdin(job) is not None:
            self._send(requests.plain(job))
            return
        try:
            with BytesIO(job.stdin) if isinstance(job.stdin, bytes) else job.stdin.open("rb") as source:
                size = source.seek(0, 2)
                source.seek(0)
                self._send(requests.plain(job, size))
                if self._answers.get() == "go":
                    self._pour(flight, source, size)
        except OSError as error:
            self._unreadable(flight, error)

    def forget(self, timeout: float) -> None:
        """Has the output of ended jobs removed (blocking). Raises OSError if the wire is cut, or nobody answers."""
        self._send(requests.forget())
        try:
            answer = self._answers.get(timeout=timeout)
        except queue.Empty:
            answer = "lost"
        if answer != "ok":
            raise OSError("the lane does not answer")

    def errand(self, request: bytes) -> None:
        """Sends an order that ends with "k"."""
        self._send(request)

    def _send(self, data: bytes) -> None:
        if self._wire is None:
            raise OSError("the lane is not open")
        self._wire.send(data)

    def _send_files(self, flight: Flight) -> bool:
        """Everything that is too large to stand in the request itself. False: it has landed, or the lane is lost."""
        job = flight.job
        if not requests.has_files(job):
            return True
        if not requests.script_is_inline(job):
            script = job.script.encode("utf-8", "surrogateescape")
            if not self._send_file(flight, "sh", BytesIO(script), len(script)):
                return False
        if job.stdin is None or requests.inline_stdin(job) is not None:
            return True
        if isinstance(job.stdin, bytes):
            return self._send_file(flight, "in", BytesIO(job.stdin), len(job.stdin))
        try:
            with job.stdin.open("rb") as source:
                size = source.seek(0, 2)
                source.seek(0)
                return self._send_file(flight, "in", source, size)
        except OSError as error:
            self._unreadable(flight, error)
            return False

    def _unreadable(self, flight: Flight, error: OSError) -> None:
        """Lands it where its input cannot be opened. Raises any other error: that is the wire's."""
        if error.filename is None:
            raise error
        self._take_off()
        flight.land("refused", detail=f"{error.filename} cannot be read: {error.strerror}")

    def _send_file(self, flight: Flight, suffix: str, source: BinaryIO, size: int) -> bool:
        self._send(requests.take(flight.job.id, suffix, size))
        if self._answers.get() != "go" or not self._pour(flight, source, size):
            return False
        answer = self._answers.get()
        if answer == "short":
            self._take_off()
            flight.land("refused", detail="its input could not be kept on the host: no space, or no permission")
        return answer == "ok"

    def _pour(self, flight: Flight, source: BinaryIO, size: int) -> bool:
        """Sends the bytes that were announced. False: there were not as many, and it has landed."""
        left = size
        while left and (chunk := source.read(min(_CHUNK, left))):
            self._send(chunk)
            left -= len(chunk)
        if left:
            # The supervisor waits for bytes that do not exist: only a new lane is of use now.
            self.flight = None
            self._keeper.landed(flight)
            self.close()
            detail = "the file that is its input shrank while it was being sent"
            flight.land("unknown" if flight.untold else "refused", detail=detail)
        return not left

    # --- landing ----------------------------------------------------------------------------------------------

    def _take_off(self) -> Flight | None:
        """The lane is free again, before the flight's end is told; the keeper may give it the next one at once."""
        flight, self.flight = self.flight, None
        if flight:
            self._keeper.landed(flight)
        self._keeper.idle(self)
        return flight

    def _ended(self, how: str, rc: int) -> None:
        flight = self._take_off()
        if flight is None:
            return
        if how == "timeout" or (how == "cancelled" and flight.overdue):
            flight.land("timed out", detail=_timeout(flight))
        elif how == "cancelled" or (flight.end_asked and rc > 128):
            flight.land("cancelled")
        else:
            flight.land("exited", rc)

    def _plain_ended(self) -> None:
        """A plain job is over when both of its streams say so."""
        self._both_ended += 1
        if self._both_ended < 2 or self.flight is None:
            return
        if self.flight.refusal and self._rc == 126:
            self._refused(self.flight.refusal)
        else:
            self._ended("timeout" if self.flight.timed_out else "exited", self._rc or 0)

    def _refused(self, why: str) -> None:
        if flight := self._take_off():
            detail = reasons.NOT_STARTED.get(why, why).format(chdir=flight.job.chdir)
            flight.land("refused", detail=detail, fenced=why == "fence", never=flight.job.barred)

    def _unknown(self, why: str) -> None:
        if flight := self._take_off():
            flight.land("unknown", detail=reasons.UNKNOWN.get(why, why), rebooted=why == "rebooted")


def _timeout(flight: Flight) -> str:
    # Who only asks what became of a job may not know what timeout it had.
    limit = flight.job.timeout
    return "ended after its timeout" if limit is None else f"ended after its timeout of {limit:g} s"
