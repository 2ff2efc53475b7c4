"""Uses of sealed plans as hosts know them: a file for each in ~/.runbook, so that other machines learn of it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Mapping
from queue import SimpleQueue
from typing import Protocol

from executor.hosts.errors import ConnectionFailed
from executor.hosts.protocol import Host, Job
from executor.locks.asking import ask_all
from executor.sealing.uses import Use, uses_in

PATIENCE = 30.0  # seconds in which a host must have answered
DAYS = 400  # that a mark is kept

_TOPS = """\
umask 077
digest={digest}
line={line}
exec 2>/dev/null
set -- "$HOME/.runbook" "/var/tmp/.runbook-$(id -u)"
"""

# One who finds its own line is another name of a host that has just been marked.
_MARK = """\
for top; do
	file=$top/plans/$digest
	[ -f "$file" ] || continue
	while read -r found; do
		[ "$found" != "$line" ] || { echo marked; exit; }
	done <"$file"
	echo used
	cat "$file"
	[ "$again" ] || exit
	printf '%s\\n' "$line" >>"$file"
	exit
done
for top; do
	{ [ -d "$top" ] || mkdir -p "$top"; } && [ ! -L "$top" ] && [ -O "$top" ] || continue
	{ [ -d "$top/plans" ] || mkdir "$top/plans"; } && [ ! -L "$top/plans" ] && [ -O "$top/plans" ] || continue
	find "$top/plans" -type f -mtime +DAYS -exec rm -f {} +
	file=$top/plans/$digest
	(set -C; printf '%s\\n' "$line" >"$file") && { echo marked; exit; }
	[ ! -f "$file" ] || { echo used; cat "$file"; exit; }
done
echo failed
""".replace("DAYS", str(DAYS))

_WITHDRAW = """\
for top; do
	file=$top/plans/$digest
	[ -f "$file" ] && [ -O "$file" ] || continue
	grep -vxF -e "$line" "$file" >"$file.new"
	if [ -s "$file.new" ]; then mv -f "$file.new" "$file"; else rm -f "$file" "$file.new"; fi
done
echo gone
"""


class Party(Protocol):
    """The hosts of a run, as far as marks need them."""

    def host(self, name: str) -> Host: ...

    def connect(self, names: Collection[str], told: Callable[[str, float, ConnectionFailed | None], None]) -> None: ...


def mark(party: Party, names: Collection[str], digest: str, use: Use, *, again: bool) -> Mapping[str, tuple[Use, ...]]:
    """Connect to the hosts and note the use there (blocking). Returns, by host, the uses that were known before.

    Where there are some and this is not `again`, no host keeps a mark of it. A host that cannot be reached, or written
    to, is passed over: what the run does about it is not asked here.
    """
    there = reached(party, names)
    head = _TOPS.format(digest=digest, line=shlex.quote(use.line())) + f"again={'yes' if again else ''}\n"
    job = _job(f"plan-use-{use.run}", head + _MARK)
    found: dict[str, tuple[Use, ...]] = {}
    for host, _end, stdout in ask_all(party.host, dict.fromkeys(there, job), PATIENCE):
        first, _, rest = stdout.decode("ascii", "replace").partition("\n")
        if first == "used":
            found[host] = uses_in(rest) or uses_in("?")
    if found and not again:
        withdraw(party, there, digest, use)
    return {host: found[host] for host in names if host in found}


def reached(party: Party, names: Collection[str]) -> list[str]:
    """Connect to hosts, side by side (blocking). Returns those that could be."""
    met: SimpleQueue[tuple[str, bool]] = SimpleQueue()
    party.connect(names, lambda name, _seconds, failure: met.put((name, failure is None)))
    return [name for name, there in (met.get() for _ in names) if there]


def withdraw(party: Party, names: Collection[str], digest: str, use: Use) -> None:
    """Take the marks of a use back, on hosts that are connected to (blocking), as far as they answer."""
    job = _job(f"plan-unused-{use.run}", _TOPS.format(digest=digest, line=shlex.quote(use.line())) + _WITHDRAW)
    for _ in ask_all(party.host, dict.fromkeys(names, job), PATIENCE):
        pass  # a mark that stays there makes somebody ask, and --again answers


def _job(name: str, script: str) -> Job:
    return Job(name, script, executable="/bin/sh", timeout=PATIENCE, read_only=True)
