"""Dataclasses of the closed unions to JSON and back, strictly.

A dataclass becomes an object with its class's name under "is"; fields at their default are left out. Enums become
their values, tuples lists, mappings objects. Decoding knows only the classes that it is given, and follows the
declared types of their fields, so that an unknown class, field or shape is a `CodecError`, never a guess.
"""

from __future__ import annotations

import dataclasses
import types
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
        return item == field.default_factory()
    return False


class Decoder:
    """Decodes what `encode` wrote, for the given classes."""

    def __init__(self, classes: Iterable[type]) -> None:
        self._classes = {cls.__name__: cls for cls in classes}
        self._shapes = {
            name: {f.name: hint for f, hint in _fields_with_hints(cls)} for name, cls in self._classes.items()
        }

    def decode(self, data: Json, *, expect: type | None = None) -> Any:
        """The value again. Raises CodecError where the data does not fit; `expect` is the class of the whole."""
        value = self._any(data)
        if expect is not None and not isinstance(value, expect):
            raise CodecError(f"expected {expect.__name__}, found {type(value).__name__}")
        return value

    def _any(self, data: Json) -> Any:
        if isinstance(data, list):
            return tuple(self._any(item) for item in data)
        if not isinstance(data, dict):
            return data
        tag = data.get(TAG)
        if tag is None:
            return {key: self._any(item) for key, item in data.items()}
        if tag == "":
            return {key: self._any(item) for key, item in typing.cast("list[list[Any]]", data["items"])}
        cls = self._classes.get(tag) if isinstance(tag, str) else None
        if cls is None:
            raise CodecError(f"unknown kind of record: {tag!r}")
        shape = self._shapes[cls.__name__]
        arguments = {}
        for name, item in data.items():
            if name == TAG:
                continue
            if name not in shape:
                raise CodecError(f"{tag} has no field {name!r}")
            arguments[name] = _fit(self._any(item), shape[name])
        try:
            return cls(**arguments)
        except TypeError as error:
            raise CodecError(f"{tag}: {error}") from error


def _fields_with_hints(cls: type) -> list[tuple[dataclasses.Field[Any], Any]]:
    hints = typing.get_type_hints(cls)
    return [(f, hints[f.name]) for f in dataclasses.fields(cls)]


def _fit(value: Any, hint: Any) -> Any:
    """Turn what JSON flattened (enums, integers where floats belong) back into what the field declares."""
    options = (
        typing.get_args(hint)
        if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union
        else (hint,)
    )
    for option in options:
        if isinstance(option, type) and issubclass(option, Enum) and not isinstance(value, Enum):
            try:
                return option(value)
            except ValueError as error:
                raise CodecError(str(error)) from error
    return value
