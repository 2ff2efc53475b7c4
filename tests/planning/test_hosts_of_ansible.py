"""What an inventory of Ansible's says of a host shapes its plan: sudo, and whether it can be reached at all."""

from __future__ import annotations

import pytest

from tests.planning.planner import Project, commands, item, only_step

HOSTS = """\
all:
  children:
    web:
      hosts:
        web1: {ansible_become: yes, ansible_become_user: app}
        web2: {ansible_become: no}
        web3: {}
        here: {ansible_connection: local}
    odd:
      hosts:
        win1: {ansible_connection: winrm}
        win2: {ansible_connection: winrm}
        old1: {ansible_password: hunter2}
"""


@pytest.fixture
def hosts(project: Project) -> Project:
    project.inventory = HOSTS
    return project


def becoming(project: Project, runbook: str, host: str, **options: object) -> tuple[object, object]:
    settings = item(project.plan(runbook, **options), host).body.settings
    return settings.become, settings.become_user


@pytest.mark.parametrize(
    ("host", "flag", "said"),
    [
        ("web1", False, (True, "app")),
        ("web2", False, (False, None)),
        ("web3", False, (None, None)),
        ("web1", True, (True, "app")),
        ("web2", True, (False, None)),
        ("web3", True, (True, None)),
    ],
)
def test_the_inventory_says_who_becomes_root_and_is_stronger_than_the_flag(
    hosts: Project, host: str, flag: bool, said: tuple[object, object]
) -> None:
    assert becoming(hosts, "- shell: id", host, become=flag) == said


def test_the_runbooks_own_word_is_the_strongest(hosts: Project) -> None:
    assert becoming(hosts, "- {shell: id, become: false}", "web1") == (False, "app")
    assert becoming(hosts, "- {shell: id, become_user: postgres}", "web1") == (True, "postgres")
    assert becoming(hosts, "- {shell: id, become: true}", "web2") == (True, None)


def test_a_handler_becomes_whom_its_step_becomes(hosts: Project) -> None:
    task = item(hosts.plan("- {shell: id, rollback: id}"), "web1").rollback
    assert task is not None
    assert task[0].items[0].body.settings.become_user == "app"


def test_a_delegated_step_becomes_what_the_other_hosts_inventory_says(hosts: Project) -> None:
    assert becoming(hosts, "- {shell: id, delegate_to: web1}", "web3") == (True, "app")
    assert becoming(hosts, "- {shell: id, delegate_to: web3}", "web1") == (None, None)


def test_hosts_that_become_the_same_share_their_task(hosts: Project) -> None:
    hosts.inventory = "all: {vars: {ansible_become: true}, children: {web: {hosts: {web1: , web2: }}}}\n"
    tasks = only_step(hosts.plan("- shell: id")).tasks
    assert tasks["web1"] is tasks["web2"]


def test_hosts_that_cannot_be_reached_are_told_before_anything_begins_once_for_each_reason(hosts: Project) -> None:
    book = "name: x\nstages: [{name: s, hosts: 'odd:web3', steps: [{shell: id}]}]\n"
    windows, old = hosts.told(book)
    assert windows == "11: win1, win2 cannot be reached: ansible_connection is 'winrm'; hosts are reached by SSH here"
    assert old.startswith("13: old1 cannot be reached: ansible_password is a password to log in with")


def test_hosts_that_cannot_be_reached_do_not_matter_where_nothing_is_done_on_them(hosts: Project) -> None:
    assert "win1" not in hosts.plan("- shell: id").hosts


def test_a_host_that_is_the_control_node_itself_belongs_to_all(hosts: Project) -> None:
    plan = hosts.plan("- {shell: 'echo {{ groups.all | length }}'}")
    assert commands(plan, "here") == ["echo 7"]
    assert plan.hosts["here"].local


def test_sudos_password_is_a_secret_of_the_plan_by_name_alone(hosts: Project) -> None:
    hosts.inventory = "all: {children: {web: {hosts: {web1: {ansible_become_password: hunter2}}}}}\n"
    assert hosts.plan("- shell: id").secrets == ()
    plan = hosts.plan("- {shell: id, rollback: {shell: id, become: true}}")
    assert plan.secrets == (plan.hosts["web1"].become_secret,)
    assert "hunter2" not in repr(plan)
