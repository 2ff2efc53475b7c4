"""`explain` names every layer that sets a variable, with its place, and says which one wins."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from executor.cli.main import call

TAIL = ["runbooks/deploy.yml:20", "(from", "then", "on)"]


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "inventories/prod.ini": """\
            web1 port=81
            web2
            [web]
            web1
            web2
            [web:vars]
            port=80
            url=http://{{ host.address }}:{{ port }}/
            [all:vars]
            port=8000
            """,
        "runbooks/group_vars/web.yml": "port: 82\n",
        "runbooks/deploy.yml": """\
            name: Deploy
            params:
              version: {type: string, required: true}
              color: {type: string, default: blue}
            vars_files: [more.yml]
            vars:
              tag: "{{ version }}-{{ color }}"
              circle: "{{ circle }}"
            stages:
              - name: Roll out
                hosts: web
                vars: {port: 90}
                steps:
                  - name: Ask
                    shell: "true"
                    register: answer
                  - include: steps.yml
                    vars: {color: green}
                  - name: Remember
                    set: {color: "{{ answer.stdout }}"}
            """,
        "runbooks/more.yml": "color: red\n",
        "runbooks/steps.yml": "- {name: Deep, shell: 'true', vars: {port: 91}}\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert call(["explain", *words, "-i", "prod"]) == code
    return capsys.readouterr().out


def test_every_layer_of_the_inventory_is_named_with_its_place_the_winner_marked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert said(capsys, "port", "--host", "web1") == dedent(
        """\
        port on web1 = 81
          all        8000  inventories/prod.ini:10
          group web  80    inventories/prod.ini:7
        → host web1  81    inventories/prod.ini:1
        """
    )


def test_with_a_runbook_its_files_variables_and_steps_are_among_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "port", "--host", "web2", "deploy") == dedent(
        """\
        port on web2 = 82
          all                        8000  inventories/prod.ini:10
          group web                  80    inventories/prod.ini:7
        → group_vars of web          82    runbooks/group_vars/web.yml:1
          vars of 'Roll out'         90    runbooks/deploy.yml:12  (within)
          vars of 'Roll out / Deep'  91    runbooks/steps.yml:1  (within)
        """
    )


def test_a_flag_wins_over_everything(capsys: pytest.CaptureFixture[str]) -> None:
    rows = said(capsys, "color", "--host", "web1", "deploy", "-e", "color=pink").splitlines()
    assert [row.split() for row in rows] == [
        ["color", "on", "web1", "=", '"pink"'],
        ["default", "of", "the", "parameter", '"blue"', "runbooks/deploy.yml:4"],
        ["file", "more.yml", '"red"', "runbooks/more.yml:1"],
        ["vars", "of", "'Roll", "out'", '"green"', "runbooks/deploy.yml:18", "(within)"],
        ["set", "by", "'Roll", "out", "/", "Remember'", '"{{', "answer.stdout", '}}"', *TAIL],
        ["→", "-e", '"pink"', "the", "command", "line"],
    ]


def test_a_template_is_shown_as_it_is_written_and_as_what_it_gives(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "url", "--host", "web1")
    assert text.splitlines()[0] == 'url on web1 = "http://web1:81/"'
    assert "http://{{ host.address }}:{{ port }}/" in text


def test_a_parameter_without_a_value_is_told_with_the_flag_that_gives_one(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "version", "--host", "web1", "deploy", code=3)
    assert text.startswith("version on web1 is not defined\n")
    assert "-e version=" in text


def test_what_is_made_of_a_missing_value_cannot_be_told_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "tag", "--host", "web1", "deploy", code=3)
    assert text.startswith("tag on web1 cannot be told\n  'version' is not defined (runbooks/deploy.yml:7:")
    assert "→ vars of the runbook" in text


def test_a_variable_that_is_made_of_itself_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert "circle → circle" in said(capsys, "circle", "--host", "web1", "deploy", code=3)


def test_a_registered_result_belongs_to_its_step(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "answer", "--host", "web1", "deploy", code=3)
    assert text.startswith("answer on web1 is not defined everywhere\n")
    assert "the result of 'Roll out / Ask'" in text
    assert "runbooks/deploy.yml:16  (from then on)" in text


def test_a_slip_of_the_fingers_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    assert "did you mean 'port'?" in said(capsys, "prot", "--host", "web1", code=3)


def test_what_every_template_knows_is_no_variable(capsys: pytest.CaptureFixture[str]) -> None:
    assert "it is built in" in said(capsys, "host", "--host", "web1")


def test_an_unknown_host_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["explain", "port", "--host", "web9", "-i", "prod"]) == 3
    assert "no host 'web9' in the inventory" in capsys.readouterr().err
