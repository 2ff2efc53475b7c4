"""What earlier runs have left on hosts: records of their steps, and what their files replaced; shown, and bounded."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from executor.hosts.pool import Hosts
from executor.hosts.protocol import Job, JobEnd
from executor.locks.asking import ask_all

PATIENCE = 120.0  # seconds that all answers together may take

_SCRIPT = """\
exec 2>/dev/null
for base in "$HOME/.runbook" "/var/tmp/.runbook-$(id -u)"; do
	for lock in "$base"/locks/*/*/[1-9]*; do
		case ${lock##*/} in *.*) continue ;; esac
		{ read -r holder && read -r run; } <"$lock" && spared="$spared$run "
	done
done
for base in "$HOME/.runbook" "/var/tmp/.runbook-$(id -u)"; do
	for kind in runs undo; do
		[ -O "$base/$kind" ] && [ ! -L "$base" ] && [ ! -L "$base/$kind" ] && cd "$base/$kind" || continue
		young=" $(find ./* -prune -type d -mtime "-$days" | sed 's,^\\./,,' | tr '\\n' ' ') "
		n=0
		for name in $(ls -t); do
			[ -d "$name" ] && [ ! -L "$name" ] || continue
			n=$((n + 1)) why=-
			[ "$n" -gt "$keep" ] || why=last
			case $young in *" $name "*) why=young ;; esac
			case $spared in *" $name "*) why=spared ;; esac
			set -- $(du -sk "$name")
			echo "$kind $name ${1:-0} $why"
			[ "$why$remove" != -yes ] || rm -rf "./$name"
		done
	done
done
echo end
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """What stays: the last `runs`, those younger than `days`, the `spared` ones, and whatever has a lock there."""

    runs: int
    days: int
    spared: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Leftover:
    """What one run has left in one place: `kind` is `runs` (records) or `undo`; `size` in bytes. It may go."""

    kind: str
    run: str
    size: int
    goes: bool


def look(
    rule: Rule, names: Collection[str], hosts: Hosts, *, become: bool = False
) -> Mapping[str, list[Leftover] | str]:
    """What is there on each host, or why that cannot be told. Changes nothing."""
    return _ask(rule, names, hosts, remove=False, become=become)


def remove(
    rule: Rule, names: Collection[str], hosts: Hosts, *, become: bool = False
) -> Mapping[str, list[Leftover] | str]:
    """Remove what may go; what was there before, or why that cannot be told."""
    return _ask(rule, names, hosts, remove=True, become=become)


def _ask(
    rule: Rule, names: Collection[str], hosts: Hosts, *, remove: bool, become: bool
) -> Mapping[str, list[Leftover] | str]:
    found: dict[str, list[Leftover] | str] = {}
    for user in ("", *(["root"] if become else [])):
        job = replace(_job(rule, remove=remove), become=bool(user))
        jobs = {name: replace(job, id=f"leftovers{user}-{name}") for name in names}
        for name, end, stdout in ask_all(hosts.host, jobs, PATIENCE):
            told, before = _told(end, stdout), found.get(name, [])
            found[name] = told if isinstance(told, str) or isinstance(before, str) else [*before, *told]
    return {name: found[name] for name in names}


def _job(rule: Rule, *, remove: bool) -> Job:
    values = {
        "keep": str(rule.runs),
        "days": str(rule.days),
        "spared": f" {' '.join(rule.spared)} ",
        "remove": "yes" if remove else "no",
    }
    assignments = "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())
    return Job("leftovers", assignments + _SCRIPT, executable="/bin/sh", timeout=PATIENCE, durable=False)


def _told(end: JobEnd, stdout: bytes) -> list[Leftover] | str:
    lines = stdout.decode("utf-8", "replace").splitlines()
    if not lines or lines[-1] != "end":
        return end.detail or "it gave no answer that makes sense"
    return list(_leftovers(lines[:-1]))


def _leftovers(lines: list[str]) -> Iterator[Leftover]:
    for line in lines:
        match line.split():
            case [kind, run, size, why] if size.isdigit():
                yield Leftover(kind, run, int(size) * 1024, why == "-")
