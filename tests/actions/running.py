"""Runs a job for real, on this machine, under each of the shells that a host may have."""

from __future__ import annotations

import functools
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from executor import actions
from executor.engine.effects import Perform
from executor.events import Key
from executor.hosts.protocol import Job, JobEnd
from executor.model.actions import Action, Copy, Symlink, TemplateFile, Unarchive, Undo
from executor.model.outcomes import Result

SHELLS = ("dash", "bash", "busybox sh", "mksh", "ksh")
RUN = "r1"
NOBODY = 65534

# Names that a shell, a glob, an option parser or `$(…)` would trip over.
HOSTILE = [
    'it\'s "two" words',
    "-rf",
    "--",
    "*[a-c]?",
    "$HOME $(touch pwned) `touch pwned`;touch pwned & #!",
    "new\nline, ends in\n",
    "\\back\\slash\\n %s %d",
    "größe→名前",
    "~root",
]


@functools.cache
def busybox_only() -> str:
    """A PATH that has busybox's own tools alone."""
    folder = Path(tempfile.mkdtemp(prefix="busybox-"))
    folder.chmod(0o755)
    program = shutil.which("busybox")
    assert program is not None
    for name in subprocess.run([program, "--list"], check=True, capture_output=True, text=True).stdout.split():
        (folder / name).symlink_to(program)
    return str(folder)


def available(shell: str) -> bool:
    return shutil.which(shell.partition(" ")[0]) is not None


@dataclass(frozen=True)
class Here:
    """A host that is this machine: a home of its own, one shell, and for busybox its tools too."""

    shell: str
    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    root: Path = Path("/nonexistent")  # local files are named whole
    user: int | None = None  # somebody else than who runs the tests

    def run(self, job: Job) -> tuple[JobEnd, bytes, bytes]:
        busybox = self.shell == "busybox sh"
        path = busybox_only() if busybox else os.environ["PATH"]
        words = [self.shell] if job.executable == "/bin/sh" else shlex.split(job.executable)
        if busybox:
            words = [f"{path}/sh", *words[1:]]  # its tools too, not only its shell
        script = self.home / "job.sh"
        script.write_bytes(job.script.encode())
        script.chmod(0o644)
        stdin = job.stdin.read_bytes() if isinstance(job.stdin, Path) else job.stdin or b""
        done = subprocess.run(
            [*words, str(script)],
            input=stdin,
            capture_output=True,
            cwd=job.chdir or self.home,
            env={"PATH": path, "HOME": str(self.home), **job.environment, **self.environment},
            check=False,
            timeout=60,
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else [],
        )
        script.unlink()
        return (
            JobEnd("exited", done.returncode if done.returncode >= 0 else 128 - done.returncode),
            done.stdout,
            done.stderr,
        )

    def perform(self, perform: Perform) -> Result:
        job = actions.job(perform, run=RUN, job_id=str(perform.key), root=self.root)
        end, stdout, stderr = self.run(job)
        return actions.result(perform, end, stdout, stderr, root=self.root)

    def do(
        self, action: Action, *, attempt: int = 1, task: str = "1.1", dry: bool = False, diff: bool = False
    ) -> Result:
        key = Key("web1", task, attempt=attempt)
        return self.perform(Perform(key, on="web1", action=action, dry=dry, diff=diff))

    def undo(
        self,
        action: Copy | TemplateFile | Symlink | Unarchive,
        captured: Mapping[str, str],
        *,
        task: str = "1.1",
        dry: bool = False,
    ) -> Result:
        key = Key("web1", task, part="undo", direction="back")
        return self.perform(Perform(key, on="web1", action=Undo(action, captured), dry=dry))

    def with_environment(self, **environment: str) -> Here:
        return replace(self, environment=environment)

    def as_nobody(self, home: Path) -> Here:
        """A user who is not root. Only root can become one."""
        os.chown(home, NOBODY, NOBODY)
        return replace(self, user=NOBODY, home=home)

    def leftovers(self, folder: Path) -> list[str]:
        """What our scripts must not leave behind."""
        return [path.name for path in folder.rglob(".runbook.*")]


def host_fixture(request: pytest.FixtureRequest, tmp_path: Path) -> Here:
    shell = str(request.param)
    if not available(shell):
        pytest.skip(f"{shell} is not on this machine")
    home = tmp_path / "home"
    home.mkdir()
    return Here(shell, home)
