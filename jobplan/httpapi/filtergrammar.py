"""Filter expressions: text → tree, with the parser's own error texts. spec: api §4

A recursive descent with ordered choice that remembers the farthest place at which something was expected, which is
what the error text shows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

SPACE, LETTER, LETTERS, NONZERO, DIGIT = r"[ \t\r\n]", "[a-zA-Z]", "[a-zA-Z0-9_/]", "[1-9]", "[0-9]"
_CLASSES: dict[str, Callable[[str], bool]] = {
    SPACE: lambda c: c in " \t\r\n",
    LETTER: lambda c: c.isascii() and c.isalpha(),
    LETTERS: lambda c: c.isascii() and (c.isalnum() or c in "_/"),
    NONZERO: lambda c: c in "123456789",
    DIGIT: lambda c: c in "0123456789",
}


class FilterSyntaxError(Exception):
    """A filter that does not parse; `str()` is the parser's text."""


@dataclasses.dataclass(frozen=True, slots=True)
class Selector:
    """`path`: the parts of a field name; `text`: as errors show it."""

    path: tuple[str, ...]
    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class Match:
    """`operator`: ==, !=, in, not in, matches, not matches, empty, not empty, nil, not nil."""

    selector: Selector
    operator: str
    value: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Not:
    operand: Node


@dataclasses.dataclass(frozen=True, slots=True)
class Both:
    """`and` (`every` true) or `or`."""

    left: Node
    right: Node
    every: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Quantified:
    """`all` (`every` true) or `any`; names that are not bound are None."""

    selector: Selector
    every: bool
    names: tuple[str | None, ...]
    body: Node


Node = Match | Not | Both | Quantified
_FAILED: Any = object()
VALUE_OPERATORS = (
    ("==", ("==",)),
    ("!=", ("!=",)),
    ("in", ("contains",)),
    ("not in", ("not", "contains")),
    ("matches", ("matches",)),
    ("not matches", ("not", "matches")),
)


class _Abort(Exception):
    """An error that the grammar names itself."""


