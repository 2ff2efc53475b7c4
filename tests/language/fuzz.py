"""The long form of the loader's fuzzer: `python -m tests.language.fuzz --minutes 10`, or `make fuzz`.

Each round has a seed of its own, printed when it finds something; how many examples were tried is told at the end.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.language.test_fuzz import check_extra, check_file, check_pattern, files, items, patterns

ROUND = 1000  # examples; between rounds the time is looked at

CHECKS: tuple[tuple[Callable[[Any], None], st.SearchStrategy[Any]], ...] = (
    (check_file, files),
    (check_file, files),
    (check_file, files),
    (check_pattern, patterns),
    (check_extra, items),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    end = time.monotonic() + asked.minutes * 60
    tried, number = 0, asked.seed
    while time.monotonic() < end:
        check, strategy = CHECKS[number % len(CHECKS)]
        tried += rounds(check, strategy, number)
        number += 1
    print(f"{tried:,} examples from seed {asked.seed}, nothing found")  # noqa: T201  what the command is for


def rounds(check: Callable[[Any], None], strategy: st.SearchStrategy[Any], number: int) -> int:
    """One round. Raises what the loader raises, with the smallest example that was found."""
    tried = 0

    @seed(number)
    @settings(
        max_examples=ROUND,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    @given(strategy)
    def run(value: Any) -> None:
        nonlocal tried
        tried += 1
        check(value)

    try:
        run()
    except BaseException:
        print(f"seed {number}")  # noqa: T201  what the command is for
        raise
    return tried


if __name__ == "__main__":
    main()
