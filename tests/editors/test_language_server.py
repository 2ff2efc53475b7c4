"""In an editor with the YAML language server, the published schemas give errors, hover texts and completion."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from executor.cli.main import call
from tests.editors.client import Client

ROOT = Path(__file__).parents[2]
# `make test` puts it there.
SERVER = Path("node_modules/yaml-language-server/bin/yaml-language-server")
FOLDER = ROOT / ".venv" / "node"

RUNBOOK = """\
# yaml-language-server: $schema=../schemas/runbook.schema.json
name: Deploy
stages:
  - name: Roll out
    hosts: web
    serial: 1
    steps:
      - name: Restart
        shell: systemctl restart app
        re
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project, as `init` makes it."""
    folder = tmp_path_factory.mktemp("project")
    assert call(["init", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def client(project: Path) -> Iterator[Client]:
    server = FOLDER / SERVER
    if shutil.which("node") is None or not server.is_file():
        pytest.skip("yaml-language-server is not installed: it needs npm, and `make test` installs it then")
    with Client(server, project) as running:
        yield running


def file(project: Path, text: str, name: str = "runbooks/a.yml") -> Path:
    path = project / name
    path.write_text(text, encoding="utf-8")
    return path


def lines(problems: list[dict[str, object]]) -> list[int]:
    """The lines of diagnostics, counted from 1."""
    return sorted(problem["range"]["start"]["line"] + 1 for problem in problems)  # type: ignore[index]  # as LSP has it


def test_what_init_writes_has_its_schemas_where_its_files_say(client: Client, project: Path) -> None:
    for name in ("runbooks/hello.yml", "inventories/prod.yml"):
        assert client.open(project / name) == []
    # Without the schema nothing would be wrong with anything.
    wrong = (project / "inventories/prod.yml").read_text().replace("address", "adress", 1)
    assert client.open(file(project, wrong, "inventories/wrong.yml")) != []


@pytest.mark.parametrize("name", ["runbooks/production-deploy.yml", "inventories/prod.yml"])
def test_the_shipped_files_have_no_mistake_in_an_editor(client: Client, name: str) -> None:
    assert client.open(ROOT / name) == []


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [
        ("shell:", "shel:", 9),
        ("serial: 1", "serial: 0", 6),
        ("hosts: web", "host: web", 5),
        ("serial: 1", "timeout: 5x", 6),
        ("serial: 1", "on_failure: rolback", 6),
    ],
)
def test_a_mistake_is_underlined_in_its_line(client: Client, project: Path, right: str, wrong: str, line: int) -> None:
    text = RUNBOOK.removesuffix("        re\n")
    # A file for each: a server that is told again of the same one takes its time.
    name = re.sub(r"\W+", "-", wrong)
    assert client.open(file(project, text, f"runbooks/right-{name}.yml")) == []
    assert line in lines(client.open(file(project, text.replace(right, wrong), f"runbooks/wrong-{name}.yml")))


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        (3, 3, "one after the other"),
        (5, 6, "Which hosts"),
        (6, 6, "How many hosts make a batch"),
        (9, 10, "A script for the host's shell"),
    ],
)
def test_over_a_keyword_an_editor_shows_what_it_means(
    client: Client, project: Path, line: int, column: int, words: str
) -> None:
    path = file(project, RUNBOOK.removesuffix("        re\n"), f"runbooks/hover-{line}.yml")
    client.open(path)
    assert words in client.hover(path, line, column)


def test_an_editor_proposes_the_keys_of_a_step_and_of_a_stage(client: Client, project: Path) -> None:
    path = file(project, RUNBOOK, "runbooks/complete.yml")
    client.open(path)
    found = client.completion(path, 10, 11)
    assert {"register", "retry", "read_only", "removes", "rollback"} <= found.keys()
    assert "undoes the step" in str(found["rollback"]["documentation"])
    assert "serial" not in found


def test_an_editor_proposes_the_words_that_a_key_can_have(client: Client, project: Path) -> None:
    text = RUNBOOK.removesuffix("        re\n").replace("serial: 1", "on_failure: ")
    path = file(project, text, "runbooks/words.yml")
    client.open(path)
    assert {"rollback", "stop", "ask"} <= client.completion(path, 6, 17).keys()