def parse_filter(text: str) -> Node:
    """The tree of an expression. Raises FilterSyntaxError."""
    parser = _Parser(text)
    try:
        node = parser.whole()
    except _Abort as error:
        raise FilterSyntaxError(str(error)) from None
    except RecursionError:
        raise FilterSyntaxError("the expression is nested too deeply") from None
    if node is _FAILED:
        raise FilterSyntaxError(parser.expectation())
    return node  # type: ignore[no-any-return]


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.farthest, self.expected = 0, set[str]()

    # ---- terminals -------------------------------------------------------------------------------------------------

    def fail(self, wanted: str) -> None:
        if self.at > self.farthest:
            self.farthest, self.expected = self.at, set()
        if self.at == self.farthest:
            self.expected.add(wanted)

    def literal(self, text: str) -> bool:
        if self.text.startswith(text, self.at):
            self.at += len(text)
            return True
        self.fail('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
        return False

    def char(self, kind: str) -> str:
        if self.at < len(self.text) and _CLASSES[kind](self.text[self.at]):
            self.at += 1
            return self.text[self.at - 1]
        self.fail(kind)
        return ""

    def space(self) -> bool:
        """One or more."""
        if not self.char(SPACE):
            return False
        while self.char(SPACE):
            pass
        return True

    def maybe_space(self) -> bool:
        self.space()
        return True

    def end(self) -> bool:
        if self.at == len(self.text):
            return True
        self.fail("EOF")
        return False

    def place(self, at: int) -> str:
        before = self.text[:at]
        line = before.count("\n") + 1
        column = at - (before.rfind("\n") + 1) + 1
        return f"{line}:{column} ({len(before.encode('utf-8', 'replace'))})"

    def expectation(self) -> str:
        wanted = sorted(self.expected - {"EOF"})
        if "EOF" in self.expected:
            wanted.append("EOF")
        listed = wanted[0] if len(wanted) == 1 else f"{', '.join(wanted[:-1])} or {wanted[-1]}"
        return f"{self.place(self.farthest)}: no match found, expected: {listed}"

    def abort(self, rule: str, text: str) -> None:
        raise _Abort(f'{self.place(self.at)}: rule "{rule}": {text}')

    def tried(self, *steps: Callable[[], Any]) -> bool:
        """All steps, or none: the place is restored when one fails."""
        start = self.at
        for step in steps:
            result = step()
            if result is False or result is _FAILED or result == "":
                self.at = start
                return False
        return True

    def word(self, *words: str) -> bool:
        """Space before each word."""
        start = self.at
        for word in words:
            if not (self.space() and self.literal(word)):
                self.at = start
                return False
        return True

    # ---- expressions -------------------------------------------------------------------------------------------------

    def whole(self) -> Any:
        self.maybe_space()
        node = self.either()
        if node is _FAILED:
            return node
        self.maybe_space()
        return node if self.end() else _FAILED

    def either(self) -> Any:
        return self.chain(self.both, "or", every=False)

    def both(self) -> Any:
        return self.chain(self.negated, "and", every=True)

    def chain(self, part: Callable[[], Any], word: str, *, every: bool) -> Any:
        left = part()
        if left is _FAILED:
            return left
        start = self.at
        if self.word(word) and self.space():
            right = self.chain(part, word, every=every)
            if right is not _FAILED:
                return Both(left, right, every)
        self.at = start
        return left

    def negated(self) -> Any:
        start = self.at
        if self.literal("not") and self.space():
            operand = self.negated()
            if operand is not _FAILED:
                return Not(operand)
        self.at = start
        return self.grouped()

    def grouped(self) -> Any:
        start = self.at
        if self.literal("("):
            self.maybe_space()
            node = self.either()
            if node is not _FAILED:
                self.maybe_space()
                if self.literal(")"):
                    return node
                self.abort("grouping", "Unmatched parentheses")
        self.at = start
        for choice in (self.quantified, self.match):
            node = choice()
            if node is not _FAILED:
                return node
            self.at = start
        return _FAILED

    def quantified(self) -> Any:
        start = self.at
        for word, every in (("all", True), ("any", False)):
            self.at = start
            if not (self.literal(word) and self.space()):
                continue
            selector = self.selector()
            if selector is _FAILED or not (self.word("as") and self.space()):
                continue
            names = self.names()
            self.maybe_space()
            if names is _FAILED or not self.literal("{"):
                continue
            self.maybe_space()
            body = self.either()
            if body is _FAILED:
                continue
            self.maybe_space()
            if self.literal("}"):
                return Quantified(selector, every, names, body)
        return _FAILED

    def names(self) -> Any:
        first = self.name()
        if first is _FAILED:
            return first
        start = self.at
        self.maybe_space()
        if self.literal(","):
            self.maybe_space()
            second = self.name()
            if second is not _FAILED:
                return first, second
        self.at = start
        return (first,)

    def name(self) -> Any:
        if self.literal("_"):
            return None
        return self.identifier() or _FAILED

    # ---- matches ---------------------------------------------------------------------------------------------------

    def match(self) -> Any:
        start = self.at
        for choice in (self.selector_value, self.selector_only, self.value_selector):
            self.at = start
            node = choice()
            if node is not _FAILED:
                return node
        self.at = start
        return _FAILED

    def symbol(self, text: str) -> bool:
        return self.tried(self.maybe_space, lambda: self.literal(text), self.maybe_space)

    def selector_value(self) -> Any:
        selector = self.selector()
        if selector is _FAILED:
            return selector
        after = self.at
        for operator, words in VALUE_OPERATORS:
            self.at = after
            if self.symbol(words[0]) if operator in ("==", "!=") else self.word(*words) and self.space():
                value = self.value()
                if value is not _FAILED:
                    return Match(selector, operator, value)
        return _FAILED

    def selector_only(self) -> Any:
        selector = self.selector()
        if selector is _FAILED:
            return selector
        for operator, words in (
            ("empty", ("is", "empty")),
            ("not empty", ("is", "not", "empty")),
            ("nil", ("is", "nil")),
            ("not nil", ("is", "not", "nil")),
        ):
            if self.word(*words):
                return Match(selector, operator)
        return _FAILED

    def value_selector(self) -> Any:
        value = self.value()
        if value is _FAILED:
            return value
        after = self.at
        for operator, words in (("in", ("in",)), ("not in", ("not", "in"))):
            self.at = after
            if self.word(*words) and self.space():
                selector = self.selector()
                if selector is not _FAILED:
                    return Match(selector, operator, value)
        return _FAILED

    # ---- selectors and values ----------------------------------------------------------------------------------------

    def identifier(self) -> str:
        name = self.char(LETTER)
        while name and (more := self.char(LETTERS)):
            name += more
        return name

    def selector(self) -> Any:
        start = self.at
        name = self.identifier()
        if name:
            path, texts = [name], [name]
            while (part := self.step()) is not _FAILED:
                path.append(part)
                texts.append(f".{part}")
            return Selector(tuple(path), "".join(texts))
        self.at = start
        if self.tried(lambda: self.literal('"'), lambda: self.literal("/")):
            self.at = start + 1
            stop = self.text.find('"', self.at)
            pointer = self.text[self.at : stop] if stop >= 0 else ""
            if stop >= 0 and len(pointer) > 1:
                self.at = stop + 1
                parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
                return Selector(tuple(parts), pointer)
        self.at = start
        return _FAILED

    def step(self) -> Any:
        """`.name`, `.0` or `["key"]`."""
        start = self.at
        if self.literal("."):
            name = self.identifier()
            if name:
                return name
            digits = ""
            while more := self.char(DIGIT):
                digits += more
            if digits:
                return digits
        self.at = start
        if self.literal("["):
            self.maybe_space()
            inner = self.string()
            if inner is _FAILED:
                self.abort("index", "Invalid index")
            self.maybe_space()
            if self.literal("]"):
                return inner
            self.abort("index", "Unclosed index expression")
        self.at = start
        return _FAILED

    def value(self) -> Any:
        start = self.at
        for choice in (self.bare, self.number, self.string):
            self.at = start
            found = choice()
            if found is not _FAILED:
                return found
        self.at = start
        return _FAILED

    def bare(self) -> Any:
        name = self.identifier()
        if not name:
            return _FAILED
        while (part := self.step()) is not _FAILED:
            name += f".{part}"
        return name

    def number(self) -> Any:
        start = self.at
        self.literal("-")
        if not self.literal("0"):
            if not self.char(NONZERO):
                self.at = start
                return _FAILED
            while self.char(DIGIT):
                pass
        before = self.at
        if self.literal(".") and self.char(DIGIT):
            while self.char(DIGIT):
                pass
        else:
            self.at = before
        if self.at < len(self.text) and self.text[self.at] not in " \t\r\n)":
            self.abort("number", "Invalid number literal")
        return self.text[start : self.at]

    def string(self) -> Any:
        start = self.at
        for quote in ("`", '"'):
            self.at = start
            if not self.literal(quote):
                continue
            at = self.at
            while at < len(self.text) and self.text[at] != quote:
                at += 2 if quote == '"' and self.text[at] == "\\" else 1
            if at >= len(self.text):
                self.at = len(self.text)
                self.abort("string", "Unterminated string literal")
            content = self.text[self.at : at]
            self.at = at + 1
            return content if quote == "`" else _unquoted(content)
        self.at = start
        return _FAILED


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def _unquoted(content: str) -> str:
    out, at = "", 0
    while at < len(content):
        if content[at] == "\\" and at + 1 < len(content):
            out += _ESCAPES.get(content[at + 1], content[at + 1])
            at += 2
        else:
            out += content[at]
            at += 1
    return out
