"""The forms in which a value turns up in output: as it is, in JSON, in a URL, in a shell's words, in base64."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from itertools import product
from urllib.parse import quote, quote_plus

SHORTEST_LINE = 8  # characters of a line of a longer secret that is hidden by itself
_SAFE = ("", "/", "-_.!~*'()", "/-_.!~*'():@&=+$,;")  # what encoders of URLs leave alone: ours, others', a browser's


def forms(value: str) -> frozenset[bytes]:
    """Every byte string that gives the value away."""
    found: set[bytes] = set()
    for text in {value, *_lines(value)}:
        found.update(
            form.encode("utf-8", "surrogateescape") for form in {text, *_json(text), *_url(text), *_shell(text)}
        )
    found.update(_base64(value.encode("utf-8", "surrogateescape")))
    return frozenset(form for form in found if len(form) >= 4)


def _lines(value: str) -> Iterator[str]:
    """The lines of a long secret, such as a key: output is often shown with something before each of them."""
    lines = value.splitlines()
    return (line.strip() for line in lines if len(lines) > 1 and len(line.strip()) >= SHORTEST_LINE)


def _json(text: str) -> Iterator[str]:
    for ascii_alone, slashes in product((True, False), repeat=2):
        found = json.dumps(text, ensure_ascii=ascii_alone)[1:-1]
        yield found.replace("/", "\\/") if slashes else found


def _url(text: str) -> Iterator[str]:
    data = text.encode("utf-8", "surrogateescape")
    for encoded in (quote_plus(data), *(quote(data, safe=safe) for safe in _SAFE)):
        yield encoded
        yield re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), encoded)


def _shell(text: str) -> Iterator[str]:
    """As `set -x` and `printf %q` of several shells show it."""
    yield text.replace("'", "'\\''")
    yield text.replace("'", "'\"'\"'")
    yield re.sub(r"([^A-Za-z0-9_@%+=:,./-])", r"\\\1", text)
    yield re.sub(r'([\\$`"])', r"\\\1", text)


def _base64(data: bytes) -> Iterator[bytes]:
    """The part of its base64 that does not depend on what stands around it, at each of the three places to begin."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + data)
        begin = (0, 2, 3)[before]
        end = (before + len(data)) // 3 * 4 + (0, 1, 2)[(before + len(data)) % 3]
        inner = whole[begin:end]
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))
    for text, width in product((data, data + b"\n"), (64, 76)):  # as `base64` and `openssl` break their lines
        whole = base64.b64encode(text)
        if len(whole) > width:
            yield from (
                line for at in range(0, len(whole), width) if len(line := whole[at : at + width]) >= SHORTEST_LINE
            )
