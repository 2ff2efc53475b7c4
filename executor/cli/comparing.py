"""`runbook plan --against`: what would run differently than by another plan, runbook, or revision of it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from executor.cli.options import Sources
from executor.cli.planned import plan_of
from executor.cli.sealed import sealed_file
from executor.cli.streams import harmless
from executor.errors import Exit, InvalidInput, Problem, WrongUsage
from executor.model.plans import Plan

FORMS = ("text", "markdown", "json")


def against(plan: Plan, flags: Mapping[str, Any], form: str, *, detailed: bool) -> int:
    """Print what the plan does differently than what `--against` names. Returns the exit code.

    Raises WrongUsage for a form that there is none of, InvalidInput where the other plan cannot be made.
    """
    from executor.comparing.compare import compare
    from executor.comparing.data import data
    from executor.comparing.markdown import markdown
    from executor.comparing.sides import Side
    from executor.comparing.text import text
    from executor.report.safe import inert_json

    if form not in FORMS:
        raise WrongUsage(Problem(f"a comparison has no form {form!r}", hint=f"--format {', '.join(FORMS)}"))
    name = flags["against"]
    with _other(name, flags) as (other, files):
        found = compare(Side(other, files), Side(plan))
    match form:
        case "markdown":
            click.echo(harmless(markdown(found, name)), nl=False)
        case "json":
            click.echo(inert_json(data(found, name)), nl=False)
        case _:
            colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
            click.echo(harmless(text(found, color=colour)), nl=False)
    return Exit.ROLLED_BACK if detailed and found else Exit.DONE


@contextmanager
def _other(name: str, flags: Mapping[str, Any]) -> Iterator[tuple[Plan, Mapping[str, str] | None]]:
    """The other plan, and the digests of its files where they are known; None: they lie there while this lasts."""
    if (path := sealed_file(name)) is not None:
        from executor import __version__
        from executor.cli.sealed import root_of
        from executor.sealing.opening import open_sealed, read_sealed
        from executor.sealing.portable import Spot

        sealed = open_sealed(path, read_sealed(path), __version__, Spot.of(root_of(path)))
        yield sealed.plan, sealed.sent
        return
    revision, colon, file = name.partition(":")
    if not colon or Path(name).exists():
        yield plan_of(name, flags, at_terminal=False), None
        return
    with _checkout(revision) as (top, here):
        path = _runbook(top, here, file, name)
        try:
            plan = plan_of(str(path), _as_there(flags, top), at_terminal=False)
        except InvalidInput as error:
            raise InvalidInput(*(_there(problem, revision, top) for problem in error.problems)) from error
        yield plan, None


def _there(problem: Problem, revision: str, top: Path) -> Problem:
    """A mistake in the other revision, which is not looked for in this one. The folder that it was put in means nothing
    to anybody."""
    place = problem.place
    if place is not None and place.file.startswith(f"{top}/"):
        place = replace(place, file=f"{revision}:{place.file.removeprefix(f'{top}/')}")
    return replace(problem, message=f"at {revision}: {problem.message}", place=place)


def _runbook(top: Path, here: Path, file: str, name: str) -> Path:
    """A runbook of a revision: from the project's root, from that of the repository, or by its name."""
    from executor.language import find_runbook

    for path in (here / file, top / file):
        if path.is_file():
            return path
    folder = here / "runbooks"
    known = sorted(path.stem for path in folder.glob("*.y*ml"))
    if file in known:
        return find_runbook(file, here)
    hint = f"there are: {', '.join(known[:12])}" if known else ""
    raise InvalidInput(Problem(f"--against {name}: that revision has no runbook {file!r}", hint=hint))


def _as_there(flags: Mapping[str, Any], top: Path) -> dict[str, Any]:
    """The flags with the inventories of the other revision: those that lie in the repository now."""
    repository = _git("rev-parse", "--show-toplevel").decode().strip()
    given: Sources = flags["inventory"]

    def there(name: str) -> str:
        path = Path(os.path.realpath(name))
        return str(top / path.relative_to(repository)) if path.exists() and path.is_relative_to(repository) else name

    return {**flags, "inventory": Sources(tuple(map(there, given.names)), given.vault_password_files)}


@contextmanager
def _checkout(revision: str) -> Iterator[tuple[Path, Path]]:
    """The files of a revision in a folder of their own: the repository's root there, and the working folder's place."""
    if not revision or revision.startswith("-"):
        raise InvalidInput(Problem(f"--against: {revision!r} is no revision"))
    commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    prefix = _git("rev-parse", "--show-prefix").decode().strip()
    with tempfile.TemporaryDirectory(prefix="runbook-against-") as folder:
        top = Path(os.path.realpath(folder)) / "project"
        top.mkdir()
        packed = _git("archive", "--format=tar", commit, cwd=_git("rev-parse", "--show-toplevel").decode().strip())
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(top, filter="data")
        (top / ".git").mkdir(exist_ok=True)  # where nothing else marks the project's root, that does
        yield top, top / prefix


def _git(*words: str, cwd: str | None = None) -> bytes:
    """What git prints. Raises InvalidInput with what it says where it fails."""
    try:
        ended = subprocess.run(["git", *words], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError as error:
        raise InvalidInput(Problem(f"--against needs git: {error.strerror}", code="git")) from error
    if ended.returncode != 0:
        said = ended.stderr.decode("utf-8", "replace").strip() or "there is no such revision, or no repository"
        raise InvalidInput(Problem(f"--against: {said}", code="git"))
    return ended.stdout
