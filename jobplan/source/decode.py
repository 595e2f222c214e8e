"""JSON values checked against the kinds: the API job with canonical keys. spec: model §1.2–§1.4

Unknown keys are dropped, keys match under case folding, null keys are left out, and the first value of a wrong type
in document order is reported with the server's text.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

from jobplan.errors import JobDecodeError
from jobplan.model.kinds import Kind, Type
from jobplan.source.jsontext import Number, Pairs

_RANGES = {
    "int": (-(2**63), 2**63 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "duration": (-(2**63), 2**63 - 1),
    "int8": (-128, 127),
    "uint8": (0, 2**8 - 1),
    "uint16": (0, 2**16 - 1),
    "uint32": (0, 2**32 - 1),
    "uint64": (0, 2**64 - 1),
}
_ABSENT: Any = object()


class Decoder:
    """One document. `path` names the fields from the wrapper down, without list indexes and map keys."""

    def __init__(self) -> None:
        self.error: str | None = None
        self.path: list[str] = []
        self.owner = ""

    def kind(
        self, cls: type[Kind], value: Any, old: dict[str, Any] | None = None, *, shown_as: str | None = None
    ) -> dict[str, Any]:
        """The API form of an object of `cls`; `old` is what an earlier duplicate of the same key left.

        `shown_as` is the name of the object in error texts; it is empty for a job without an envelope.
        """
        made: dict[str, Any] = {} if old is None else old
        by_wire, by_folded = cls.BY_WIRE, cls.BY_FOLDED
        path, owner = self.path, self.owner
        self.owner = cls.__name__ if shown_as is None else shown_as
        repeated = isinstance(value, Pairs)
        pairs: Iterable[tuple[str, Any]] = value if repeated else value.items()
        for key, item in pairs:
            row = by_wire.get(key)
            if row is None:
                row = by_folded.get(_fold(key))
                if row is None:
                    continue
            wire = row.wire
            if item is None:
                if row.nullable:
                    made.pop(wire, None)
                continue
            path.append(wire)
            earlier = made.get(wire) if made else None
            decoded = self._field(row.type, item, earlier)
            path.pop()
            if decoded is not _ABSENT:
                made[wire] = decoded
        self.owner = owner
        return made

    def _field(self, type_: Type, value: Any, old: Any) -> Any:
        shape = type_.shape
        if shape == "scalar":
            return self._scalar(type_, value)
        if shape == "list":
            if type(value) is not list:
                return self._wrong(value, type_)
            return self._list(type_.of, value, old)
        if not isinstance(value, (dict, Pairs)):
            return self._wrong(value, type_)
        if shape == "object":
            return self.kind(type_.of, value, old)
        return self._map(type_.of, value, old)

    def _list(self, element: Type, value: list[Any], old: Any) -> list[Any]:
        made = []
        for index, item in enumerate(value):
            earlier = old[index] if old is not None and index < len(old) else None
            if item is None:
                # null leaves a scalar or by-value element as it was, and resets a reference
                made.append(earlier if element.shape == "scalar" else None)
                continue
            decoded = self._field(element, item, earlier)
            made.append(None if decoded is _ABSENT else decoded)
        return made

    def _map(self, element: Type, value: Any, old: Any) -> dict[str, Any]:
        made: dict[str, Any] = {} if old is None else old
        for key, item in value if isinstance(value, Pairs) else value.items():
            if item is None:
                made[key] = None
                continue
            decoded = self._field(element, item, None)
            made[key] = None if decoded is _ABSENT else decoded
        return made

    def _scalar(self, type_: Type, value: Any) -> Any:
        name = type_.of
        if name == "string":
            return value if type(value) is str else self._wrong(value, type_)
        if name == "bool":
            return value if value is True or value is False else self._wrong(value, type_)
        if name == "any":
            return self._opaque(value)
        if name == "bytes":
            return self._bytes(type_, value)
        low, high = _RANGES[name]
        if type(value) is int and low <= value <= high:
            return value
        if isinstance(value, Number):
            literal = value.literal
            if literal.removeprefix("-").isdigit() and not (low == 0 and literal.startswith("-")):
                number = int(literal) if len(literal) < 25 else high + 1
                if low <= number <= high:
                    return number
        return self._wrong(value, type_, numeric=True)

    def _opaque(self, value: Any) -> Any:
        """Every number becomes a double. spec: model §1.2"""
        if isinstance(value, str) or value is None or value is True or value is False:
            return value
        if isinstance(value, Pairs):
            return {key: self._opaque(item) for key, item in value}
        if isinstance(value, dict):
            return {key: self._opaque(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._opaque(item) for item in value]
        try:
            number = float(value.literal if isinstance(value, Number) else value)
        except (OverflowError, ValueError):
            number = float("inf")
        except TypeError:
            raise JobDecodeError(f"{'.'.join(self.path)}: {type(value).__name__} is not a JSON value") from None
        if number in (float("inf"), float("-inf")) or number != number:
            return self._wrong(value, Type("scalar", "any", "float64"), numeric=True)
        return number

    def _bytes(self, type_: Type, value: Any) -> Any:
        if isinstance(value, (bytes, bytearray)):
            return bytes(value)
        if isinstance(value, list):
            numbers = [self._scalar(Type("scalar", "uint8", "uint8"), item) for item in value if item is not None]
            return bytes(n for n in numbers if n is not _ABSENT)
        if type(value) is not str:
            return self._wrong(value, type_)
        at = base64_error(value)
        if at is not None:
            if self.error is None:
                self.error = f"illegal base64 data at input byte {at}"
            return _ABSENT
        return base64.b64decode(value.replace("\r", "").replace("\n", ""))

    def _wrong(self, value: Any, type_: Type, *, numeric: bool = False) -> Any:
        if self.error is None:
            place = f"Go struct field {self.owner}.{'.'.join(self.path)}"
            found = described(value, numeric)
            self.error = f"json: cannot unmarshal {found} into {place} of type {type_.spelled}"
        return _ABSENT


def described(value: Any, numeric: bool) -> str:
    """What was found, in the words of a decode error. spec: model §1.4"""
    if isinstance(value, str):
        return "string"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (dict, Pairs)):
        return "object"
    if isinstance(value, list):
        return "array"
    if not numeric:
        return "number"
    return f"number {value.literal if isinstance(value, Number) else value}"


def _fold(key: str) -> str:
    return key.casefold() if key.isascii() else key.replace("\u017f", "s").replace("\u212a", "k").casefold()


_ALPHABET = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")


def base64_error(text: str) -> int | None:
    """The byte at which the server finds base64 text illegal; None: it is legal. spec: model §1.4"""
    data = text.encode("utf-8", "surrogatepass")
    group = 0
    significant = [(at, byte) for at, byte in enumerate(data) if byte not in b"\r\n"]
    index = 0
    while index < len(significant):
        at, byte = significant[index]
        if byte == 0x3D:  # '='
            if group < 2:
                return at
            if group == 2:
                if index + 1 == len(significant):
                    return len(data)
                index += 1
                following = significant[index]
                if following[1] != 0x3D:
                    return following[0] - 1
            return significant[index + 1][0] if index + 1 < len(significant) else None
        if byte not in _ALPHABET:
            return at
        group = (group + 1) % 4
        index += 1
    return len(data) - group if group else None
