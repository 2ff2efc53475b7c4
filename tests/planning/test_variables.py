"""Which value a name has: the layers in their order, and values made of others."""

from __future__ import annotations

import pytest

from executor.model.actions import ProbeAction
from executor.model.leaves import Late
from tests.planning.planner import Project, command, commands, item, only_step

LAYERS = ["default", "all", "group", "host", "vars_file", "runbook", "stage", "block", "step", "include"]


def layered(project: Project, upto: int) -> str:
    """What a step says of a variable that every layer up to a number gives."""
    given = set(LAYERS[: upto + 1])

    def vars_of(layer: str) -> str:
        return f"x: {layer}" if layer in given else "other: 1"

    project.inventory = f"""
        vars: {{{vars_of("all")}}}
        hosts: {{web1: {{address: 203.0.113.1, vars: {{{vars_of("host")}}}}}}}
        groups: {{web: {{hosts: [web1], vars: {{{vars_of("group")}}}}}}}
    """
    project.file("more.yml", vars_of("vars_file"))
    project.file("steps.yml", f"- {{name: S, vars: {{{vars_of('step')}}}, shell: 'echo {{{{ x }}}}'}}")
    default = ", default: default" if "default" in given else ""
    runbook = f"""\
        name: Layers
        params: {{x: {{type: string{default}}}}}
        vars_files: [more.yml]
        vars: {{{vars_of("runbook")}}}
        stages:
          - name: S
            hosts: web
            vars: {{{vars_of("stage")}}}
            steps:
              - block:
                  - {{include: steps.yml, vars: {{{vars_of("include")}}}}}
                vars: {{{vars_of("block")}}}
    """
    return commands(project.plan(runbook))[0].removeprefix("echo ")


@pytest.mark.parametrize("upto", range(len(LAYERS)), ids=LAYERS)
def test_the_last_layer_wins(project: Project, upto: int) -> None:
    assert layered(project, upto) == LAYERS[upto]


def test_what_e_gives_wins_over_everything_even_over_set(project: Project) -> None:
    plan = project.plan(
        """
        - {name: Set, set: {x: 2}}
        - {name: Use, vars: {x: 3}, shell: "echo {{ x }}"}
        """,
        extra={"x": "1"},
    )
    assert command(plan.stages[0].steps[1].tasks["web1"].items[0]) == "echo 1"
    assert plan.fixed == ("x",)


def test_a_variable_is_made_of_others_where_it_is_used(project: Project) -> None:
    """The stage's own app_dir is in the runbook's release."""
    plan = project.plan(
        """\
        name: T
        vars: {release: "{{ app_dir }}/{{ version }}", version: v1}
        stages:
          - name: A
            hosts: web1
            vars: {app_dir: /opt}
            steps: [{name: S, shell: "ls {{ release }}", vars: {version: v2}}]
        """
    )
    assert commands(plan) == ["ls /opt/v2"]


def test_a_structure_keeps_its_types(project: Project) -> None:
    plan = project.plan(
        """
        - name: S
          vars: {all: [{port: "{{ port }}", on: true}], one: "{{ all[0] }}"}
          shell: "{{ one.port + 1 }} {{ all | to_json }}"
        """
    )
    assert commands(plan) == ['8001 \'[{"port": 8000, "on": true}]\'']


def test_built_in_names_tell_of_host_groups_stage_and_others(project: Project) -> None:
    plan = project.plan(
        """
        - name: S
          shell: >-
            {{ host.name }} {{ host.address }} {{ host.groups }} {{ groups.web }} {{ stage.name }}
            {{ inventory_hostname }} {{ ansible_host }} {{ hosts['web2'].weight }} {{ hostvars['db1'].ansible_host }}
            {{ hosts | length }}
        """
    )
    assert commands(plan, "web1") == ["web1 203.0.113.11 web web1 web2 web3 Work web1 203.0.113.11 2 203.0.113.20 5"]


def test_variables_that_are_made_of_each_other_are_refused_with_the_ring(project: Project) -> None:
    told = project.told('- {name: S, vars: {a: "{{ b }}", b: "{{ c }}", c: "{{ a }}"}, shell: "{{ a }}"}')
    assert told == ["7: the variable 'a' is made of itself: a → b → c → a"]


def test_a_long_row_of_variables_ends_in_an_error(project: Project) -> None:
    row = ", ".join(f'v{n}: "{{{{ v{n + 1} }}}}"' for n in range(200))
    assert "made of more than" in project.told(f'- {{name: S, vars: {{{row}, v200: 1}}, shell: "{{{{ v0 }}}}"}}')[0]


def test_hosts_that_are_alike_share_one_task(project: Project) -> None:
    tasks = only_step(project.plan('- {name: S, shell: "deploy {{ weight }} {{ port }}"}')).tasks
    assert tasks["web1"] is tasks["web3"]
    assert tasks["web1"] is not tasks["web2"]
    assert command(tasks["web2"].items[0]) == "deploy 2 8000"


# --- what only the run knows ---------------------------------------------------------------------------------------


def test_what_needs_the_run_is_late_with_all_that_is_known(project: Project) -> None:
    plan = project.plan(
        """
        - {name: First, shell: readlink current, register: previous, read_only: true}
        - name: Then
          vars: {back: "{{ app_dir }}/{{ previous.stdout }}"}
          shell: "go {{ back }} {{ port }} {{ run.id }}"
        """
    )
    action = plan.stages[0].steps[1].tasks["web1"].items[0].body.action
    late = getattr(action, "script", None)
    assert isinstance(late, Late)
    assert late.needs == ("previous", "run")
    assert late.known["port"] == 8000
    back = late.known["back"]
    assert isinstance(back, Late)
    assert (back.known, back.needs) == ({"app_dir": "/srv/app"}, ("previous",))


