"""A small project, and plans of it that are sealed and opened."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from executor import __version__
from executor.language import load_inventory, load_runbook
from executor.model.plans import Plan
from executor.planning import PlanOptions, build
from executor.sealing.envelope import unwrap, wrap
from executor.sealing.opening import Sealed, open_sealed
from executor.sealing.portable import Spot
from executor.sealing.seal import Terms, seal

RUNBOOK = """\
name: Deploy
params:
  version: {type: string, default: v1}
stages:
  - name: Build
    hosts: localhost
    steps:
      - {name: Make, script: scripts/build.sh, produces: [build/app.tgz], rollback: none}
  - name: Roll out
    hosts: web
    watch: [{tcp: {port: 80}}]
    health: [{http: {url: "http://localhost/{{ version }}"}}]
    steps:
      - {name: Send, copy: {src: files/motd, dest: /etc/motd}}
      - {name: Render, template: {src: files/app.j2, dest: "/etc/{{ run.id }}"}}
      - {name: Unpack, unarchive: {src: build/app.tgz, dest: /srv/app}}
      - {name: Ask, shell: "ls {{ version }}", register: r, rollback: "undo {{ r.stdout }}"}
      - {name: Late, loop: "{{ r.stdout | splitlines }}", copy: {src: "files/{{ item }}", dest: "/tmp/{{ item }}"}}
      - {name: Bring, fetch: {src: /etc/motd, dest: "fetched/{{ host.name }}"}}
      - {name: Hide, shell: "x {{ secret('token') }}", rollback: none}
"""
INVENTORY = """\
ssh: {key: keys/login, config: none}
hosts: {web1: {address: 203.0.113.1}, web2: {address: 203.0.113.2, vars: {n: 2}}}
groups: {web: {hosts: [web1, web2]}}
secrets: {token: $TOKEN}
policy: {approvals: {min: 1}}
"""


def make_project(folder: Path) -> Path:
    """The project's files in a folder."""
    files = {
        "runbook.toml": "",
        "runbooks/deploy.yml": RUNBOOK,
        "inventories/prod.yml": INVENTORY,
        "scripts/build.sh": "true\n",
        "files/motd": "hello\n",
        "files/app.j2": "at {{ run.id }} in {{ version }}\n",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def plan_of(folder: Path, **options: Any) -> Plan:
    """The plan of the project's runbook."""
    runbook = load_runbook(folder / "runbooks/deploy.yml", root=folder)
    hosts = load_inventory([str(folder / "inventories/prod.yml")], root=folder)
    return build(runbook, hosts, PlanOptions(**options))


def spot_of(folder: Path) -> Spot:
    """The project, seen from the working folder."""
    return Spot(folder, Path("/home/nobody"), Path.cwd())


def sealed_bytes(folder: Path, **terms: Any) -> bytes:
    """The project's plan, sealed."""
    known = Terms(program=__version__, inventory=[str(folder / "inventories/prod.yml")])
    return seal(plan_of(folder), replace(known, **terms), spot_of(folder))


def opened(folder: Path, data: bytes) -> Sealed:
    """What is in a sealed plan, on this machine."""
    return open_sealed(folder / "plan.json", data, __version__, spot_of(folder))


def content(data: bytes) -> dict[str, Any]:
    """What stands in a sealed plan, as values."""
    found: dict[str, Any] = json.loads(unwrap(data)[1])
    return found


def forged(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """A sealed plan whose content somebody has changed, with the digest that then belongs to it."""
    read = content(data)
    change(read)
    return wrap(json.dumps(read).encode())
