"""Tokens → expressions. Constructors (`[…]`, `{…}`, `for`) are in `constructors`, strings in `templates`.

spec: jobspec §2.6, §4, §14.3
"""

from __future__ import annotations

from typing import NamedTuple

from jobplan.source.jobspec import lexer as lex
from jobplan.source.jobspec.constructors import Constructors
from jobplan.source.jobspec.cursor import EARLY_END, Cursor, span_of
from jobplan.source.jobspec.diagnostics import Span
from jobplan.source.jobspec.lexer import Token
from jobplan.source.jobspec.numbers import Number, NumberTooLarge, from_text
from jobplan.source.jobspec.syntax import (
    Access,
    Binary,
    Call,
    Conditional,
    Constant,
    Element,
    Expression,
    Index,
    Parentheses,
    QuotedText,
    Reference,
    Splat,
    Step,
    Unary,
)
from jobplan.source.jobspec.templates import TemplateReader, decode_escapes
from jobplan.source.jobspec.values import FALSE, NULL, TRUE, number, string

_KEYWORDS = {"true": TRUE, "false": FALSE, "null": NULL}

# spec: jobspec §2.6
_LEVELS = {
    "||": 1,
    "&&": 2,
    "==": 3,
    "!=": 3,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "%": 6,
}

_NO_EXPRESSION = "Expected the start of an expression, but found {}."


class _Marker(NamedTuple):
    """`[*]` (full) or `.*`."""

    span: Span
    full: bool


class _Key(NamedTuple):
    """A computed index."""

    key: Expression
    brackets: Span


