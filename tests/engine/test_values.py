"""What is registered of a result."""

from __future__ import annotations

from executor.engine.values import registered
from executor.model.outcomes import Result, Status


def test_output_that_is_not_whole_is_left_out_and_said_to_be() -> None:
    value = registered(Result(Status.OK, rc=0, stdout="x" * 10, truncated=True), attempts=1, changed=True, failed=False)
    assert value["truncated"] is True
    assert value.keys() & {"stdout", "stderr", "json"} == set()


def test_output_that_is_whole_comes_without_its_last_newline_and_as_json() -> None:
    value = registered(Result(Status.OK, rc=0, stdout='{"a": 1}\n'), attempts=1, changed=True, failed=False)
    assert (value["stdout"], value["json"]) == ('{"a": 1}', {"a": 1})
    assert "truncated" not in value
