"""What a run's command line said holds for a later plan of it, but for what is said anew."""

from __future__ import annotations

import json

import pytest

from executor.cli.planned import options_of, recorded
from executor.model.runbooks import OnFailure


@pytest.mark.parametrize(
    ("then", "now", "holds"), [("stop", None, "stop"), ("stop", "rollback", "rollback"), (None, None, None)]
)
def test_what_shall_follow_a_failure_is_said_once(then: str | None, now: str | None, holds: OnFailure | None) -> None:
    kept = json.loads(json.dumps(recorded({"on_failure": then})))
    assert options_of(kept, {"on_failure": now}, at_terminal=False).on_failure == holds


def test_a_run_that_kept_nothing_of_it_is_planned_all_the_same() -> None:
    kept = {name: value for name, value in recorded({}).items() if name != "on_failure"}
    assert options_of(kept, {}, at_terminal=False).on_failure is None
