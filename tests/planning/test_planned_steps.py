"""Blocks, includes, loops, conditions and handlers, as they stand in a plan."""

from __future__ import annotations

from executor.model.leaves import Late
from executor.model.steps import Settings
from tests.planning.planner import Project, command, commands, item, only_step


def test_blocks_and_includes_become_steps_in_their_order_with_ids(project: Project) -> None:
    project.file("more.yml", "- {name: C, shell: 'echo {{ x }}'}\n- {name: D, shell: d}\n")
    plan = project.plan(
        """
        - {name: A, shell: a}
        - block:
            - {name: B, shell: b}
            - {include: more.yml, vars: {x: 1}}
        - {name: E, shell: e}
        """
    )
    assert [(step.id, step.name) for step in plan.stages[0].steps] == [
        ("1.1", "A"),
        ("1.2", "B"),
        ("1.3", "C"),
        ("1.4", "D"),
        ("1.5", "E"),
    ]
    assert commands(plan) == ["a", "b", "echo 1", "d", "e"]


def test_conditions_of_blocks_includes_and_steps_all_hold(project: Project) -> None:
    project.file("more.yml", "- {name: S, shell: s, when: weight < 5}\n")
    plan = project.plan(
        """
        - {name: First, shell: id, register: r}
        - block: [{include: more.yml, when: weight == 1}]
          when: r.rc == 0
        """
    )
    tasks = plan.stages[0].steps[1].tasks
    assert command(tasks["web2"].items[0]) == "skipped: weight == 1"
    (late,) = tasks["web1"].items[0].when
    assert isinstance(late, Late)
    assert (late.template.text, late.needs) == ("r.rc == 0", ("r",))


def test_what_is_skipped_is_not_rendered(project: Project) -> None:
    """Its templates may need what is only there when its condition holds."""
    plan = project.plan('- {name: S, when: nope is defined, shell: "{{ nope }}", rollback: "{{ nope }}"}')
    assert commands(plan) == ["skipped: nope is defined"]


def test_a_loop_is_a_round_for_each_item_with_a_label(project: Project) -> None:
    plan = project.plan(
        """
        - name: S
          loop: [{name: a, port: 1}, {name: b, port: 2}, "{{ app_dir }}"]
          when: item != app_dir
          shell: open {{ item.port }}
        """
    )
    task = only_step(plan).tasks["web1"]
    assert task.looped
    assert [(one.label, command(one)) for one in task.items] == [
        ("a", "open 1"),
        ("b", "open 2"),
        ("/srv/app", "skipped: item != app_dir"),
    ]


def test_a_condition_without_item_is_asked_before_the_loop(project: Project) -> None:
    plan = project.plan('- {name: S, when: false, loop: "{{ nope }}", shell: "{{ item }}"}')
    assert commands(plan) == ["skipped: False"]


def test_an_empty_loop_has_no_round(project: Project) -> None:
    task = only_step(project.plan("- {name: S, loop: [], shell: x}")).tasks["web1"]
    assert (task.items, task.looped) == ((), True)


def test_a_list_that_only_the_run_knows_leaves_a_pattern(project: Project) -> None:
    plan = project.plan(
        """
        - {name: First, shell: ls, register: files}
        - {name: S, loop: "{{ files.stdout | splitlines }}", when: item != 'x', shell: "rm {{ item }} {{ port }}"}
        """
    )
    task = plan.stages[0].steps[1].tasks["web1"]
    assert isinstance(task.loop, Late)
    assert task.loop.needs == ("files",)
    (pattern,) = task.items
    script = getattr(pattern.body.action, "script", None)
    assert isinstance(script, Late)
    assert (script.known, script.needs) == ({"port": 8000}, ("item",))
    assert isinstance(pattern.when[0], Late)


def test_a_blocks_loop_does_all_its_steps_item_by_item(project: Project) -> None:
    plan = project.plan(
        """
        - block:
            - {name: Stop, shell: "stop {{ item }}"}
            - {name: Start, loop: [1, 2], vars: {outer: x}, shell: "start {{ item }}"}
          loop: [a, b]
        """
    )
    assert commands(plan) == ["stop a", "start 1", "start 2", "stop b", "start 1", "start 2"]
    assert [step.name for step in plan.stages[0].steps] == ["Stop (a)", "Start (a)", "Stop (b)", "Start (b)"]


def test_a_blocks_loop_may_differ_between_hosts(project: Project) -> None:
    plan = project.plan(
        """
        - block: [{name: S, shell: "do {{ item }}"}]
          loop: "{{ range(weight) }}"
        """
    )
    assert commands(plan, "web1") == ["do 0"]
    assert commands(plan, "web2") == ["do 0", "do 1"]
    assert list(plan.stages[0].steps[1].tasks) == ["web2"]


def test_a_blocks_loop_must_be_known(project: Project) -> None:
    (found,) = project.problems(
        """
        - {name: First, shell: ls, register: r}
        - block: [{name: S, shell: "do {{ item }}"}]
          loop: "{{ r.stdout | splitlines }}"
        """
    )
    assert found.message == "a block can only loop over what is known when the plan is made"
    assert found.hint == "this needs r: put the loop on the steps within"


def test_settings_come_from_the_runbook_the_stage_the_block_and_the_step(project: Project) -> None:
    plan = project.plan(
        """\
        name: T
        executable: bash -e
        environment: {A: runbook, B: runbook}
        stages:
          - name: S
            hosts: web1
            become: true
            timeout: 5m
            environment: {B: stage, C: "{{ port }}"}
            steps:
              - block:
                  - {name: S, shell: x, become: false, environment: {D: step}}
                become_user: app
        """
    )
    assert item(plan).body.settings == Settings(
        environment={"A": "runbook", "B": "stage", "C": "8000", "D": "step"},
        executable="bash -e",
        become=False,
        become_user="app",
        timeout=300.0,
    )


