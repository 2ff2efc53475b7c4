"""What two plans do differently is told by commands and hosts; what means the same is no difference."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from executor.comparing.changes import GIVEN, SENT, UNSHOWN, Comparison, StageChange, StepChange, Term
from executor.comparing.compare import compare
from executor.comparing.data import data
from executor.comparing.markdown import markdown
from executor.comparing.sides import Side
from executor.comparing.text import NOTHING, differing, text
from tests.planning.planner import Project

BASE = """\
name: Deploy
params: {version: {type: string, default: v1}}
stages:
  - name: Roll out
    hosts: web
    serial: 1
    steps:
      - {name: One, shell: "one {{ version }}", rollback: undo one}
      - {name: Two, shell: "two {{ weight }}", rollback: none}
      - {name: Send, copy: {src: files/motd, dest: /etc/motd}}
always: [{name: Last, shell: "last {{ run.id }}"}]
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.file("files/motd", "hello\n")
    return made


def _side(project: Project, *changes: tuple[str, str], **options: object) -> Side:
    runbook = BASE
    for old, new in changes:
        assert old in runbook
        runbook = runbook.replace(old, new)
    return Side(project.plan(runbook, **options))


def _found(project: Project, *changes: tuple[str, str], **options: object) -> Comparison:
    return compare(_side(project), _side(project, *changes, **options))


def _stage(found: Comparison) -> StageChange:
    assert not found.terms
    (stage,) = found.stages
    return stage


def _step(found: Comparison) -> StepChange:
    (step,) = _stage(found).steps
    return step


def test_a_plan_does_what_it_does(project: Project) -> None:
    found = _found(project)
    assert not found
    assert text(found) == NOTHING + "\n"


@pytest.mark.parametrize(
    "change",
    [
        ("name: Deploy\n", "name: Deploy\n\n# a comment\n"),
        (
            '{name: One, shell: "one {{ version }}", rollback: undo one}',
            "name: One\n        rollback: undo one\n        shell: one {{ version }}",
        ),
        ('"one {{ version }}"', '"one {{ [version] | first }}"'),
        ("name: Deploy\n", "name: Deploy\nvars: {unused: 1}\n"),
    ],
)  # fmt: skip
def test_what_is_only_written_otherwise_is_no_difference(project: Project, change: tuple[str, str]) -> None:
    assert not _found(project, change)


def test_an_altered_command_is_told_with_its_hosts(project: Project) -> None:
    found = _found(project, ("two {{ weight }}", "{{ 'three' if weight == 2 else 'two' }} {{ weight }}"))
    step = _step(found)
    assert (step.how, step.name) == ("altered", "Two")
    (group,) = step.groups
    assert (group.hosts, group.before, group.after) == (("web2",), ("$ two 2",), ("$ three 2",))


def test_an_altered_way_back_is_told(project: Project) -> None:
    (group,) = _step(_found(project, ("undo one", "undo it all"))).groups
    assert group.hosts == ("web1", "web2", "web3")
    assert group.before == ("$ one v1", "undo: $ undo one")
    assert group.after == ("$ one v1", "undo: $ undo it all")


def test_steps_that_come_and_go_are_told_at_their_places(project: Project) -> None:
    found = _found(project, ("{name: Two,", "{name: Second,"))
    assert [(step.how, step.name) for step in _stage(found).steps] == [("removed", "Two"), ("added", "Second")]
    added = _stage(found).steps[1]
    assert [group.after for group in added.groups] == [("$ two 1",), ("$ two 2",)]


def test_a_step_that_only_moved_is_told_as_moved(project: Project) -> None:
    one, send = (line + "\n" for line in BASE.splitlines() if "name: One" in line or "name: Send" in line)
    found = _found(project, (one, ""), (send, send + one))
    assert [(step.how, step.name) for step in _stage(found).steps] == [("moved", "One")]


def test_steps_of_one_name_are_told_apart_by_their_order(project: Project) -> None:
    found = _found(project, ("name: Two, shell", "name: One, shell"))
    assert [(step.how, step.name) for step in _stage(found).steps] == [("removed", "Two"), ("added", "One")]


def test_a_file_that_is_sent_differs_by_what_is_in_it(project: Project) -> None:
    old = _side(project)
    project.file("files/motd", "another\n")
    (group,) = _step(compare(old, _side(project))).groups
    assert group.after is not None
    assert "the file that is sent differs" in group.after[-1]


