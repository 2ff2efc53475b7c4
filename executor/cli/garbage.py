"""When Python looks for garbage that hangs together in circles: in what works on for long, and nowhere else.

Hardly anything here makes such circles. Looking for them while the program starts, and once more through all that there
is when it ends, took an eighth of a second of every command (Python 3.11).
"""

from __future__ import annotations

import gc


def stay() -> None:
    """What a command makes may stay until it ends. At its start."""
    gc.disable()


def tidy() -> None:
    """From here on look for it, in what is made from here on. Where work begins that can go on for hours."""
    gc.freeze()
    gc.enable()


def leave() -> None:
    """All that is left goes with the process. At its end."""
    gc.freeze()
