"""Taking values out of bytes and texts, also where a value comes in two pieces.

Every form of every secret is looked for; what overlaps is one gap. The common case is output without any secret: it is
searched for a few `cores`, parts that several forms share, and passed on as it is. All searches are those of `bytes`,
whose time does not grow with the product of what is searched and what is looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from executor.model.secrets import REDACTED
from executor.secrets.forms import forms

_MARK = REDACTED.encode()
_HEAD = 4  # bytes with which every form begins at least: the shortest one has so many


class Redactor:
    """Knows what to hide; immutable. False where that is nothing: then nothing needs to be asked of it."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        hidden = frozenset().union(*map(forms, values))
        self._forms = tuple(_Form(form) for form in sorted(hidden, key=lambda form: (-len(form), form)))
        self._cores = tuple(sorted({_core(form) for form in hidden}))
        self.longest = max(map(len, hidden), default=0)  # bytes

    def __bool__(self) -> bool:
        return bool(self._forms)

    def __repr__(self) -> str:
        return f"<redactor of {len(self._forms)} forms>"

    def data(self, data: bytes) -> bytes:
        """The bytes with `[redacted]` for each secret in them."""
        gaps = self.gaps(data)
        return _filled(data, gaps) if gaps else data

    def text(self, text: str) -> str:
        """As `data`. Half characters of a host's output come back as they were."""
        if not self._forms:
            return text
        data = text.encode("utf-8", "surrogatepass")
        gaps = self.gaps(data)
        return _filled(data, gaps).decode("utf-8", "surrogatepass") if gaps else text

    def gaps(self, data: bytes) -> list[tuple[int, int]]:
        """The spans to leave out, in order, none touching another."""
        if not any(core in data for core in self._cores):
            return []
        spans = sorted(span for form in self._forms for span in form.found_in(data))
        gaps: list[tuple[int, int]] = []
        for start, end in spans:
            if gaps and start <= gaps[-1][1]:
                gaps[-1] = gaps[-1][0], max(end, gaps[-1][1])
            else:
                gaps.append((start, end))
        return gaps

    def beginning(self, data: bytes) -> int:
        """How many bytes at the end of `data` may be the beginning of a secret that goes on behind them."""
        return max((form.begun_by(data) for form in self._forms), default=0)


NOTHING_TO_HIDE = Redactor()


class Stream:
    """A stream of bytes, redacted as it comes. Holds back at most `longest` - 1 bytes, and mostly none."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held = b""
        self._covered = 0  # bytes at the beginning of those held that belong to a secret which is marked already

    def feed(self, data: bytes) -> bytes:
        """What can be passed on now."""
        if not self._redactor:
            return data
        return self._pass(self._held + data if self._held else data, last=False)

    def end(self) -> bytes:
        """The rest, when nothing more will come."""
        return self._pass(self._held, last=True) if self._held else b""

    def _pass(self, data: bytes, *, last: bool) -> bytes:
        gaps, covered = self._redactor.gaps(data), self._covered
        held = 0 if last else self._redactor.beginning(data)
        cut = len(data) - held
        written: list[bytes] = []
        at = covered
        for start, end in gaps:
            if start > cut or (start == cut and held):
                break  # found as a whole, and yet the beginning of something longer
            if start > at:
                written.append(data[at:start])
            if start > covered or covered == 0:
                written.append(_MARK)
            at = max(at, end)
        if at < cut:
            written.append(data[at:cut])
        self._held = data[cut:]
        self._covered = max(0, at - cut)
        return b"".join(written) if gaps or at > 0 or held else data


class _Form:
    """One byte string to look for."""

    def __init__(self, form: bytes) -> None:
        self._form = form
        self._again = form[-_period(form) :]  # what must follow for it to stand there once more, overlapping

    def found_in(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Where it stands. A row of overlapping ones is one span: a value like `aaaa` costs no more than others."""
        form, again = self._form, self._again
        start = data.find(form)
        while start >= 0:
            end = start + len(form)
            while len(again) < len(form) and data.startswith(again, end):
                end += len(again)
            yield start, end
            start = data.find(form, end - len(form) + 1)

    def begun_by(self, data: bytes) -> int:
        """The length of the longest end of `data` with which it begins, without being whole."""
        form = self._form
        tail = data[-(len(form) - 1) :]
        head = form[:_HEAD]
        at = tail.find(head)
        while at >= 0:
            if form.startswith(tail[at:]):
                return len(tail) - at
            at = tail.find(head, at + 1)
        return next((size for size in range(min(_HEAD - 1, len(tail)), 0, -1) if tail.endswith(form[:size])), 0)


def _filled(data: bytes, gaps: list[tuple[int, int]]) -> bytes:
    pieces: list[bytes] = []
    at = 0
    for start, end in gaps:
        pieces += (data[at:start], _MARK)
        at = end
    return b"".join([*pieces, data[at:]])


def _core(form: bytes) -> bytes:
    """The longest part of a form that encodings leave as it is, so that several forms have the same."""
    runs = re.findall(rb"[A-Za-z0-9]{4,}", form)
    return max(runs, key=len) if runs else form


def _period(form: bytes) -> int:
    """The smallest shift by which the form matches itself; its length where it does not."""
    borders = [0] * len(form)
    length = 0
    for at in range(1, len(form)):
        while length and form[at] != form[length]:
            length = borders[length - 1]
        if form[at] == form[length]:
            length += 1
        borders[at] = length
    return len(form) - borders[-1]
