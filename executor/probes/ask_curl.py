"""Asking a URL with what the host has, where its SSH server forwards no ports: curl, else wget."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from urllib.parse import urlsplit

from executor.hosts.protocol import Host
from executor.model.steps import Settings
from executor.probes.answers import Silence, Unasked
from executor.probes.dialling import CURE, FORWARDING
from executor.probes.http import BODY_LIMIT, Reply, Request
from executor.probes.jobs import look, run
from executor.probes.shell import Ran
from executor.probes.words import excerpt

_NEITHER = f"{FORWARDING}, and there is no curl on the host"

# curl reads all that may be secret from its standard input: an argument could be seen by everybody on the host.
_SCRIPT = """\
if command -v curl >/dev/null 2>&1; then
    curl -q -K - 2>&3 | head -c {limit}
elif [ {simple} = yes ] && command -v wget >/dev/null 2>&1; then
    # busybox's has few options, and of some releases -T crashes; its end is that of this whole script.
    options=-q
    case $(wget --version 2>/dev/null) in
        *GNU*) options='-nv -T {seconds} --max-redirect=0 --tries=1 --content-on-error --no-proxy' ;;
    esac
    echo wget
    wget $options -S -O - {url} 2>&3 | head -c {limit}
else
    echo neither
fi 3>&2
"""
_LINE = re.compile(
    rb"\A(?:HTTP/\S+ 1\d\d[^\n]*\n(?:[^\r\n]+\r?\n)*\r?\n)*HTTP/\S+ (\d{3})([^\r\n]*)\r?\n((?:[^\r\n]+\r?\n)*)\r?\n"
)
_TIMES = re.compile(rb"\nrunbook ([\d.]+) ([\d.]+)\n\Z")
_WGET_STATUS = re.compile(r"^\s*(?:wget: server returned error: )?HTTP/\S+ (\d{3})(.*)$", re.MULTILINE)


def ask(request: Request, host: Host, job_id: str) -> Reply | Silence | Unasked:
    """One request, without following redirects."""
    split = urlsplit(request.url)
    # A query and a password may be secret, and wget would have them in its arguments.
    bare = request.method == "GET" and not request.headers and request.data is None
    simple = bare and not split.query and "@" not in split.netloc and not request.secret
    script = _SCRIPT.format(
        limit=BODY_LIMIT + 50_000,
        simple="yes" if simple else "no",
        seconds=max(round(request.limit), 1),
        url=shlex.quote(request.url) if simple else "-",
    )
    job = look(job_id, script, Settings(), request.limit + 5)
    ran = run(host, replace(job, stdin=config(request).encode()))
    if not isinstance(ran, Ran):
        return ran
    if ran.stdout == b"neither\n":
        shown = "" if simple else "; wget would show the request to everybody there"
        return Unasked(f"{host.name}: {_NEITHER}{shown} ({CURE})")
    return _from_wget(ran, request.url) if ran.stdout.startswith(b"wget\n") else _from_curl(ran)


def config(request: Request) -> str:
    """What curl is told, in the form of its configuration files."""
    lines = [
        "silent",
        "show-error",
        "include",
        "globoff",
        'proto = "=http,https"',
        'noproxy = "*"',
        'user-agent = "runbook-probe"',
        f"max-time = {request.limit:g}",
        f"url = {_quoted(request.url)}",
        *(f"header = {_quoted(f'{name}: {value}')}" for name, value in request.headers.items()),
        r'write-out = "\nrunbook %{time_total} %{time_pretransfer}\n"',
    ]
    if request.method == "HEAD":
        lines.append("head")
    else:
        lines.append(f"request = {_quoted(request.method)}")
    if request.data is not None:
        lines.append(f"data-raw = {_quoted(request.data)}")
    return "".join(f"{line}\n" for line in lines)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'


def _from_curl(ran: Ran) -> Reply | Silence | Unasked:
    said = ran.stderr.decode("utf-8", "replace").strip()
    times = _TIMES.search(ran.stdout)
    output = ran.stdout[: times.start()] if times else ran.stdout
    head = _LINE.match(output)
    truncated = head is not None and len(output) - head.end() > BODY_LIMIT
    if head is None or (said and not truncated):
        return Silence(excerpt(re.sub(r"^curl: \(\d+\) ", "", said), 160) or "no answer")
    return Reply(
        status=int(head[1]),
        headers=_headers(head[3].decode("latin-1")),
        body=output[head.end() :][:BODY_LIMIT],
        seconds=max(float(times[1]) - float(times[2]), 0.0) if times else None,
        truncated=truncated,
        reason=head[2].decode("latin-1").strip(),
    )


def _from_wget(ran: Ran, url: str) -> Reply | Silence | Unasked:
    """wget tells no times, and its words for what went wrong differ from one to the other."""
    said = ran.stderr.decode("utf-8", "replace")
    statuses = list(_WGET_STATUS.finditer(said))
    if not statuses:
        return Silence(excerpt(re.sub(r"^wget: ", "", said.strip()), 160) or "no answer")
    headers = _headers(said[statuses[-1].end() :])
    if len(statuses) > 1 and any(urlsplit(to).hostname not in {None, urlsplit(url).hostname} for to in _targets(said)):
        return Silence("it redirects to another host")  # busybox's wget cannot be told to stay
    body = ran.stdout.removeprefix(b"wget\n")
    return Reply(
        status=int(statuses[-1][1]),
        headers=headers,
        body=body[:BODY_LIMIT],
        seconds=None,
        truncated=len(body) > BODY_LIMIT,
        reason=statuses[-1][2].strip(),
    )


def _targets(said: str) -> list[str]:
    return re.findall(r"^\s*location: *(\S+)", said, re.MULTILINE | re.IGNORECASE)


def _headers(block: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in block.splitlines() if ":" in line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
