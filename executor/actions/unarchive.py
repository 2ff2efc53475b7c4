"""`unarchive`: a folder made whole or not at all out of an archive; rollback removes it only if this run made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from executor.actions.local import sha256_of
from executor.actions.outcomes import answered
from executor.actions.posix import CannotStart, compose, guard, job_with, plain, step_name
from executor.engine.effects import Perform
from executor.hosts.protocol import Job, JobEnd
from executor.model.actions import Unarchive
from executor.model.outcomes import Result

# How each kind is unpacked: the program, and its command for the archive "$1". What is unpacked belongs to whoever
# unpacks it (-o), also when that is root: the ids in an archive are those of the machine that built it.
_KINDS = {
    (".tar",): ("tar", 'tar -xof "$1"'),
    (".tar.gz", ".tgz"): ("tar", 'tar -xzof "$1"'),
    (".tar.bz2", ".tbz2", ".tbz"): ("tar", 'tar -xjof "$1"'),
    (".tar.xz", ".txz"): ("tar", 'tar -xJof "$1"'),
    (".tar.zst", ".tzst"): ("zstd", 'zstd -dcq < "$1" > "$1.tar" && tar -xof "$1.tar" && rm -f "$1.tar"'),
    (".zip", ".jar", ".war"): ("unzip", 'unzip -q "$1"'),
}


def job(perform: Perform, action: Unarchive, job_id: str, run: str, root: Path) -> Job:
    """Raises CannotStart for an archive that is gone or of an unknown kind."""
    source = root / plain(action.src)
    tool, command = _kind(source)
    values = {
        "dest": plain(action.dest),
        "digest": sha256_of(source),
        "run": run,
        "step": step_name(perform.key),
    }
    functions = (
        f'need_tool() {{ command -v {tool} >/dev/null || refuse "{tool} is not installed on the host"; }}\n'
        f"unpack() {{ {command}; }}\n"
    )
    names = ("mark.sh", "folder_there.sh", "check_unarchive.sh" if perform.dry else "unarchive.sh")
    text = compose(names, values, functions=functions, guard=guard(perform, "not_needed"))
    return replace(job_with(perform, job_id, text), stdin=None if perform.dry else source)


def result(end: JobEnd, stdout: bytes, stderr: bytes) -> Result:
    """`captured` is empty where the folder had been made before."""
    return answered(end, stdout, stderr)[0]


def undo_job(perform: Perform, action: Unarchive, captured: Mapping[str, str], job_id: str, run: str) -> Job:
    """Removes the folder, in one step, if its mark says that this step of this run made it."""
    values = {
        "dest": plain(action.dest),
        "captured": "yes" if captured else "no",
        "dry": "yes" if perform.dry else "no",
        "run": run,
        "step": captured.get("step", step_name(perform.key)),
    }
    return job_with(perform, job_id, compose(("mark.sh", "undo_unarchive.sh"), values))


def _kind(source: Path) -> tuple[str, str]:
    for endings, how in _KINDS.items():
        if source.name.lower().endswith(endings):
            return how
    known = ", ".join(ending for endings in _KINDS for ending in endings)
    raise CannotStart(f"{source.name} is not an archive that is known here: {known}")
