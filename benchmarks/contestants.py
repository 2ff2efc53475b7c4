"""How each tool is told to do the same work: its files, and the one command that is timed.

The work: on every host the commands of `steps_for`, in order; each appends its number to a file of that host.
"""

from __future__ import annotations

import configparser
import json
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from benchmarks.fleet import ADDRESS, Fleet
from benchmarks.tools import ANSIBLE, PYINFRA, Tool


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done on a fleet, and the empty folder of one round."""

    fleet: Fleet
    steps: int
    one_by_one: bool  # host by host instead of all side by side
    folder: Path  # for the tool's own files
    counters: Path  # a file for each host

    def counter(self, host: str) -> Path:
        return self.counters / host


@dataclass(frozen=True, slots=True)
class Prepared:
    """One command that does the work; `after` closes what the tool leaves open. Nothing of `after` is timed."""

    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    after: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Contestant:
    name: str
    prepare: Callable[[Work], Prepared]
    tool: Tool | None = None  # None: it is here already

    def available(self) -> bool:
        return self.tool is None or self.tool.installed()


def steps_for(work: Work, host: str) -> list[str]:
    """The commands of one host."""
    return [f"echo {n} >>{shlex.quote(str(work.counter(host)))}" for n in range(1, work.steps + 1)]


def runbook(work: Work) -> Prepared:
    """As an operator would: a runbook, an inventory, no question asked. Each step is durable, as always."""
    return _runbook(work, {})


def runbook_plainly(work: Work) -> Prepared:
    """The same without a record on the hosts: what durability costs is the difference."""
    return _runbook(work, {"durable": False})


def _runbook(work: Work, settings: Mapping[str, object]) -> Prepared:
    names = [target.name for target in work.fleet.targets]
    inventory = {
        "ssh": {"user": work.fleet.user, "key": str(work.fleet.key), "known_hosts": str(work.fleet.known_hosts)},
        "hosts": {
            target.name: {
                "address": ADDRESS,
                "port": target.port,
                "vars": {"counter": str(work.counter(target.name))},
            }
            for target in work.fleet.targets
        },
        "groups": {"fleet": {"hosts": names}},
    }
    book = {
        "name": "Benchmark",
        "stages": [
            {
                "name": "Count",
                "hosts": "fleet",
                "serial": 1 if work.one_by_one else "100%",
                "rollback": "none",
                **settings,
                "steps": [
                    {"name": f"Step {n}", "shell": f"echo {n} >>{{{{ counter }}}}"} for n in range(1, work.steps + 1)
                ],
            }
        ],
    }
    (work.folder / "inventory.yml").write_text(yaml.safe_dump(inventory, sort_keys=False))
    (work.folder / "count.yml").write_text(yaml.safe_dump(book, sort_keys=False))
    program = Path(sys.executable).with_name("runbook")
    return Prepared(
        [str(program), "run", str(work.folder / "count.yml"), "-i", str(work.folder / "inventory.yml"), "--yes"],
        {"RUNBOOK_STATE": str(work.folder / "state")},
    )


def ansible(work: Work) -> Prepared:
    """ansible-playbook with pipelining, 50 forks and no facts: what its manual advises for speed."""
    return _ansible(work, "shell")


def ansible_raw(work: Work) -> Prepared:
    """The same with `raw`: no Python on the host, no module, no check mode."""
    return _ansible(work, "raw")


def _ansible(work: Work, module: str) -> Prepared:
    sockets = work.folder / "cp"
    hosts = {
        target.name: {"ansible_port": target.port, "counter": str(work.counter(target.name))}
        for target in work.fleet.targets
    }
    inventory = {
        "all": {
            "hosts": hosts,
            "vars": {
                "ansible_host": ADDRESS,
                "ansible_user": work.fleet.user,
                "ansible_ssh_private_key_file": str(work.fleet.key),
                "ansible_ssh_common_args": f"-o UserKnownHostsFile={work.fleet.known_hosts} -o IdentitiesOnly=yes",
                "ansible_python_interpreter": shutil.which("python3"),
            },
        }
    }
    play = {
        "name": "Benchmark",
        "hosts": "all",
        "gather_facts": False,
        "serial": 1 if work.one_by_one else "100%",
        "tasks": [
            {"name": f"Step {n}", f"ansible.builtin.{module}": f"echo {n} >>{{{{ counter }}}}"}
            for n in range(1, work.steps + 1)
        ],
    }
    (work.folder / "inventory.yml").write_text(yaml.safe_dump(inventory, sort_keys=False))
    (work.folder / "play.yml").write_text(yaml.safe_dump([play], sort_keys=False))
    settings = {
        "defaults": {"forks": "50", "local_tmp": str(work.folder / "tmp")},
        "ssh_connection": {"pipelining": "True", "control_path_dir": str(sockets)},
    }
    config = configparser.ConfigParser()
    config.read_dict(settings)
    with (work.folder / "ansible.cfg").open("w") as file:
        config.write(file)
    close = f'for s in {sockets}/*; do [ ! -S "$s" ] || ssh -q -o ControlPath="$s" -O exit nobody; done'
    return Prepared(
        [str(ANSIBLE.executable), "-i", str(work.folder / "inventory.yml"), str(work.folder / "play.yml")],
        {"ANSIBLE_CONFIG": str(work.folder / "ansible.cfg"), "ANSIBLE_HOME": str(work.folder / "home")},
        after=["sh", "-c", close],
    )


def pyinfra(work: Work) -> Prepared:
    """pyinfra as it comes: one operation a step, as many hosts side by side as there are."""
    data = {
        "ssh_hostname": ADDRESS,
        "ssh_user": work.fleet.user,
        "ssh_key": str(work.fleet.key),
        "ssh_known_hosts_file": str(work.fleet.known_hosts),
        "ssh_strict_host_key_checking": "yes",
    }
    hosts = [
        (target.name, data | {"ssh_port": target.port, "counter": str(work.counter(target.name))})
        for target in work.fleet.targets
    ]
    (work.folder / "inventory.py").write_text(f"hosts = {hosts!r}\n")
    lines = [
        "from pyinfra import host",
        "from pyinfra.operations import server",
        f"for n in range(1, {work.steps} + 1):",
        "    server.shell(name=f'Step {n}', commands=[f'echo {n} >>{host.data.counter}'])",
    ]
    (work.folder / "deploy.py").write_text("\n".join(lines) + "\n")
    order = ["--serial"] if work.one_by_one else ["--parallel", str(len(work.fleet.targets))]
    files = [str(work.folder / "inventory.py"), str(work.folder / "deploy.py")]
    return Prepared([str(PYINFRA.executable), "--yes", *order, *files])


def openssh(work: Work) -> Prepared:
    """The `ssh` command alone: one master connection a host, one exec a step."""
    config = work.folder / "ssh_config"
    config.write_text(
        f"Host *\n  HostName {ADDRESS}\n  User {work.fleet.user}\n  IdentityFile {work.fleet.key}\n"
        f"  IdentitiesOnly yes\n  UserKnownHostsFile {work.fleet.known_hosts}\n  BatchMode yes\n"
        f"  ControlPath {work.folder}/%n\n"
        + "".join(f"Host {target.name}\n  Port {target.port}\n" for target in work.fleet.targets)
    )
    ssh = f"ssh -F {shlex.quote(str(config))}"
    script = ["set -e"]
    for target in work.fleet.targets:
        steps = [f"{ssh} -n {target.name} {shlex.quote(command)}" for command in steps_for(work, target.name)]
        lines = [f"{ssh} -n -f -N -M {target.name}", *steps, f"{ssh} -q -O exit {target.name}"]
        script.append("(\n" + "\n".join(lines) + "\n)" + ("" if work.one_by_one else " &"))
    script.append("wait")
    (work.folder / "work.sh").write_text("\n".join(script) + "\n")
    return Prepared(["sh", str(work.folder / "work.sh")])


def persistent_shell(work: Work) -> Prepared:
    """See benchmarks.loops: the least that a program on paramiko needs to go step by step."""
    return _loop(work, "persistent")


def one_exec(work: Work) -> Prepared:
    """See benchmarks.loops: all steps of a host in one command."""
    return _loop(work, "one-exec")


def _loop(work: Work, how: str) -> Prepared:
    job = {
        "user": work.fleet.user,
        "key": str(work.fleet.key),
        "host_key": (work.fleet.folder / "host_key.pub").read_text(),
        "hosts": [{"port": target.port, "commands": steps_for(work, target.name)} for target in work.fleet.targets],
    }
    (work.folder / "job.json").write_text(json.dumps(job))
    order = "serial" if work.one_by_one else "parallel"
    return Prepared([sys.executable, "-m", "benchmarks.loops", how, order, str(work.folder / "job.json")])


CONTESTANTS = (
    Contestant("runbook", runbook),
    Contestant("runbook, durable: false", runbook_plainly),
    Contestant("ansible-core", ansible, ANSIBLE),
    Contestant("ansible-core, raw", ansible_raw, ANSIBLE),
    Contestant("pyinfra", pyinfra, PYINFRA),
    Contestant("ssh with ControlMaster", openssh),
    Contestant("paramiko, one sh a host", persistent_shell),
    Contestant("paramiko, all in one exec", one_exec),
)
