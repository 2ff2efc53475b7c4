"""Reads a script as a POSIX shell does, to find the context of each interpolation in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto

from executor.templates.faults import Fault

HOLE = "\0"  # a script cannot hold one, so it marks the interpolations


class Context(Enum):
    BARE = auto()
    SINGLE = auto()  # within '…'
    DOUBLE = auto()  # within "…"
    ARITHMETIC = auto()  # within $((…))
    COMMENT = auto()


_WAY_ROUND = 'give the value to the script through `environment:` (and write "$NAME" here) or `stdin:`'
_DEEPEST = 60


@dataclass(slots=True)
class Reader:
    """A recursive descent through a script: each method begins at its construct and ends behind it."""

    text: str
    at: int = 0
    depth: int = 0
    found: dict[int, Context] = field(default_factory=dict)
    words: dict[int, tuple[int, int]] = field(default_factory=dict)  # of each interpolation, the innermost
    loose: list[int] = field(default_factory=list)  # interpolations whose word goes on
    pipes: list[int] = field(default_factory=list)
    tests: list[tuple[int, int]] = field(default_factory=list)  # `[[ … ]]` that compare numbers
    copying: int = 0  # the depth of a word behind `>&`: bash expands what it expands to once more
    documents: list[tuple[str, bool]] = field(default_factory=list)  # here-documents that wait for their line's end

    def bare(self, closing: str) -> None:
        """Commands, up to the `)` that closes them or to the end of the script."""
        opened = self.at - 1
        self._deeper(opened)
        words = _Words(self)
        while self.at < len(self.text):
            char = self.text[self.at]
            match char:
                case "\n":
                    words.end(separator=True)
                    self.at += 1
                    self._here_documents()
                case " " | "\t" | "\r":
                    words.end()
                    self.at += 1
                case "#" if words.start is None:
                    self.comment()
                case ")":
                    words.end()
                    self.at += 1
                    if closing and not words.cases:
                        self.depth -= 1
                        return
                    words.command = True  # behind a pattern of `case`, or a parenthesis that nothing opened
                case "(":
                    self._parenthesis(words)
                case ";" | "&" | "|":
                    words.end(separator=True)
                    self._pipe(words)
                    self.at += 1
                case "<" | ">":
                    words.end()
                    self._redirection()
                case _:
                    words.begin()
                    self._part(char)
        words.end()
        if closing:
            raise Fault("the parenthesis that opens here is never closed", start=opened)
        self.depth -= 1

    def _part(self, char: str) -> None:
        """A piece of a word."""
        match char:
            case "\0":
                self._hole(Context.BARE)
            case "\\":
                self._escaped()
            case "'":
                self.single()
            case '"':
                self.double()
            case "`":
                self.backquote()
            case "$":
                self.dollar(quoted=False)
            case _:
                self.at += 1

    def single(self) -> None:
        start = self.at
        self.at += 1
        while self._more(start, "quote"):
            char = self.text[self.at]
            if char == HOLE:
                self._hole(Context.SINGLE)
                continue
            self.at += 1
            if char == "'":
                return

    def double(self) -> None:
        start = self.at
        self.at += 1
        while self._more(start, "quote"):
            match self.text[self.at]:
                case '"':
                    self.at += 1
                    return
                case "\0":
                    self._hole(Context.DOUBLE)
                case "\\":
                    self._escaped()
                case "`":
                    self.backquote()
                case "$":
                    self.dollar(quoted=True)
                case _:
                    self.at += 1

    def dollar(self, *, quoted: bool) -> None:
        start = self.at
        self.at += 1
        rest = self.text[self.at : self.at + 2]
        if rest[:1] == HOLE:
            raise _refused("right behind a $", self.at, hint="write \\$ for a dollar sign as text")
        if rest == "((":
            self.at += 2
            self.arithmetic(start)
        elif rest[:1] == "(":
            self.at += 1
            self.bare(closing=")")
        elif rest[:1] == "{":
            self.at += 1
            self.parameter(start, quoted=quoted)
        elif rest[:1] == "'" and not quoted:
            self.ansi(start)

    def parameter(self, start: int, *, quoted: bool) -> None:
        """The inside of `${…}`."""
        self._deeper(start)
        while self._more(start, "${"):
            match self.text[self.at]:
                case "}":
                    self.at += 1
                    self.depth -= 1
                    return
                case "\0":
                    raise _refused("within ${…}", self.at)
                case "\\":
                    self._escaped()
                case "'" if quoted:
                    self._quote_in_quotes()
                case "'":
                    self.single()
                case '"':
                    self.double()
                case "`":
                    self.backquote()
                case "$":
                    self.dollar(quoted=quoted)
                case _:
                    self.at += 1

    def _quote_in_quotes(self) -> None:
        """A `'` within `"${…}"` quotes in some shells and stands for itself in others."""
        end = self.text.find("'", self.at + 1)
        if end < 0 or set(self.text[self.at + 1 : end]) & set('}"$`\\\n\0'):
            raise self._ambiguous('a \' within "${…}"')
        self.at = end + 1

    def arithmetic(self, start: int) -> None:
        """The inside of `$((…))` or `((…))`."""
        self._deeper(start)
        parentheses = 2
        while parentheses and self._more(start, "(("):
            match self.text[self.at]:
                case "\0":
                    self._hole(Context.ARITHMETIC)
                case "$":
                    self.dollar(quoted=True)
                case "`":
                    self.backquote()
                case char:
                    parentheses += {"(": 1, ")": -1}.get(char, 0)
                    self.at += 1
        self.depth -= 1

    def ansi(self, start: int) -> None:
        """bash's `$'…'`, which other shells read as a dollar sign and a quoted text."""
        self.at += 1
        while self._more(start, "quote"):
            match self.text[self.at]:
                case "\0":
                    raise _refused("within $'…'", self.at)
                case "\\" if self.text[self.at + 1 : self.at + 2] == "'":
                    raise self._ambiguous("\\' within $'…'")
                case "\\":
                    self._escaped()
                case "'":
                    self.at += 1
                    return
                case _:
                    self.at += 1

    def backquote(self) -> None:
        start = self.at
        self.at += 1
        while self._more(start, "backquote"):
            match self.text[self.at]:
                case "`":
                    self.at += 1
                    return
                case "\0":
                    raise _refused("within backquotes", self.at, hint="write $(…) instead of `…`")
                case "\\":
                    self._escaped()
                case _:
                    self.at += 1

    def comment(self) -> None:
        while self.at < len(self.text) and self.text[self.at] != "\n":
            if self.text[self.at] == HOLE:
                self._hole(Context.COMMENT)
            else:
                self.at += 1

    def _pipe(self, words: _Words) -> None:
        """Note a `|` that joins commands: not `||`, not `>|`, and not between the patterns of a `case`."""
        around = self.text[max(0, self.at - 1) : self.at + 2]
        of_case = words.cases and _PATTERN.match(self.text, self.at)
        if self.text[self.at] == "|" and "||" not in around and not around.startswith(">") and not of_case:
            self.pipes.append(self.at)

    def _parenthesis(self, words: _Words) -> None:
        start = self.at
        if self.text.startswith("((", self.at) and words.start is None and words.command:
            self.at += 2
            self.arithmetic(start)
            words.command = False
            return
        words.end(separator=True)
        self.at += 1
        self.bare(closing=")")
        words.command = True

    def _redirection(self) -> None:
        """`<`, `>`, `>&`; `<<WORD` and `<<-WORD`, whose text comes later; and `<<<`, behind which a word stands."""
        if self.text.startswith("<<<", self.at):
            self.at += 3
        elif self.text.startswith("<<", self.at):
            self._here_document()
        else:
            self.at += 1
            if self.text.startswith("&", self.at):
                self.at += 1
                self.copying = self.depth

    def _here_document(self) -> None:
        operator = re.compile(r"<<-?[ \t]*").match(self.text, self.at)
        assert operator is not None  # noqa: S101 -- the caller has seen the `<<`
        self.at = operator.end()
        word = re.compile(r"(?:\\.|'[^']*'|\"[^\"]*\"|[^\s;&|<>()'\"\\])*", re.DOTALL).match(self.text, self.at)
        assert word is not None  # noqa: S101 -- it matches nothing, too
        if HOLE in word[0]:
            raise _refused("in the end mark of a here-document", self.at + word[0].index(HOLE))
        self.at = word.end()
        self.documents.append((re.sub(r"['\"\\]", "", word[0]), operator[0].startswith("<<-")))

    def _here_documents(self) -> None:
        for mark, tabs in self.documents:
            while self.at < len(self.text):
                end = self.text.find("\n", self.at)
                end = len(self.text) if end < 0 else end
                line = self.text[self.at : end]
                if HOLE in line:
                    raise _refused("within a here-document", self.at + line.index(HOLE))
                self.at = min(end + 1, len(self.text))
                if (line.lstrip("\t") if tabs else line) == mark:
                    break
        self.documents.clear()

    def _hole(self, context: Context) -> None:
        if self.copying and context is not Context.COMMENT:
            raise _refused("behind >&", self.at, hint="write > for a file")
        self.found[self.at] = context
        self.loose.append(self.at)
        self.at += 1

    def _escaped(self) -> None:
        if self.text[self.at + 1 : self.at + 2] == HOLE:
            raise _refused("right behind a backslash", self.at + 1, hint="write \\\\ for a backslash as text")
        self.at = min(self.at + 2, len(self.text))

    def _ambiguous(self, what: str) -> Fault:
        return Fault(
            f"shells read {what} in different ways, so that no value has a safe place in this script",
            hint=f"write it otherwise, or {_WAY_ROUND}",
            code="shell-place",
            start=self.at,
        )

    def _more(self, start: int, what: str) -> bool:
        if self.at >= len(self.text):
            raise Fault(f"the {what} that opens here is never closed", start=start, code="shell-syntax")
        return True

    def _deeper(self, start: int) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Fault("this script is nested too deeply to be followed", start=max(start, 0))


