"""Sizes in bytes as people write them."""

from __future__ import annotations

import re

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)", re.ASCII)
_UNITS = {
    "": 1,
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KIB": 2**10,
    "MIB": 2**20,
    "GIB": 2**30,
}

LARGEST = 10**12  # bytes; anything beyond is a slip of the pen


def parse_size(text: str) -> int:
    """Bytes from "100MB", "1.5GiB", "500kB" or a bare number of bytes.

    Raises ValueError, with the reason in words for people, for anything else and for more than a terabyte.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None or found[2].upper() not in _UNITS:
        raise ValueError(f"{text.strip()!r} is not a size such as 500KB, 100MB or 1GB")
    size = int(float(found[1]) * _UNITS[found[2].upper()])
    if size > LARGEST:
        raise ValueError(f"{text.strip()!r} is more than a terabyte")
    return size


def size_words(size: float) -> str:
    """A size for people: 100 MB, 1.5 GB."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size:g} bytes"
