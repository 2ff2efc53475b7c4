"""The production runbook: it is the written process, it plans offline, and nothing in it is left to chance."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from executor.language import load_inventory, load_runbook
from executor.model.actions import SELF_UNDOING, Checklist, Pause, ProbeAction
from executor.model.inventories import Inventory
from executor.model.plans import Plan, PlannedStep
from executor.model.probes import Http, Probe
from executor.model.runbooks import Runbook
from executor.planning import PlanOptions, build
from executor.sandbox import SandboxHost, SandboxInfo, inventory, project

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def runbook() -> Runbook:
    return load_runbook(ROOT / "runbooks" / project.FLAGSHIP, root=ROOT)


@pytest.fixture(scope="module")
def sandbox_hosts(tmp_path_factory: pytest.TempPathFactory) -> Inventory:
    """The inventory of a sandbox that nobody has started."""
    folder = tmp_path_factory.mktemp("flagship")
    hosts = tuple(SandboxHost(f"web{n}", folder / "hosts" / f"web{n}", 20000 + n, 30000 + n) for n in (1, 2, 3, 4))
    info = SandboxInfo(folder, 1, "", "me", "/usr/bin/python3", 40000, hosts)
    file = folder / "inventory.yml"
    file.write_text(inventory.text(info, git=True))
    return load_inventory([str(file)], root=ROOT)


@pytest.fixture(scope="module")
def production() -> Inventory:
    return load_inventory(["prod"], root=ROOT)


def planned(runbook: Runbook, hosts: Inventory) -> Plan:
    return build(runbook, hosts, PlanOptions(extra={"version": "v1.1.0"}, yes=True))


def steps(plan: Plan) -> Iterator[tuple[str, PlannedStep]]:
    for stage in plan.stages:
        for step in (*stage.drain, *stage.steps, *stage.restore, *stage.always):
            yield stage.name, step


def probe_of(plan: Plan, stage: str) -> Probe:
    (action,) = (
        item.body.action
        for name, step in steps(plan)
        for task in step.tasks.values()
        for item in task.items
        if name == stage
    )
    assert isinstance(action, ProbeAction)
    return action.probe


def test_the_stages_are_those_of_the_written_process(runbook: Runbook) -> None:
    assert [stage.name for stage in runbook.stages] == [
        "Pre-deployment checks",
        "Pull and build",
        "Upload",
        "Database migrations",
        "Deploy application",
        "Post-deployment verification",
        "Resources are normal",
        "Monitoring window",
        "Logs are quiet",
        "Communication and cleanup",
    ]


def test_in_production_the_limits_are_those_of_the_written_process(runbook: Runbook, production: Inventory) -> None:
    """30 minutes; more than 5% errors for 5 minutes rolls back; normal is below 1%, with a p95 below 500 ms."""
    plan = planned(runbook, production)
    for stage in plan.stages:
        for watch in stage.watch:
            (watched,) = watch.probes.values()
            assert isinstance(watched.verb, Http)
            assert (watch.source, watched.verb.max_error_rate, watched.failing_for) == ("control", 0.05, 300.0)
    assert [stage.name for stage in plan.stages if stage.watch] == ["Deploy application", "Monitoring window"]
    window = probe_of(plan, "Monitoring window")
    assert isinstance(window.verb, Http)
    assert (window.hold, window.failing_for) == (1800.0, 300.0)
    assert (window.verb.max_error_rate, window.verb.p95) == (0.01, 0.5)


def test_hosts_are_deployed_one_by_one_and_the_first_failure_is_enough(runbook: Runbook, production: Inventory) -> None:
    (stage,) = (stage for stage in planned(runbook, production).stages if stage.name == "Deploy application")
    assert stage.hosts == ("web1", "web2", "web3", "web4")
    assert [amount.number for amount in stage.serial] == [1]
    assert stage.max_failures.number == 0


@pytest.mark.parametrize("hosts", ["production", "sandbox_hosts"])
def test_every_step_that_changes_something_says_how_it_is_undone(
    runbook: Runbook, hosts: str, request: pytest.FixtureRequest
) -> None:
    quiet = (*SELF_UNDOING, Checklist, ProbeAction, Pause)
    unsaid = {
        f"{stage}/{step.name}"
        for stage, step in steps(planned(runbook, request.getfixturevalue(hosts)))
        if not step.id.partition(".")[2].startswith(("d", "r"))  # drain and restore undo each other
        for task in step.tasks.values()
        for item in task.items
        if item.rollback is None and not item.body.read_only and not isinstance(item.body.action, quiet)
    }
    assert unsaid == set()


def test_the_demos_answers_are_those_that_a_person_would_be_asked_and_no_others(
    runbook: Runbook, sandbox_hosts: Inventory
) -> None:
    asked = {
        f"{stage}/{step.name}/{question.item}": question.evidence
        for stage, step in steps(planned(runbook, sandbox_hosts))
        for task in step.tasks.values()
        for item in task.items
        if isinstance(item.body.action, Checklist)
        for question in item.body.action.items
        if question.shell is None and question.probe is None
    }
    answers = yaml.safe_load((project.SOURCES / project.FIRST / "answers.yml").read_text())
    assert {name: isinstance(answer, str) for name, answer in answers.items()} == asked


@pytest.mark.parametrize("hosts", ["production", "sandbox_hosts"])
def test_an_inventory_sets_only_what_the_runbook_knows(
    runbook: Runbook, hosts: str, request: pytest.FixtureRequest
) -> None:
    known = {param.name for param in runbook.params} | {"app_dir"}
    spec = request.getfixturevalue(hosts).hosts["web1"]
    assert set(spec.vars) <= known
    assert "app_dir" in spec.vars


def test_the_example_names_nobodys_machines(production: Inventory) -> None:
    documentation = ipaddress.ip_network("203.0.113.0/24")
    for spec in production.hosts.values():
        if not spec.local:
            assert spec.address.endswith(".example.com") or ipaddress.ip_address(spec.address) in documentation


def test_the_sandboxs_hosts_are_reached_by_its_own_key_and_no_setting_of_the_operator(sandbox_hosts: Inventory) -> None:
    ssh = sandbox_hosts.hosts["web3"].ssh
    assert (ssh.port, ssh.user, ssh.config, ssh.jump, ssh.host_keys) == (20003, "me", "/dev/null", "none", "strict")
    assert ssh.key is not None
    assert ssh.known_hosts is not None
    assert sandbox_hosts.groups["web"].hosts == ("web1", "web2", "web3", "web4")
