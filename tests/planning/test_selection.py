"""--tags and --skip-tags, as Ansible's users know them."""

from __future__ import annotations

import pytest

from executor.planning import PlanOptions
from executor.planning.selection import chosen


@pytest.mark.parametrize(
    ("own", "tags", "skip", "runs"),
    [
        ("", "", "", True),
        ("a", "", "", True),
        ("a", "a", "", True),
        ("a b", "b", "", True),
        ("a", "b", "", False),
        ("", "a", "", False),
        ("a", "", "a", False),
        ("a b", "a", "b", False),
        ("always", "a", "", True),
        ("always", "", "always", False),
        ("always a", "", "a", False),
        ("never", "", "", False),
        ("never", "all", "", False),
        ("never a", "a", "", True),
        ("never", "never", "", True),
        ("a", "tagged", "", True),
        ("", "tagged", "", False),
        ("", "untagged", "", True),
        ("a", "untagged", "", False),
        ("a", "", "tagged", False),
        ("", "", "untagged", False),
        ("a", "", "all", False),
        ("always", "", "all", True),
        ("", "all", "", True),
    ],
)
def test_tags_choose(own: str, tags: str, skip: str, runs: bool) -> None:
    options = PlanOptions(tags=tuple(tags.split()), skip_tags=tuple(skip.split()))
    assert chosen(own.split(), options) is runs
