"""Local files that are sent, and values that make no sense once they are rendered."""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.model.actions import Copy, Fetch, Script, TemplateFile, Unarchive
from executor.model.leaves import Late
from tests.planning.planner import Project, item


def test_local_files_are_found_from_the_projects_root(project: Project, tmp_path: Path) -> None:
    project.file("files/app.conf")
    project.file("scripts/go.sh")
    project.file("app.tgz")
    assert item(project.plan("- copy: {src: 'files/app.{{ \"conf\" }}', dest: /x}")).body.action == Copy(
        "/x", src=str(tmp_path / "files/app.conf")
    )
    assert item(project.plan("- script: {file: scripts/go.sh, args: ['{{ port }}']}")).body.action == Script(
        str(tmp_path / "scripts/go.sh"), ("8000",)
    )
    assert item(project.plan("- unarchive: {src: app.tgz, dest: /x}")).body.action == Unarchive(
        str(tmp_path / "app.tgz"), "/x"
    )
    assert item(project.plan("- fetch: {src: /x, dest: 'out/{{ host.name }}'}")).body.action == Fetch(
        "/x", str(tmp_path / "out/web1")
    )


def test_a_late_local_path_stays_below_the_root(project: Project, tmp_path: Path) -> None:
    plan = project.plan("- fetch: {src: /x, dest: 'out/{{ run.id }}'}")
    action = item(plan).body.action
    assert isinstance(action, Fetch)
    assert isinstance(action.dest, Late)
    assert action.dest.template.text == f"{tmp_path}/out/{{{{ run.id }}}}"


def test_a_template_file_is_read_and_rendered(project: Project) -> None:
    project.file("app.j2", "port={{ port }}\n{% if weight == 1 %}\none\n{% endif %}\n")
    plan = project.plan("- template: {src: app.j2, dest: /x}")
    first, second = (item(plan, host).body.action for host in ("web1", "web2"))
    assert isinstance(first, TemplateFile)
    assert isinstance(second, TemplateFile)
    assert (first.content, second.content) == ("port=8000\none\n", "port=8000\n")


def test_a_mistake_in_a_template_file_is_told_with_its_line(project: Project) -> None:
    project.file("app.j2", "a\nb {{ oops }}\n")
    (found,) = project.problems("- template: {src: app.j2, dest: /x}")
    assert found.place is not None
    assert (found.message, Path(found.place.file).name, found.place.line) == ("'oops' is not defined", "app.j2", 2)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("copy: {src: no.conf, dest: /x}", "the local file 'no.conf' is not there"),
        ("copy: {src: '.', dest: /x}", "the local file '.' is a folder"),
        ("copy: {src: ../x, dest: /x}", "the local file '../x' is outside of the project's root"),
        ("copy: {src: /etc/passwd, dest: /x}", "the local file '/etc/passwd' is outside of the project's root"),
        ("copy: {src: link, dest: /x}", "the local file 'link' is outside of the project's root"),
        ("fetch: {src: /x, dest: ../y}", "the local file '../y' is outside of the project's root"),
        ("template: {src: no.j2, dest: /x}", "the template 'no.j2' is not there"),
        ("template: {src: latin.j2, dest: /x}", "the template 'latin.j2' is not UTF-8 text"),
    ],
)
def test_a_local_file_that_cannot_be_sent_is_told(project: Project, tmp_path: Path, step: str, message: str) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "latin.j2").write_bytes(b"caf\xe9")
    (told,) = project.told(f"- {step}")
    assert told.startswith(f"7: {message}")


def test_a_file_that_an_earlier_step_makes_may_be_missing(project: Project) -> None:
    project.plan(
        """
        - {name: Build, shell: make, produces: ["build/{{ 'app' }}.tgz", dist]}
        - {name: Send, unarchive: {src: build/app.tgz, dest: /x}}
        - {name: More, copy: {src: dist/a/b, dest: /x}}
        """
    )
    told = project.told(
        """
        - {name: Send, unarchive: {src: build/app.tgz, dest: /x}}
        - {name: Build, shell: make, produces: [build/app.tgz]}
        """
    )
    assert told == ["7: the local file 'build/app.tgz' is not there"]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("probe: {tcp: {port: '{{ port * 10 }}'}}", "80000 is no port: they go from 1 to 65535"),
        ("probe: {http: {url: 'ftp://{{ port }}'}}", "'ftp://8000' is not a URL of http or https"),
        ("probe: {http: {url: 'http://a', status: '{{ port }}'}}", "8000 is no HTTP status"),
        ("probe: {http: {url: 'http://a', body: '({{ port }}'}}", "'(8000' is not a regular expression"),
        ("probe: {http: {url: 'http://a', max_error_rate: '{{ port }}%'}}", "80.0 is not between 0% and 100%"),
        ("probe: {shell: {cmd: x, rc: '{{ port }}'}}", "8000 is no exit code: they go from 0 to 255"),
        ("probe: {file: {path: /x, contains: '[{{ port }}'}}", "'[8000' is not a regular expression"),
        ("probe: {shell: x, within: '{{ port }}d'}", "'8000d' is longer than a year"),
        ("probe: {shell: x, within: 1m, every: '{{ 0 }}'}", "every 0s is without a pause"),
        ("copy: {content: x, dest: /x, mode: '{{ port + 999 }}'}", "'8999' is not a file's mode"),
        ("shell: x\n  retry: {attempts: '{{ 0 }}'}", "0 attempts: from 1 to 10,000 are possible"),
        ("shell: x\n  retry: {backoff: '{{ 0.5 }}'}", "a backoff of 0.5: from 1 to 100 is possible"),
        ("shell: x\n  timeout: '{{ 0 }}'", "a timeout of 0 leaves no time at all"),
        ("shell: x\n  verify: {tcp: {port: '{{ 0 }}'}}", "0 is no port: they go from 1 to 65535"),
        ("checklist: [{item: i, probe: {tcp: {port: '{{ 0 }}'}}}]", "0 is no port: they go from 1 to 65535"),
        ("symlink: {dest: /x, to: \"{{ 'a\\\\nb' }}\"}", "this becomes 'a\\nb', which has a line break in it"),
    ],
)
def test_a_value_that_makes_no_sense_is_told_where_it_was_written(project: Project, step: str, message: str) -> None:
    (told,) = project.told(f"- {step}")
    line, said = told.split(": ", 1)
    assert said.startswith(message)
    assert line in {"7", "8"}
