"""Probes: questions whose answer is passed, failed or inconclusive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from executor.model.leaves import Duration, Flag, Number, Text, Value
from executor.model.places import NOWHERE, Place


@dataclass(frozen=True, slots=True)
class Http:
    url: Text
    method: Text = "GET"
    headers: Mapping[str, Text] = field(default_factory=dict)
    data: Text | None = None
    status: tuple[Number, ...] = ()  # empty: any 2xx
    body: Text | None = None  # a regular expression that must be found
    json: Mapping[str, Value] = field(default_factory=dict)  # JMESPath -> wanted value
    max_time: Duration | None = None  # one answer must not take longer
    # Over the samples of the look-back:
    max_error_rate: Number | None = None  # a fraction, 0.01 is 1%
    p50: Duration | None = None
    p95: Duration | None = None
    p99: Duration | None = None
    min_samples: Number | None = None


@dataclass(frozen=True, slots=True)
class Tcp:
    port: Number
    host: Text | None = None  # default: the host itself


@dataclass(frozen=True, slots=True)
class Tls:
    port: Number = 443
    host: Text | None = None
    name: Text | None = None  # the name that the certificate must bear; default: host
    days_left: Number | None = None
    fingerprint: Text | None = None  # SHA-256, hexadecimal, colons allowed


@dataclass(frozen=True, slots=True)
class ShellProbe:
    script: Text
    rc: Number = 0
    stdout: Text | None = None  # a regular expression that must be found


@dataclass(frozen=True, slots=True)
class FileProbe:
    path: Text
    exists: Flag = True
    contains: Text | None = None  # a regular expression
    max_age: Duration | None = None


@dataclass(frozen=True, slots=True)
class Service:
    unit: Text  # active, and not restarted since the step began


@dataclass(frozen=True, slots=True)
class Resources:
    disk_path: Text | None = None
    disk_max_used: Number | None = None  # a fraction
    memory_max_used: Number | None = None  # a fraction
    load_max: Number | None = None  # one-minute load average


Verb: TypeAlias = Http | Tcp | Tls | ShellProbe | FileProbe | Service | Resources


@dataclass(frozen=True, slots=True)
class Probe:
    """A verb with its times (seconds)."""

    verb: Verb
    source: Literal["host", "control"] = "host"  # `from`
    expect: Text | None = None  # an expression over `result`
    within: Duration | None = None  # keep trying until it passes, at most this long
    every: Duration | None = None
    hold: Duration | None = None  # it must keep passing for this long
    failing_for: Duration | None = None  # how long it may be bad before it counts
    over: Duration | None = None  # the look-back of rates and percentiles
    name: str = ""
    place: Place = NOWHERE
