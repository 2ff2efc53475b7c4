"""The real program in processes that are forked from one which has imported it: a life costs a third of what it would.

Nothing else is shared: each is a process of its own, with the command line, the folder and the environment of a user.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.e2e.conftest import Project, Ran
from tests.faults.disk import STRUCK, Fault

NO_FAULT = Fault("before", 0)
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        "fabric",
        "jinja2",
        "jsonschema",
        "rich.console",
        "executor.cli.main",
        *(f"executor.cli.{name}" for name in ("resume", "rollback", "run", "session", "undoing")),
        "executor.hosts.ssh",
        "executor.hosts.wire",
        "executor.planning.build",
        "tests.faults.lives",
    ]
)


class Hung(AssertionError):
    """It did not end in time, and was killed. `ran`: what it had said."""

    def __init__(self, ran: Ran, timeout: float) -> None:
        super().__init__(f"it did not end within {timeout:g} s\n{ran}")
        self.ran = ran


@dataclass(frozen=True)
class Life:
    """A command line that runs."""

    process: BaseProcess
    said: Path  # a folder with what it says

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def end(self, timeout: float = 120) -> Ran:
        """Wait for its end. Raises Hung."""
        self.process.join(timeout)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
            raise Hung(self._ran(), timeout)
        ran = self._ran()
        self.process.close()
        return ran

    def _ran(self) -> Ran:
        out, err = ((self.said / name).read_text(errors="replace") for name in ("out", "err"))
        code = self.process.exitcode
        return Ran(code if code is not None else -99, out, err)


def begin(project: Project, *arguments: str, fault: Fault = NO_FAULT) -> Life:
    """Start a command line, without a terminal."""
    said = Path(tempfile.mkdtemp(prefix="said", dir=project.folder.parent))
    for name in ("out", "err"):
        (said / name).touch()
    process = _FORKS.Process(
        target=_live, args=(arguments, str(project.folder), project.full_environment(), str(said), fault), daemon=True
    )
    process.start()
    return Life(process, said)


def live(project: Project, *arguments: str, fault: Fault = NO_FAULT) -> Ran:
    """A command line from its start to its end."""
    return begin(project, *arguments, fault=fault).end()


def struck(ran: Ran) -> bool:
    """Whether the fault came before the command's end."""
    return STRUCK in ran.err


def _live(arguments: tuple[str, ...], folder: str, environment: dict[str, str], said: str, fault: Fault) -> None:
    from executor.cli.main import main  # noqa: PLC0415  in the forked process alone
    from tests.faults.disk import striking  # noqa: PLC0415  in the forked process alone

    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number, path in enumerate((os.devnull, f"{said}/out", f"{said}/err")):
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(fd, number)
        os.close(fd)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(n, mode) for n, mode in ((0, "r"), (1, "w"), (2, "w")))
    with striking(fault):
        main(list(arguments))
