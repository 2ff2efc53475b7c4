"""Which hosts a stage has, in which batches, and when it is given up."""

from __future__ import annotations

from typing import Any

import pytest

from executor.model.leaves import Late
from executor.model.runbooks import Amount
from tests.planning.planner import Project, commands


def stages(*texts: str) -> str:
    return "name: T\nvars: {n: 2}\nstages:\n" + "\n".join(f"  - {text}" for text in texts)


def stage(more: str = "", *, hosts: str = "web", name: str = "A") -> str:
    return stages(f"{{name: {name}, hosts: '{hosts}', {more} steps: [{{name: S, shell: x}}]}}")


def test_hosts_are_those_of_the_pattern_in_its_order(project: Project) -> None:
    assert project.plan(stage(hosts="db,web[1:2]")).stages[0].hosts == ("db1", "web2", "web3")
    assert project.plan(stage(hosts="web{{ n }}")).stages[0].hosts == ("web2",)


def test_a_pattern_that_means_nothing_is_told_with_all_else_that_is_wrong(project: Project) -> None:
    told = project.told(
        stage(hosts="wbe") + "\n    " + "\n" + "  - {name: B, hosts: web, steps: [{shell: '{{ no }}'}]}"
    )
    assert told == ["4: there is no host or group 'wbe'", "6: 'no' is not defined"]


def test_limit_leaves_hosts_out_and_never_localhost(project: Project) -> None:
    text = stages(
        "{name: Here, hosts: localhost, steps: [{name: S, shell: x}]}",
        "{name: Web, hosts: web, steps: [{name: S, shell: x, delegate_to: db1}]}",
        "{name: Db, hosts: db, steps: [{name: S, shell: x}]}",
    )
    plan = project.plan(text, limit="web2")
    here, web, db = plan.stages
    assert here.hosts == ("localhost",)
    assert web.hosts == ("web2",)
    assert web.left_out == {"web1": "--limit leaves it out", "web3": "--limit leaves it out"}
    assert db.skipped == "--limit leaves none of its hosts"
    assert set(plan.hosts) == {"localhost", "web2", "db1"}


def test_hosts_for_which_when_is_false_are_left_out_before_batches_are_cut(project: Project) -> None:
    planned = project.plan(stage("when: weight == 1,")).stages[0]
    assert planned.hosts == ("web1", "web3")
    assert planned.left_out == {"web2": "this does not hold: weight == 1"}
    assert project.plan(stage("when: false,")).stages[0].skipped == "its condition does not hold on any of its hosts"


def test_a_condition_that_earlier_stages_decide_stays_late(project: Project) -> None:
    plan = project.plan(
        stages(
            "{name: A, hosts: web, steps: [{name: S, shell: x, register: r}]}",
            "{name: B, hosts: web, when: [weight == 1, r.rc == 0], steps: [{name: S, shell: x}]}",
        )
    )
    planned = plan.stages[1]
    assert planned.hosts == ("web1", "web3")
    (late,) = planned.when["web1"]
    assert isinstance(late, Late)
    assert late.template.text == "r.rc == 0"


@pytest.mark.parametrize(
    ("said", "field", "wanted"),
    [
        ("serial: [1, '25%', 100%],", "serial", (Amount(1), Amount(25, True), Amount(100, True))),
        ("serial: '{{ n * 25 }}%',", "serial", (Amount(50, True),)),
        ("max_failures: '{{ n }}',", "max_failures", Amount(2)),
        ("max_unavailable: 2,", "max_unavailable", Amount(2)),
        ("rollback_serial: 50%,", "rollback_serial", (Amount(50, True),)),
        ("abort_grace: '{{ n }}m',", "abort_grace", 120.0),
    ],
)
def test_amounts_are_rendered(project: Project, said: str, field: str, wanted: Any) -> None:
    assert getattr(project.plan(stage(said)).stages[0], field) == wanted


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("serial: '{{ n - 2 }}',", "serial is at least 1, not 0"),
        ("serial: '{{ n * 51 }}%',", "serial is at most 100%, not 102%"),
        ("serial: '{{ n }}x',", "serial is a number of hosts or a percentage, not '2x'"),
        ("max_failures: '{{ n - 3 }}',", "max_failures is a number of hosts or a percentage, not '-1'"),
        ("max_failures: '{{ n / 4 }}',", "max_failures is a whole number of hosts, not 0.5"),
        ("serial: '{{ run.id }}',", "serial must be known before the run, and this needs run"),
        ("serial: '{{ host.name }}',", "'host' has no meaning here"),
    ],
)
def test_amounts_that_make_no_sense_are_told(project: Project, said: str, message: str) -> None:
    assert [line.split(": ", 1)[1] for line in project.told(stage(said))] == [message]


