"""Taking a run over from its hosts: find its copies, see whether it goes on elsewhere, keep the best, claim it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from executor.errors import InvalidInput, Problem, Refused, RunbookError
from executor.hosts.protocol import Host, Job
from executor.journal.folders import RunFolder, is_run, make_own, make_private, write_private
from executor.journal.past import recall
from executor.mirror import scripts
from executor.mirror.drafts import draft_of
from executor.mirror.jobs import Asked, Said
from executor.mirror.mirror import BEAT, has_token, not_ours, token_of
from executor.mirror.scripts import Copy, Owner

PATIENCE = 60.0  # seconds for an answer; a large journal on a slow line takes its time
SILENCE = 2.5 * BEAT  # without a sign of life for so long, a controller is gone
LOOKS = 8  # in that time


@dataclass(frozen=True, slots=True)
class Fetched:
    """A run that is this controller's now."""

    folder: RunFolder
    source: str  # the host that had the longest copy
    events: int
    silent: tuple[str, ...]  # hosts with a copy that could not be claimed
    notes: tuple[str, ...]  # copies that could not be used, and why


def find(hosts: Mapping[str, Host], run: str) -> tuple[Copy, ...]:
    """The copies of one run on these hosts, longest first; `run` is its id or a part of it.

    Raises InvalidInput where there is none, or several runs could be meant.
    """
    copies = _look(hosts, run)
    runs = sorted({copy.run for copy in copies})
    if not runs:
        hint = "copies are on the first hosts of a run, from the first barrier after its first change on"
        raise InvalidInput(
            Problem(f"no host that could be reached has a copy of run {run!r}", hint=hint, code="no-copy")
        )
    if len(runs) > 1:
        raise InvalidInput(
            Problem(f"{run!r} could be any of {len(runs)} runs", hint=f"say more of it: {', '.join(runs)}")
        )
    return tuple(sorted(copies, key=lambda copy: (-copy.size, copy.host)))


def looked_for(copies: Iterable[Copy]) -> str:
    """Whose sign of life `goes_on` would wait for; "" where it need not wait."""
    return next((copy.owner.who or "somebody" for copy in copies if not copy.owner.over), "")


def goes_on(hosts: Mapping[str, Host], copies: Iterable[Copy], sleep: Callable[[float], None]) -> str:
    """Who carries the run on, as far as a sign of life can be seen; "" where nobody does (blocking, for SILENCE)."""
    before = {(copy.host, copy.folder): copy.owner for copy in copies if not copy.owner.over}
    if not before:
        return ""
    asked = {host: hosts[host] for host, _ in before}
    run = next(iter(before))[1].split("/")[-2]
    for _ in range(LOOKS):
        sleep(SILENCE / LOOKS)
        for copy in _look(asked, run):
            known = before.get((copy.host, copy.folder))
            if known is not None and not copy.owner.over and copy.owner != known:
                return copy.owner.who
    return ""


def must_be_ours(hosts: Mapping[str, Host], folder: RunFolder) -> None:
    """Raises Refused where one of these hosts knows that the run has been taken over from this controller.

    Nothing changes there: who has it now goes on undisturbed, and keeps its locks.
    """
    if not has_token(folder):
        return  # no host has ever had a copy that was ours
    mine = token_of(folder)
    taken = {
        copy.host: copy.owner.line()
        for copy in _look(hosts, folder.run)
        if copy.run == folder.run and copy.owner.token not in (mine, "-")
    }
    if taken:
        raise not_ours(folder.run, taken)


def keep(
    hosts: Mapping[str, Host],
    copies: tuple[Copy, ...],
    state: Path,
    who: str,
    complete: Callable[[RunFolder], None],
) -> Fetched:
    """Keep the longest copy that is whole, claim the run on all hosts with a copy: it is this controller's then.

    `complete` is given the run's folder once it is claimed, and before anybody else sees it.

    Raises InvalidInput where no copy can be trusted, Refused where somebody else is faster, RunbookError where it
    cannot be kept.
    """
    run = copies[0].run
    make_own(state)
    make_private(state / "runs")
    final = RunFolder(state / "runs" / run)
    must_be_elsewhere(final, copies)
    with draft_of(run, state / "runs") as draft:
        source, events, notes = _download(hosts, copies, draft)
        # It counts as going on until it is here: nobody takes it from a fetch that is under way.
        owner = Owner(secrets.token_hex(8), "0", who)
        silent = _claim(hosts, copies, owner)
        write_private(draft.path / "claim", owner.token.encode())
        try:
            complete(draft)
        finally:
            _rest(hosts, copies, replace(owner, beat=scripts.ENDED), silent)
        _move(draft.path, final.path)
    return Fetched(final, source, events, silent, notes)


