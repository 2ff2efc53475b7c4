"""Local files that a plan sends: found below the project's root, and there when the plan is made."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from executor.errors import Problem
from executor.language.sources import shown
from executor.model.actions import Action, Copy, Fetch, Script, TemplateFile, Unarchive
from executor.model.leaves import Kind, Late, Template, Text
from executor.model.places import Place
from executor.planning.scope import Scope
from executor.planning.site import Site
from executor.templates import did_you_mean

LARGEST_TEMPLATE = 4_000_000  # bytes


def content_of(action: Action, site: Site, place: Place, problems: list[Problem]) -> Action:
    """A template action with the text of the file that it names, ready to be rendered; other actions as they are."""
    if not isinstance(action, TemplateFile) or not action.src:
        return action
    path = _below_root(action.src, site, place, problems)
    if path is None:
        return action
    text = _read(path, site, place, problems)
    content = Template(text, Kind.FILE, Place(shown(path), 1, 1, text.count("\n") + 1, 1))
    return replace(action, src=str(path), content=content)


def located(action: Action, site: Site, place: Place, scope: Scope) -> Action:
    """A rendered action with the absolute paths of its local files; what is missing is noted in the scope."""
    match action:
        case Script(file=file):
            return Script(_source(file, site, place, scope), action.args)
        case Copy(src=src) if src is not None:
            return replace(action, src=_source(src, site, place, scope))
        case Unarchive(src=src):
            return Unarchive(_source(src, site, place, scope), action.dest)
        case Fetch(dest=dest):
            return Fetch(action.src, _target(dest, site, place, scope))
    return action


def produced(paths: tuple[Text, ...], site: Site, place: Place) -> None:
    """Note the local files that a step will make."""
    for path in paths:
        if isinstance(path, str):
            site.produced.setdefault(os.path.normpath(Path(site.runbook.root, path)), place)


def _source(path: Text, site: Site, place: Place, scope: Scope) -> Text:
    if not isinstance(path, str):
        return _late_below_root(path, site)
    found = _below_root(path, site, place, scope.problems)
    if found is None or _is_produced(found, site):
        return path if found is None else str(found)
    why = _unusable(found)
    if why:
        hint = "" if found.exists() else _where(found, site, place)
        hint = hint or ("" if found.exists() else "a step before that makes it says so with `produces:`")
        scope.note(Problem(f"the local file {path!r} {why}", place, hint, "local-file"))
    return str(found)


def _target(path: Text, site: Site, place: Place, scope: Scope) -> Text:
    if not isinstance(path, str):
        return _late_below_root(path, site)
    found = _below_root(path, site, place, scope.problems)
    return path if found is None else str(found)


def _late_below_root(path: Template | Late, site: Site) -> Text:
    """A path that only the run knows, put below the root."""
    if not isinstance(path, Late):
        return path
    root = site.runbook.root.rstrip("/").replace("{{", "{{ '{{' }}")
    return Late(
        Template(f"{root}/{path.template.text}", path.template.kind, path.template.place), path.known, path.needs
    )


def _below_root(path: str, site: Site, place: Place, problems: list[Problem]) -> Path | None:
    root = Path(site.runbook.root)
    found = Path(os.path.normpath(root / path))
    real = Path(os.path.realpath(found))
    if real.is_relative_to(os.path.realpath(root)):
        return found
    problem = Problem(
        f"the local file {path!r} is outside of the project's root", place, f"the root is {root}", "outside-root"
    )
    if problem not in problems:
        problems.append(problem)
    return None


def _is_produced(path: Path, site: Site) -> bool:
    return any(str(parent) in site.produced for parent in (path, *path.parents))


def _unusable(path: Path) -> str:
    if not path.exists():
        return "is not there"
    if path.is_dir():
        return "is a folder"
    if not path.is_file():
        return "is not an ordinary file"
    return "" if os.access(path, os.R_OK) else "cannot be read"


def _where(missing: Path, site: Site, place: Place) -> str:
    """Where a file is that is not where it was looked for; "" where nothing like it is near."""
    beside = Path(place.file).resolve().parent / below_root(missing, site)
    if beside.is_file():
        return f"paths begin at the project's root: write {below_root(beside, site)}"
    folder = missing.parent
    return did_you_mean(missing.name, [file.name for file in folder.iterdir()]) if folder.is_dir() else ""


def _read(path: Path, site: Site, place: Place, problems: list[Problem]) -> str:
    why = _unusable(path)
    hint = ""
    if _is_produced(path, site) and not path.exists():
        why, hint = "is made by a step, and a plan needs its text", "render it in the step that makes it, and `copy` it"
    if not why and path.stat().st_size > LARGEST_TEMPLATE:
        why = f"is larger than {LARGEST_TEMPLATE // 1_000_000} MB"
    if not why:
        try:
            return path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            why = "is not UTF-8 text"
        except OSError as error:
            why = f"cannot be read: {(error.strerror or str(error)).lower()}"
    hint = hint or ("" if path.exists() else _where(path, site, place))
    problem = Problem(f"the template {below_root(path, site)!r} {why}", place, hint, "local-file")
    if problem not in problems:
        problems.append(problem)
    return ""


def below_root(path: Path, site: Site) -> str:
    """A path for people: from the project's root."""
    root = Path(site.runbook.root)
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