def test_flags_say_who_to_become_where_nothing_else_does(project: Project) -> None:
    plan = project.plan("- {name: A, shell: a}\n- {name: B, shell: b, become: false}", become=True)
    became = [step.tasks["web1"].items[0].body.settings.become for step in plan.stages[0].steps]
    assert became == [True, False]


def test_a_step_without_a_name_is_called_by_its_rendered_command(project: Project) -> None:
    assert only_step(project.plan("- shell: ls {{ app_dir }}")).name == "ls /srv/app"
    assert only_step(project.plan("- shell: ls {{ weight }}")).name == "ls {{ weight }}"
    assert only_step(project.plan("- {name: 'Port {{ port }}', shell: x}")).name == "Port 8000"


# --- handlers ------------------------------------------------------------------------------------------------------


def test_a_handler_inherits_how_its_step_runs_and_not_when(project: Project) -> None:
    plan = project.plan(
        """
        - name: S
          when: weight == 1
          vars: {x: 1}
          shell: do
          chdir: /srv
          environment: {A: b}
          become: true
          delegate_to: db1
          no_log: true
          timeout: 10s
          ignore_errors: true
          retry: {attempts: 3}
          creates: /x
          rollback: undo {{ x }}
        """
    )
    (handler,) = item(plan).rollback or ()
    assert handler.id == "1.1.u1"
    (undo,) = handler.items
    assert command(undo) == "undo 1"
    assert undo.when == ()
    assert undo.body.creates is None
    assert undo.body.retry is None
    assert undo.body.settings == Settings(
        environment={"A": "b"}, chdir="/srv", become=True, delegate_to="db1", no_log=True
    )


def test_a_handler_sees_its_steps_result_and_those_of_its_own_steps(project: Project) -> None:
    plan = project.plan(
        """
        - name: S
          shell: do
          register: done
          rollback:
            - {name: Look, shell: "look {{ done.stdout }}", register: seen}
            - {name: Undo, when: seen.rc == 0, shell: "undo {{ seen.stdout }}"}
        """
    )
    look, undo = item(plan).rollback or ()
    assert (look.id, undo.id) == ("1.1.u1", "1.1.u2")
    assert getattr(getattr(look.items[0].body.action, "script", None), "needs", None) == ("done",)
    assert getattr(getattr(undo.items[0].body.action, "script", None), "needs", None) == ("seen",)
    assert getattr(undo.items[0].when[0], "needs", None) == ("seen",)


def test_a_handler_knows_its_loops_item(project: Project) -> None:
    plan = project.plan('- {name: S, loop: [a, b], shell: "do {{ item }}", rollback: "undo {{ item }}"}')
    undone = [command(task.items[0]) for one in only_step(plan).tasks["web1"].items for task in one.rollback or ()]
    assert undone == ["undo a", "undo b"]


def test_a_handlers_block_may_loop(project: Project) -> None:
    plan = project.plan(
        """
        - name: S
          shell: do
          rollback: [{block: [{name: U, shell: "undo {{ item }}"}], loop: [b, a]}]
        """
    )
    assert [(task.id, command(task.items[0])) for task in item(plan).rollback or ()] == [
        ("1.1.u1", "undo b"),
        ("1.1.u2", "undo a"),
    ]


def test_rollback_none_of_a_stage_holds_for_steps_that_say_nothing(project: Project) -> None:
    plan = project.plan(
        """\
        name: T
        stages:
          - name: S
            hosts: web1
            rollback: none
            steps: [{name: A, shell: a}, {name: B, shell: b, rollback: u}, {name: C, shell: c, rollback: none}]
        """
    )
    said = [step.tasks["web1"].items[0].rollback for step in plan.stages[0].steps]
    assert [None if one is None else len(one) for one in said] == [0, 1, 0]
    assert item(project.plan("- {name: A, shell: a}")).rollback is None


# --- once, delegates -----------------------------------------------------------------------------------------------


def test_a_once_step_is_the_same_work_where_it_is_included_again_alike(project: Project) -> None:
    project.file("migrate.yml", "- {name: M, once: run, shell: 'migrate {{ db }}'}\n")
    plan = project.plan(
        """
        - {include: migrate.yml, vars: {db: a}}
        - {include: migrate.yml, vars: {db: b}}
        - {include: migrate.yml, vars: {db: a}}
        """
    )
    first, other, again = (step.once_key for step in plan.stages[0].steps)
    assert first == again
    assert first != other


def test_a_delegate_is_a_host_of_the_inventory(project: Project) -> None:
    plan = project.plan("- {name: S, shell: x, delegate_to: \"{{ 'd' ~ 'b1' }}\"}")
    assert item(plan).body.settings.delegate_to == "db1"
    assert "db1" in plan.hosts
    (found,) = project.problems("- {name: S, shell: x, delegate_to: db2}")
    assert (found.message, found.hint) == ("there is no host 'db2' in the inventory", "did you mean 'db1'?")


def test_a_delegate_that_only_the_run_knows_may_be_any_host(project: Project) -> None:
    plan = project.plan(
        """
        - {name: A, shell: x, register: r}
        - {name: B, shell: x, delegate_to: "{{ r.stdout }}"}
        """
    )
    assert "db1" in plan.hosts
