"""JSON text of values and values of JSON text.

spec: jobspec §13.5 `jsonencode`, `jsondecode`
"""

from __future__ import annotations

import json
import re

from jobplan.source.jobspec.functions.signature import FunctionError
from jobplan.source.jobspec.numbers import Number, NumberTooLarge, from_text, to_text
from jobplan.source.jobspec.values import (
    NULL,
    Value,
    boolean,
    normalised,
    number,
    object_value,
    string,
    tuple_value,
)

_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_SPECIAL = re.compile("[<>&\u2028\u2029]")


def quoted(text: str) -> str:
    """A JSON string literal as the original writes it."""
    plain = json.dumps(text, ensure_ascii=False).replace("\x7f", "\x7f")
    plain = plain.replace("\\b", "\\b").replace("\\f", "\\f")
    return _SPECIAL.sub(lambda m: _ESCAPED[m[0]], plain)


def encode(value: Value) -> str:
    """Compact text, keys ascending."""
    raw = value.raw
    if raw is None:
        return "null"
    if value.type.kind == "bool":
        return "true" if raw else "false"
    if value.type.kind == "number":
        return to_text(value.number)
    if isinstance(raw, str):
        return quoted(raw)
    if isinstance(raw, dict):
        return "{" + ",".join(f"{quoted(k)}:{encode(v)}" for k, v in raw.items()) + "}"
    return "[" + ",".join(encode(v) for v in raw) + "]"


_SPACE = " \t\n\r"
_TOKEN = re.compile(
    r'[ \t\n\r]*(?:(?P<string>"(?:[^"\\\x00-\x1f]|\\.)*+")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<word>true|false|null)|(?P<mark>[\[\]{},:]))"
)


def decode(text: str) -> Value:
    """Raises FunctionError with the reader's text."""
    reader = _Reader(text)
    value = reader.value()
    if text[reader.at :].strip(_SPACE):
        raise FunctionError("extraneous data after JSON object")
    return value


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def token(self, wanted: str) -> tuple[str, str]:
        found = _TOKEN.match(self.text, self.at)
        if found is None or found.lastgroup is None:
            raise FunctionError(self.fault(wanted))
        self.at = found.end()
        return found.lastgroup, found[found.lastgroup]

    def fault(self, wanted: str) -> str:
        rest = self.text[self.at :].lstrip(_SPACE)
        if not rest:
            return "EOF"
        for word in ("true", "false", "null"):
            if word.startswith(rest) or rest.startswith('"'):
                return "unexpected EOF"
        return _invalid(rest[0], wanted)

    def value(self) -> Value:
        kind, text = self.token("looking for beginning of value")
        if kind == "string":
            return string(self.string(text))
        if kind == "number":
            return number(_number(text))
        if kind == "word":
            return NULL if text == "null" else boolean(text == "true")
        if text == "[":
            return self.array()
        if text == "{":
            return self.object()
        raise FunctionError(f"invalid character '{text}' looking for beginning of value")

    def string(self, text: str) -> str:
        try:
            decoded: str = json.loads(text)
        except ValueError:
            raise FunctionError("invalid character in string escape code") from None
        return normalised(re.sub("[\ud800-\udfff]", "\ufffd", decoded))

    def peek(self, mark: str) -> bool:
        found = _TOKEN.match(self.text, self.at)
        if found is not None and found["mark"] == mark:
            self.at = found.end()
            return True
        return False

    def array(self) -> Value:
        items: list[Value] = []
        if self.peek("]"):
            return tuple_value(items)
        while True:
            items.append(self.value())
            kind, text = self.token("after array element")
            if text == "]" and kind == "mark":
                return tuple_value(items)
            if text != ",":
                raise FunctionError(f"invalid character '{text[0]}' after array element")

    def object(self) -> Value:
        entries: dict[str, Value] = {}
        if self.peek("}"):
            return object_value(entries)
        while True:
            kind, text = self.token("")
            if kind != "string":
                raise FunctionError(_invalid(text[0], ""))
            key = self.string(text)
            kind, text = self.token("after object key")
            if text != ":":
                raise FunctionError(f"invalid character '{text[0]}' after object key")
            entries[key] = self.value()
            kind, text = self.token("after object key:value pair")
            if text == "}" and kind == "mark":
                return object_value(entries)
            if text != ",":
                raise FunctionError(f"invalid character '{text[0]}' after object key:value pair")


def _invalid(character: str, where: str) -> str:
    shown = {"'": "\\'", '"': '"'}.get(character, character)
    return f"invalid character '{shown}' {where}".rstrip()


def _number(text: str) -> Number:
    try:
        value = from_text(text)
    except NumberTooLarge:
        raise FunctionError(f"cannot parse number {text}") from None
    assert value is not None
    return value