def test_what_is_not_shown_is_a_difference_all_the_same(project: Project) -> None:
    hidden = ("{name: One, shell: ", "{name: One, no_log: true, shell: ")
    old, new = _side(project, hidden), _side(project, hidden, ('"one {{', '"ones {{'))
    (group,) = _step(compare(old, new)).groups
    assert group.before is not None
    assert group.after is not None
    assert not any("ones" in line for line in (*group.before, *group.after))


@pytest.mark.parametrize(
    ("change", "term"),
    [
        (("serial: 1", "serial: [1, 50%]"), Term("serial", "1", "1, 50%")),
        (("serial: 1", "max_failures: 1"), Term("max_failures", "0", "1")),
        (("serial: 1", "pause: 10s"), Term("pause", "", "wait 10s, after each batch but the last")),
        (("serial: 1", "on_failure: stop"), Term("on_failure", "rollback", "stop")),
        (("serial: 1", "rollback_scope: host"), Term("rollback_scope", "run", "host")),
        (("serial: 1", "max_unavailable: 2"), Term("max_unavailable", "", "2")),
        (("serial: 1", "abort_grace: 1m"), Term("abort_grace", "5m", "1m")),
    ],
)
def test_rules_of_a_stage_are_told(project: Project, change: tuple[str, str], term: Term) -> None:
    stage = _stage(_found(project, change))
    assert term in stage.terms
    assert not stage.steps


def test_gates_watches_and_conditions_are_told(project: Project) -> None:
    found = _found(
        project, ("serial: 1", "health: [{tcp: {port: 80}}]\n    watch: [{tcp: {port: 81}}]\n    when: run.id")
    )
    assert [what for what, _ in _stage(found).groups] == ["only if", "health", "watch"]
    assert all(group.before is None and group.hosts == ("web1", "web2", "web3") for _, group in _stage(found).groups)


def test_hosts_that_come_and_go_are_told_once_and_not_with_every_step(project: Project) -> None:
    stage = _stage(_found(project, ("hosts: web\n", "hosts: web1,db1\n"), ('"two {{ weight }}"', '"two 1"')))
    assert (stage.hosts_added, stage.hosts_removed) == (("db1",), ("web2", "web3"))
    assert not stage.steps


def test_what_is_done_on_a_new_host_alone_is_told(project: Project) -> None:
    old = ("hosts: web\n", "hosts: web1\n")
    found = compare(_side(project, old), _side(project, ("hosts: web\n", "hosts: web1,web2\n")))
    (step,) = _stage(found).steps
    assert [(group.hosts, group.before, group.after) for group in step.groups] == [(("web2",), None, ("$ two 2",))]


def test_another_order_of_hosts_is_told(project: Project) -> None:
    (term,) = _stage(_found(project, ("hosts: web\n", "hosts: web3,web2,web1\n"))).terms
    assert term == Term("order of hosts", "web1, web2, web3", "web3, web2, web1")


def test_whole_stages_come_go_and_move(project: Project) -> None:
    more = ("always:", "  - {name: More, hosts: db, steps: [{name: S, shell: s}]}\nalways:")
    added = _found(project, more)
    assert [(stage.how, stage.name, stage.hosts_added) for stage in added.stages] == [("added", "More", ("db1",))]
    removed = compare(_side(project, more), _side(project))
    assert [(stage.how, stage.name, stage.hosts_removed) for stage in removed.stages] == [("removed", "More", ("db1",))]
    first = ("stages:\n", "stages:\n  - {name: More, hosts: db, steps: [{name: S, shell: s}]}\n")
    moved = compare(_side(project, more), _side(project, first))
    assert {stage.how for stage in moved.stages} == {"moved"}


def test_values_and_the_runs_own_end_are_told(project: Project) -> None:
    found = compare(_side(project), _side(project, ('shell: "last', 'shell: "the last'), extra={"version": "v2"}))
    assert found.terms == (Term("version", '"v1"', '"v2"'),)
    assert [(step.how, step.part) for step in found.always] == [("altered", "always")]


