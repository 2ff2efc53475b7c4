"""The narrated demo: a good release and a bad one, deployed by the flagship runbook to hosts of its own."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import TypeAlias

from executor.errors import Exit
from executor.sandbox import project
from executor.sandbox.control import up
from executor.sandbox.info import SandboxInfo
from executor.sandbox.looks import look
from executor.sandbox.traffic import Visits, visitors

RunCommand: TypeAlias = Callable[[list[str]], int]
Say: TypeAlias = Callable[[str], None]


NO_QUESTIONS = ("--answers", "answers.yml", "--yes")


def deploy(version: str) -> tuple[str, ...]:
    """The arguments after `runbook` that deploy a release of the demo's project, in the project's folder."""
    return ("run", *_about(version), *NO_QUESTIONS)


def _about(version: str) -> tuple[str, ...]:
    return (Path(project.FLAGSHIP).stem, "-i", "sandbox", "-e", f"version={version}")


def run_demo(run_command: RunCommand, say: Say, folder: Path | None = None) -> int:
    """Show the main job from beginning to end; about half a minute.

    `run_command` runs `runbook` with the given arguments in this process and returns its exit code; it is called with
    the demo's project as the working directory. `say` prints a line. The sandbox in `folder` (default: the user's own)
    stays up, so that what was shown can be looked at. Returns 0 if everything went as announced, 1 otherwise. Raises
    SandboxFailed.
    """
    info = _prepare(say, folder)
    with chdir(info.project):
        as_announced = _good_release(info, run_command, say) and _bad_release(info, run_command, say)
    say("")
    if not as_announced:
        say("That did not go as announced. The sandbox is still up; its log is")
        say(f"  {info.layout.log}")
        return int(Exit.FAULT)
    _farewell(info, say)
    return int(Exit.DONE)


def _prepare(say: Say, folder: Path | None) -> SandboxInfo:
    _title(say, "Four servers on your own machine")
    info = up(folder)
    if info.found:
        project.reset(info)
    say(f"Started {len(info.hosts)} SSH hosts on 127.0.0.1, each with its own home, key and web")
    say(f"service, and a load balancer in front of them: {info.public_url}")
    say("Nothing leaves this machine, and nothing needs root.")
    _show_versions(info, say)
    say("")
    say("The project that will be deployed, with its runbook and its inventory:")
    say("")
    say(f"$ cd {shlex.quote(str(info.project))}")
    return info


def _good_release(info: SandboxInfo, run_command: RunCommand, say: Say) -> bool:
    _title(say, f"1. A good release: {project.GOOD}")
    say("The runbook checks, builds, uploads, backs up the database and migrates it.")
    say("Then, one host at a time: out of the load balancer, switch, restart, prove the")
    say("version, check the health, back in. At the end it watches the error rate.")
    say("Visitors keep coming all the while.")
    project.publish(info, project.GOOD)
    code, visits = _run(info, project.GOOD, run_command, say)
    fine = _outcome(say, code, Exit.DONE, visits)
    return _versions_are(info, project.GOOD, say) and fine


def _bad_release(info: SandboxInfo, run_command: RunCommand, say: Say) -> bool:
    _title(say, f"2. A bad release: {project.BAD}")
    say("This one has a mistake that nobody has noticed yet: its /version page crashes,")
    say("because a setting is missing on the hosts. Watch the first host.")
    project.publish(info, project.BAD)
    code, visits = _run(info, project.BAD, run_command, say)
    fine = _outcome(say, code, Exit.ROLLED_BACK, visits)
    return _versions_are(info, project.GOOD, say) and fine


def _run(info: SandboxInfo, version: str, run_command: RunCommand, say: Say) -> tuple[int, Visits]:
    say("")
    say(f"$ {_command_line(deploy(version))}")
    say("")
    with visitors(f"{info.public_url}/") as visits:
        code = run_command(list(deploy(version)))
    return code, visits


def _outcome(say: Say, code: int, wanted: Exit, visits: Visits) -> bool:
    meaning = {Exit.DONE: "done; every gate passed", Exit.ROLLED_BACK: "failed, and what was done has been undone"}
    say("")
    say(f"Exit code {code}: " + (meaning[wanted] if code == wanted else f"but {int(wanted)} was expected here"))
    say(f"Visitors meanwhile: {visits.total} requests, {visits.failed} failed")
    return code == wanted and visits.failed == 0 < visits.total


def _versions_are(info: SandboxInfo, wanted: str, say: Say) -> bool:
    _show_versions(info, say)
    return all(look(host).version == wanted for host in info.hosts)


def _show_versions(info: SandboxInfo, say: Say) -> None:
    say("")
    for host in info.hosts:
        now = look(host)
        state = "drained" if now.drained else "healthy" if now.healthy else "not healthy"
        say(f"  {host.name:<6} answers {now.version or 'nothing':<8} {state}")


def _farewell(info: SandboxInfo, say: Say) -> None:
    _title(say, "That is all of it")
    say(f"{project.BAD} reached one host, was found out there, and was undone in reverse: the")
    say("switch, the restart, the migration, the upload. The other hosts never ran it.")
    say("")
    say("The sandbox is still up. What to type next:")
    say("")
    say(f"  cd {shlex.quote(str(info.project))}")
    for words, why in (
        (("plan", *_about(project.BAD)), "everything that a run would do, without doing it"),
        (("ssh", info.hosts[0].name, "-i", "sandbox"), "look around on a host"),
        (("exec", "cat app/current/VERSION", "-i", "sandbox", "-l", "web"), "one command on many hosts"),
        (("sandbox", "status"), "the hosts, and what they answer"),
        (("sandbox", "down"), "end and remove all of it"),
    ):
        say(f"  # {why}")
        say(f"  {_command_line(words)}")
    say("")
    say(f"The runbook that was run: {info.project / 'runbooks' / project.FLAGSHIP}")


def _command_line(words: tuple[str, ...]) -> str:
    return shlex.join(("runbook", *words))


def _title(say: Say, text: str) -> None:
    say("")
    say(text)
    say("=" * len(text))
