"""A secret prints as `[redacted]`, and nothing that writes values takes it."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from executor.model.codec import CodecError, encode
from executor.model.secrets import SealedScript, Secret
from executor.secrets.digests import changed, digests

HIDDEN = Secret("hunter2")


@dataclass(frozen=True)
class Around:
    value: Any


@pytest.mark.parametrize(
    "shown",
    [str(HIDDEN), repr(HIDDEN), f"{HIDDEN}", f"{HIDDEN:>40}", "%s" % HIDDEN, f"{[HIDDEN]}", f"{Around(HIDDEN)}"],  # noqa: UP031 -- each way there is
)
def test_its_text_is_redacted(shown: str) -> None:
    assert "[redacted]" in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    "write", [json.dumps, yaml.safe_dump, yaml.dump, pickle.dumps, copy.copy, copy.deepcopy, encode, list, vars, iter]
)
def test_nothing_takes_it(write: Callable[[Any], object]) -> None:
    with pytest.raises((TypeError, CodecError, yaml.YAMLError)) as caught:
        write(HIDDEN)
    assert "hunter2" not in str(caught.value)
    if write is encode:
        with pytest.raises(CodecError):
            encode(SealedScript("x", {"A": HIDDEN}))


def test_it_is_what_it_is() -> None:
    assert Secret("hunter2") == HIDDEN
    assert Secret("hunter3") != HIDDEN
    assert HIDDEN != "hunter2"
    assert {HIDDEN: 1}[Secret("hunter2")] == 1
    assert HIDDEN.reveal() == "hunter2"


def test_a_digest_tells_that_a_value_has_changed_and_nothing_else() -> None:
    known = digests({"a": HIDDEN, "b": HIDDEN})
    assert known["a"] != known["b"]
    assert "hunter2" not in str(known)
    assert changed({"a": HIDDEN, "b": Secret("other"), "c": HIDDEN}, known) == ("b",)
