"""`http`: status, body, values in a JSON body and the time of one answer."""

from __future__ import annotations

import json as json_module
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

from executor.model.leaves import Value
from executor.model.probes import Http
from executor.probes.answers import Answer, Measured, Silence, Unasked, failed, passed, without_answer
from executor.probes.leaves import number, optional
from executor.probes.words import alternatives, duration, excerpt

BODY_LIMIT = 1_000_000  # bytes of a body that are read


@dataclass(frozen=True, slots=True)
class Request:
    """One request, in plain values. `limit` is in seconds and covers the whole answer."""

    method: str
    url: str
    headers: Mapping[str, str]
    data: str | None
    limit: float
    secret: bool = False  # its URL has a secret in it: it stands in no command line, and in no message


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. Header names are in lower case; `seconds` excludes the opening of the connection (None: unknown)."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float | None
    truncated: bool = False  # the body is longer than BODY_LIMIT
    reason: str = ""


def over_many(verb: Http) -> bool:
    """Is it judged over many samples?"""
    return any(limit is not None for limit in (verb.max_error_rate, verb.p50, verb.p95, verb.p99, verb.min_samples))


def judge(verb: Http, reply: Reply | Silence | Unasked) -> Answer:
    """What one answer is worth by itself."""
    if not isinstance(reply, Reply):
        return without_answer(reply)
    said, measured = f"{_status(reply)}{_location(reply)}", _measured(reply)
    document, is_json = _document(reply)
    result = _result(reply, document)
    wrong = _wrong(verb, reply, said, document, is_json)
    if wrong:
        return failed(wrong, measured, result=result, seconds=reply.seconds)
    found = [f"{path} is {_shown(_search(path, document))}" for path in verb.json]
    time = "" if reply.seconds is None else f" in {duration(reply.seconds)}"
    return passed(
        ", ".join([f"{_status(reply)}{time}{_location(reply)}", *found]), measured, result=result, seconds=reply.seconds
    )


def _wrong(verb: Http, reply: Reply, said: str, document: Any, is_json: bool) -> str:
    """The first thing that is not as wanted, in words; or nothing."""
    wanted = [int(number(status) or 0) for status in verb.status]
    if wanted and reply.status not in wanted:
        return f"{said} (wanted {alternatives(wanted)})"
    if not wanted and not 200 <= reply.status <= 299:
        return f"{said} (wanted 2xx)"
    limit = number(verb.max_time)
    if limit is not None and reply.seconds is not None and reply.seconds > limit:
        return f"{said} after {duration(reply.seconds)} (limit {duration(limit)})"
    pattern = optional(verb.body)
    if pattern is not None:
        body = reply.body.decode("utf-8", "replace")
        if not re.search(pattern, body, re.MULTILINE):
            return f"{said}, but nothing in the body matches {pattern!r}: {_beginning(reply, body)}"
    if verb.json and not is_json:
        return f"{said}, but the body is not JSON: {_beginning(reply, reply.body.decode('utf-8', 'replace'))}"
    for path, value in verb.json.items():
        actual = _search(path, document)
        if not _same(actual, value):
            return f"{path} is {_shown(actual)}, wanted {_shown(value)}{_kinds(actual, value)}"
    return ""


def _status(reply: Reply) -> str:
    return f"{reply.status} {excerpt(reply.reason or _phrase(reply.status), 40)}".rstrip()


def _location(reply: Reply) -> str:
    location = reply.headers.get("location")
    return f", to {excerpt(location)}" if location and 300 <= reply.status <= 399 else ""


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _measured(reply: Reply) -> Measured:
    return {"status": reply.status, "seconds": reply.seconds}


def _document(reply: Reply) -> tuple[Any, bool]:
    if reply.truncated:
        return None, False
    try:
        return json_module.loads(reply.body), True
    except (ValueError, RecursionError):
        return None, False


def _result(reply: Reply, document: Value) -> dict[str, Value]:
    return {
        "status": reply.status,
        "headers": dict(reply.headers),
        "body": reply.body.decode("utf-8", "replace"),
        "json": document,
        "seconds": reply.seconds,
    }


def _beginning(reply: Reply, body: str) -> str:
    if reply.truncated:
        return "it is longer than 1 MB"
    return f"it begins {excerpt(body)!r}" if body.strip() else "it is empty"


@cache
def _compiled(path: str) -> Any:
    import jmespath  # noqa: PLC0415  # only probes of JSON bodies pay for it

    return jmespath.compile(path)


def _search(path: str, document: Any) -> Any:
    """What the path finds; None where there is nothing, or where the path does not fit the document."""
    from jmespath.exceptions import JMESPathError  # noqa: PLC0415  # as above

    try:
        return _compiled(path).search(document)
    except JMESPathError:
        return None


def _same(actual: object, wanted: object) -> bool:
    """As JSON sees it: true is not 1, 1 is 1.0, "1" is not 1."""
    if isinstance(actual, bool) or isinstance(wanted, bool):
        return actual is wanted
    if isinstance(actual, list) and isinstance(wanted, list | tuple):
        return len(actual) == len(wanted) and all(map(_same, actual, wanted))
    if isinstance(actual, dict) and isinstance(wanted, Mapping):
        return actual.keys() == wanted.keys() and all(_same(actual[key], wanted[key]) for key in actual)
    return bool(actual == wanted)


def _kinds(actual: object, wanted: object) -> str:
    """A hint where only the kind of the value differs."""
    if isinstance(actual, str) != isinstance(wanted, str) and str(actual) == str(wanted):
        return " (a text)" if isinstance(wanted, str) else " (not a text)"
    return ""


def _shown(value: object) -> str:
    if value is None:
        return "missing"
    return repr(value) if isinstance(value, str) else excerpt(json_module.dumps(value, default=str))
