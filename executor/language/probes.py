"""Probes as they are written, to Probe."""

from __future__ import annotations

import re
from collections.abc import Mapping

from executor.language import leaves, regex
from executor.language.draft import Draft
from executor.language.nodes import ListNode, MapNode, Node, Scalar
from executor.language.wording import quoted
from executor.model.leaves import Duration, Kind, Text, Value
from executor.model.probes import FileProbe, Http, Probe, Resources, Service, ShellProbe, Tcp, Tls, Verb


def probes(draft: Draft, node: Node | None) -> tuple[Probe, ...]:
    """A list of probes; none where nothing is written."""
    if not isinstance(node, ListNode):
        return ()
    return tuple(probe(draft, item) for item in node.items)


def probe(draft: Draft, node: Node) -> Probe:
    """One probe with its times."""
    items = node.items if isinstance(node, MapNode) else {}
    if isinstance(node, MapNode):
        draft.mappings[node.place] = node

    def time(key: str) -> Duration | None:
        return leaves.duration(draft, items[key]) if key in items else None

    return Probe(
        _verb(draft, items),
        source="control" if "from" in items and leaves.written(items["from"]) == "control" else "host",
        expect=leaves.expression(draft, items["expect"]) if "expect" in items else None,
        within=time("within"),
        every=time("every"),
        hold=time("hold"),
        failing_for=time("failing_for"),
        over=time("over"),
        name=leaves.plain_line(draft, items["name"]) if "name" in items else "",
        place=node.place,
    )


def _verb(draft: Draft, items: Mapping[str, Node]) -> Verb:
    match items:
        case {"http": MapNode(items=inner)}:
            return _http(draft, inner)
        case {"tcp": MapNode(items=inner)}:
            return Tcp(leaves.number(draft, inner["port"]), _line(draft, inner, "host"))
        case {"tls": MapNode(items=inner)}:
            return _tls(draft, inner)
        case {"shell": node}:
            return _shell(draft, node)
        case {"file": MapNode(items=inner)}:
            return _file(draft, inner)
        case {"service": node}:
            return Service(leaves.line(draft, node))
        case {"resources": MapNode(items=inner)}:
            return _resources(draft, inner)
    raise AssertionError("the schema asks for one verb")


def _line(draft: Draft, items: Mapping[str, Node], key: str) -> Text | None:
    return leaves.line(draft, items[key]) if key in items else None


def _pattern(draft: Draft, items: Mapping[str, Node], key: str) -> Text | None:
    """A regular expression; what is no template is tried at once."""
    if key not in items:
        return None
    found = leaves.text(draft, items[key])
    if isinstance(found, str):
        check_pattern(draft, found, items[key])
    return found


def check_pattern(draft: Draft, pattern: str, node: Node) -> None:
    """Note a problem where `pattern` is no regular expression."""
    if regex.compiled(pattern) is None:
        draft.say(f"{quoted(pattern)} is not a regular expression", node.place, regex.HINT, "pattern")


def _http(draft: Draft, items: Mapping[str, Node]) -> Http:
    def time(key: str) -> Duration | None:
        return leaves.duration(draft, items[key]) if key in items else None

    url = leaves.line(draft, items["url"])
    if isinstance(url, str) and not url.startswith(("http://", "https://")):
        draft.say(
            f"{quoted(url)} is no address for http",
            items["url"].place,
            "it begins with http:// or https://",
            "url",
        )
    return Http(
        url=url,
        method=_line(draft, items, "method") or "GET",
        headers=leaves.texts(draft, items.get("headers")),
        data=leaves.text(draft, items["data"]) if "data" in items else None,
        status=tuple(leaves.number(draft, item) for item in leaves.each(items["status"])) if "status" in items else (),
        body=_pattern(draft, items, "body"),
        json=_json(draft, items.get("json")),
        max_time=time("max_time"),
        max_error_rate=leaves.fraction(draft, items["max_error_rate"]) if "max_error_rate" in items else None,
        p50=time("p50"),
        p95=time("p95"),
        p99=time("p99"),
        min_samples=leaves.number(draft, items["min_samples"]) if "min_samples" in items else None,
    )


def _json(draft: Draft, node: Node | None) -> dict[str, Value]:
    if not isinstance(node, MapNode):
        return {}
    # Not needed by most runbooks, and not free to import.
    from jmespath import compile as compile_path  # noqa: PLC0415 - see above
    from jmespath.exceptions import JMESPathError  # noqa: PLC0415 - see above

    for path in node.items:
        try:
            compile_path(path)
        except (JMESPathError, RecursionError):
            draft.say(
                f"{quoted(path)} is not a JMESPath expression",
                node.keys[path],
                'for example: version, data.items[0].name, "a-key".value',
                "jmespath",
            )
    return {path: leaves.value(draft, item) for path, item in node.items.items()}


def _tls(draft: Draft, items: Mapping[str, Node]) -> Tls:
    return Tls(
        port=leaves.number(draft, items["port"]) if "port" in items else 443,
        host=_line(draft, items, "host"),
        name=_line(draft, items, "name"),
        days_left=leaves.number(draft, items["days_left"]) if "days_left" in items else None,
        fingerprint=_fingerprint(draft, items),
    )


def _fingerprint(draft: Draft, items: Mapping[str, Node]) -> Text | None:
    found = _line(draft, items, "fingerprint")
    if isinstance(found, str) and not re.fullmatch(r"[0-9A-Fa-f]{64}", found.replace(":", "")):
        draft.say(
            f"{quoted(found)} is not a SHA-256 fingerprint",
            items["fingerprint"].place,
            "it has 64 hexadecimal digits, with or without colons",
            "fingerprint",
        )
    return found


def _shell(draft: Draft, node: Node) -> ShellProbe:
    if isinstance(node, Scalar):
        return ShellProbe(leaves.shell(draft, node))
    items = node.items if isinstance(node, MapNode) else {}
    return ShellProbe(
        leaves.shell(draft, items["cmd"]),
        rc=leaves.number(draft, items["rc"]) if "rc" in items else 0,
        stdout=_pattern(draft, items, "stdout"),
    )


def _file(draft: Draft, items: Mapping[str, Node]) -> FileProbe:
    return FileProbe(
        path=leaves.line(draft, items["path"]),
        exists=leaves.flag(draft, items["exists"]) if "exists" in items else True,
        contains=_pattern(draft, items, "contains"),
        max_age=leaves.duration(draft, items["max_age"]) if "max_age" in items else None,
    )


def _resources(draft: Draft, items: Mapping[str, Node]) -> Resources:
    disk, memory, load = (
        found.items if isinstance(found := items.get(key), MapNode) else {} for key in ("disk", "memory", "load")
    )
    return Resources(
        disk_path=_line(draft, disk, "path"),
        disk_max_used=leaves.fraction(draft, disk["max_used"]) if disk else None,
        memory_max_used=leaves.fraction(draft, memory["max_used"]) if memory else None,
        load_max=leaves.number(draft, load["max"], Kind.NUMBER) if load else None,
    )
