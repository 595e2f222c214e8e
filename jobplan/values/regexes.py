r"""Regular expressions in the syntax of Go: the exact error text of a bad one, a linear-time search for a good one.

A pattern is read once from left to right as Go reads it, so that the first error is Go's first error. What is
accepted is written down again in plain RE2 syntax and matched by RE2 itself (package `google-re2`, imported on
use): no pattern and no text can make a search slow. The rewriting evens out what RE2 spells differently:
`\p{Letter}` and other long names, categories that only Go has, groups that share a name. spec: admission §10.1,
placement §6.2
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from jobplan.errors import ConfigError
from jobplan.values.unicodeclasses import MAX_RUNE, class_source

__all__ = ["compile_regex", "regex_problem"]

_MAX_REPEAT = 1000
_MAX_DEPTH = 1000
_MAX_SIZE = (128 << 20) // 40  # instructions of a compiled pattern
_ENGINE_MEMORY = 64 << 20

_POSIX = frozenset(
    {"alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph"}
    | {"lower", "print", "punct", "space", "upper", "word", "xdigit"}
)
_CONTROL_ESCAPES = MappingProxyType({"a": 0x07, "f": 0x0C, "n": 0x0A, "r": 0x0D, "t": 0x09, "v": 0x0B})
_CLASS_ESCAPES = frozenset("dDsSwW")
_ASSERTIONS = frozenset("AbBz")
_FLAGS = frozenset("imsU")
_CAPTURE_NAME = re.compile(r"[A-Za-z0-9_]+")
_REPEAT = re.compile(r"\{(0|[1-9][0-9]*)(?:(,)(0|[1-9][0-9]*)?)?\}")
_HEX = frozenset("0123456789abcdefABCDEF")


class _BadPattern(ValueError):
    """The first error of a pattern."""

    def __init__(self, code: str, excerpt: str) -> None:
        super().__init__(f"error parsing regexp: {code}: `{excerpt}`")


@dataclass(slots=True)
class _Item:
    """What the limits need to know of a part of the pattern.

    `repeats` is the product of nested repeat counts, `depth` the height of the parse tree, `size` the instructions.
    """

    repeats: int = 0
    depth: int = 1
    size: int = 1
    literal: bool = False


@dataclass(slots=True)
class _Group:
    """An open group: the branch being read, and what its finished branches come to."""

    captures: bool = False
    items: list[_Item] = field(default_factory=list)
    branches: list[_Item] = field(default_factory=list)

    def end_branch(self) -> None:
        self.branches.append(_concatenation(self.items))
        self.items = []

    def close(self) -> _Item:
        self.end_branch()
        if len(self.branches) == 1:
            item = self.branches[0]
        else:
            sizes = sum(branch.size for branch in self.branches) + len(self.branches) - 1
            item = _joined(self.branches, sizes)
        if self.captures:
            item = _Item(item.repeats, item.depth + 1, item.size + 2)
        return item


def _joined(items: list[_Item], size: int) -> _Item:
    return _Item(max(item.repeats for item in items), 1 + max(item.depth for item in items), size)


def _concatenation(items: list[_Item]) -> _Item:
    if not items:
        return _Item()
    if len(items) == 1:
        return items[0]
    size = sum(item.size for item in items)
    if all(item.literal for item in items):
        return _Item(size=size)
    return _joined(items, size)


def _hex(char: int) -> str:
    return f"\\x{{{char:x}}}"


def _literal(char: str) -> str:
    """A character as RE2 source; a lone surrogate is what it becomes in UTF-8, the replacement character."""
    if char.isascii() and char.isalnum():
        return char
    point = ord(char)
    return _hex(0xFFFD if 0xD800 <= point <= 0xDFFF else point)


class _Reader:
    """Reads one pattern; `pos` moves over it, `out` collects RE2 source."""

    __slots__ = ("groups", "last_posix_end", "out", "pattern", "pos")

    def __init__(self, pattern: str) -> None:
        self.pattern, self.pos = pattern, 0
        self.last_posix_end = pattern.rfind(":]")  # looked up once: a pattern may hold many `[:` without an end
        self.out: list[str] = []
        self.groups = [_Group()]

    def read(self) -> str:
        pattern = self.pattern
        repeat_start = -1  # where a repetition began that ended right here
        while self.pos < len(pattern):
            char, start = pattern[self.pos], self.pos
            is_repeat = False
            match char:
                case "(":
                    self._open_group()
                case "|":
                    self.pos += 1
                    self.groups[-1].end_branch()
                    self.out.append("|")
                case ")":
                    self._close_group()
                case "*" | "+" | "?":
                    self.pos += 1
                    self._repeat(start, repeat_start, {"*": 2, "+": 1, "?": 1}[char])
                    is_repeat = True
                case "{":
                    is_repeat = self._counted_repeat(repeat_start)
                case "[":
                    self._push(self._read_class(), _Item())
                case "\\":
                    self._backslash()
                case "^" | "$" | ".":
                    self.pos += 1
                    self._push(char, _Item())
                case _:
                    self.pos += 1
                    self._push_literal(char)
            repeat_start = start if is_repeat else -1
        if len(self.groups) != 1:
            raise _BadPattern("missing closing )", pattern)
        self._check_limits(self.groups[0].close())
        return "".join(self.out)

    # ---- what has been read ------------------------------------------------------------------------------------------
    def _push(self, source: str, item: _Item) -> None:
        self.out.append(source)
        self.groups[-1].items.append(item)

    def _push_literal(self, char: str) -> None:
        self._push(_literal(char), _Item(literal=True))

    def _check_limits(self, item: _Item) -> None:
        if item.depth > _MAX_DEPTH:
            raise _BadPattern("expression nests too deeply", self.pattern)
        if item.size > _MAX_SIZE:
            raise _BadPattern("expression too large", self.pattern)

    # ---- groups ------------------------------------------------------------------------------------------------------
    def _open_group(self) -> None:
        pattern, start = self.pattern, self.pos
        if not pattern.startswith("(?", start):
            self.pos += 1
            self._enter(captures=True)
            return
        rest = len(pattern) - start
        name_at = 0
        if rest > 4 and pattern.startswith("P<", start + 2):
            name_at = start + 4
        elif rest > 3 and pattern.startswith("<", start + 2):
            name_at = start + 3
        if name_at:
            end = pattern.find(">", start)
            if end < 0:
                raise _BadPattern("invalid named capture", pattern[start:])
            if _CAPTURE_NAME.fullmatch(pattern, name_at, end) is None:
                raise _BadPattern("invalid named capture", pattern[start : end + 1])
            self.pos = end + 1
            self._enter(captures=True)
            return
        self._flags(start)

    def _enter(self, *, captures: bool, opening: str = "(?:") -> None:
        self.groups.append(_Group(captures))
        self.out.append(opening)  # names and numbers of groups do not matter for a search

    def _flags(self, start: int) -> None:
        """`(?flags)` and `(?flags:`; anything else is refused up to the character that does not fit."""
        pattern, at = self.pattern, start + 2
        negative = saw_flag = False
        while at < len(pattern):
            char = pattern[at]
            at += 1
            if char in _FLAGS:
                saw_flag = True
            elif char == "-" and not negative:
                negative, saw_flag = True, False
            elif char in ":)" and (saw_flag or not negative):
                self.pos = at
                opening = pattern[start:at]
                if char == ":":
                    self._enter(captures=False, opening=opening)
                elif opening != "(?)":
                    self.out.append(opening)
                return
            else:
                break
        raise _BadPattern("invalid or unsupported Perl syntax", pattern[start:at])

    def _close_group(self) -> None:
        if len(self.groups) == 1:
            raise _BadPattern("unexpected )", self.pattern)
        item = self.groups.pop().close()
        self._check_limits(item)
        self.pos += 1
        self._push(")", item)

    # ---- repetitions -------------------------------------------------------------------------------------------------
    def _counted_repeat(self, repeat_start: int) -> bool:
        """`{n}`, `{n,}`, `{n,m}`; anything else is literal text (False)."""
        form, start = _REPEAT.match(self.pattern, self.pos), self.pos
        if form is None:
            self.pos += 1
            self._push_literal("{")
            return False
        low, comma, high = form.groups()
        least = self._count(low)
        most = least if comma is None else -1 if high is None else self._count(high)
        if least > _MAX_REPEAT or most > _MAX_REPEAT or 0 <= most < least:
            raise _BadPattern("invalid repeat count", form[0])
        self.pos = form.end()
        self._repeat(start, repeat_start, 0, (least, most))
        return True

    @staticmethod
    def _count(digits: str) -> int:
        return int(digits) if len(digits) <= 4 else _MAX_REPEAT + 1

    def _repeat(self, start: int, repeat_start: int, extra_size: int, counts: tuple[int, int] | None = None) -> None:
        if self.pattern.startswith("?", self.pos):
            self.pos += 1
        written = self.pattern[start : self.pos]
        if repeat_start >= 0:
            raise _BadPattern("invalid nested repetition operator", self.pattern[repeat_start : self.pos])
        items = self.groups[-1].items
        if not items:
            raise _BadPattern("missing argument to repetition operator", written)
        item = items[-1]
        if counts is None:
            repeated = _Item(item.repeats, item.depth + 1, item.size + extra_size)
        else:
            repeated = _counted(item, *counts)
            if max(counts) >= 2 and repeated.repeats > _MAX_REPEAT:
                raise _BadPattern("invalid repeat count", written)
        self._check_limits(repeated)
        items[-1] = repeated
        self.out.append(written)

    # ---- escapes -----------------------------------------------------------------------------------------------------
    def _backslash(self) -> None:
        pattern, start = self.pattern, self.pos
        following = pattern[start + 1 : start + 2]
        if following in _ASSERTIONS and following:
            self.pos += 2
            self._push(f"\\{following}", _Item())
        elif following == "Q":
            end = pattern.find("\\E", start + 2)
            for char in pattern[start + 2 : end if end >= 0 else len(pattern)]:
                self._push_literal(char)
            self.pos = end + 2 if end >= 0 else len(pattern)
        elif (source := self._class_escape()) is not None:
            self._push(f"[{source}]", _Item())
        else:
            self._push_literal(chr(self._escape()))

    def _class_escape(self) -> str | None:
        r"""`\d`, `\pL` and their like as the inside of an RE2 class; None when there is none here."""
        following = self.pattern[self.pos + 1 : self.pos + 2]
        if self.pattern[self.pos] != "\\" or following == "":
            return None
        if following in _CLASS_ESCAPES:
            self.pos += 2
            return f"\\{following}"
        return self._unicode_class(following == "P") if following in "pP" else None

    def _unicode_class(self, negative: bool) -> str:
        pattern, start = self.pattern, self.pos
        if pattern.startswith("{", start + 2):
            end = pattern.find("}", start)
            if end < 0:
                raise _BadPattern("invalid character class range", pattern[start:])
            name, self.pos = pattern[start + 3 : end], end + 1
        else:
            name, self.pos = pattern[start + 2 : start + 3], min(start + 3, len(pattern))
        if name.startswith("^"):
            negative, name = not negative, name[1:]
        source = class_source(name, negative)
        if source is None:
            raise _BadPattern("invalid character class range", pattern[start : self.pos])
        return source

    def _escape(self) -> int:
        """The code point of a single-character escape; `pos` moves behind it, also behind a bad one."""
        pattern, start = self.pattern, self.pos
        if start + 1 >= len(pattern):
            raise _BadPattern("trailing backslash at end of expression", "")
        char = pattern[start + 1]
        self.pos = start + 2
        if char.isascii() and not char.isalnum():
            return ord(char)
        if char in _CONTROL_ESCAPES:
            return _CONTROL_ESCAPES[char]
        if char == "0" or (char in "1234567" and self._next() in tuple("01234567")):
            octal = char
            while len(octal) < 3 and self._next() in tuple("01234567"):
                octal += self._take()
            return int(octal, 8)
        point = self._hex_escape() if char == "x" else None
        if point is None:
            raise _BadPattern("invalid escape sequence", pattern[start : self.pos])
        return point

    def _next(self) -> str:
        return self.pattern[self.pos : self.pos + 1]

    def _take(self) -> str:
        char = self._next()
        self.pos += len(char)
        return char

    def _hex_escape(self) -> int | None:
        first = self._take()
        if first != "{":
            second = self._take() if first else ""
            return int(first + second, 16) if {first, second} <= _HEX else None
        point = digits = 0
        while (char := self._take()) in _HEX:
            point, digits = point * 16 + int(char, 16), digits + 1
            if point > MAX_RUNE:
                return None
        return point if char == "}" and digits else None

    # ---- classes -----------------------------------------------------------------------------------------------------
    def _read_class(self) -> str:
        """`[…]` as RE2 source."""
        start = self.pos
        self.pos += 1
        parts = ["["]
        if self._next() == "^":
            self.pos += 1
            parts.append("^")
        first = True
        while first or self._next() != "]":
            first = False
            if (source := self._posix_class()) is None and self._next() == "\\":
                source = self._class_escape()
            parts.append(self._range(start) if source is None else source)
        self.pos += 1
        return "".join(parts) + "]"

    def _posix_class(self) -> str | None:
        pattern, start = self.pattern, self.pos
        if not pattern.startswith("[:", start) or self.last_posix_end < start + 2:
            return None
        end = pattern.find(":]", start + 2)
        self.pos = end + 2
        written = pattern[start : self.pos]
        if written[2:-2].removeprefix("^") not in _POSIX:
            raise _BadPattern("invalid character class range", written)
        return written

    def _range(self, class_start: int) -> str:
        start = self.pos
        low = high = self._class_char(class_start)
        if self._next() == "-" and self.pattern[self.pos + 1 : self.pos + 2] not in ("", "]"):
            self.pos += 1
            high = self._class_char(class_start)
            if high < low:
                raise _BadPattern("invalid character class range", self.pattern[start : self.pos])
        return _hex(low) if low == high else f"{_hex(low)}-{_hex(high)}"

    def _class_char(self, class_start: int) -> int:
        if self._next() == "":
            raise _BadPattern("missing closing ]", self.pattern[class_start:])
        return self._escape() if self._next() == "\\" else ord(self._take())


def _counted(item: _Item, least: int, most: int) -> _Item:
    """`item{least,most}`; most −1: no limit."""
    count = most if most >= 0 else least
    repeats = 0 if most == 0 else max(count, 1) * max(item.repeats, 1) if count else item.repeats
    if most < 0:
        size = item.size + 2 if least == 0 else 1 + least * item.size
    else:
        size = most * item.size + (most - least)
    return _Item(repeats, item.depth + 1, max(size, 1))


@lru_cache(maxsize=1024)
def _read(pattern: str) -> tuple[str, str | None]:
    """(RE2 source, error text) of a pattern."""
    try:
        return _Reader(pattern).read(), None
    except _BadPattern as error:
        return "", str(error)


def regex_problem(pattern: str) -> str | None:
    """The error text of a pattern that does not compile, None when it does. spec: admission §10.1"""
    return _read(pattern)[1]


@lru_cache(maxsize=64)
def compile_regex(pattern: str) -> Callable[[str], bool] | None:
    """An unanchored search for `pattern`, in time linear in the text; None when the pattern does not compile.

    Raises `ConfigError` when the package google-re2 is not installed.
    """
    source, problem = _read(pattern)
    if problem is not None:
        return None
    try:
        import re2  # type: ignore[import-untyped]
    except ImportError:
        raise ConfigError("evaluating a regexp constraint needs the Python package google-re2") from None
    options = re2.Options()
    options.never_capture = True
    options.log_errors = False
    options.max_mem = _ENGINE_MEMORY
    try:
        engine = re2.compile(source.encode("ascii"), options)
    except re2.error:  # larger than the engine allows, although not than Go does
        return None
    return lambda text: engine.search(_encode(text)) is not None


def _encode(text: str) -> bytes:
    """UTF-8; lone surrogates become replacement characters, as when a server reads them from JSON."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return re.sub("[\ud800-\udfff]", "\ufffd", text).encode()
