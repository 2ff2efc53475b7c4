"""A run that was fetched goes on with this machine's paths: its project's root, its inventory, its keys for SSH.

Its plan is the one in its journal. Where its hosts are, and who logs in there, stands in that, too; with which key and
by which way is this machine's own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from executor.cli.loading import load_hosts
from executor.cli.options import Sources
from executor.errors import InvalidInput, Problem
from executor.journal.folders import RunFolder, write_private
from executor.model.inventories import HostSpec
from executor.model.plans import Plan
from executor.planning.codec import from_data, to_data
from executor.planning.inputs import sent
from executor.sealing.portable import Spot, portable, settled

_NAME = "here.json"
_NOWHERE = Path("/nonexistent")  # the home on the other machine, which nobody knows


@dataclass(frozen=True, slots=True)
class Here:
    """Where a run's project is on this machine, and what names its inventory; `began`: the project where it began."""

    root: Path
    sources: Sources
    began: Path

    def plan(self, plan: Plan) -> Plan:
        """The plan of a run as it holds here. Raises InvalidInput where the inventory cannot be read."""
        was = Spot(self.began, _NOWHERE, self.began)
        found = from_data(settled(portable(to_data(plan), was), Spot.of(self.root)))
        local = load_hosts(self.sources, self.root).hosts
        return replace(found, hosts={name: _reached_by(local.get(name), spec) for name, spec in found.hosts.items()})

    def sent(self, plan: Plan, known: Mapping[str, str]) -> Mapping[str, str]:
        """Of the files that a run was made of (digests, by where they were), those that it sends, by where they are.

        `plan` is the one that holds here. What it was read from does not matter any more.
        """
        here, was = Spot.of(self.root), Spot(self.began, _NOWHERE, self.began)
        paths = {here.back(was.away(path)): digest for path, digest in known.items()}
        return {path: paths[path] for path in sent(plan) if path in paths}


def note(folder: RunFolder, here: Here) -> None:
    """Keep with a run that it goes on here. Raises RunbookError."""
    words = {"root": str(here.root), "sources": here.sources.flags(absolute=True), "began": str(here.began)}
    write_private(folder.path / _NAME, json.dumps(words).encode())


def here_of(folder: RunFolder) -> Here | None:
    """Where a run that was fetched goes on; None for one that began here. Raises InvalidInput."""
    path = folder.path / _NAME
    if not path.exists():
        return None
    try:
        words = json.loads(path.read_text("utf-8"))
        return Here(Path(words["root"]), Sources.of_flags(words["sources"]), Path(words["began"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(Problem(f"{path} cannot be read: {error}", code="damaged-run")) from error


def _reached_by(local: HostSpec | None, spec: HostSpec) -> HostSpec:
    if local is None:
        return spec
    ours = local.ssh
    ssh = replace(spec.ssh, key=ours.key, known_hosts=ours.known_hosts, config=ours.config, jump=ours.jump)
    return replace(spec, ssh=ssh)
