"""What hosts are asked to do with the copies of a run's journal. Pure: values to text for a plain sh, and back.

A copy lies in the folder that the run has on the host, one for each host, so that hosts that share a home do not meet:

    journal.jsonl plan.json    as they are on the controller, to a barrier
    owner                      "TOKEN BEAT WHO": which controller the run belongs to; BEAT moves for as long as it goes
                               on there, and is `ended` when it has stopped
    taken.TOKEN                the owner who has taken the run over from the controller of that token: it counts, also
                               where its taker has died before it was the owner's file
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

ENDED = "ended"
OTHER, SHORT = 8, 7  # exit codes: the run is somebody else's; the copy is not as long as it should be

_PLACES = """\
umask 077
cd "$HOME/.runbook/runs/{run}/{host}" 2>/dev/null || cd "/var/tmp/.runbook-$(id -u)/runs/{run}/{host}" || exit 9
"""

_READ = """\
held='' beat='' who=''
[ ! -e {folder}owner ] || read -r held beat who <{folder}owner
while [ -n "$held" ] && [ -s {folder}"taken.$held" ]; do read -r held beat who <{folder}"taken.$held"; done
"""
_OWNER = _READ.format(folder="")

_MINE = '[ -z "$held" ] || [ "$held" = {token} ] || {{ echo "$held $beat $who"; exit 8; }}\n'

_WRITE_OWNER = "printf '%s\\n' {owner} >owner.new && mv -f owner.new owner\n"

_LIST = """\
for top in "$HOME/.runbook/runs" "/var/tmp/.runbook-$(id -u)/runs"; do
	for file in "$top"/*{run}*/*/journal.jsonl; do
		[ -f "$file" ] && [ ! -L "$file" ] && [ -O "$file" ] || continue
		folder=${{file%/journal.jsonl}}
		{read}
		echo "$(($(wc -c <"$file"))) $folder"
		echo "${{held:--}} ${{beat:-{ended}}} $who"
	done
done
"""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a run is: `who` for people."""

    token: str
    beat: str
    who: str

    @property
    def over(self) -> bool:
        """It does not go on there."""
        return self.beat == ENDED

    def line(self) -> str:
        return f"{self.token} {self.beat} {self.who}"


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that a host has."""

    host: str
    run: str
    folder: str  # on the host
    size: int  # of the journal, in bytes
    owner: Owner


def put_whole(run: str, host: str, owner: Owner, plan: int, size: int) -> str:
    """Keeps its input as the run's, whatever was there: `plan` bytes of its plan, then `size` of its journal.

    And says whose the run is.
    """
    kept = (
        # Split in a file, as a program that reads a pipe's beginning may swallow more of it.
        f'cat >all.new\n[ "$(wc -c <all.new)" -eq {plan + size} ] || exit {SHORT}\n'
        f"head -c {plan} all.new >plan.new && tail -c +{plan + 1} all.new >journal.new || exit {SHORT}\n"
        f"mv -f plan.new plan.json && mv -f journal.new journal.jsonl && rm -f all.new || exit {SHORT}\n"
    )
    return _begin(run, host, owner.token) + kept + _write(owner)


def append(run: str, host: str, owner: Owner, start: int, size: int) -> str:
    """Puts its input behind the first `start` bytes of the journal, which then has `size`.

    And says where the owner does not go on any more.
    """
    check = f'[ "$(wc -c <journal.jsonl)" -eq {{}} ] || exit {SHORT}\n'
    said = _write(owner) if owner.over else ""
    return _begin(run, host, owner.token) + check.format(start) + "cat >>journal.jsonl\n" + check.format(size) + said


def beat(run: str, host: str, owner: Owner) -> str:
    """Says that the run goes on, or does not any more."""
    return _begin(run, host, owner.token) + _write(owner)


def look(run: str) -> str:
    """Lists the copies of runs whose id has that text in it, two lines each; see `looked`."""
    return _LIST.format(run=_plain(run), ended=ENDED, read=_READ.format(folder='"$folder"/').strip())


def looked(host: str, output: str) -> tuple[Copy, ...]:
    """What `look` has printed. Lines that are none of its own are passed over."""
    lines = output.splitlines()
    found = []
    for first, second in zip(lines[::2], lines[1::2], strict=False):
        size, _, folder = first.partition(" ")
        token, _, rest = second.partition(" ")
        state, _, who = rest.partition(" ")
        if size.isdigit() and folder.count("/") > 2:
            found.append(Copy(host, folder.split("/")[-2], folder, int(size), Owner(token, state, who)))
    return tuple(found)


def show(copy: Copy, name: str) -> str:
    """Prints a file of a copy."""
    return f"cat {shlex.quote(f'{copy.folder}/{name}')}\n"


def take(copy: Copy, new: Owner) -> str:
    """Makes the run the new owner's, if it is still whose it was. Of several that try, one comes through: making a hard
    link is exclusive, and what it names is whole. Asked twice, it is taken once."""
    mine, taken = f"owner.{_plain(new.token)}", f"taken.{_plain(copy.owner.token)}"
    folder = f"umask 077\ncd {shlex.quote(copy.folder)} || exit 9\n"
    still = f'[ "${{held:--}}" = {shlex.quote(copy.owner.token)} ] || {{ echo "$held $beat $who"; exit {OTHER}; }}\n'
    written = f"printf '%s\\n' {shlex.quote(new.line())} >{mine} || exit 9\n"
    once = f"ln {mine} {taken} 2>/dev/null || {{ rm -f {mine}; exit {OTHER}; }}\n"
    already = f'[ "$held" != {shlex.quote(new.token)} ] || exit 0\n'
    return folder + _OWNER + already + still + written + once + f"mv -f {mine} owner\n"


def _begin(run: str, host: str, token: str) -> str:
    return _PLACES.format(run=_plain(run), host=_plain(host)) + _OWNER + _MINE.format(token=shlex.quote(token))


def _write(owner: Owner) -> str:
    return _WRITE_OWNER.format(owner=shlex.quote(owner.line()))


def _plain(text: str) -> str:
    """A word that stands in a path as it is. Raises ValueError for what could be more than that."""
    if not all(c.isalnum() or c in "._@%+=:,-" for c in text):
        raise ValueError(f"{text!r} cannot stand in a path on a host")
    return text
