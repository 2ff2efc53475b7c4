"""What steps leave on their hosts, and what may be said of it against a run's journal: the promises, as far as they can
be seen from there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace

from executor.drive.work import job_id
from executor.events import Armed, Ended, Event, Key, RunEnded, Started, StepEnded
from executor.journal.folders import RunFolder
from executor.journal.reading import read
from executor.model.outcomes import Status
from tests.e2e.conftest import Project

LINES = 6
# A step that says who it is: the file in which a host keeps its script has the name of its attempt.
STEP = f"""
me=${{0##*/}}; me=${{me%.sh}}
echo "begin $me" >> ~/log
n=0; while [ $n -lt {LINES} ]; do echo "$me says $n"; n=$((n + 1)); sleep 0.03; done
echo "end $me" >> ~/log
"""


def said(job: str) -> str:
    """What a step prints."""
    return "".join(f"{job} says {number}\n" for number in range(LINES))


@dataclass(frozen=True)
class Mark:
    """A job as its name tells it. `undoes`: the step whose handler it is; `item` is that step's, then."""

    job: str
    task: str
    item: int
    attempt: int
    back: bool

    @property
    def what(self) -> tuple[str, int]:
        return (self.task.partition(".u")[0] if self.back else self.task, self.item)


_JOB = re.compile(
    r"(?P<task>[\d.]+(?:\.u\d+)?)\.action(?:\.o(?P<of>\d+))?(?:\.i(?P<item>\d+))?(?P<back>\.back)?\.(?P<n>\d+)-at-.*"
)


def mark(job: str) -> Mark:
    found = _JOB.fullmatch(job)
    assert found, f"{job} is no job's name that these tests know"
    back = found["back"] is not None
    return Mark(job, found["task"], int((found["of"] if back else found["item"]) or 0), int(found["n"]), back)


def marks(project: Project, host: str, word: str) -> list[Mark]:
    """The jobs that have written `begin`, or `end`, in order."""
    return [mark(line.split()[1]) for line in project.log(host) if line.startswith(f"{word} ")]


class Record:
    """A run's journal, as these checks ask it."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.events: list[Event] = [event for _, event in read(folder.journal)]
        self.started = {event.key: event for event in self.events if isinstance(event, Started)}
        self.ended = [(event.key, event.result) for event in self.events if isinstance(event, Ended)]

    @property
    def started_at_all(self) -> bool:
        """Whether its first event has come on disk."""
        return bool(self.events)

    def word(self) -> RunEnded | None:
        """Its last word, where it has one."""
        return next((event for event in reversed(self.events) if isinstance(event, RunEnded)), None)


@dataclass(frozen=True)
class Broken:
    """What a check finds against a promise."""

    promise: int
    words: str

    def __str__(self) -> str:
        return f"promise {self.promise}: {self.words}"


def broken(project: Project, record: Record, *, cut: Container[str] = (), code: int) -> list[Broken]:
    """All that the marks on the hosts and the journal say against the promises, after a run has ended with `code`.

    `cut` are the hosts on which one of the supervisor's processes was killed: there alone it may be unknown what became
    of a step.
    """
    found = [*_ends(record, cut), *_outputs(record)]
    known = {job_id(key) for key in record.started}
    for host in project.servers:
        begun, ended = marks(project, host, "begin"), marks(project, host, "end")
        times = Counter(m.job for m in begun)
        found += [Broken(2, f"{host} began {job} {n} times") for job, n in times.items() if n > 1]
        unheard = [m.job for m in begun if m.job not in known]
        found += [Broken(13, f"{host} began {job}, of which the journal knows nothing") for job in unheard]
        found += _completed(record, host, begun, {m.job for m in ended})
        found += _way(record, host, begun, code)
    return found


def _ends(record: Record, cut: Container[str]) -> Iterator[Broken]:
    for key, result in record.ended:
        if result.status is Status.UNREACHABLE:
            yield Broken(5, f"{key} is given up as unreachable: {result.detail}")
        if result.status is Status.UNKNOWN and key.host not in cut:
            yield Broken(4, f"{key} is said to be unknown, and nothing of its supervisor was killed: {result.detail}")
    for key, result in record.ended:
        if result.status is Status.UNKNOWN and _taken_for_good(record, key):
            yield Broken(4, f"{key} is unknown, and has become a success")


def _taken_for_good(record: Record, key: Key) -> bool:
    """Whether its step is told to be done, though no other attempt of it was made."""
    others = [other for other in record.started if other != key and replace(other, attempt=key.attempt) == key]
    return not others and any(
        isinstance(event, StepEnded) and (event.host, event.task) == (key.host, key.task) and event.status != "failed"
        for event in record.events
    )


def _outputs(record: Record) -> Iterator[Broken]:
    for key, result in record.ended:
        if key.part != "action" or result.status is not Status.OK or result.rc != 0:
            continue
        path = record.folder.output(key)
        text = path.read_text() if path.exists() else ""
        if text != said(job_id(key)):
            yield Broken(5, f"the output of {key} is {text!r}")


def _completed(record: Record, host: str, begun: list[Mark], ended: set[str]) -> Iterator[Broken]:
    """What has completed has run, and never begins again; what never started has not run."""
    jobs = {m.job for m in begun}
    done: dict[Key, Key] = {}
    for event in record.events:
        match event:
            case Ended(key, result) if key.host == host and key.part == "action":
                if result.status is Status.OK and result.rc == 0:
                    done[replace(key, attempt=1)] = key
                    if job_id(key) not in ended:
                        yield Broken(1, f"{key} is told to have completed, and has not")
                elif result.status is Status.REFUSED and job_id(key) in jobs:
                    yield Broken(3, f"{key} is told never to have started, and has")
            case Started(key) if replace(key, attempt=1) in done:
                promise = 9 if key.direction == "back" else 1
                yield Broken(promise, f"{key} starts after {done[replace(key, attempt=1)]} has completed")
            case _:
                pass


def _way(record: Record, host: str, begun: list[Mark], code: int) -> Iterator[Broken]:
    """Forward alone, or there and back: exactly what was armed, last first."""
    there = list(dict.fromkeys(m.what for m in begun if not m.back))
    back = list(dict.fromkeys(m.what for m in begun if m.back))
    wide = {(armed.task, armed.item) for armed in _armed(record, host) if armed.run_wide}
    armed = {(armed.task, armed.item) for armed in _armed(record, host)}
    if code == 0:
        if back:
            yield Broken(9, f"{host} has undone {back} in a run that did not fail")
        return
    if missing := [what for what in there if what not in back]:
        yield Broken(9, f"{host} has not undone {missing}")
    if more := [what for what in back if what not in armed]:
        yield Broken(9, f"{host} has undone {more}, which was never armed")
    order = [what for what in reversed(there) if what not in wide]
    if [what for what in back if what in there and what not in wide] != order:
        yield Broken(9, f"{host} went {there} there, and {back} back")


def _armed(record: Record, host: str) -> Iterator[Armed]:
    for event in record.started.values():
        if event.armed is not None and event.armed.host == host:
            yield event.armed
