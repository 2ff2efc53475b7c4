"""Answers without the secrets that they repeat: before they are judged, so that no excerpt cuts one in two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from executor.probes.answers import Silence, Unasked
from executor.probes.http import Reply
from executor.probes.shell import Ran

T = TypeVar("T")


def cleaned(said: T, clean: Callable[[bytes], bytes]) -> T:
    """The same answer with `clean` over all that the host has said in it."""
    found: Any = said

    def text(words: str) -> str:
        return clean(words.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")

    match found:
        case Ran():
            found = replace(found, stdout=clean(found.stdout), stderr=clean(found.stderr))
        case Reply():
            headers = {name: text(value) for name, value in found.headers.items()}
            found = replace(found, body=clean(found.body), headers=headers, reason=text(found.reason))
        case Silence() | Unasked():
            found = replace(found, reason=text(found.reason))
    result: T = found
    return result