def test_how_hosts_are_reached_is_told(project: Project) -> None:
    old = _side(project)
    project.inventory = project.inventory.replace("203.0.113.11", "203.0.113.99")
    (group,) = compare(old, _side(project)).hosts
    assert (group.hosts, group.before, group.after) == (
        ("web1",),
        ("address: 203.0.113.11",),
        ("address: 203.0.113.99",),
    )


def test_another_checkout_makes_no_difference(project: Project, tmp_path: Path) -> None:
    other = Project(tmp_path / "elsewhere")
    other.file("files/motd", "hello\n")
    assert not compare(_side(project), _side(other))


def test_text_shows_what_was_and_what_is(project: Project) -> None:
    shown = text(_found(project, ("two {{ weight }}", "2 {{ weight }}"), ("serial: 1", "serial: 2")))
    assert shown == (
        "~ Stage 1: Roll out\n  ~ serial: 1 → 2\n  ~ 1.2  Two\n"
        "      web1, web3:\n        - $ two 1\n        + $ 2 1\n"
        "      web2:\n        - $ two 2\n        + $ 2 2\n"
    )


def test_nothing_in_a_command_breaks_out_of_the_markdown(project: Project) -> None:
    evil = "x ``` </details> <script>alert(1)</script> @everyone\\n```\\n# Title"
    found = _found(project, ('"two {{ weight }}"', f'"{evil}"'), ("name: Roll out", 'name: "<b>@all</b> | # x"'))
    page = markdown(found, "`main`:x <i>")
    tokens = MarkdownIt("commonmark", {"html": True}).parse(page)
    assert not [token for token in tokens if token.type.startswith("html")]
    assert not [part for token in tokens for part in token.children or () if part.type.startswith("html")]
    assert sum(token.type == "heading_open" for token in tokens) == 3
    assert "@everyone" not in "".join(token.content for token in tokens if token.type == "inline")


def test_markdown_stays_within_its_bound_and_counts_what_is_cut(project: Project) -> None:
    steps = "".join(f'      - {{name: S{n}, shell: "{"x" * 300}", rollback: none}}\n' for n in range(300))
    page = markdown(_found(project, ("always:", steps + "always:")), "main:deploy")
    assert len(page.encode()) <= 65_536
    assert "more parts differ.**" in page


def _changed(project: Project, old: str, new: str) -> list[str]:
    """What is told of a stage's only step, `{name: A, OLD}`, once it is `{name: A, NEW}`: the lines that differ."""
    (group,) = _step(compare(*(Side(project.plan(f"- {{name: A, {step}}}")) for step in (old, new)))).groups
    return [line for line in differing(group) if not line.startswith(" ")]


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (
            "shell: a, rollback: none",
            "shell: a, irreversible: true",
            ["+ POINT OF NO RETURN", "- undo: nothing has to be undone, says the runbook"],
        ),
        ("shell: a, irreversible: true", "shell: a", ["- POINT OF NO RETURN", "+ undo: nothing is said about it"]),
        ("shell: a, read_only: true", "shell: a, irreversible: true", ["- changes nothing", "+ POINT OF NO RETURN"]),
        ("shell: a, rollback: none", "shell: a, rollback: none, register: x", ["+ result: x"]),
        ("shell: a, rollback: none", "shell: a, rollback: none, produces: [out/a]", ["+ makes out/a"]),
        (
            "shell: a",
            "shell: a, rollback: none",
            ["- undo: nothing is said about it", "+ undo: nothing has to be undone, says the runbook"],
        ),
    ],
)
def test_what_a_step_is_said_to_be_is_told_as_the_plan_words_it(
    project: Project, old: str, new: str, lines: list[str]
) -> None:
    found = _changed(project, old, new)
    assert sorted(found) == sorted(lines)


def test_a_stage_without_undoing_is_told_where_that_makes_a_difference(project: Project) -> None:
    steps = (
        "    steps: [{name: A, shell: a}, {name: B, assert: {that: 1 == 1}}, {name: C, shell: c, irreversible: true},"
        " {name: D, copy: {content: d, dest: /d}}, {name: E, shell: e, read_only: true}]\n"
        "    traffic: {drain: out, restore: back}\n    always: [{name: Z, shell: z}]\n"
    )
    stage = "name: T\nstages:\n  - name: S\n    hosts: web\n"
    found = compare(Side(project.plan(stage + steps)), Side(project.plan(stage + "    rollback: none\n" + steps)))
    assert [step.name for step in _stage(found).steps] == ["A", "C", "D"]
    after = {
        line for step in _stage(found).steps for group in step.groups for line in differing(group) if line[0] == "+"
    }
    assert after == {"+ undo: nothing has to be undone, says the runbook"}