_PATTERN = re.compile(r"[^\n()$;&]*\)")  # the rest of the patterns of a `case`, from a `|` on
_COMPUTES = re.compile(r"\s-(?:eq|ne|lt|le|gt|ge|v)\s")
_OPENING = frozenset(["then", "do", "else", "elif", "if", "while", "until", "!", "{", "time"])


@dataclass(slots=True)
class _Words:
    """The words of one list of commands: where each begins, and whether `)` ends a pattern of `case`."""

    reader: Reader
    start: int | None = None
    command: bool = True  # a command's name may come next
    cases: int = 0
    test: int | None = None  # where a `[[` has begun

    def begin(self) -> None:
        if self.start is None:
            self.start = self.reader.at

    def end(self, *, separator: bool = False) -> None:
        if self.start is not None:
            span = (self.start, self.reader.at)
            word = self.reader.text[span[0] : span[1]]
            while self.reader.loose and self.reader.loose[-1] >= span[0]:
                self.reader.words[self.reader.loose.pop()] = span
            self._test(word, span)
            if self.command:
                self.cases += {"case": 1, "esac": -1}.get(word, 0)
            self.command = (self.command and word in _OPENING) or (word == "in" and self.cases > 0)
            self.start = None
            if self.reader.copying == self.reader.depth:
                self.reader.copying = 0
        self.command = self.command or separator

    def _test(self, word: str, span: tuple[int, int]) -> None:
        """Note `[[ … ]]` where bash would compute what a value says: `[[ x -eq 1 ]]`."""
        if word == "[[" and self.command:
            self.test = span[0]
        elif word == "]]" and self.test is not None:
            if _COMPUTES.search(self.reader.text, self.test, span[1]):
                self.reader.tests.append((self.test, span[1]))
            self.test = None


def _refused(where: str, at: int, *, hint: str = "") -> Fault:
    """An interpolation whose place cannot be escaped for."""
    way = f"{hint}, or {_WAY_ROUND}" if hint else _WAY_ROUND
    return Fault(f"a value cannot be put safely {where}", hint=way, code="shell-place", start=at)
