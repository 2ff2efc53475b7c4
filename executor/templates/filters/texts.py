"""Filters on texts and paths."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote as percent_encode

from executor.templates import bounds
from executor.templates.filters import patterns
from executor.templates.text import Quoted, Raw, text_of


def upper(value: Any) -> str:
    """In capital letters: `{{ 'abc' | upper }}` is ABC."""
    return text_of(value).upper()


def lower(value: Any) -> str:
    """In small letters."""
    return text_of(value).lower()


def capitalize(value: Any) -> str:
    """The first letter large, the others small."""
    return text_of(value).capitalize()


def title(value: Any) -> str:
    """Every word with a capital letter."""
    return text_of(value).title()


def trim(value: Any, chars: str | None = None) -> str:
    """Without the white space (or the given characters) at both ends."""
    return text_of(value).strip(chars)


def replace(value: Any, old: str, new: str) -> str:
    """Every `old` in the text made `new`, both read as plain text."""
    text = text_of(value)
    bounds.check_method(text, "replace", (text_of(old), text_of(new)))
    return text.replace(text_of(old), text_of(new))


def truncate(value: Any, length: int = 255, end: str = "…") -> str:
    """At most `length` characters; what was cut ends in `end`."""
    text = text_of(value)
    return text if len(text) <= length else text[: max(0, length - len(end))] + end


def indent(value: Any, width: int = 4, first: bool = False) -> str:
    """Every line but the first (`first=true`: it too) moved to the right by `width` spaces."""
    text = text_of(value)
    bounds.check_length(len(text) + max(0, width) * (text.count("\n") + 1))
    space = " " * width
    moved = text.replace("\n", "\n" + space).replace(f"\n{space}\n", "\n\n")
    return space + moved if first else moved


def center(value: Any, width: int = 80) -> str:
    """In the middle of a line of `width` characters."""
    bounds.check_length(width)
    return text_of(value).center(width)


def string(value: Any) -> str:
    """The value as text."""
    return text_of(value)


def split(value: Any, separator: str | None = None, most: int = -1) -> list[str]:
    """The parts between the separators (white space by default), at most `most` splits."""
    return text_of(value).split(separator, most)


def splitlines(value: Any) -> list[str]:
    """The lines of the text, without their ends."""
    return text_of(value).splitlines()


def wordcount(value: Any) -> int:
    """How many words the text has."""
    return len(text_of(value).split())


def basename(value: Any) -> str:
    """The last part of a path: `/srv/app/current` gives current."""
    return posixpath.basename(text_of(value))


def dirname(value: Any) -> str:
    """A path without its last part: `/srv/app/current` gives /srv/app."""
    return posixpath.dirname(text_of(value))


def splitext(value: Any) -> list[str]:
    """A path's root and its extension: `app.tgz` gives ['app', '.tgz']."""
    return list(posixpath.splitext(text_of(value)))


def normpath(value: Any) -> str:
    """A path without `.`, `..` and double slashes, as far as its text tells."""
    return posixpath.normpath(text_of(value))


def path_join(value: Any) -> str:
    """The parts of a list joined to one path."""
    return posixpath.join(*[text_of(part) for part in value])


def regex_replace(value: Any, pattern: str, replacement: str = "", ignorecase: bool = False, count: int = 0) -> str:
    r"""Every match of a regular expression replaced; `\1` and `\g<name>` stand for its groups."""
    return patterns.replace(text_of(value), pattern, replacement, ignorecase=ignorecase, count=count)


def regex_search(value: Any, pattern: str, *groups: str, ignorecase: bool = False, multiline: bool = False) -> Any:
    r"""The first match, or null. With `'\1'` or `'\g<name>'` as arguments: the list of these groups."""
    match = patterns.compiled(pattern, ignorecase=ignorecase, multiline=multiline).search(
        patterns.subject(text_of(value))
    )
    if match is None or not groups:
        return None if match is None else match.group()
    return [match.group(patterns.group_name(group)) for group in groups]


def regex_findall(value: Any, pattern: str, ignorecase: bool = False, multiline: bool = False) -> list[Any]:
    """All matches (or their groups) as a list."""
    found = patterns.compiled(pattern, ignorecase=ignorecase, multiline=multiline).findall(
        patterns.subject(text_of(value))
    )
    return [list(item) if isinstance(item, tuple) else item for item in found]


def regex_escape(value: Any) -> str:
    """The text as a regular expression that matches exactly it."""
    return patterns.escaped(text_of(value))


def urlencode(value: Any) -> str:
    """A text percent-encoded; a mapping as a query string."""
    if isinstance(value, Mapping):
        pairs = (
            (percent_encode(text_of(key), safe=""), percent_encode(text_of(item), safe=""))
            for key, item in value.items()
        )
        return "&".join(f"{key}={item}" for key, item in pairs)
    return percent_encode(text_of(value), safe="/")


def quote(value: Any) -> str:
    """One word for a shell. In `shell:` every value is quoted already, and this changes nothing there."""
    marked = Quoted(
        " ".join(shlex.quote(text_of(item)) for item in value)
        if isinstance(value, list | tuple)
        else shlex.quote(text_of(value))
    )
    marked.plain = value
    return marked


def raw(value: Any) -> str:
    """The value enters a script as it is, not escaped: for options and pieces of script that you wrote yourself."""
    return Raw(" ".join(text_of(item) for item in value) if isinstance(value, list | tuple) else text_of(value))


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    function.__name__: function
    for function in (
        upper,
        lower,
        capitalize,
        title,
        trim,
        replace,
        truncate,
        indent,
        center,
        string,
        split,
        splitlines,
        wordcount,
        basename,
        dirname,
        splitext,
        normpath,
        path_join,
        regex_replace,
        regex_search,
        regex_findall,
        regex_escape,
        urlencode,
        quote,
        raw,
    )
}
