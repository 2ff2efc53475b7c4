"""Regular expressions as operators write them."""

from __future__ import annotations

import re
import warnings

HINT = "signs such as ( [ * + ? need a backslash before them where they are meant as text"


def compiled(text: str) -> re.Pattern[str] | None:
    """The regular expression; None where the text is none."""
    with warnings.catch_warnings():
        # Python warns of what a later version may read otherwise (`[[a]`): nothing that an operator could act on.
        warnings.simplefilter("ignore", FutureWarning)
        try:
            return re.compile(text)
        except (re.error, RecursionError, OverflowError):
            return None
