"""`runbook init`: a new project that validates, with the schemas beside it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from executor.errors import Problem, WrongUsage

RUNBOOK = """\
# yaml-language-server: $schema=../schemas/runbook.schema.json
name: Hello
description: Writes a file on each host, one host at a time, proves it, and undoes it if that fails.
timeout: 1m

params:
  greeting: {type: string, default: hello, description: What the file says}

stages:
  - name: Greet
    hosts: all
    steps:
      - name: Write the greeting
        copy: {dest: ~/greeting.txt, content: "{{ greeting }} from {{ host.name }}\\n"}
        verify: {file: {path: ~/greeting.txt, contains: "{{ greeting }}"}}
      - name: Show it
        shell: cat ~/greeting.txt
        read_only: true
"""

INVENTORY = """\
# yaml-language-server: $schema=../schemas/inventory.schema.json
hosts:
{hosts}
"""

EXAMPLE_HOSTS = """\
  web1: {address: 203.0.113.11, user: deploy}   # replace these addresses by your own
  web2: {address: 203.0.113.12, user: deploy}"""

SETTINGS = """\
# Defaults for flags; the command line and RUNBOOK_* variables win.
inventory = "prod"
"""


@click.command(epilog="Example: runbook init --ssh-config && runbook ping")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
@click.option("--ssh-config", is_flag=True, help="Take the hosts from ~/.ssh/config.")
def command(folder: Path, ssh_config: bool) -> None:
    """Start a project in FOLDER (default: here). Nothing that exists is overwritten."""
    from executor.language import schema_text

    hosts = EXAMPLE_HOSTS
    if ssh_config:
        path = Path("~/.ssh/config").expanduser()
        names = list(configured_hosts(path.read_text("utf-8", "replace"))) if path.is_file() else []
        if not names:
            raise WrongUsage(Problem(f"{path} names no host that could be taken over"))
        hosts = "\n".join(f"  {name}: {{address: {name}}}" for name in names)
    files = {
        "runbook.toml": SETTINGS,
        "runbooks/hello.yml": RUNBOOK,
        "inventories/prod.yml": INVENTORY.format(hosts=hosts),
        "schemas/runbook.schema.json": schema_text("runbook"),
        "schemas/inventory.schema.json": schema_text("inventory"),
    }
    for name, text in files.items():
        click.echo(f"{'kept   ' if not _write(folder / name, text) else 'written'}  {folder / name}")
    there = "" if folder == Path() else f"  cd {shlex.quote(str(folder))}\n"
    addresses = (
        "" if ssh_config else "  (write the addresses of your hosts into inventories/prod.yml, or add -i sandbox)\n"
    )
    click.echo(f"\nNext:\n{there}{addresses}  runbook ping\n  runbook plan hello\n  runbook run hello")


def _write(path: Path, text: str) -> bool:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


def configured_hosts(config: str) -> Iterator[str]:
    """The names of an SSH config's Host lines that stand for one host each: no pattern, no negation."""
    seen: set[str] = set()
    for line in config.splitlines():
        found = re.fullmatch(r"\s*host(?:\s+|\s*=\s*)(.+?)\s*", line, re.IGNORECASE)
        for name in found.group(1).split() if found else ():
            plain = name.strip('"')
            if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", plain) and plain not in seen:
                seen.add(plain)
                yield plain