def test_the_file_that_is_sent_is_blamed_only_where_it_differs(project: Project) -> None:
    long = "".join(f"{number}\\n" for number in range(40))
    send = "copy: {src: files/motd, dest: /d"
    assert _changed(project, f"no_log: true, {send}}}", f"no_log: true, {send}, mode: '0600'}}") == [f"+ {UNSHOWN}"]
    given = 'shell: a, rollback: none, stdin: "'
    assert _changed(project, f'{given}drop a\\n"', f'{given}drop b\\n"') == ["-     │ drop a", "+     │ drop b"]
    assert _changed(project, f'{given}{long}x"', f'{given}{long}y"') == [f"+ {GIVEN}"]
    write = 'copy: {dest: /d, content: "'
    assert _changed(project, f'{write}{long}x"}}', f'{write}{long}y"}}') == [f"+ {SENT}"]


def test_a_file_that_differs_is_told_beside_what_else_does(project: Project) -> None:
    old = Side(project.plan("- {name: A, copy: {src: files/motd, dest: /d}}"))
    project.file("files/motd", "another\n")
    (group,) = _step(compare(old, Side(project.plan("- {name: A, copy: {src: files/motd, dest: /e}}")))).groups
    assert [line[0] for line in differing(group)][:2] == ["-", "+"]
    assert (group.after or ())[-1] == SENT


def test_what_is_moved_and_altered_is_told_as_both(project: Project) -> None:
    one, send = (line + "\n" for line in BASE.splitlines() if "name: One" in line or "name: Send" in line)
    found = _found(project, (one, ""), (send, send + one.replace("undo one", "undo it")))
    step = _step(found)
    assert (step.how, step.moved, step.name) == ("altered", True, "One")
    assert "  ~ ↕ 1.3  One  (moved)\n" in text(found)
    assert "- 1 step differs: 1 altered and moved" in markdown(found, "x")
    assert "**1.3 One**: altered and moved" in markdown(found, "x")
    (told,) = json.loads(data(found, "x"))["stages"][0]["steps"]
    assert (told["how"], told["moved"]) == ("altered", True)


def test_a_stage_that_is_moved_and_altered_is_told_as_both(project: Project) -> None:
    more = "  - {name: More, hosts: db, steps: [{name: S, shell: s}]}\n"
    first = ("stages:\n", "stages:\n" + more.replace("shell: s", "shell: t"))
    found = compare(_side(project, ("always:", more + "always:")), _side(project, first, ("serial: 1", "serial: 2")))
    assert [stage.how for stage in found.stages] == ["altered", "altered"]
    assert [stage.moved for stage in found.stages].count(True) == 1
    assert sum(line.startswith("~ ↕ Stage ") and line.endswith("  (moved)") for line in text(found).split("\n")) == 1
    assert markdown(found, "x").count(": altered and moved\n") == 1


def test_that_the_sources_of_secrets_are_not_compared_is_said(project: Project) -> None:
    project.inventory += "secrets: {token: $TOKEN, dbpass: $DBPASS, unused: $UNUSED}\n"
    step = "- {name: A, shell: \"a {{ secret('token') }}\", rollback: none}\n"
    more = "- {name: B, shell: \"b {{ secret('dbpass') }}\", rollback: none}\n"
    old, new = Side(project.plan(step)), Side(project.plan(step + more))
    same, found = compare(old, old), compare(old, new)
    assert not same
    assert text(same) == f"{NOTHING}\nNot compared: where the secret token comes from\n"
    assert text(found).endswith("\nNot compared: where the secrets dbpass, token come from\n")
    assert "\n\nNot compared: where the secret token comes from\n" in markdown(same, "x")
    assert "\n\nNot compared: where the secrets dbpass, token come from\n" in markdown(found, "x")
    told = json.loads(data(same, "x"))
    assert (told["differs"], told["secrets_not_compared"]) == (False, ["token"])
    assert "secrets_not_compared" not in json.loads(data(_found(project), "x"))
