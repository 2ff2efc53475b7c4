"""What a step is called that has no name of its own, once its command is rendered."""

from __future__ import annotations

from executor.model.actions import Action, Copy, Fetch, Script, Shell, Symlink, TemplateFile, Unarchive
from executor.model.leaves import Text
from executor.templates import sketch

_LONGEST = 60  # characters


def title(action: Action, otherwise: str) -> str:
    """The command's first line, or what is done to which file. `otherwise` for actions without either."""
    match action:
        case Shell(script=script):
            first = next((line.strip() for line in _said(script).splitlines() if line.strip()), otherwise)
            return first if len(first) <= _LONGEST else first[: _LONGEST - 1] + "…"
        case Script(file=file):
            return f"script {_said(file)}"
        case TemplateFile(dest=dest):
            return f"template {_said(dest)}"
        case Copy(dest=dest) | Symlink(dest=dest) | Unarchive(dest=dest) | Fetch(dest=dest):
            return f"{type(action).__name__.lower()} {_said(dest)}"
    return otherwise


def _said(text: Text) -> str:
    return text if isinstance(text, str) else sketch(text)
