"""What came from a host, made safe to show: it cannot drive a terminal, hide text or give a CI system commands."""

from __future__ import annotations

import codecs
import re

MAX_LINE = 2000  # characters of a line that are kept; a gigabyte without a newline stays this small

# C0 and DEL, C1, and what reorders, hides or breaks a line without being seen: the soft hyphen, bidirectional
# controls, zero-width and invisible operators, line and paragraph separators, the byte order mark, interlinear
# marks, lone surrogates and the tag characters.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")
_NAMED = {"\n": "\\n", "\r": "\\r"}

# GitHub reads `::name` at the start of a line and `##[name]` anywhere in it; Azure `##vso[`; TeamCity `##teamcity[`.
_MARKER = re.compile(r"##(?=\w*\[)")
_COMMAND = re.compile(r"^(\s*)::")

_TAB = 8


def visible(text: str) -> str:
    """One line of text as it may be shown: tabs become spaces, colours go, all else that is not seen is escaped."""
    if _UNSAFE.search(text) is None:
        return text
    text = _COLOUR.sub("", text).expandtabs(_TAB)
    return _UNSAFE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    if character in _NAMED:
        return _NAMED[character]
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def inert(line: str) -> str:
    """A line that no CI system takes for a command of its own: a backslash stands in the way, where there is one."""
    if "##" in line:
        line = _MARKER.sub(r"#\\#", line)
    return _COMMAND.sub(r"\1\\::", line) if "::" in line else line


def inert_json(text: str) -> str:
    """The same JSON, in which no text is a command of a CI system's: it is written with an escape."""
    return _MARKER.sub(r"#\\u0023", text) if "##" in text else text


def text_lines(text: str) -> list[str]:
    """A text of several lines, each made visible."""
    return [visible(line) for line in text.replace("\r\n", "\n").split("\n")]


class Lines:
    """Bytes in, lines out: decodes incrementally and in constant memory.

    Invalid UTF-8 stays visible (`\\xff`); a line longer than `limit` characters is cut and marked; a carriage return
    starts the line anew, as it does on a terminal, so that a progress bar is its last state. Lines come out raw: use
    `visible` before showing one.
    """

    def __init__(self, limit: int = MAX_LINE) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="backslashreplace")
        self._limit = limit
        self._line = ""
        self._cut = False
        self._returned = False  # a carriage return was the last character: a newline may follow it

    def feed(self, data: bytes) -> list[str]:
        """The lines that `data` completes, without their newlines."""
        text = self._decoder.decode(data)
        if not text:
            return []
        *whole, rest = text.split("\n")
        lines = []
        for part in whole:
            self._write(part.removesuffix("\r") if part else part)
            lines.append(self._end())
        self._write(rest)
        return lines

    def flush(self) -> list[str]:
        """The last line, where it had no newline. Nothing more comes."""
        tail = self._decoder.decode(b"", final=True)
        if tail:
            self._write(tail)
        return [self._end()] if self._line or self._cut else []

    @property
    def partial(self) -> str:
        """The line that is not complete yet, as far as it is known."""
        return self._line

    def _write(self, text: str) -> None:
        if not text:
            return
        if self._returned:
            self._line, self._cut, self._returned = "", False, False
        if text.endswith("\r"):
            self._returned = True
            text = text.rstrip("\r")
        start = text.rfind("\r")
        if start >= 0:
            self._line, self._cut, text = "", False, text[start + 1 :]
        room = self._limit - len(self._line)
        if len(text) > room:
            self._cut = True
        self._line += text[:room] if room > 0 else ""

    def _end(self) -> str:
        line = self._line + (" … (cut)" if self._cut else "")
        self._line, self._cut, self._returned = "", False, False
        return line