def test_another_hosts_variable_is_known_and_its_result_is_late(project: Project) -> None:
    plan = project.plan(
        """
        - {name: First, shell: id, register: me}
        - {name: Known, shell: "echo {{ hosts['web2'].weight }}"}
        - {name: Late, shell: "echo {{ hosts['web2'].me.stdout }}"}
        """
    )
    assert commands(plan)[1:] == ["echo 2", "echo \u2039hosts['web2'].me.stdout\u203a"]
    assert plan.hosts["web2"].vars["weight"] == 2  # what a late template may ask of it
    assert set(plan.hosts) == {"web1", "web2", "web3", "db1", "localhost"}


def test_a_variable_that_a_step_sets_is_late_from_then_on_with_the_value_it_had(project: Project) -> None:
    plan = project.plan(
        """
        - {name: Before, shell: "echo {{ weight }}"}
        - {name: Set, set: {weight: 7}}
        - {name: After, shell: "echo {{ weight }}"}
        """
    )
    before, _, after = plan.stages[0].steps
    assert command(before.tasks["web2"].items[0]) == "echo 2"
    late = getattr(after.tasks["web2"].items[0].body.action, "script", None)
    assert isinstance(late, Late)
    assert (late.known, late.needs) == ({"weight": 2}, ("weight",))


def test_a_once_result_is_known_everywhere_and_another_hosts_is_not(project: Project) -> None:
    runbook = """\
        name: T
        stages:
          - {name: A, hosts: web, steps: [{name: S, shell: id, register: r%s}]}
          - {name: B, hosts: db, steps: [{name: T, shell: "echo {{ r.stdout }}"}]}
        """
    assert commands(project.plan(runbook % ", once: run"), "db1") == ["echo \u2039r.stdout\u203a"]
    (found,) = project.problems(runbook % "")
    assert found.message == "'r' is not defined here"
    assert found.hint == "it is registered on web1 and 2 other hosts: read it there, as hosts['web1'].r"


def test_what_a_probe_expects_sees_its_result(project: Project) -> None:
    plan = project.plan("- {name: S, vars: {want: v1}, probe: {shell: uname, expect: result.stdout == want}}")
    action = item(plan).body.action
    assert isinstance(action, ProbeAction)
    probe = action.probe
    assert isinstance(probe.expect, Late)
    assert probe.expect.known == {"want": "v1"}


def test_a_steps_own_result_is_for_what_judges_it(project: Project) -> None:
    plan = project.plan("- {name: S, shell: id, register: r, failed_when: r.rc > 1, retry: {until: r.rc == 0}}")
    assert item(plan).body.failed_when is not None
    assert project.told('- {name: S, shell: "echo {{ r }}", register: r}') == ["7: 'r' is not defined here"]


# --- undefined -----------------------------------------------------------------------------------------------------


def test_every_undefined_name_is_told_at_once_with_its_place(project: Project) -> None:
    assert project.told(
        """
        - {name: A, shell: "echo {{ portt }}"}
        - {name: B, when: nope, shell: id}
        - {name: C, copy: {dest: "/{{ what }}", content: "{{ ever }}"}}
        - {name: D, shell: id, rollback: "undo {{ gone }}"}
        """
    ) == [
        "7: 'portt' is not defined",
        "8: 'nope' is not defined",
        "9: 'what' is not defined",
        "9: 'ever' is not defined",
        "10: 'gone' is not defined",
    ]


def test_the_hint_says_what_was_meant(project: Project) -> None:
    hints = [
        problem.hint
        for problem in project.problems(
            """
            - {name: A, shell: "echo {{ prot }}"}
            - {name: B, shell: "echo {{ later }}"}
            - {name: C, shell: id, register: later}
            - {name: D, shell: "echo {{ item }}"}
            """
        )
    ]
    assert hints == [
        "did you mean 'port'?",
        "it is registered by the step 'C', which comes later",
        "only a step with `loop` has an item",
    ]


def test_a_name_that_only_some_hosts_have_is_told_with_those_that_do_not(project: Project) -> None:
    project.inventory = "hosts: {web1: {address: a, vars: {x: 1}}, web2: {address: b}, web3: {address: c}}\n"
    project.inventory += "groups: {web: {hosts: [web1, web2, web3]}}\n"
    assert project.told('- {name: A, shell: "echo {{ x }}"}') == ["7: 'x' is not defined on web2, web3"]


def test_what_a_template_asks_about_may_be_missing(project: Project) -> None:
    plan = project.plan(
        """
        - {name: A, shell: "echo {{ nope | default('none') }}"}
        - {name: B, when: nope is defined, shell: "echo {{ nope }}"}
        - {name: C, vars: {x: "{{ nope }}"}, shell: "echo {{ x | default('none') }}"}
        """
    )
    assert commands(plan) == ["echo none", "skipped: nope is defined", "echo none"]


def test_a_step_that_tags_leave_out_gives_no_name(project: Project) -> None:
    (found,) = project.problems(
        """
        - {name: A, shell: id, register: r, tags: a}
        - {name: B, shell: "echo {{ r.stdout }}", tags: b}
        """,
        tags=("b",),
    )
    assert found.hint == "it is registered by the step 'A', which the flags may leave out"
