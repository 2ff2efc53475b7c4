"""`file`: is it there, is it fresh, does it say the right thing?"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from executor.model.probes import FileProbe
from executor.probes.answers import Answer, Silence, Unasked, failed, passed, without_answer
from executor.probes.leaves import number, optional, text
from executor.probes.shell import Ran
from executor.probes.words import duration, excerpt

CONTENT_LIMIT = 1_000_000  # bytes that a regular expression is looked for in

_SCRIPT = """\
case $path in
    '~' | '~/'*) path=${HOME:-/}${path#'~'} ;;
    -*) path=./$path ;;
esac
case $path in
    */*) folder=${path%/*}/ ;;
    *) folder=. ;;
esac
if [ -e "$path" ]; then
    set -- $(stat -L -c '%Y %s' "$path" 2>/dev/null || stat -L -f '%m %z' "$path")
    echo "there $1 $2 $(date +%s)"
    if [ "$content" = yes ]; then head -c "$limit" "$path"; fi
elif [ -d "$folder" ] && [ ! -x "$folder" ]; then
    echo "the user $(id -un) may not look into $folder" >&2
    exit 2
else
    echo absent
fi
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A file, with the beginning of its content where that was asked for. Times are the host's, in seconds."""

    size: int
    age: float
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    pass


def script(verb: FileProbe) -> str:
    """For a POSIX shell on the host; it changes nothing."""
    values = {
        "path": text(verb.path),
        "content": "no" if verb.contains is None else "yes",
        "limit": str(CONTENT_LIMIT + 1),
    }
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items()) + _SCRIPT


def read(verb: FileProbe, ran: Ran | Silence | Unasked) -> Found | Absent | Silence | Unasked:
    """What the script said."""
    if not isinstance(ran, Ran):
        return ran
    head, _, content = ran.stdout.partition(b"\n")
    said = ran.stderr.decode("utf-8", "replace").strip()
    match head.split():
        case [b"absent"]:
            return Absent()
        case [b"there", changed, size, now] if ran.rc == 0:
            age = max(int(now) - int(changed), 0)
            return Found(int(size), age, None if verb.contains is None else content)
        case [b"there", *_]:
            return Silence(f"{text(verb.path)} cannot be read: {excerpt(said, 160)}")
    return Unasked(excerpt(said, 160) or f"nothing could be found out about {text(verb.path)}")


def judge(verb: FileProbe, seen: Found | Absent | Silence | Unasked) -> Answer:
    path, wanted = text(verb.path), verb.exists is not False
    match seen:
        case Silence() | Unasked():
            return without_answer(seen)
        case Absent() if wanted:
            return failed(f"{path} does not exist", {"exists": 0}, result={"exists": False})
        case Absent():
            return passed(f"{path} does not exist", {"exists": 0}, result={"exists": False})
        case Found(size, age, content):
            body = None if content is None else content.decode("utf-8", "replace")
            measured = {"exists": 1, "size": size, "age": age}
            result = {"exists": True, "size": size, "age": age, "content": body}
            wrong = _wrong(verb, path, age, body, wanted)
            if wrong:
                return failed(wrong, measured, result=result)
            return passed(f"{path} is there, changed {duration(age)} ago, {size} bytes", measured, result=result)


def _wrong(verb: FileProbe, path: str, age: float, body: str | None, wanted: bool) -> str:
    limit, pattern = number(verb.max_age), optional(verb.contains)
    if not wanted:
        return f"{path} exists, and should not"
    if limit is not None and age > limit:
        return f"{path} was changed {duration(age)} ago (limit {duration(limit)})"
    if pattern is not None and not re.search(pattern, body or "", re.MULTILINE):
        where = "the first MB of " if len(body or "") > CONTENT_LIMIT else ""
        return f"nothing in {where}{path} matches {pattern!r}"
    return ""
