"""Asking a URL: over a connection that the host opens, or with the host's own curl or wget."""

from __future__ import annotations

import socket
import ssl
import time
from contextlib import closing
from dataclasses import replace
from functools import cache
from http.client import HTTPException
from urllib.parse import urljoin

import urllib3
from urllib3.connection import HTTPConnection
from urllib3.util import Url, parse_url

from executor.hosts.protocol import Host
from executor.model.probes import Http
from executor.model.secrets import REDACTED, is_secret
from executor.probes import ask_curl
from executor.probes.answers import Silence, Unasked
from executor.probes.dialling import Refused, cut_off, dial
from executor.probes.http import BODY_LIMIT, Reply, Request
from executor.probes.leaves import handed, number, text
from executor.probes.words import duration, excerpt

LIMIT = 10.0  # seconds for one answer, where the probe names no other
REDIRECTS = 5
_CHUNK = 65_536


def ask(verb: Http, host: Host, job_id: str, *, link_local: bool = False) -> Reply | Silence | Unasked:
    """The answer; redirects are followed on the same host alone, and not where a redirect is what is wanted."""
    request = Request(
        method=text(verb.method).upper(),
        url=handed(verb.url),
        headers={name: handed(value) for name, value in verb.headers.items()},
        data=None if verb.data is None else handed(verb.data),
        limit=number(verb.max_time) or LIMIT,
        secret=is_secret(verb.url),
    )
    wants_redirect = any(300 <= (number(status) or 0) <= 399 for status in verb.status)
    for turn in range(REDIRECTS + 1):
        reply = _ask_once(request, host, f"{job_id}.{turn}" if turn else job_id, link_local=link_local)
        if wants_redirect or not isinstance(reply, Reply):
            return reply
        following = _redirected(request, reply)
        if following is None:
            return reply
        request = following
    return Silence(f"more than {REDIRECTS} redirects, the last to {excerpt(_shown(request))}")


def _ask_once(request: Request, host: Host, job_id: str, *, link_local: bool) -> Reply | Silence | Unasked:
    try:
        url = parse_url(request.url)
    except urllib3.exceptions.LocationParseError:
        return Silence(f"{_shown(request)!r} is not a URL")
    if url.scheme not in {"http", "https"} or not url.host:
        return Silence(f"{_shown(request)!r} is not a URL that begins with http:// or https://")
    address = url.host.strip("[]")
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        connection = dial(host, address, port, link_local=link_local)
    except Refused as refused:
        if refused.forwarding:
            return ask_curl.ask(request, host, job_id)
        return refused.answer
    with cut_off(connection, request.limit) as line:
        try:
            if url.scheme == "https":
                line.secure(_trust(), _name(request, address))
            return _exchange(request, url, HTTPConnection(address, port), line.wire)
        except ssl.SSLCertVerificationError as error:
            return Silence(f"the certificate is not trusted: {error.verify_message}")
        except (OSError, HTTPException, urllib3.exceptions.HTTPError, ValueError) as error:
            if line.late:
                return Silence(f"no answer within {duration(request.limit)}")
            return Silence(_reason(error))


def _exchange(request: Request, url: Url, connection: HTTPConnection, wire: socket.socket) -> Reply:
    connection.sock = wire  # opened already, by the host
    headers = {"User-Agent": "runbook-probe", **request.headers}
    body = None if request.data is None else request.data.encode()
    began = time.monotonic()
    connection.request(request.method, url.request_uri, body=body, headers=headers, preload_content=False)
    with closing(connection.getresponse()) as response:
        content = b""
        while len(content) <= BODY_LIMIT and (chunk := response.read(_CHUNK)):
            content += chunk
    seconds = time.monotonic() - began
    return Reply(
        status=response.status,
        headers={name.lower(): value for name, value in response.headers.items()},
        body=content[:BODY_LIMIT],
        seconds=seconds,
        truncated=len(content) > BODY_LIMIT,
        reason=response.reason or "",
    )


@cache
def _trust() -> ssl.SSLContext:
    """The authorities that this system trusts."""
    return ssl.create_default_context()


def _name(request: Request, address: str) -> str:
    """The name that the certificate must bear: that of the Host header, where one address serves under another's."""
    for header, value in request.headers.items():
        if header.lower() == "host":
            return parse_url(f"//{value}").host or address
    return address


def _redirected(request: Request, reply: Reply) -> Request | None:
    """The request to follow a redirect with; None where there is none, or none that is followed."""
    location = reply.headers.get("location")
    if reply.status not in {301, 302, 303, 307, 308} or not location or request.method not in {"GET", "HEAD"}:
        return None
    target = urljoin(request.url, location)
    try:
        same = parse_url(target).host == parse_url(request.url).host
    except urllib3.exceptions.LocationParseError:
        return None
    return replace(request, url=target) if same else None


def _shown(request: Request) -> str:
    """The URL for people."""
    return REDACTED if request.secret else request.url


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"the answer is not HTTP: {excerpt(str(error) or type(error).__name__, 160)}"
