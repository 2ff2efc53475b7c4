"""`runbook approve`: sign a sealed plan."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from executor.cli.sealed import approvals, must_be_fit, opened, policies
from executor.cli.streams import harmless
from executor.errors import Exit, Problem, Refused, RunbookError, WrongUsage

if TYPE_CHECKING:
    from executor.approvals.allowed import Signer
    from executor.approvals.signing import SigningKey
    from executor.sealing.opening import Sealed

_DEFAULT_KEYS = ("id_ed25519", "id_ed25519_sk", "id_ecdsa", "id_ecdsa_sk", "id_rsa")  # of ~/.ssh, as ssh tries them


@click.command(epilog="Example: runbook approve plan.json; runbook approve plan.json --key ~/.ssh/id_ed25519")
@click.argument("plan", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", type=click.Path(path_type=Path), metavar="FILE", help="Sign with this key, not the agent's.")
@click.option("-y", "--yes", is_flag=True, help="Sign without the question.")
def command(plan: Path, key: Path | None, yes: bool) -> int:
    """Sign a sealed plan with your SSH key, after you have read it.

    The approval is kept beside the plan, as PLAN.NAME.sig. A key in a file may have a passphrase, or be in hardware; of
    a public key's file the private one is asked of the agent.
    """
    sealed = opened(plan)
    now = datetime.now().astimezone()
    must_be_fit(sealed, now)
    lines = _signers(sealed)
    _show(plan, sealed, now)
    chosen = _key(key, lines)
    name = _name(chosen, lines)
    _ask(f"Approve it as {name}?", yes=yes)
    at = now.astimezone(UTC).replace(microsecond=0) if any(one.cool_down for one in policies(sealed.plan)) else None
    _write(plan, sealed, chosen, name, at)
    standing = approvals(plan, sealed, now)
    for problem in standing.problems(str(plan)):
        click.echo(problem.message, err=True)
    if not standing.problems(str(plan)):
        click.echo(f"  runbook run {shlex.quote(str(plan))}", err=True)
    return Exit.DONE


def _signers(sealed: Sealed) -> Sequence[Signer]:
    """Everybody whom a policy of the plan lets sign."""
    from executor.approvals.standing import signers_of

    return [line for policy in policies(sealed.plan) for line in signers_of(policy)]


def _show(plan: Path, sealed: Sealed, now: datetime) -> None:
    from executor.cli.sealed_run import standing_lines
    from executor.planning.show import outline

    colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    said = outline(sealed.plan, width=shutil.get_terminal_size().columns, color=colour)
    click.echo(harmless(said, to=sys.stderr), err=True)
    for line in standing_lines(plan, sealed, now):
        click.echo(line, err=True)
    click.echo(f"All of it: runbook plan {shlex.quote(str(plan))}", err=True)


def _ask(question: str, *, yes: bool) -> None:
    """Raises Refused where nobody says yes, or nobody is there to."""
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Refused(Problem("nobody is there to be asked whether to sign", hint="-y signs without the question"))
    if not click.confirm(question, default=False, err=True):
        raise Refused(Problem("not approved: nobody said yes"))


# --- the key ---------------------------------------------------------------------------------------------------------


def _key(file: Path | None, lines: Sequence[Signer]) -> SigningKey:
    """The key of --key; else the one that may sign, of the agent's before those in ~/.ssh; where none may, the only one
    of the agent's, or the one that ssh would try first.

    Raises WrongUsage where there is none, or several would do.
    """
    from executor.approvals.signing import of_agent, of_file, public_of

    if file is not None:
        return of_file(file.expanduser(), _passphrase)
    held = of_agent()
    allowed = {line.key for line in lines}
    able = [key for key in held if key.public in allowed]
    own = [path for name in _DEFAULT_KEYS if (path := Path.home() / ".ssh" / name).is_file()]
    if not able and (mine := next((path for path in own if public_of(path) in allowed), None)) is not None:
        return of_file(mine, _passphrase)
    able = able or list(held)
    if len(able) == 1:
        return able[0]
    if able:
        named = ", ".join(f"{key.comment} ({_fingerprint(key)})" for key in able)
        hint = "--key FILE.pub says which one"
        raise WrongUsage(Problem(f"the agent has several keys that could sign: {named}", hint=hint))
    if own:
        return of_file(own[0], _passphrase)
    hint = "--key FILE, or ssh-add gives one to the agent"
    raise WrongUsage(Problem("there is no key to sign with: the agent has none, and neither has ~/.ssh", hint=hint))


def _passphrase() -> str:
    import getpass

    if not sys.stdin.isatty():
        hint = "ssh-add gives it to the agent, where it is asked for once"
        raise Refused(Problem("the key has a passphrase, and there is no terminal to ask for it at", hint=hint))
    return getpass.getpass("passphrase of the key: ")


def _name(key: SigningKey, lines: Sequence[Signer]) -> str:
    """By what name the key's owner is allowed to sign; its fingerprint where nobody has said who is.

    Raises Refused where it is not: a signature that does not count would only be in the way of those that do.
    """
    from executor.approvals.judging import names_of

    names = names_of(key.public, lines)
    if not names and lines:
        hint = "--key FILE signs with another one"
        raise Refused(Problem(f"the key {_fingerprint(key)} is none of the allowed signers'", hint=hint))
    return names[0] if names else _fingerprint(key)


def _fingerprint(key: SigningKey) -> str:
    from executor.approvals.sshsig import fingerprint

    return fingerprint(key.public)


def _write(plan: Path, sealed: Sealed, key: SigningKey, name: str, at: datetime | None) -> None:
    """Sign, and keep the approval beside the plan. Raises RunbookError where it cannot be written."""
    from executor.approvals.approval import NAMESPACE, message, place, written

    path = place(plan, name)
    text = written(key.sign(NAMESPACE, message(sealed.data, at)), at)
    try:
        path.write_text(text, "ascii")
    except OSError as error:
        why = f"{path} cannot be written: {error.strerror}"
        raise RunbookError(Problem(why, code="unwritable"), exit_code=Exit.FAULT) from error
    click.echo(f"approved by {name}: {path}", err=True)
