"""The demo tells the story of what really happened, and does not claim more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from executor import sandbox
from executor.sandbox import SandboxInfo, project
from executor.sandbox.demo import deploy, run_demo

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxInfo]:
    folder = tmp_path_factory.mktemp("stage")
    yield sandbox.up(folder, hosts=2)
    sandbox.down(folder)


class Actor:
    """A `runbook` that does to the hosts what the exit codes that it was given say."""

    def __init__(self, info: SandboxInfo, *codes: int) -> None:
        self.info = info
        self.codes = iter(codes)
        self.lines: list[list[str]] = []
        self.folders: list[Path] = []

    def __call__(self, line: list[str]) -> int:
        self.lines.append(line)
        self.folders.append(Path.cwd())
        code = next(self.codes)
        if code == 0:
            version = next(word for word in line if word.startswith("version=")).removeprefix("version=")
            for host in self.info.hosts:
                (host.app_dir / "current" / "VERSION").write_text(version)
        return code


def tell(stage: SandboxInfo, *codes: int) -> tuple[int, str, Actor]:
    said: list[str] = []
    actor = Actor(stage, *codes)
    code = run_demo(actor, said.append, stage.folder)
    return code, "\n".join(said), actor


def test_a_good_release_and_a_bad_one_that_is_undone_make_a_good_demo(stage: SandboxInfo) -> None:
    code, story, actor = tell(stage, 0, 2)
    assert code == 0
    assert actor.lines == [list(deploy(project.GOOD)), list(deploy(project.BAD))]
    before, good, bad = story.split("\n$ runbook run ")
    assert "web1   answers v1.0.0   healthy" in before
    assert "web2   answers v1.1.0   healthy" in good
    assert "Exit code 2: failed, and what was done has been undone" in bad
    assert "web1   answers v1.1.0   healthy" in bad
    assert "What to type next:" in bad


@pytest.mark.parametrize("codes", [(0, 0), (2,), (0, 10)])
def test_whatever_goes_otherwise_is_said_and_fails(stage: SandboxInfo, codes: tuple[int, ...]) -> None:
    code, story, _ = tell(stage, *codes)
    assert code == 1
    assert "did not go as announced" in story
    assert "What to type next:" not in story


def test_every_line_fits_a_terminal(stage: SandboxInfo) -> None:
    _, story, _ = tell(stage, 0, 2)
    copied = ("$ ", "  runbook ", "  cd ", "The runbook that was run:")  # paths and commands are as long as they are
    assert max(len(line) for line in story.splitlines() if not line.startswith(copied)) <= 80


def test_a_demo_that_went_wrong_at_the_good_release_does_not_go_on(stage: SandboxInfo) -> None:
    code, _, actor = tell(stage, 2)
    assert (code, len(actor.lines)) == (1, 1)


def test_the_project_is_complete_and_its_runbook_is_the_one_of_this_repository(stage: SandboxInfo) -> None:
    _, story, actor = tell(stage, 0, 2)
    assert actor.folders == [stage.project] * 2
    assert f"$ cd {stage.project}" in story
    shipped = stage.project / "runbooks" / project.FLAGSHIP
    assert shipped.read_bytes() == (ROOT / "runbooks" / project.FLAGSHIP).read_bytes()
    assert (stage.project / "inventories" / "sandbox.yml").is_file()
    assert (stage.project / "answers.yml").is_file()
