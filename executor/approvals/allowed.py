"""Who may sign: the file of allowed signers, as ssh-keygen(1) describes it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import translate

from executor.errors import InvalidInput, Problem
from executor.model.places import Place

_WORD = re.compile(r'"(?P<quoted>[^"]*)"[ \t]+|(?P<bare>[^ \t"]+)[ \t]+')
_OPTION = re.compile(r'(?P<name>[A-Za-z-]+)(?:="(?P<value>(?:[^"\\]|\\.)*)")?(?P<next>,|[ \t]+)')
_KEY = re.compile(r"(?P<kind>(?:ssh|ecdsa|sk|rsa)-[A-Za-z0-9@.-]+)[ \t]+(?P<key>[A-Za-z0-9+/=]+)(?:[ \t].*)?")
_TIME = re.compile(r"(\d{8})(\d{4})?(\d{2})?(Z)?")


@dataclass(frozen=True, slots=True)
class Signer:
    """One line: a key, who has it, and what for. `authority`: the key signs certificates, not plans."""

    principals: tuple[str, ...]  # patterns, as they are written
    key: bytes
    line: int
    authority: bool = False
    namespaces: tuple[str, ...] | None = None  # patterns; None: for everything
    after: datetime | None = None
    before: datetime | None = None

    def why_not(self, namespace: str, now: datetime) -> str:
        """Why the line does not let its key sign for this; "" where it does."""
        if self.authority:
            return "it is there as a certificate authority, and certificates are not understood"
        if self.namespaces is not None and not matches(namespace, self.namespaces):
            return f"it may sign for {','.join(self.namespaces)} alone, not for {namespace}"
        if self.after is not None and now < self.after:
            return f"it is valid only after {self.after:%Y-%m-%d %H:%M:%S %Z}"
        if self.before is not None and now > self.before:
            return f"it was valid only before {self.before:%Y-%m-%d %H:%M:%S %Z}"
        return ""


def signers(text: str, file: str) -> tuple[Signer, ...]:
    """The lines of a file of allowed signers. Raises InvalidInput with every line that makes no sense."""
    found: list[Signer] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip(" \t\r")
        if not stripped or stripped.startswith("#"):
            continue
        try:
            found.append(_signer(stripped, number))
        except ValueError as error:
            place = Place(file, number, 1, number, len(line) + 1)
            hint = 'a line is: name@example.com [namespaces="…",valid-before="…"] ssh-ed25519 AAAA…'
            problems.append(Problem(f"this is no allowed signer: {error}", place, hint, "allowed-signers"))
    if problems:
        raise InvalidInput(*problems)
    return tuple(found)


def _signer(line: str, number: int) -> Signer:
    word = _WORD.match(line)
    if word is None:
        raise ValueError("there is no key after the name")
    principals = _list(word["quoted"] if word["quoted"] is not None else word["bare"])
    rest = line[word.end() :]
    options: dict[str, str] = {}
    if _KEY.fullmatch(rest) is None:
        options, rest = _options(rest)
    key = _KEY.fullmatch(rest)
    if key is None:
        raise ValueError("there is no public key where it should be")
    try:
        blob = base64.b64decode(key["key"], validate=True)
    except binascii.Error:
        raise ValueError("its public key is damaged") from None
    if not blob[4:].startswith(key["kind"].encode()):
        raise ValueError(f"its public key is not of the type {key['kind']}")
    after, before = (_time(options[name]) if name in options else None for name in ("valid-after", "valid-before"))
    if after is not None and before is not None and after >= before:
        raise ValueError("its valid-after is not before its valid-before")
    namespaces = _list(options["namespaces"]) if "namespaces" in options else None
    return Signer(principals, blob, number, "cert-authority" in options, namespaces, after, before)


def _options(text: str) -> tuple[dict[str, str], str]:
    """The options, by their names in small letters, and what follows them."""
    found: dict[str, str] = {}
    at = 0
    while True:
        option = _OPTION.match(text, at)
        if option is None:
            raise ValueError("there is no public key, and no option, after the name")
        name = option["name"].lower()
        if name not in {"cert-authority", "namespaces", "valid-after", "valid-before"}:
            raise ValueError(f"the option {option['name']!r} is not known")
        if name in found or (option["value"] is None) != (name == "cert-authority"):
            raise ValueError(f"the option {option['name']!r} is said twice, or not as it should be")
        found[name] = re.sub(r"\\(.)", r"\1", option["value"] or "")
        at = option.end()
        if option["next"] != ",":
            return found, text[at:]


def _list(text: str) -> tuple[str, ...]:
    words = tuple(word for word in text.split(",") if word)
    if not words:
        raise ValueError("a list in it is empty")
    return words


def _time(text: str) -> datetime:
    """YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, in UTC with a Z behind it, else by the local clock."""
    parts = _TIME.fullmatch(text)
    if parts is None or (parts[3] and not parts[2]):
        raise ValueError(f"{text!r} is no time")
    naive = datetime.strptime(f"{parts[1]}{parts[2] or '0000'}{parts[3] or '00'}", "%Y%m%d%H%M%S")  # noqa: DTZ007  below
    return naive.replace(tzinfo=UTC) if parts[4] else naive.astimezone()


# --- patterns and people -------------------------------------------------------------------------------------------


def matches(text: str, patterns: Iterable[str]) -> bool:
    """Whether a list of patterns means a text: one of them does, and none with a `!` before it."""
    found = False
    for pattern in patterns:
        if pattern.startswith("!"):
            if _glob(pattern[1:], text):
                return False
        elif _glob(pattern, text):
            found = True
    return found


def _glob(pattern: str, text: str) -> bool:
    """`*` and `?` alone are special."""
    return re.fullmatch(translate(pattern.replace("[", "[[]")), text) is not None


def people(lines: Iterable[Signer]) -> Mapping[bytes, int]:
    """For each key the number of the person that it belongs to.

    Keys that share a name are one person's, and so are keys of which a pattern of one means a name of the other: who
    may be the same person never counts as two.
    """
    names: dict[bytes, list[str]] = {}
    for line in lines:
        names.setdefault(line.key, []).extend(name for name in line.principals if not name.startswith("!"))
    persons: dict[bytes, int] = {}
    for number, key in enumerate(names):
        persons[key] = number
        for other in [known for known in persons if known != key and _one(names[known], names[key])]:
            persons = {each: number if person == persons[other] else person for each, person in persons.items()}
    return persons


def _one(first: list[str], second: list[str]) -> bool:
    return any(_glob(a, b) or _glob(b, a) for a in first for b in second)


def lines_of(key: bytes, lines: Iterable[Signer]) -> Iterator[Signer]:
    """The lines that a key stands in."""
    return (line for line in lines if line.key == key)
