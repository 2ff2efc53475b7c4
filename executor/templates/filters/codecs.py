"""Filters between values and their encodings."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from typing import Any, Final

from executor.templates import bounds
from executor.templates.faults import Fault
from executor.templates.text import json_text, plain, text_of

LONGEST_DOCUMENT = 2_000_000  # characters that are decoded


def to_json(value: Any, indent: int | None = None, sort_keys: bool = False) -> str:
    """The value as JSON, on one line unless `indent` is given."""
    return json_text(value, indent=None if indent is None else min(max(indent, 0), 16), sort_keys=sort_keys)


def to_nice_json(value: Any, indent: int = 4) -> str:
    """The value as JSON on several lines, its keys sorted."""
    return to_json(value, indent=indent, sort_keys=True)


def from_json(value: Any) -> Any:
    """The value that a JSON text says."""
    text = text_of(value)
    if len(text) > LONGEST_DOCUMENT:
        raise Fault(f"a JSON text of {len(text):,} characters is too long to be read here")
    try:
        result = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Fault(f"this is not JSON: {error}; it begins with {text[:60]!r}") from error
    return result


def to_yaml(value: Any, indent: int = 2) -> str:
    """The value as YAML, in block style, its keys in their order."""
    import yaml  # noqa: PLC0415 -- few templates need it, and it is slow to import

    bounds.check_spread(value)
    text = yaml.dump(
        plain(value),
        Dumper=_dumper(),
        default_flow_style=False,
        allow_unicode=True,
        sort_keys=False,
        indent=min(max(indent, 1), 16),
        width=10_000,
    )
    assert isinstance(text, str)  # noqa: S101 -- without a stream, dump gives text
    return text


def _dumper() -> Any:
    import yaml  # noqa: PLC0415 -- see to_yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 -- PyYAML's own signature
            return True

    return Dumper


def b64encode(value: Any) -> str:
    """The text (as UTF-8) in base64."""
    return base64.b64encode(text_of(value).encode("utf-8", "surrogateescape")).decode("ascii")


def b64decode(value: Any) -> str:
    """The UTF-8 text that a base64 text says."""
    try:
        return base64.b64decode(text_of(value), validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise Fault(f"this is not base64 of a text: {error}") from error


def hash_of(value: Any, algorithm: str = "sha1") -> str:
    """`hash`: the text's digest in hexadecimal; `hash('sha256')` chooses sha1, sha256, sha512 or md5."""
    if algorithm not in {"md5", "sha1", "sha224", "sha256", "sha384", "sha512"}:
        raise Fault(f"unknown hash {algorithm!r}", hint="sha1, sha256, sha512 or md5")
    return hashlib.new(algorithm, text_of(value).encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()


def json_query(value: Any, query: str) -> Any:
    """What a JMESPath query finds in the value."""
    import jmespath  # noqa: PLC0415 -- few templates need it
    from jmespath.exceptions import JMESPathError  # noqa: PLC0415 -- see above

    try:
        return jmespath.search(query, plain(value))
    except JMESPathError as error:
        raise Fault(f"{query!r} cannot be asked: {error}") from error


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "to_json": to_json,
    "tojson": to_json,
    "to_nice_json": to_nice_json,
    "from_json": from_json,
    "to_yaml": to_yaml,
    "to_nice_yaml": to_yaml,
    "b64encode": b64encode,
    "b64decode": b64decode,
    "hash": hash_of,
    "json_query": json_query,
}
