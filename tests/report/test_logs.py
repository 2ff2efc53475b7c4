"""The output of a run, chosen by host and step, and each line marked with both."""

from __future__ import annotations

import pytest

from executor.errors import InvalidInput
from executor.events import Key
from executor.report.logs import Piece, log_lines, pieces
from tests.report.stories import STORIES


def chosen(story: str, *, host: str | None = None, step: str | None = None) -> list[str]:
    return [f"{piece.key} {piece.name}" for piece in pieces(STORIES[story]().records, host=host, step=step)]


def test_work_is_chosen_by_host_and_by_a_steps_name_beginning_or_number() -> None:
    unpack = ["2.1.action.1@web1 Unpack", "2.1.undo.back.1@web1 Unpack"]
    assert chosen("rolled_back", host="web1", step="Unpack") == unpack
    assert chosen("rolled_back", host="web1", step="unp") == unpack
    assert chosen("rolled_back", host="web1", step="2.1") == unpack
    assert chosen("interrupted", host="web2") == ["2.1.action.1@web2 Unpack", "2.1.action.2@web2 Unpack"]
    assert len(chosen("rolled_back")) > 10


@pytest.mark.parametrize(
    ("host", "step", "message", "hint"),
    [
        ("wev1", None, "no host named 'wev1' did anything in this run", "did you mean 'web1'?"),
        ("web1", "Actvate", "no step named 'Actvate' did anything in this run", "did you mean 'Activate'?"),
        (None, "zzz", "no step named 'zzz' did anything in this run", "there are Activate, Build, Unpack"),
    ],
)
def test_an_unknown_name_is_told_with_what_there_is(
    host: str | None, step: str | None, message: str, hint: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        chosen("owed", host=host, step=step)
    assert [(problem.message, problem.hint) for problem in caught.value.problems] == [(message, hint)]


def test_each_line_bears_its_host_and_step() -> None:
    piece = Piece(Key("web2", "2.1", attempt=2), "Unpack")
    assert list(log_lines(piece, [b"one\ntw", b"o\n\x1b[2J\n", b"##[error]three"])) == [
        "[web2] Unpack (attempt 2) | one",
        "[web2] Unpack (attempt 2) | two",
        "[web2] Unpack (attempt 2) | \\x1b[2J",
        "[web2] Unpack (attempt 2) | #\\#[error]three",
    ]
    back = Piece(Key("web2", "2.2", "verify", direction="back"), "Activate")
    assert list(log_lines(back, [b"x\n"])) == ["[web2] rollback: Activate, verify | x"]
