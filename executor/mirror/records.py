"""Which jobs of a run a host knows of, and whether they have ended: asked when the run's journal cannot tell all.

Pure: values to text for a plain sh, and back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

Standing: TypeAlias = Literal["ended", "open"]  # open: it runs, or nobody can tell

_LIST = """\
for top in "$HOME/.runbook/runs/{run}/{host}" "/var/tmp/.runbook-$(id -u)/runs/{run}/{host}"; do
	for file in "$top"/[0-9]*.rc; do
		[ -f "$file" ] && [ ! -L "$file" ] || continue
		state=''
		read -r state rest <"$file"
		name=${{file##*/}}
		echo "$state ${{name%.rc}}"
	done
done
echo end
"""


def script(run: str, host: str) -> str:
    """Lists the steps' jobs of a run that this user has begun on the host; see `read`. Both names are plain words."""
    return _LIST.format(run=run, host=host)


def read(output: str) -> Mapping[str, Standing] | None:
    """The jobs' ids and how they stand; None where the host has not told all of them."""
    lines = output.splitlines()
    if not lines or lines[-1] != "end":
        return None
    found: dict[str, Standing] = {}
    for line in lines[:-1]:
        state, _, name = line.partition(" ")
        found[name] = "ended" if state in ("x", "n") else "open"
    return found
