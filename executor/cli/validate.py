"""`runbook validate PATH…`: what is wrong with runbooks and inventories, without a connection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from executor.cli.loading import load_hosts, root_here
from executor.cli.options import extra_vars_option, inventory_option
from executor.cli.problem_formats import FORMATS
from executor.errors import Exit, InvalidInput, Problem, RunbookError, WrongUsage
from executor.model.inventories import Inventory


@click.command(epilog="Example: runbook validate runbooks inventories --strict --format github")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="PATH…")
@inventory_option
@extra_vars_option
@click.option("--strict", is_flag=True, help="Give advice, too; exit 3 if there is any.")
@click.option("--format", "format_", type=click.Choice(list(FORMATS)), default="text", help="Who is to read it.")
def command(
    paths: tuple[Path, ...], inventory: tuple[str, ...], extra_vars: tuple[str, ...], strict: bool, format_: str
) -> int:
    """Check runbooks and inventories: schema, references, templates. A folder means every YAML file below it.

    With -i, runbooks are also planned on that inventory's hosts: host patterns and undefined variables are found, too.
    With --strict there is advice about what is allowed and often regretted; `# runbook: ignore RULE` on a line
    silences it there.
    """
    root = root_here()
    chosen = paths or tuple(root / name for name in ("runbooks", "inventories") if (root / name).is_dir())
    if not chosen:
        raise WrongUsage(Problem("nothing to validate: name a runbook, an inventory or a folder"))
    hosts = load_hosts(inventory, root) if inventory else None
    check = Check(root, hosts, extra_vars, strict=strict)
    files = [file for path in chosen for file in _files(path)]
    problems = [problem for file in files for problem in _problems(file, check)]
    for line in FORMATS[format_](problems, len(files)):
        click.echo(line)
    return Exit.INVALID if problems else Exit.DONE


def _files(path: Path) -> Iterator[Path]:
    """A file itself; of a folder the YAML files that are a runbook or an inventory by their own keys."""
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.rglob("*.y*ml")):
        if file.is_file() and kind_of(file) is not None:
            yield file


def kind_of(path: Path) -> str | None:
    """ "runbook" or "inventory", by the keys at a file's root; None where it is neither (a file that others include).

    A file that cannot be read as YAML is taken for a runbook, so that its problems are told.
    """
    from executor.language.nodes import MapNode
    from executor.language.reader import parse
    from executor.language.sources import read

    try:
        reading = parse(read(path))
    except InvalidInput:
        return "runbook"
    if reading.root is None:
        return "runbook"
    keys = set(reading.root.items) if isinstance(reading.root, MapNode) else set()
    if "stages" in keys:
        return "runbook"
    return "inventory" if keys & {"hosts", "groups"} and not keys & {"steps", "name"} else None


@dataclass(frozen=True, slots=True)
class Check:
    """What the flags ask for."""

    root: Path
    hosts: Inventory | None  # of -i
    extra: tuple[str, ...]
    strict: bool = False

    def inventory(self, file: Path) -> tuple[Problem, ...]:
        """What is wrong with an inventory is raised; there is no advice about one."""
        from executor.language import load_inventory

        load_inventory([str(file)], root=self.root)
        return ()

    def runbook(self, file: Path) -> Iterator[Problem]:
        """What is wrong with a runbook, and the advice about it."""
        from executor.language import find_runbook
        from executor.language.advice import advise, undefined
        from executor.language.runbooks import load_written

        written = load_written(find_runbook(str(file), self.root))
        if self.strict:
            yield from advise(written, self.hosts)
        if self.hosts is None:
            yield from undefined(written.runbook)
        else:
            from executor.language import parse_extra_vars
            from executor.planning import PlanOptions, build

            build(written.runbook, self.hosts, PlanOptions(extra=parse_extra_vars(self.extra)))


def _problems(file: Path, check: Check) -> Iterator[Problem]:
    """All that a file's check tells, one after the other; what ends it comes last."""
    try:
        yield from check.inventory(file) if file.is_file() and kind_of(file) == "inventory" else check.runbook(file)
    except RunbookError as error:
        yield from error.problems
