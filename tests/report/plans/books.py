"""Plans to be shown: the runbooks that are shipped, one with everything in it, one full of malice, one for a fleet."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from executor.language import load_inventory, load_runbook
from executor.model.leaves import Value
from executor.model.plans import Plan
from executor.model.runbooks import Runbook
from executor.planning import PlanOptions, build
from tests.planning.planner import Project

ROOT = Path(__file__).parents[3]
DATA = Path(__file__).parent / "data"
EVERYTHING = ROOT / "tests" / "planning" / "data"


@dataclass(frozen=True, slots=True)
class Book:
    """A runbook, hosts to plan it on, and the folder in which it is at home."""

    root: Path
    file: str
    inventory: str
    extra: Mapping[str, Value] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return Path(self.file).stem

    def runbook(self) -> Runbook:
        return load_runbook(Path(self.file), root=self.root)

    def plan(self) -> Plan:
        hosts = load_inventory([str(self.root / self.inventory)], root=self.root)
        return build(self.runbook(), hosts, PlanOptions(extra=self.extra))


VERSION: Mapping[str, Value] = {"version": "v1.2.3"}
INVENTORIES = {"production-deploy": "inventories/prod.yml"}

# What has golden files: every runbook that is shipped, and one that has all there is.
SHIPPED = [
    Book(ROOT, f"runbooks/{path.name}", INVENTORIES[path.stem], VERSION)
    for path in sorted((ROOT / "runbooks").glob("*.yml"))
]
GOLDEN = [*SHIPPED, Book(EVERYTHING, "everything.yml", "everything-hosts.yml", VERSION)]

_EXAMPLES = ROOT / "docs" / "examples"
EXAMPLES = [
    Book(_EXAMPLES, path.name, "hosts.yml", VERSION if path.stem == "deploy" else {})
    for path in sorted(_EXAMPLES.glob("*.yml"))
    if "stages:" in path.read_text("utf-8")
]
ALL = [*GOLDEN, *EXAMPLES]


def matches(name: str, found: str) -> bool:
    """Whether this is what the golden file says. RUNBOOK_REWRITE=1 rewrites it; read it then."""
    path = DATA / name
    if os.environ.get("RUNBOOK_REWRITE"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")
    return True


MALICE = [
    "</details><script>alert(1)</script>",
    "```\n</details>\n\n@team ping\n```",
    "~~~\n# heading\n~~~",
    "@team and group/project#12, !34, GH-5, https://example.com/issues/6",
    "**bold** _x_ ~~gone~~ `code` [link](javascript:alert(1)) ![x](http://evil.example/x.png) <b>",
    "| a | b |\n|---|---|",
    "1. one",
    "- item",
    "# heading",
    "> quote",
    "--- ",
    "/close",
    "::add-mask::x",
    "##[add-mask]x",
    "echo\n  ::set-output name=x::y",
    "&lt;script&gt; &amp; &#64;team",
    "{{ '{{' }} 7*7 }} {% raw %}",
    '"]; click x "javascript:alert(1)"',
    "$HOME $x^2$ \\(y\\)",
    "a\x1b[2Jb\u202ec\u200bd",
    "%%{init: {}}%%",
]


def malicious(folder: Path) -> Plan:
    """A plan of which each name, command and value wants to be something else than text."""
    import json  # noqa: PLC0415 - YAML that holds anything, by way of JSON

    def said(text: str) -> str:
        return json.dumps(text.replace("{{ '{{' }}", "{").replace("{%", "{ %"))

    steps = "\n".join(
        f"      - name: {said(line_of(text))}\n"
        f"        shell: {said(text)}\n"
        f"        environment: {{X: {said(line_of(text))}}}\n"
        f"        verify: {{shell: {said(text)}}}\n"
        f"        rollback: {{name: {said(line_of(text))}, shell: {said(text)}}}"
        for text in MALICE
    )
    items = "\n".join(f"          - {said(line_of(text))}" for text in MALICE)
    (folder / "runbook.toml").touch()
    (folder / "evil.yml").write_text(
        f"name: {said(line_of(MALICE[0]))}\ndescription: {said(line_of(MALICE[3]))}\n"
        f"owner: {said(line_of(MALICE[4]))}\n"
        f"stages:\n  - name: {said(line_of(MALICE[0]))}\n    hosts: web\n    serial: 100%\n    steps:\n{steps}\n"
        f"  - name: {said(line_of(MALICE[5]))}\n    hosts: localhost\n    steps:\n"
        f"      - name: {said(line_of(MALICE[3]))}\n        checklist:\n{items}\n",
        encoding="utf-8",
    )
    (folder / "hosts.yml").write_text("hosts: {w1: {address: 203.0.113.1}, w2: {address: 203.0.113.2}}\n"
                                      "groups: {web: {hosts: [w1, w2]}}\n")  # fmt: skip
    return Book(folder, str(folder / "evil.yml"), "hosts.yml").plan()


def line_of(text: str) -> str:
    """A text as a name may be: one line without control characters."""
    return "".join(char for char in " ".join(text.split()) if char.isprintable())


def fleet(folder: Path, hosts: int, *, different: bool = True) -> Plan:
    """A rolling deploy on many hosts. `different`: every command has something of its own on each."""
    own = "{{ host.name }}" if different else "app"
    (folder / "runbook.toml").touch()
    (folder / "fleet.yml").write_text(
        "name: Fleet\nstages:\n"
        "  - {name: Check, hosts: localhost, steps: [{name: Ready, checklist: [Announced]}]}\n"
        "  - name: Roll out\n    hosts: web\n    serial: [1, 10%]\n    max_failures: 5%\n"
        f"    traffic: {{drain: 'touch /srv/{own}/drain', restore: 'rm /srv/{own}/drain'}}\n"
        f"    health: [{{http: {{url: 'http://localhost/{own}'}}}}]\n"
        "    steps:\n"
        f"      - {{name: Unpack, shell: 'tar -xf release.tgz -C /srv/{own}', rollback: 'rm -rf /srv/{own}/new'}}\n"
        f"      - {{name: Switch, symlink: {{dest: '/srv/{own}/current', to: '/srv/{own}/new'}}}}\n"
        f"      - {{name: Configure, copy: {{dest: '/etc/{own}.conf', content: 'name = {own}'}}}}\n"
    )
    lines = "\n".join(f"  web{number}: {{address: 198.51.100.{number % 250 + 1}}}" for number in range(hosts))
    names = ", ".join(f"web{number}" for number in range(hosts))
    (folder / "hosts.yml").write_text(f"hosts:\n{lines}\ngroups: {{web: {{hosts: [{names}]}}}}\n")
    return Book(folder, str(folder / "fleet.yml"), "hosts.yml").plan()


SENT = "first\n" + "line\n" * 20 + "last\n"


def sends(project: Project) -> Plan:
    """Steps that send files: a text, bytes that are none, and one that nobody is to see."""
    project.file("sent.txt", SENT)
    project.file("hidden.txt", "hunter2")
    (project.folder / "blob").write_bytes(b"\xff" * 9)
    return project.plan(
        """
        - {name: S, copy: {src: sent.txt, dest: /s}}
        - {name: B, copy: {src: blob, dest: /b}}
        - {name: H, copy: {src: hidden.txt, dest: /h}, no_log: true}
        """
    )