@pytest.mark.parametrize(
    ("said", "options", "wanted"),
    [
        ("", {}, "rollback"),
        ("", {"at_terminal": True}, "ask"),
        ("", {"at_terminal": True, "yes": True}, "rollback"),
        ("on_failure: ask,", {"at_terminal": True, "yes": True}, "ask"),
        ("on_failure: ask,", {}, "rollback"),
        ("on_failure: stop,", {"at_terminal": True}, "stop"),
        ("on_failure: stop,", {"on_failure": "rollback"}, "rollback"),
        ("", {"on_failure": "stop"}, "stop"),
    ],
)
def test_what_an_abort_leads_to(project: Project, said: str, options: dict[str, Any], wanted: str) -> None:
    assert project.plan(stage(said), **options).stages[0].on_failure == wanted


def test_traffic_health_watch_and_always_are_planned_for_every_host(project: Project) -> None:
    plan = project.plan(
        stage(
            "traffic: {drain: 'touch {{ weight }}', restore: [{name: R, shell: r}]},"
            "health: [{http: {url: 'http://x:{{ port }}/{{ weight }}'}}],"
            "watch: [{http: {url: 'http://{{ n }}/'}, from: control}, {tcp: {port: '{{ port }}'}}],"
            "always: [{name: L, shell: last}],"
        )
        + "\nalways: [{name: End, shell: 'end {{ run.status }}'}]"
    )
    planned = plan.stages[0]
    assert [step.id for step in (*planned.drain, *planned.restore, *planned.always)] == ["1.d1", "1.r1", "1.a1"]
    assert [getattr(probes[0].verb, "url", "") for probes in planned.health.values()] == [
        "http://x:8000/1",
        "http://x:8000/2",
        "http://x:8000/1",
    ]
    control, each = planned.watch
    assert (control.id, list(control.probes)) == ("1.w1", ["localhost"])
    assert (each.id, list(each.probes)) == ("1.w2", ["web1", "web2", "web3"])
    assert [(step.id, list(step.tasks)) for step in plan.always] == [("a.1", ["localhost"])]


def test_a_stage_to_start_at_skips_those_before_it(project: Project) -> None:
    text = stages(*(f"{{name: {name}, hosts: web, steps: [{{shell: x}}]}}" for name in "ABC"))
    plan = project.plan(text, start_at_stage="B")
    assert [planned.skipped for planned in plan.stages] == ["--start-at-stage begins after it", "", ""]
    (found,) = project.problems(text, start_at_stage="Bb")
    assert found.message == "--start-at-stage: there is no stage 'Bb'"


def test_tags_choose_steps_and_not_what_a_stage_needs_around_them(project: Project) -> None:
    text = stages(
        "{name: A, hosts: web1, traffic: {drain: d}, steps: [{shell: x, tags: a}, {shell: y, tags: [b, c]}]}",
        "{name: B, hosts: web1, tags: a, steps: [{shell: z}]}",
        "{name: C, hosts: web1, steps: [{shell: c}, {shell: n, tags: never}]}",
    )
    plan = project.plan(text, tags=("a",))
    assert commands(plan) == ["x", "z"]
    assert [step.id for step in plan.stages[0].drain] == ["1.d1"]
    assert plan.stages[2].skipped == "no step of it has the tag a"
    assert commands(project.plan(text, skip_tags=("c",))) == ["x", "z", "c"]


def test_a_tag_that_no_step_has_is_a_slip(project: Project) -> None:
    (found,) = project.problems("- {shell: x, tags: deploy}", tags=("deplyo",))
    assert (found.message, found.hint) == ("--tags: no step has the tag 'deplyo'", "did you mean 'deploy'?")


def test_flags_that_leave_nothing_to_do_are_a_mistake(project: Project) -> None:
    (found,) = project.problems(stage(hosts="db"), limit="web1")
    assert found.message == "nothing is left to do with --limit"


def test_hosts_take_what_the_flags_say_where_the_inventory_is_silent(project: Project) -> None:
    project.inventory = """
        hosts: {a: {address: x, user: own, jump: b}, b: {address: y}, c: {address: z}}
        groups: {web: {hosts: [a]}}
    """
    plan = project.plan(stage(), user="me", private_key="/k")
    assert {name: (spec.ssh.user, spec.ssh.key) for name, spec in plan.hosts.items()} == {
        "a": ("own", "/k"),
        "b": ("me", "/k"),  # the way to a
        "localhost": ("me", "/k"),
    }


def test_parameters_are_recorded_as_they_came_to_be(project: Project) -> None:
    text = (
        "name: T\nparams: {a: {type: integer, default: 1}, b: {type: string, required: true}, app_dir: {default: x}}\n"
    )
    plan = project.plan(text + "stages: [{name: S, hosts: web, steps: [{shell: x}]}]", extra={"b": "two"})
    assert plan.params == {"a": 1, "b": "two", "app_dir": "/srv/app"}
