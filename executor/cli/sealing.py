"""`runbook plan --out`: the flags that seal a plan, and the writing of it."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from executor.cli.sealed import SUFFIX
from executor.errors import Exit, Problem, RunbookError, WrongUsage
from executor.model.plans import Plan

F = TypeVar("F", bound=Callable[..., Any])

# The flags that shape a plan, as a sealed one tells them.
_SHAPING = ("limit", "tags", "skip_tags", "start_at_stage", "forks", "user", "become")


def expiry(text: str) -> datetime:
    """A flag's type: a time from now (12h, 2d), or a date, with a time of the local clock (2026-12-01T18:00)."""
    from executor.model.durations import parse_duration

    now = datetime.now().astimezone()
    try:
        return now.replace(microsecond=0) + timedelta(seconds=parse_duration(text))
    except (ValueError, OverflowError):
        pass  # then it is a date
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        why = f"{text!r} is neither a time such as 12h nor a date such as 2026-12-01T18:00"
        raise click.BadParameter(why) from None
    if moment.tzinfo is None:
        moment = moment.astimezone()
    if moment <= now:
        raise click.BadParameter(f"{text} has passed already")
    return moment


_OPTIONS = (
    click.option("--out", metavar="FILE.json", help="Seal the plan: what `run` and `approve` take."),
    click.option(
        "--markdown", "markdown_out", metavar="FILE", help="With --out: the same plan for people, as Markdown."
    ),
    click.option(
        "--expires", type=expiry, metavar="TIME", help="With --out: until when it may be run (12h, 2026-12-01)."
    ),
    click.option(
        "--against",
        metavar="OTHER",
        help="What differs from a sealed plan, another runbook, or REV:PATH of git, instead.",
    ),
)


def seal_options(function: F) -> F:
    """--out and what belongs to it."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def check_seal_flags(flags: Mapping[str, Any]) -> None:
    """Raises WrongUsage where flags of a sealed plan stand without one, or its file could not be known as one."""
    out = flags["out"]
    alone = [flag for flag, name in (("--markdown", "markdown_out"), ("--expires", "expires")) if flags[name]]
    if out is None and alone:
        raise WrongUsage(Problem(f"{alone[0]} belongs to a sealed plan: --out says where that is to be written"))
    if out is not None and Path(out).suffix != SUFFIX:
        raise WrongUsage(Problem(f"--out {out}: the file of a sealed plan ends in {SUFFIX}"))
    if out is not None and flags["markdown_out"] and os.path.realpath(out) == os.path.realpath(flags["markdown_out"]):
        raise WrongUsage(Problem(f"--out and --markdown are the same file: {out}"))


def write_sealed(plan: Plan, flags: Mapping[str, Any]) -> None:
    """Seal the plan, write it, and say what comes next. Raises RunbookError where it cannot be sealed or written."""
    from executor import __version__
    from executor.planning.inputs import inputs, sent_late
    from executor.sealing.envelope import unwrap
    from executor.sealing.notes import seal_notes
    from executor.sealing.origin import origin
    from executor.sealing.portable import Spot
    from executor.sealing.seal import Terms, seal

    root = Path(plan.root)
    terms = Terms(
        program=__version__,
        origin=origin(root, inputs(plan)),
        expires=flags["expires"],
        inventory=flags["inventory"].names,
        given=_given(flags),
    )
    data = seal(plan, terms, Spot.of(root))
    digest, _ = unwrap(data)
    out = Path(flags["out"])
    stray = _of_another(out, data)
    _write(out, data)
    if flags["markdown_out"]:
        from executor.checking.checking import foreseen
        from executor.report.plans.markdown import markdown

        notes = tuple(seal_notes(terms.origin, terms.expires, sent_late(plan)))
        page = markdown(plan, digest=digest, notes=notes, findings=foreseen(plan), whole=flags["diff"])
        _write(Path(flags["markdown_out"]), page.encode())
    _tell(plan, out, digest, terms.origin.dirty, stray)


def _given(flags: Mapping[str, Any]) -> dict[str, Any]:
    """The flags that shaped the plan. Of -e there are the names, and digests of the values."""
    from executor.language import parse_extra_vars

    shaping = {name: list(flags[name]) if isinstance(flags[name], tuple) else flags[name] for name in _SHAPING}
    extra = parse_extra_vars(flags["extra_vars"])
    digests = {name: _digest(extra[name]) for name in sorted(extra)}
    return {name: value for name, value in shaping.items() if value} | ({"extra_vars": digests} if digests else {})


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def _of_another(out: Path, data: bytes) -> tuple[str, ...]:
    """Approvals that lie beside the file and are of what it was before."""
    from executor.approvals.approval import Bad, beside, proved

    if not out.is_file():
        return ()
    return tuple(name for name, signature in beside(out) if isinstance(proved(name, signature, data), Bad))


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    try:
        fd, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(data)
            umask = os.umask(0)
            os.umask(umask)
            Path(name).chmod(0o666 & ~umask)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        why = f"{path} cannot be written: {(error.strerror or str(error)).lower()}"
        raise RunbookError(Problem(why, code="unwritable"), exit_code=Exit.FAULT) from error


def _tell(plan: Plan, out: Path, digest: str, dirty: bool, stray: tuple[str, ...]) -> None:
    from executor.cli.sealed import policies
    from executor.planning.inputs import sent_late

    click.echo(f"sealed in {out}: sha256 {digest}", err=True)
    if dirty:
        click.echo("  its files are not all as the commit has them; the plan says so", err=True)
    for path in sent_late(plan):
        click.echo(f"  not covered, as only the run knows it: {path}", err=True)
    for name in stray:
        click.echo(f"  {name} is an approval of another plan: remove it", err=True)
    if policies(plan):
        click.echo(f"  runbook approve {shlex.quote(str(out))}", err=True)
    click.echo(f"  runbook run {shlex.quote(str(out))}", err=True)
