"""`runbook validate PATH…`: what is wrong with runbooks and inventories, without a connection."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import click

from executor.cli.loading import load_hosts, root_here
from executor.cli.options import Sources, extra_vars_option, inventory_option
from executor.cli.problem_formats import FORMATS
from executor.errors import Exit, InvalidInput, Problem, RunbookError, WrongUsage
from executor.model.inventories import Inventory
from executor.model.leaves import Value
from executor.model.runbooks import Runbook


@click.command(epilog="Example: runbook validate runbooks inventories --strict --format github")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="PATH…")
@inventory_option
@extra_vars_option
@click.option("--strict", is_flag=True, help="Give advice, too; exit 3 if there is any.")
@click.option("--format", "format_", type=click.Choice(list(FORMATS)), default="text", help="Who is to read it.")
def command(
    paths: tuple[Path, ...], inventory: Sources, extra_vars: tuple[str, ...], strict: bool, format_: str
) -> int:
    """Check runbooks and inventories: schema, references, templates. A folder means every YAML file below it.

    With -i, runbooks are also planned on that inventory's hosts: host patterns and undefined variables are found, too.
    With --strict there is advice about what is allowed and often regretted; `# runbook: ignore RULE` on a line
    silences it there.
    """
    from executor.language import parse_extra_vars

    root = root_here()
    chosen = paths or tuple(root / name for name in ("runbooks", "inventories") if (root / name).is_dir())
    if not chosen:
        raise WrongUsage(Problem("nothing to validate: name a runbook, an inventory or a folder"))
    hosts = load_hosts(inventory, root) if inventory.names else None
    extra = parse_extra_vars(extra_vars)
    check = Check(root, hosts, extra, strict=strict, vault_password_files=inventory.vault_password_files)
    files = [found for path in chosen for found in _files(path)]
    problems = [problem for file, kind in files for problem in _problems(file, kind, check)]
    for line in FORMATS[format_](problems, len(files)):
        click.echo(line)
    return Exit.INVALID if problems else Exit.DONE


_TOP_KEY = re.compile(r"^([A-Za-z_]\w*):(?=\s|$)", re.MULTILINE)

Kind: TypeAlias = Literal["runbook", "inventory"]


def _files(path: Path) -> Iterator[tuple[Path, Kind]]:
    """A file itself; of a folder the YAML files that are a runbook or an inventory by their own keys, and INI files."""
    if not path.is_dir():
        yield path, (kind_of(path) if path.is_file() else None) or "runbook"
        return
    for file in sorted((*path.rglob("*.y*ml"), *path.rglob("*.ini"))):
        kind = kind_of(file) if file.is_file() else None
        if kind is not None:
            yield file, kind


def kind_of(path: Path) -> Kind | None:
    """ "runbook" or "inventory", by the keys at a file's root; None where it is neither (a file that others include).

    A file that cannot be read as YAML is taken for a runbook, so that its problems are told; one that is not called as
    YAML is, for an inventory.
    """
    if path.suffix not in {".yml", ".yaml"}:
        return "inventory"
    from executor.language.nodes import MapNode
    from executor.language.reader import parse
    from executor.language.sources import read

    try:
        source = read(path)
    except InvalidInput:
        return "runbook"
    # Most files have their keys at the beginning of lines, and need not be read twice.
    keys = set(_TOP_KEY.findall(source.text))
    if not keys:
        root = parse(source).root
        if root is None:
            return "runbook"
        keys = set(root.items) if isinstance(root, MapNode) else set()
    if "stages" in keys:
        return "runbook"
    inventory = keys & {"hosts", "groups", "all", "ungrouped"} and not keys & {"steps", "name"}
    return "inventory" if inventory else None


@dataclass(frozen=True, slots=True)
class Check:
    """What the flags ask for."""

    root: Path
    hosts: Inventory | None  # of -i
    extra: Mapping[str, Value]  # of -e
    strict: bool = False
    vault_password_files: tuple[str, ...] = ()

    def inventory(self, file: Path) -> tuple[Problem, ...]:
        """What is wrong with an inventory is raised; there is no advice about one."""
        from executor.language import load_inventory

        load_inventory([str(file)], root=self.root, vault_password_files=self.vault_password_files)
        return ()

    def runbook(self, file: Path) -> Iterator[Problem]:
        """What is wrong with a runbook, and the advice about it."""
        from executor.language import find_runbook
        from executor.language.advice import advise, undefined
        from executor.language.runbooks import load_written

        written = load_written(find_runbook(str(file), self.root))
        if self.strict:
            yield from advise(written, self.hosts)
        if self.hosts is None or self._lacks_values(written.runbook):
            yield from undefined(written.runbook)
        if self.hosts is not None:
            yield from self._on_hosts(written.runbook, self.hosts)

    def _on_hosts(self, runbook: Runbook, hosts: Inventory) -> Iterator[Problem]:
        """What is wrong with a runbook on these hosts: all of it, or without its parameters' values its patterns."""
        from executor.language import match_hosts
        from executor.planning import PlanOptions, build

        lacking = self._lacks_values(runbook)
        if not lacking:
            build(runbook, hosts, PlanOptions(extra=self.extra))
            return
        given = " ".join(f"-e {name}=…" for name in lacking)
        click.echo(f"{runbook.file}: not planned, because its parameters have no values; with {given} it is", err=True)
        for stage in runbook.stages:
            try:
                if isinstance(stage.hosts, str):
                    match_hosts(stage.hosts, hosts, stage.hosts_place)
            except RunbookError as error:
                yield from error.problems

    def _lacks_values(self, runbook: Runbook) -> list[str]:
        return [param.name for param in runbook.params if param.required and param.name not in self.extra]


def _problems(file: Path, kind: Kind, check: Check) -> Iterator[Problem]:
    """All that a file's check tells, one after the other; what ends it comes last."""
    try:
        yield from check.inventory(file) if kind == "inventory" else check.runbook(file)
    except RunbookError as error:
        yield from error.problems