def must_be_elsewhere(folder: RunFolder, copies: Iterable[Copy]) -> None:
    """Raises Refused where the run is kept here, and nobody has taken it from here since."""
    if not folder.path.exists():
        return
    owners = {copy.owner.token for copy in copies}
    if (folder.path / "claim").exists() and token_of(folder) not in owners:
        return
    run = folder.run
    hint = f"runbook resume {run}, or runbook rollback {run}"
    raise Refused(Problem(f"run {run} is kept here already", hint=hint, code="run-known"))


def _look(hosts: Mapping[str, Host], run: str) -> list[Copy]:
    script = scripts.look(run)
    asked = {name: Asked(host, _plain("look", script)) for name, host in hosts.items()}
    found = [copy for name, one in asked.items() for copy in scripts.looked(name, one.wait(PATIENCE).text)]
    return [copy for copy in found if is_run(copy.run) and run in copy.run]


def _download(
    hosts: Mapping[str, Host], copies: tuple[Copy, ...], draft: RunFolder
) -> tuple[str, int, tuple[str, ...]]:
    notes: list[str] = []
    for copy in copies:
        host = hosts[copy.host]
        said = {name: _ask(host, _plain(name, scripts.show(copy, name))) for name in ("plan.json", "journal.jsonl")}
        if any(one.rc != 0 for one in said.values()):
            notes.append(f"{copy.host}: it could not be read")
            continue
        for path, name in ((draft.plan, "plan.json"), (draft.journal, "journal.jsonl")):
            path.unlink(missing_ok=True)
            write_private(path, said[name].output)
        try:
            past = recall(draft)
        except InvalidInput as error:
            notes.append(f"{copy.host}: {error.problems[0].message}")
        else:
            return copy.host, past.end.seq, tuple(notes)
    raise InvalidInput(Problem(f"no copy of run {copies[0].run} can be trusted: {'; '.join(notes)}", code="bad-copies"))


def _claim(hosts: Mapping[str, Host], copies: tuple[Copy, ...], owner: Owner) -> tuple[str, ...]:
    """One host after the other, in one order for everybody: of two that try, the first host decides."""
    silent = []
    for copy in sorted(copies, key=lambda copy: (copy.host, copy.folder)):
        said = _ask(hosts[copy.host], _plain("take", scripts.take(copy, owner)))
        if said.rc == scripts.OTHER:
            raise _taken(copy, said)
        if said.rc != 0:
            silent.append(copy.host)
    return tuple(silent)


def _taken(copy: Copy, said: Said) -> Refused:
    other = said.text.partition(" ")[2].partition(" ")[2]
    text = f"{copy.host}: somebody else has just taken run {copy.run} over{f': {other}' if other else ''}"
    hint = "look again with the same command, once it is known whose it shall be"
    return Refused(Problem(text, hint=hint, code="taken-over"))


def _rest(hosts: Mapping[str, Host], copies: Iterable[Copy], owner: Owner, silent: Iterable[str]) -> None:
    """The run does not go on: whoever finds it on a host may take it on. Raises Refused where somebody has."""
    for copy in copies:
        if copy.host in silent:
            continue
        said = _ask(hosts[copy.host], _plain("rest", scripts.beat(copy.run, copy.folder.rsplit("/", 1)[-1], owner)))
        if said.rc == scripts.OTHER:
            raise _taken(copy, said)


def _plain(name: str, script: str) -> Job:
    """A job without a record: it may be run twice."""
    return Job(f"{name}-{secrets.token_hex(4)}", script, executable="/bin/sh", timeout=PATIENCE, read_only=True)


def _ask(host: Host, job: Job) -> Said:
    return Asked(host, job).wait(PATIENCE)


def _move(draft: Path, final: Path) -> None:
    """What was kept here before the run was taken from here makes way."""
    try:
        if final.exists():
            final.rename(draft.parent / "before")
        draft.rename(final)
    except OSError as error:
        raise RunbookError(Problem(f"cannot write to {final}: {error.strerror}", code="state")) from error
