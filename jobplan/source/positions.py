"""Where the values of a JSON document stand: JSON pointer → line and column, counted from 1."""

from __future__ import annotations

import bisect
import contextlib
import re
from json.decoder import scanstring  # type: ignore[attr-defined]

_WHITE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"[^\s,\]}]+")


def locate(text: str) -> dict[str, tuple[int, int]]:
    """The place of every value of a well-formed JSON text; of an envelope `{"Job": …}`, of the job inside.

    A text that is not well formed gives the places up to the error.
    """
    offsets: dict[str, int] = {}
    with contextlib.suppress(ValueError, IndexError, RecursionError):
        _value(text, _skip(text, 0), "", offsets)
    lines = [0] + [match.end() for match in re.finditer("\n", text)]
    envelope = next((key for key in offsets if key.count("/") == 1 and key.lower() == "/job"), None)
    if envelope is not None:
        offsets = {key[len(envelope) :]: at for key, at in offsets.items() if key.startswith(envelope)}
    return _lines(offsets, lines)


def _lines(offsets: dict[str, int], starts: list[int]) -> dict[str, tuple[int, int]]:
    made = {}
    for pointer, at in offsets.items():
        line = bisect.bisect_right(starts, at)
        made[pointer] = (line, at - starts[line - 1] + 1)
    return made


def _skip(text: str, at: int) -> int:
    match = _WHITE.match(text, at)
    return match.end() if match else at


def _value(text: str, at: int, pointer: str, offsets: dict[str, int]) -> int:
    """Record the value at `at`; gives the offset after it."""
    offsets.setdefault(pointer, at)
    char = text[at]
    if char == '"':
        return int(scanstring(text, at + 1)[1])
    if char == "[":
        at, index = _skip(text, at + 1), 0
        while text[at] != "]":
            at = _skip(text, _value(text, at, f"{pointer}/{index}", offsets))
            index += 1
            if text[at] == ",":
                at = _skip(text, at + 1)
        return at + 1
    if char == "{":
        at = _skip(text, at + 1)
        while text[at] != "}":
            start = at
            key, at = scanstring(text, at + 1)
            at = _skip(text, at)
            inner = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            offsets.setdefault(inner, start)
            at = _skip(text, _value(text, _skip(text, at + 1), inner, offsets))
            if text[at] == ",":
                at = _skip(text, at + 1)
        return at + 1
    match = _SCALAR.match(text, at)
    if match is None:
        raise ValueError(at)
    return match.end()
