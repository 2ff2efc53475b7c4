"""A plan as JSON for tools: what people read in the other forms, with the plan's own values. Version 1.

It is described by plan.schema.json. It cannot be run: a sealed plan is another file.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from executor.model import amounts
from executor.model.leaves import Late, Template
from executor.model.places import Place
from executor.model.plans import Plan, PlannedStage
from executor.model.probes import Probe
from executor.model.steps import Body, Settings
from executor.planning.findings import Finding, Findings, Verdict
from executor.planning.shown.points import Point, points
from executor.planning.shown.probes import probe
from executor.planning.shown.summary import longest_waits
from executor.planning.shown.times import span
from executor.planning.shown.verdicts import told
from executor.planning.shown.words import said
from executor.report.plans.facts import Alike, Role, Round, Sheet, StageFacts, StepFacts, Undo
from executor.report.plans.gather import alike, gather, probes_in_words
from executor.report.safe import inert_json

VERSION: Final = 1

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"


def data(plan: Plan, *, digest: str | None = None, findings: Findings | None = None, whole: bool = False) -> str:
    """The plan as a text of ASCII JSON, the same for the same plan. `whole`: with what files hold that are sent."""
    sheet = gather(plan, findings, each=True, whole=whole)
    return inert_json(json.dumps(_plan(sheet, plan, digest), indent=2)) + "\n"


def _plan(sheet: Sheet, plan: Plan, digest: str | None) -> dict[str, Json]:
    in_all = span(plan)
    return {
        "version": VERSION,
        "name": plan.name,
        "description": plan.description,
        "owner": plan.owner,
        "runbook": sheet.runbook,
        "inventory": list(sheet.inventory),
        "digest": digest,
        "parameters": {
            name: {"value": _value(item), "given": name in plan.fixed} for name, item in plan.params.items()
        },
        "secrets": list(plan.secrets),
        "lock": plan.lock,
        "hosts": list(sheet.hosts),
        "stages": [_stage(stage, stage.planned) for stage in sheet.stages if stage.planned is not None],
        "always": [_step(step) for step in sheet.always],
        "asked": [{"step": one.step, "name": one.name, "questions": list(one.questions)} for one in sheet.asked],
        "rollback": {
            "order": [
                {
                    "step": way.step,
                    "name": way.name,
                    "hosts": list(way.hosts),
                    "how": list(way.how),
                    "no_return": way.no_return,
                }
                for way in sheet.way_back
            ],
            "points": [_point(point) for point in points(plan)],
            "stays": [{"step": step, "name": name} for step, name in sheet.stays],
            "settled": [{"step": step, "name": name} for step, name in sheet.settled],
        },
        "waiting": {"seconds": in_all.waiting, "commands": in_all.commands, "without_timeout": in_all.unbounded},
        "waits": [{"seconds": seconds, "on": on} for seconds, on in longest_waits(plan)],
        "checked": sheet.findings is not None and sheet.findings.checked,
        "unreachable": dict(sheet.findings.unreachable) if sheet.findings is not None else {},
    }


def _point(point: Point) -> dict[str, Json]:
    """What is undone when a stage is given up."""
    return {
        "stage": point.stage.id,
        "undone": [step.id for step in point.undone],
        "end": None if point.end is None else point.end.id,
    }


# --- stages ------------------------------------------------------------------------------------------------------


def _stage(facts: StageFacts, stage: PlannedStage) -> dict[str, Json]:
    total = len(stage.hosts)
    window = stage.max_unavailable
    allowed = amounts.allowed_failures(stage.max_failures, total)
    pause = stage.pause
    parts: dict[Role, list[Json]] = {part.role: [_step(step) for step in part.steps] for part in facts.parts}
    return {
        "id": stage.id,
        "name": stage.name,
        "place": _place(stage.place),
        "skipped": stage.skipped or None,
        "hosts": list(stage.hosts),
        "only_if": [
            {"hosts": list(names), "conditions": list(conditions)}
            for conditions, names in alike(stage.when, lambda found: tuple(map(said, found))).items()
        ],
        "left_out": [{"hosts": list(names), "why": why} for why, names in alike(stage.left_out, str).items()],
        "batches": None if window is not None else [list(batch) for batch in amounts.cut(stage.hosts, stage.serial)],
        "window": None if window is None else amounts.window(window, total),
        "pause": None if pause is None else {"seconds": _value(pause.seconds), "prompt": _value(pause.prompt)},
        "failures": {
            "allowed": allowed,
            "aborts_at": allowed + 1 if allowed < total else None,
            "then": stage.on_failure,
            "scope": stage.rollback_scope,
        },
        "health": [
            {"hosts": list(names), "probes": list(texts)}
            for texts, names in alike(stage.health, probes_in_words).items()
            if texts
        ],
        "watch": [
            {"id": watch.id, "from": watch.source, "hosts": list(names), "probe": text}
            for watch in stage.watch
            for text, names in alike(watch.probes, probe).items()
        ],
        "drain": parts.get("drain", []),
        "steps": parts.get("steps", []),
        "restore": parts.get("restore", []),
        "always": parts.get("always", []),
    }


def _place(place: Place) -> dict[str, Json]:
    return {"file": place.file, "line": place.line, "column": place.column}


# --- steps -------------------------------------------------------------------------------------------------------


def _step(step: StepFacts) -> dict[str, Json]:
    return {
        "id": step.id,
        "name": step.name,
        "place": _place(step.place),
        "once": step.once,
        "read_only": step.read_only,
        "no_return": step.no_return,
        "register": list(step.registers),
        "tags": list(step.tags),
        "needs": [{"name": name, "known": when} for name, when in step.later],
        "groups": [_group(group) for group in step.groups],
    }


def _group(group: Alike) -> dict[str, Json]:
    return {
        "hosts": list(group.hosts),
        "loop": group.loop or None,
        "rounds": [_round(one) for one in group.rounds],
        "finding": None if group.finding is None else _finding(group.finding),
    }


def _finding(finding: Finding) -> dict[str, Json]:
    words = told(finding)
    return {
        "verdict": _kind(finding.verdict),
        "words": words.words,
        "diff": words.diff or None,
        "rounds": [
            {"item": label, "verdict": _kind(verdict), "words": told(Finding(verdict)).words}
            for label, verdict in finding.rounds
        ],
        "for_now": finding.for_now,
    }


def _kind(verdict: Verdict) -> str:
    """`would_change`, of WouldChange."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(verdict).__name__).lower()


