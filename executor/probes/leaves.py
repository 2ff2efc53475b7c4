"""The values of leaves that have been filled."""

from __future__ import annotations

from executor.model.secrets import revealed


def number(leaf: object) -> float | None:
    """A number or a duration in seconds; None where nothing was said. TypeError for a leaf that was not filled."""
    if leaf is None:
        return None
    if isinstance(leaf, int | float):
        return float(leaf)
    raise TypeError(f"{leaf!r} has not been filled")


def handed(leaf: object) -> str:
    """A text, also where it is a secret: for what is sent over a connection, or is a command's environment or input."""
    found = revealed(leaf)
    if found is None:
        raise TypeError(f"{leaf!r} has not been filled")
    return found


def text(leaf: object) -> str:
    """A text. TypeError for a leaf that was not filled."""
    if isinstance(leaf, str):
        return leaf
    raise TypeError(f"{leaf!r} has not been filled")


def optional(leaf: object) -> str | None:
    """A text, or None where nothing was said."""
    return None if leaf is None else text(leaf)
