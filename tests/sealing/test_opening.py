"""A sealed plan opens as it was sealed, or is refused with a reason: never a guess, and never a traceback."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from executor import __version__
from executor.errors import Exit, InvalidInput, Refused
from executor.sealing.envelope import wrap
from executor.sealing.opening import open_sealed, read_sealed
from tests.sealing.projects import forged, make_project, opened, sealed_bytes, spot_of


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    folder = make_project(tmp_path_factory.mktemp("sealed"))
    return folder, sealed_bytes(folder)


def _refusal(folder: Path, data: bytes) -> str:
    with pytest.raises(Refused) as told:
        opened(folder, data)
    assert told.value.exit_code is Exit.REFUSED
    (problem,) = told.value.problems
    return problem.message


def test_one_bit_of_each_byte_is_enough_to_be_refused(made: tuple[Path, bytes]) -> None:
    folder, data = made
    bits = random.Random(20261121)  # noqa: S311  the same ones each time
    for position in range(len(data)):
        flipped = bytearray(data)
        flipped[position] ^= 1 << bits.randrange(8)
        assert "is not as it was sealed" in _refusal(folder, bytes(flipped)), position


@pytest.mark.parametrize("cut", [0, 1, 50, 200, -1, -2])
def test_a_file_that_is_cut_short_or_longer_is_refused(made: tuple[Path, bytes], cut: int) -> None:
    folder, data = made
    assert "is not as it was sealed" in _refusal(folder, data[:cut])
    assert "is not as it was sealed" in _refusal(folder, data + b"\n")


def test_another_format_is_told_as_such(made: tuple[Path, bytes]) -> None:
    folder, data = made
    later = data.replace(b'{"runbook_plan":1', b'{"runbook_plan":2', 1)
    assert "it is in format 2; this program reads format 1" in _refusal(folder, later)


def test_a_plan_of_another_version_of_the_program_is_refused(made: tuple[Path, bytes]) -> None:
    folder, data = made
    told = _refusal(folder, forged(data, lambda read: read.update(program="0.0.9")))
    assert f"was sealed by runbook 0.0.9, and this is {__version__}" in told


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"null", b"[]", b"3", b'"x"', b"{}", b'{"program":1}', b"\xff\xfe", b"[" * 100_000,
        b'{"a":' * 50_000, b"NaN", b'{"program":NaN}', b'{"program":' + b"9" * 10_000 + b"}",
        b'{"program":"0.1.0"}', b'{"program":"0.1.0","plan":' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"program":"0.1.0","plan":' + b'{"is":"Plan","name":' * 400 + b"1" + b"}" * 401,
    ],
    ids=lambda content: repr(content[:24]),
)  # fmt: skip
def test_hostile_content_with_its_right_digest_is_refused(made: tuple[Path, bytes], content: bytes) -> None:
    folder, _ = made
    assert "plan.json" in _refusal(folder, wrap(content))


def _plan(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], object]:
    return lambda read: change(read["plan"])


@pytest.mark.parametrize(
    "change",
    [
        lambda read: read.pop("inputs"),
        lambda read: read.update(inputs={"./x": "abc"}),
        lambda read: read.update(inventory=[1]),
        lambda read: read.update(given=3),
        lambda read: read.update(expires="soon"),
        lambda read: read.update(expires="2026-01-01T00:00:00"),
        _plan(lambda plan: plan.update(version=99)),
        _plan(lambda plan: plan.update(name=7)),
        _plan(lambda plan: plan.update(hosts=[])),
        _plan(lambda plan: plan.update(stages={"1": 2})),
        _plan(lambda plan: plan.update(unheard_of=1)),
        _plan(lambda plan: plan.update(stages=[{"is": "Shell", "script": "x"}])),
        _plan(lambda plan: plan.update(stages=[{"is": "os.system"}])),
        _plan(lambda plan: plan.update(stages=[{"is": ["Plan"]}])),
        _plan(lambda plan: plan["stages"][1].update(serial=["1"])),
        _plan(lambda plan: plan["stages"][1].update(on_failure="explode")),
        _plan(lambda plan: plan["stages"][1].update(hosts=["web1", "web9"])),
        _plan(lambda plan: plan["stages"][1].update(id="../../x")),
        _plan(lambda plan: plan["stages"][1]["steps"][0].update(id="1.1")),
        _plan(lambda plan: plan["stages"][1]["steps"][0].update(tasks=[])),
        _plan(lambda plan: plan["stages"][1]["steps"][0].update(tasks={"web1": None})),
        _plan(lambda plan: plan["hosts"].update({"../../etc": plan["hosts"]["web1"]})),
        _plan(lambda plan: plan["hosts"].update({"web1": plan["hosts"]["web2"]})),
        _plan(lambda plan: plan["hosts"]["web1"].update(address=[])),
        _plan(lambda plan: plan["hosts"]["web1"].update(vars={"is": "", "items": 3})),
        _plan(lambda plan: plan["hosts"]["web1"].update(ssh={"is": "Ssh", "port": "22"})),
    ],
)
def test_wrong_types_with_their_right_digest_are_refused(
    made: tuple[Path, bytes], change: Callable[[dict[str, Any]], object]
) -> None:
    folder, data = made
    assert "it makes no sense" in _refusal(folder, forged(data, change))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_stands_at_any_place_it_opens_or_is_refused(made: tuple[Path, bytes], data: st.DataObject) -> None:
    folder, sealed = made
    junk: st.SearchStrategy[Any] = st.sampled_from(
        [None, True, -1, 1.5, "", "x", "../x", [], {}, [[]], {"is": "Shell"}, {"is": ""}, {"is": 3}]
    )

    def put(read: dict[str, Any]) -> None:
        node: Any = read
        while True:
            keys = sorted(node) if isinstance(node, dict) else range(len(node))
            key = data.draw(st.sampled_from(list(keys)))
            if not (isinstance(node[key], dict | list) and node[key]) or data.draw(st.integers(0, 9)) == 0:
                node[key] = data.draw(junk)
                return
            node = node[key]

    try:
        opened(folder, forged(sealed, put))
    except Refused:
        return


def test_what_was_not_changed_opens(made: tuple[Path, bytes]) -> None:
    folder, data = made
    assert opened(folder, forged(data, lambda read: read)).plan == opened(folder, data).plan


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name in ("missing.json", "fifo", "."):
        with pytest.raises(InvalidInput, match="cannot be read"):
            read_sealed(tmp_path / name)


def test_a_file_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(2**32)
    with pytest.raises(InvalidInput, match="larger than"):
        read_sealed(path)


def test_a_plan_is_whole_json_for_other_tools(made: tuple[Path, bytes]) -> None:
    folder, data = made
    read = json.loads(data)
    assert read["sha256"] == open_sealed(folder / "p.json", data, __version__, spot_of(folder)).digest
    assert read["content"]["plan"]["name"] == "Deploy"
