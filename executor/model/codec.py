"""Dataclasses of the closed unions to JSON and back, strictly.

A dataclass becomes an object with its class's name under "is"; fields at their default are left out. Enums become
their values, tuples lists, mappings objects. Decoding knows only the classes that it is given, so that
an unknown class or field is a `CodecError`, never a guess.
"""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, TypeAlias

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"

TAG = "is"


class CodecError(ValueError):
    """The data is not what this version of the program writes."""


def encode(value: object) -> Json:
    """A dataclass tree as JSON. Raises CodecError for anything that JSON cannot say (a secret, a set, bytes)."""
    if isinstance(value, Enum):
        return encode(value.value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {TAG: type(value).__name__} | {
            f.name: encode(item)
            for f in dataclasses.fields(value)
            if not _is_default(f, item := getattr(value, f.name))
        }
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise CodecError("a mapping with keys that are not text cannot be written")
        if TAG in value:
            # A user's mapping may have any key; ours must stay recognisable.
            return {TAG: "", "items": [[key, encode(item)] for key, item in value.items()]}
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [encode(item) for item in value]
    raise CodecError(f"a {type(value).__name__} cannot be written")


def _is_default(field: dataclasses.Field[Any], item: object) -> bool:
    if field.default is not dataclasses.MISSING:
        return type(item) is type(field.default) and item == field.default
    if field.default_factory is not dataclasses.MISSING:
        return bool(item == field.default_factory())
    return False


class Decoder:
    """Decodes what `encode` wrote, for the given dataclasses and the enums that their fields name."""

    def __init__(self, classes: Iterable[type]) -> None:
        named = {cls.__name__: cls for cls in classes}
        enums = {name: cls for name, cls in named.items() if issubclass(cls, Enum)}
        self._classes = {name: cls for name, cls in named.items() if dataclasses.is_dataclass(cls)}
        self._shapes = {
            name: {f.name: (_enum_of(f, enums), "tuple" in str(f.type)) for f in dataclasses.fields(cls)}
            for name, cls in self._classes.items()
        }

    def decode(self, data: Json, *, expect: type | None = None) -> Any:
        """The value again. Raises CodecError where the data does not fit; `expect` is the class of the whole."""
        value = self._any(data, tuples=False)
        if expect is not None and not isinstance(value, expect):
            raise CodecError(f"expected {expect.__name__}, found {type(value).__name__}")
        return value

    def _any(self, data: Json, *, tuples: bool) -> Any:
        """`tuples`: the field declares them; in an operator's own values a list stays a list."""
        if isinstance(data, list):
            items = [self._any(item, tuples=tuples) for item in data]
            return tuple(items) if tuples else items
        if not isinstance(data, dict):
            return data
        tag = data.get(TAG)
        if tag is None:
            return {key: self._any(item, tuples=tuples) for key, item in data.items()}
        if tag == "":
            pairs = typing.cast("list[list[Any]]", data["items"])
            return {key: self._any(item, tuples=tuples) for key, item in pairs}
        cls = self._classes.get(tag) if isinstance(tag, str) else None
        if cls is None:
            raise CodecError(f"unknown kind of record: {tag!r}")
        return self._record(cls, {name: item for name, item in data.items() if name != TAG})

    def _record(self, cls: type, fields: Mapping[str, Json]) -> Any:
        shape = self._shapes[cls.__name__]
        arguments = {}
        for name, item in fields.items():
            if name not in shape:
                raise CodecError(f"{cls.__name__} has no field {name!r}")
            enum, tuples = shape[name]
            try:
                arguments[name] = self._any(item, tuples=tuples) if enum is None or item is None else enum(item)
            except ValueError as error:
                raise CodecError(f"{cls.__name__}.{name}: {error}") from error
        try:
            return cls(**arguments)
        except TypeError as error:
            raise CodecError(f"{cls.__name__}: {error}") from error


def _enum_of(field: dataclasses.Field[Any], enums: Mapping[str, type[Enum]]) -> type[Enum] | None:
    """The enum that a field's annotation names. Annotations are texts here, as every module has them postponed."""
    words = re.findall(r"\w+", field.type if isinstance(field.type, str) else field.type.__name__)
    return next((enums[word] for word in words if word in enums), None)
