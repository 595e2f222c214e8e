"""JSON as the server reads it. spec: model §1.3, §1.4

Well-formed text goes through the standard library. Only when that refuses it, or when a later stage found something
to report about numbers, does the exact scanner below run: it names the offending character and the place in the
grammar as the server does, keeps number literals, and reads to any depth up to the server's own limit.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Any, NoReturn

from jobplan.errors import JobDecodeError

MAX_DEPTH = 10_000

_SPACE = " \t\r\n"
_SURROGATE = re.compile("[\ud800-\udfff]")
_WHITE, _DIGITS, _PLAIN = re.compile(r"[ \t\r\n]*"), re.compile("[0-9]*"), re.compile(r'[^"\\\x00-\x1f]*')


class Pairs(list[tuple[str, Any]]):
    """An object in which a key is repeated: all pairs in document order."""


class Number:
    """A number with its literal, where the literal matters for an error text."""

    __slots__ = ("literal",)

    def __init__(self, literal: str) -> None:
        self.literal = literal


def decode_bytes(data: bytes) -> str:
    """UTF-8 text; every invalid byte becomes one U+FFFD."""
    return data.decode("utf-8", "jobplan-replace")


def _replace_bytes(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return "\ufffd" * (error.end - error.start), error.end


codecs.register_error("jobplan-replace", _replace_bytes)


def parse(text: str) -> Any:
    """The first JSON value of `text`; objects with repeated keys come as `Pairs`. Raises JobDecodeError."""
    start = len(text) - len(text.lstrip(_SPACE))
    if start == len(text):
        raise JobDecodeError("EOF" if text else "Request body is empty")
    try:
        value, _ = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return Scanner(text).value()
    return _without_surrogates(value) if "\\u" in text or "\\U" in text else value


def parse_exactly(text: str) -> Any:
    """As `parse`, with every number as a `Number` that keeps its literal."""
    return Scanner(text, literals=True).value()


def _object(pairs: list[tuple[str, Any]]) -> Any:
    made = dict(pairs)
    return made if len(made) == len(pairs) else Pairs(pairs)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant)


def _without_surrogates(value: Any) -> Any:
    """Lone surrogate escapes become U+FFFD. spec: model §1.2"""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value) if not value.isascii() else value
    if isinstance(value, list):
        items = [_without_surrogates(item) for item in value]
        return items if not isinstance(value, Pairs) else Pairs(items)
    if isinstance(value, tuple):
        return tuple(_without_surrogates(item) for item in value)
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value


_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_CONTROL = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\v": "\\v"}


def quoted_character(byte: int) -> str:
    """The offending byte as an error text shows it. spec: model §1.4"""
    char = chr(byte)
    if char in "'\\":
        return f"'\\{char}'"
    if char in _CONTROL:
        return f"'{_CONTROL[char]}'"
    if byte < 0x20 or byte == 0x7F:
        return f"'\\x{byte:02x}'"
    if 0x80 <= byte <= 0xA0 or byte == 0xAD:
        return f"'\\u{byte:04x}'"
    return f"'{char}'"


class Scanner:
    """The exact reader: syntax of the whole first value, then the value. Iterative, so depth is no danger."""

    def __init__(self, text: str, *, literals: bool = False) -> None:
        self.text, self.at, self.literals = text, 0, literals

    def value(self) -> Any:
        """The first value. Raises JobDecodeError with the server's text."""
        stack: list[tuple[Any, str | None]] = []  # open containers, each with the key waiting for its value
        while True:
            made = self._open_or_scalar(stack)
            if made is _OPENED:
                continue
            while True:  # a value is complete: hand it to its container, which may be complete by that
                if not stack:
                    return made
                container, key = stack.pop()
                made = self._after_value(container, key, made, stack)
                if made is _OPENED:
                    break

    def _open_or_scalar(self, stack: list[tuple[Any, str | None]]) -> Any:
        char = self._next()
        if char == "{" or char == "[":
            if len(stack) >= MAX_DEPTH:
                self._fail("exceeded max depth", literal=True)
            self.at += 1
            if char == "{":
                inner = self._next()
                if inner == "}":
                    self.at += 1
                    return {}
                stack.append((Pairs(), self._key()))
                return _OPENED
            if self._next() == "]":
                self.at += 1
                return []
            stack.append(([], None))
            return _OPENED
        if char == '"':
            return self._string()
        if char == "-" or char.isdigit():
            return self._number()
        for literal, value in (("true", True), ("false", False), ("null", None)):
            if char == literal[0]:
                self._literal(literal)
                return value
        self._fail("looking for beginning of value")

    def _after_value(self, container: Any, key: str | None, value: Any, stack: list[tuple[Any, str | None]]) -> Any:
        if isinstance(container, Pairs):
            container.append((key or "", value))
            char = self._next()
            self.at += 1
            if char == "}":
                return _object(list(container))
            if char != ",":
                self.at -= 1
                self._fail("after object key:value pair")
            self._next()
            stack.append((container, self._key()))
            return _OPENED
        container.append(value)
        char = self._next()
        self.at += 1
        if char == "]":
            return container
        if char != ",":
            self.at -= 1
            self._fail("after array element")
        stack.append((container, None))
        return _OPENED

    def _key(self) -> str:
        if self._next() != '"':
            self._fail("looking for beginning of object key string")
        key = self._string()
        if self._next() != ":":
            self._fail("after object key")
        self.at += 1
        return key

    def _next(self) -> str:
        """The next character that is not white space; it is not consumed."""
        self.at = _end(_WHITE.match(self.text, self.at))
        return self._peek()

    def _peek(self) -> str:
        if self.at >= len(self.text):
            raise JobDecodeError("unexpected EOF")
        return self.text[self.at]

    def _literal(self, literal: str) -> None:
        for index, expected in enumerate(literal):
            if self._peek() != expected:
                self._fail(f"in literal {literal} (expecting '{literal[index]}')")
            self.at += 1

    def _string(self) -> str:
        self.at += 1
        parts: list[str] = []
        while True:
            plain = _PLAIN.match(self.text, self.at)
            self.at = _end(plain)
            parts.append(plain[0] if plain else "")
            char = self._peek()
            if char == '"':
                self.at += 1
                return _SURROGATE.sub("\ufffd", _join_surrogates("".join(parts)))
            if char != "\\":
                self._fail("in string literal")
            self.at += 1
            escape = self._peek()
            if escape == "u":
                self.at += 1
                start = self.at
                for _ in range(4):
                    if self._peek() not in "0123456789abcdefABCDEF":
                        self._fail("in \\u hexadecimal character escape")
                    self.at += 1
                parts.append(chr(int(self.text[start : self.at], 16)))
            elif escape in _ESCAPES:
                self.at += 1
                parts.append(_ESCAPES[escape])
            else:
                self._fail("in string escape code")

    def _number(self) -> Any:
        start = self.at
        if self.text[self.at] == "-":
            self.at += 1
            if not self._is_digit():
                self._peek()
                self._fail("in numeric literal")
        if self.text[self.at] == "0":
            self.at += 1
        else:
            self._digits()
        integral = True
        if self.at < len(self.text) and self.text[self.at] == ".":
            integral = False
            self.at += 1
            if not self._is_digit():
                self._peek()
                self._fail("after decimal point in numeric literal")
            self._digits()
        if self.at < len(self.text) and self.text[self.at] in "eE":
            integral = False
            self.at += 1
            if self._peek() in "+-":
                self.at += 1
            if not self._is_digit():
                self._peek()
                self._fail("in exponent of numeric literal")
            self._digits()
        literal = self.text[start : self.at]
        if self.literals:
            return Number(literal)
        return int(literal) if integral and len(literal) < 4000 else float(literal)

    def _is_digit(self) -> bool:
        return self.at < len(self.text) and self.text[self.at] in "0123456789"

    def _digits(self) -> None:
        self.at = _end(_DIGITS.match(self.text, self.at))

    def _fail(self, context: str, *, literal: bool = False) -> NoReturn:
        if literal:
            raise JobDecodeError(context)
        byte = self.text[self.at].encode("utf-8", "surrogatepass")[0]
        raise JobDecodeError(f"invalid character {quoted_character(byte)} {context}")


def _end(match: re.Match[str] | None) -> int:
    """The end of a match of a pattern that always matches."""
    assert match is not None
    return match.end()


_OPENED: Any = object()
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def _join_surrogates(text: str) -> str:
    """Two escapes that form one character."""
    return _PAIR.sub(lambda match: match[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