class Expressions:
    """Recursive descent over the tokens of one text."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor

    def expression(self) -> Expression:
        """A conditional or anything that binds tighter."""
        self.cursor.enter()
        condition = self.binary(1)
        if self.cursor.peek().kind == "?":
            self.cursor.next()
            if_true = self.expression()
            if self.cursor.peek().kind != ":":
                self.cursor.fail(
                    self.cursor.peek(),
                    "Missing false expression in conditional",
                    "The conditional operator (...?...:...) requires a false expression, delimited by a colon.",
                )
            self.cursor.next()
            if_false = self.expression()
            condition = Conditional(Span(condition.span.start, if_false.span.end), condition, if_true, if_false)
        self.cursor.depth -= 1
        return condition

    def binary(self, level: int) -> Expression:
        left = self.unary()
        while (found := _LEVELS.get(self.cursor.peek().kind, 0)) >= level:
            operator = self.cursor.next().kind
            right = self.binary(found + 1)
            left = Binary(Span(left.span.start, right.span.end), operator, left, right)
        return left

    def unary(self) -> Expression:
        token = self.cursor.peek()
        if token.kind in ("-", "!"):
            self.cursor.next()
            self.cursor.enter()
            operand = self.unary()
            self.cursor.depth -= 1
            return Unary(Span(token.start, operand.span.end), token.kind, operand, span_of(token))
        return self.with_steps(self.term())

    def term(self) -> Expression:
        token = self.cursor.peek()
        match token.kind:
            case "identifier":
                return self.name_or_call()
            case "string":
                self.cursor.next()
                text = self.cursor.slice(token)[1:-1]
                if "\\" in text:
                    text = decode_escapes(self.cursor, text, token.start + 1)
                return QuotedText(span_of(token), string(text))
            case "number":
                self.cursor.next()
                return Constant(span_of(token), number(self.number_value(token)))
            case lex.OPEN_QUOTE | lex.OPEN_HEREDOC:
                return TemplateReader(self).read()
            case "(":
                return self.parentheses()
            case "[":
                return Constructors(self).tuple_or_for()
            case "{":
                return Constructors(self).object_or_for()
            case lex.END:
                self.cursor.fail(token, "Missing expression", _NO_EXPRESSION.format("the end of the file"))
        self.cursor.fail(token, "Invalid expression", _NO_EXPRESSION.format("an invalid expression token"))

    def number_value(self, token: Token) -> Number:
        try:
            value = from_text(self.cursor.slice(token))
        except NumberTooLarge:
            value = None
        if value is None:
            self.cursor.fail(token, "Invalid number literal", "Failed to recognize the value of this number literal.")
        return value

    def parentheses(self) -> Expression:
        opened, before = self.cursor.next(), self.cursor.skips_newlines
        self.cursor.skips_newlines = True
        inner = self.expression()
        if self.cursor.peek().kind != ")":
            self.cursor.fail(
                self.cursor.peek(),
                "Unbalanced parentheses",
                "Expected a closing parenthesis to terminate the expression.",
            )
        closed = self.cursor.next()
        self.cursor.skips_newlines = before
        return Parentheses(Span(opened.start, closed.end), inner)

    def name_or_call(self) -> Expression:
        token = self.cursor.next()
        name, end = self.cursor.slice(token), token.end
        while self.cursor.peek().kind == "::":
            self.cursor.next()
            part = self.cursor.peek()
            if part.kind != lex.IDENT:
                self.cursor.fail(
                    part,
                    "Missing function name",
                    "Function scope resolution symbol :: must be followed by a function name in this scope.",
                )
            name, end = f"{name}::{self.cursor.slice(self.cursor.next())}", part.end
        if self.cursor.peek().kind == "(":
            return self.call(name, Span(token.start, end))
        if "::" in name:
            self.cursor.fail(
                self.cursor.peek(),
                "Missing open parenthesis",
                "Function selector must be followed by an open parenthesis to begin the function call.",
            )
        if name in _KEYWORDS:
            return Constant(span_of(token), _KEYWORDS[name])
        return Reference(span_of(token), name, (), span_of(token))

    def call(self, name: str, name_span: Span) -> Expression:
        opened, before = self.cursor.next(), self.cursor.skips_newlines
        self.cursor.skips_newlines = True
        arguments: list[Expression] = []
        expands = False
        while self.cursor.peek().kind != ")":
            arguments.append(self.expression())
            token = self.cursor.peek()
            if token.kind == "...":
                self.cursor.next()
                expands = True
                if self.cursor.peek().kind == ",":
                    self.cursor.next()
                if self.cursor.peek().kind != ")":
                    self.cursor.fail(
                        self.cursor.peek(),
                        "Missing closing parenthesis",
                        "An expanded function argument (with ...) must be immediately followed by closing parentheses.",
                    )
            elif token.kind == ",":
                self.cursor.next()
            elif token.kind == lex.END:
                self.cursor.fail(
                    opened,
                    "Unterminated function call",
                    "There is no closing parenthesis for this function call before the end of the file. "
                    f"{EARLY_END.format('parenthesis')}",
                )
            elif token.kind != ")":
                self.cursor.fail(
                    token,
                    "Missing argument separator",
                    "A comma is required to separate each function argument from the next.",
                )
        closed = self.cursor.next()
        self.cursor.skips_newlines = before
        span = Span(name_span.start, closed.end)
        return Call(span, name, tuple(arguments), expands, name_span, span_of(opened), span_of(closed))

    # ---- steps -------------------------------------------------------------------------------------------------------
    def with_steps(self, node: Expression) -> Expression:
        """Constant steps are collected and joined once, so that a long chain costs no more than its length."""
        steps: list[Step] = []
        wraps = 0  # steps that nest the expression
        while (kind := self.cursor.peek().kind) in (".", "["):
            found = self.dot() if kind == "." else self.bracket()
            if isinstance(found, Step):
                steps.append(found)
                continue
            node = self.joined(node, steps)
            steps = []
            self.cursor.enter()
            wraps += 1
            if isinstance(found, _Marker):
                node = self.splat(node, found)
            else:
                node = Index(Span(node.span.start, found.brackets.end), node, found.key, found.brackets)
        self.cursor.depth -= wraps
        return self.joined(node, steps)

    def joined(self, node: Expression, steps: list[Step]) -> Expression:
        if not steps:
            return node
        span = Span(node.span.start, steps[-1].span.end)
        if isinstance(node, Reference):
            return Reference(span, node.root, (*node.steps, *steps), node.root_span)
        return Access(span, node, tuple(steps))

    def dot(self) -> Step | _Marker:
        dot, token = self.cursor.next(), self.cursor.peek()
        if token.kind == lex.IDENT:
            self.cursor.next()
            return Step(self.cursor.slice(token), Span(dot.start, token.end))
        if token.kind == "number":
            self.cursor.next()
            return self.legacy_index(dot, token)
        if token.kind == "*":
            self.cursor.next()
            return _Marker(Span(dot.start, token.end), full=False)
        self.cursor.fail(token, "Invalid attribute name", "An attribute name is required after a dot.")

    def splat(self, node: Expression, marker: _Marker) -> Expression:
        """spec: jobspec §4.3"""
        element = Element(Span(marker.span.end - 1, marker.span.end))
        self.cursor.enter()
        if marker.full:
            each = self.with_steps(element)
        else:
            steps: list[Step] = []
            while self.cursor.peek().kind == "." and self.cursor.tokens[self.cursor.at + 1].kind in (
                lex.IDENT,
                "number",
            ):
                step = self.dot()
                assert isinstance(step, Step)
                steps.append(step)
            each = self.joined(element, steps)
        self.cursor.depth -= 1
        return Splat(Span(node.span.start, self.cursor.last_end), node, each, marker.span)

    def legacy_index(self, dot: Token, token: Token) -> Step:
        text = self.cursor.slice(token)
        if "." in text:
            first, _, second = text.partition(".")
            self.cursor.fail(
                token,
                "Invalid legacy index syntax",
                "When using the legacy index syntax, chaining two indexes together is not permitted. Use the "
                "proper index "
                f"syntax instead, like [{first}][{second}].",
            )
        return Step(number(self.number_value(token)), Span(dot.start, token.end))

    def bracket(self) -> Step | _Marker | _Key:
        opened, before = self.cursor.next(), self.cursor.skips_newlines
        self.cursor.skips_newlines = True
        if self.cursor.peek().kind == "*" and self.after_next() == "]":
            self.cursor.next()
            closed = self.cursor.next()
            self.cursor.skips_newlines = before
            return _Marker(Span(opened.start, closed.end), full=True)
        key = self.expression()
        if self.cursor.peek().kind != "]":
            detail = 'The index operator must end with a closing bracket ("]").'
            self.cursor.fail(self.cursor.peek(), "Missing close bracket on index", detail)
        closed = self.cursor.next()
        self.cursor.skips_newlines = before
        brackets = Span(opened.start, closed.end)
        if isinstance(key, Constant) and not key.value.is_null and key.value.type.kind in ("string", "number"):
            return Step(key.value, brackets)
        return _Key(key, brackets)

    def after_next(self) -> str:
        at = self.cursor.at + 1
        while self.cursor.tokens[at].kind == "newline":
            at += 1
        return self.cursor.tokens[at].kind
