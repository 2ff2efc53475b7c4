"""How long a runbook usually takes: what its last run that went well took."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from executor.errors import Exit
from executor.journal.folders import RunFolder, all_runs

_LOOKED_AT = 30  # runs, the newest ones
_LAST_LINE = 256 * 1024  # bytes in which a journal's last line is looked for


def usual_seconds(state: Path, name: str) -> float | None:
    """Seconds that the newest of the kept runs with this name took that was done; None where there is none.

    Only the first and the last line of a journal are looked at, and nothing is proved of them: it is a guess.
    """
    for folder in islice(all_runs(state), _LOOKED_AT):
        try:
            found = _seconds(folder, name)
        except (OSError, ValueError, KeyError, TypeError):
            continue  # not a journal that can be read; whoever asks for the run itself is told
        if found is not None:
            return found
    return None


def _seconds(folder: RunFolder, name: str) -> float | None:
    with folder.journal.open("rb") as file:
        first: dict[str, Any] = json.loads(file.readline())
        if first["event"].get("name") != name:
            return None
        file.seek(max(0, file.seek(0, 2) - _LAST_LINE))
        last: dict[str, Any] = json.loads(file.readlines()[-1])
    if last["event"]["is"] != "RunEnded" or last["event"]["exit"] != Exit.DONE:
        return None
    return (datetime.fromisoformat(last["at"]) - datetime.fromisoformat(first["at"])).total_seconds()
