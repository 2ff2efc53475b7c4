"""The filters and tests that a template may use. Each one's docstring is its documentation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from executor.templates.filters import codecs, lists, tests, texts, values

FILTERS: Final[Mapping[str, Callable[..., Any]]] = texts.FILTERS | codecs.FILTERS | lists.FILTERS | values.FILTERS
TESTS: Final[Mapping[str, Callable[..., Any]]] = tests.TESTS

__all__ = ["FILTERS", "TESTS"]
