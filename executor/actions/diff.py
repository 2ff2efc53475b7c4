"""What a file action changes, as a unified diff for people."""

from __future__ import annotations

import difflib

LIMIT = 65_536  # bytes of each side
LINES = 400


def diff(old: bytes | None, new: bytes, name: str) -> str:
    """Unified, with at most LINES lines; one sentence where a side is binary or larger than LIMIT. None: no such file.

    The result has a newline at its end, or is empty where nothing differs.
    """
    before = old or b""
    if before == new and old is not None:
        return ""
    if len(before) > LIMIT or len(new) > LIMIT:
        return f"{name}: larger than {LIMIT // 1024} KiB, not shown\n"
    try:
        left, right = _lines(before), _lines(new)
    except UnicodeDecodeError:
        return f"{name}: binary, {len(before)} -> {len(new)} bytes\n"
    label = "/dev/null" if old is None else f"{name} (before)"
    lines = [line + "\n" for line in difflib.unified_diff(left, right, label, f"{name} (after)", lineterm="")]
    if len(lines) > LINES:
        lines = [*lines[:LINES], f"… {len(lines) - LINES} more lines\n"]
    return "".join(lines)


def _lines(text: bytes) -> list[str]:
    """Raises UnicodeDecodeError for what is not text."""
    if b"\0" in text:
        raise UnicodeDecodeError("utf-8", text, 0, 1, "NUL")
    lines = text.decode().split("\n")
    if lines[-1] == "":
        lines.pop()
    elif text:
        lines[-1] += "\n\\ No newline at end of file"
    return lines
