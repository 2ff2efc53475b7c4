"""A deploy whose journal meets a fault at one of its writes, and which is carried on until it ends.

The long form tries every write of every story, none left out: `python -m tests.faults.kills` (`make kills`).
Each worker has servers and a state of its own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.conftest import Project, Ran
from tests.faults.deploy import HOSTS, begin_anew, new_deploy, wrong
from tests.faults.disk import ERRORS, KILLS, Fault, Kind
from tests.faults.journals import too_early
from tests.faults.lives import live, struck
from tests.sshd import start_server

RUN = ("run", "deploy", "-i", "prod")
FAILING = (*RUN, "-e", "fail=true")
RESUMES = 3  # one is enough after one fault
LOOK_ON = 3


@dataclass(frozen=True)
class Story:
    """What is run, where the fault strikes in it, and how it must end.

    `before` is run first, each with its own fault; then `struck`, with the fault that is tried.
    """

    name: str
    struck: tuple[str, ...]
    code: int
    undone: bool
    before: tuple[tuple[tuple[str, ...], Fault], ...] = ()
    kinds: tuple[Kind, ...] = (*KILLS, *ERRORS)


def _dead(at: int) -> tuple[tuple[tuple[str, ...], Fault], ...]:
    return ((FAILING, Fault("after", at)),)


# Killed with a part of it written is killed before it was written, and a torn line more.
_KILLS: tuple[Kind, ...] = ("torn", "after")
_DONE = ((RUN, Fault("before", 0)),)
STORIES = (
    Story("success", RUN, 0, undone=False),
    Story("rollback", FAILING, 2, undone=True),
    # A resume that dies is resumed again: of a run that died on its way there, and of one on its way back.
    Story("resume", ("resume",), 2, undone=True, before=_dead(40), kinds=_KILLS),
    Story("resume of a rollback", ("resume",), 2, undone=True, before=_dead(110), kinds=_KILLS),
    Story("later rollback", ("rollback", "deploy", "-y"), 0, undone=True, before=_DONE, kinds=(*_KILLS, *ERRORS)),
)


@dataclass
class Told:
    """What came of one try. `struck`: the fault came before the story's end."""

    struck: bool
    wrong: list[str]
    ran: list[Ran] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join([*self.wrong, *map(str, self.ran)])


def tell(project: Project, story: Story, fault: Fault) -> Told:
    """Play a story with a fault in it, carry it on until it has ended, and look at what there is then."""
    begin_anew(project)
    for arguments, earlier in story.before:
        first = live(project, *arguments, fault=earlier)
        if earlier.at and not struck(first):
            return Told(False, [f"the story ended before {earlier}"], [first])
    ran = [live(project, *story.struck, fault=fault)]
    if not struck(ran[0]):
        return Told(False, _wrong(project, story, ran), ran)
    found = too_early(project, fault.kind)
    if fault.kind in ERRORS and "journal cannot be written" not in ran[0].err:
        found.append("it does not say that its journal cannot be written")
    for _ in range(RESUMES):
        ran.append(live(project, "resume"))
        if _never_began(ran[-1]):
            # It died before its first word, or after its last one: only a look at the hosts tells which.
            if not wrong(project, undone=story.undone):
                return Told(True, found, ran)
            ran.append(live(project, *story.struck))
        if ran[-1].code == story.code:
            break
    return Told(True, found + _wrong(project, story, ran), ran)


def _never_began(ran: Ran) -> bool:
    return "no run is unfinished" in ran.err or "never began" in ran.err


def _wrong(project: Project, story: Story, ran: list[Ran]) -> list[str]:
    found = wrong(project, undone=story.undone)
    found += ["it shows a traceback"] if any("Traceback" in one.err for one in ran) else []
    if ran[-1].code != story.code:
        found.append(f"the end is exit {ran[-1].code}, not {story.code}")
    return found


# --- the long form -----------------------------------------------------------------------------------------------


@dataclass
class Course:
    """Every story with every kind of fault, at one write after the other until the story ends before its fault."""

    left: list[tuple[Story, Kind]]
    lock: threading.Lock = field(default_factory=threading.Lock)
    at: int = 0
    over: int = 0  # tries of the first that is left whose fault did not come any more
    tried: dict[tuple[str, Kind], int] = field(default_factory=dict)
    broken: int = 0

    def take(self) -> tuple[Story, Fault] | None:
        with self.lock:
            if not self.left:
                return None
            story, kind = self.left[0]
            # The disk's errors share the writes: at each of them one comes, in turn.
            self.at += 1
            at = self.at if kind in KILLS else len(ERRORS) * self.at - ERRORS.index(kind)
            return story, Fault(kind, at)

    def told(self, story: Story, fault: Fault, told: Told) -> None:
        with self.lock:
            if told.wrong:
                self.broken += 1
                _say(f"BROKEN: {story.name}, {fault}: {told}")
            name = story.name, fault.kind
            if told.struck:
                self.tried[name] = self.tried.get(name, 0) + 1
            elif self.left and self.left[0] == (story, fault.kind):
                # How many writes there are depends on what happens to come together: look a little further.
                self.over += 1
                if self.over == LOOK_ON:
                    self.left.pop(0)
                    self.at = self.over = 0
                    _say(f"{story.name}, {fault.kind}: {self.tried.get(name, 0)} writes tried")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def fleet() -> Iterator[Project]:
    """Three servers and a project of their own."""
    with tempfile.TemporaryDirectory() as folder:
        servers = {name: start_server(Path(folder) / name) for name in HOSTS}
        try:
            yield new_deploy(Path(folder), servers)
        finally:
            for server in servers.values():
                server.vanish()
                server.end_jobs()


def _work(course: Course) -> None:
    with fleet() as project:
        while (taken := course.take()) is not None:
            course.told(*taken, tell(project, *taken))


def main() -> int:
    """The long form; exit 1 where a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=3, help="how many stories are played side by side")
    parser.add_argument("--story", choices=[story.name for story in STORIES], help="this one alone")
    parser.add_argument("--kind", choices=[*KILLS, *ERRORS], help="this kind of fault alone")
    parser.add_argument("--at", type=int, help="with --story and --kind: one try alone, and what was said in it")
    arguments = parser.parse_args()
    chosen = [
        (story, kind)
        for story in STORIES
        for kind in story.kinds
        if arguments.story in (None, story.name) and arguments.kind in (None, kind)
    ]
    if arguments.at is not None:
        with fleet() as project:
            told = tell(project, chosen[0][0], Fault(chosen[0][1], arguments.at))
        _say(str(told))
        return 1 if told.wrong else 0
    began = time.monotonic()
    course = Course(chosen)
    workers = [threading.Thread(target=_work, args=(course,)) for _ in range(arguments.workers)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    _say(f"{sum(course.tried.values())} tries, {course.broken} broken, {time.monotonic() - began:.0f} s")
    return 1 if course.broken or course.left else 0


if __name__ == "__main__":
    sys.exit(main())