def _round(one: Round) -> dict[str, Json]:
    return {
        "item": one.label or None,
        "skipped": one.skipped or None,
        "only_if": list(one.only_if),
        "guards": [{"words": guard.words, "command": guard.command or None} for guard in one.guards],
        "action": _action(one),
        "settings": {} if one.skipped else dict(_settings(one.body)),
        "stdin": one.stdin or None,
        "judged": list(one.judged),
        "apply": one.apply or None,
        "verify": one.verify or None,
        "undo": None if one.undo is None else _undo(one.undo),
    }


def _action(one: Round) -> dict[str, Json]:
    """The action's fields as the runbook names them; of one that is skipped or not to be shown its kind alone."""
    found: dict[str, Json] = {"kind": one.does.kind}
    if one.does.hidden:
        return found | {"hidden": True}
    if one.skipped or one.body is None:
        return found
    held: dict[str, Json] = {} if one.does.sent is None else {"sent": one.does.sent}
    return found | _record(one.body.action) | held


def _settings(body: Body | None) -> Iterator[tuple[str, Json]]:
    """How it runs, as far as that is said. The values of variables that are not to be shown are null."""
    given = Settings() if body is None else body.settings
    for name, value in _record(given).items():
        if isinstance(value, dict) and given.no_log is True:
            yield name, dict.fromkeys(value)
        else:
            yield name, value


def _undo(undo: Undo) -> dict[str, Json]:
    steps: list[Json] = [{"name": name or None, "round": _round(one)} for name, one in undo.steps]
    return {"how": undo.how, "words": undo.words or None, "steps": steps}


# --- values ------------------------------------------------------------------------------------------------------


def _record(record: Any) -> dict[str, Json]:
    """A dataclass by its fields that are set."""
    return {
        field.name: _value(value)
        for field in dataclasses.fields(record)
        if field.name != "place" and (value := getattr(record, field.name)) not in (None, (), {}, "")
    }


def _value(value: Any) -> Json:
    """A value as JSON; what only the run knows is a text that holds it by its name."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Late() | Template():
            return said(value)
        case Probe():
            return {"words": probe(value), "kind": type(value.verb).__name__.lower()} | _record(value.verb)
        case Mapping():
            return {str(key): _value(item) for key, item in value.items()}
        case list() | tuple():
            return [_value(item) for item in value]
    return _record(value) if dataclasses.is_dataclass(value) else str(value)
