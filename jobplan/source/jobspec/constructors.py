"""Tuple and object constructors and `for` expressions.

spec: jobspec §4.4, §4.5, §14.3
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from jobplan.source.jobspec import lexer as lex
from jobplan.source.jobspec.cursor import EARLY_END, Cursor, span_of
from jobplan.source.jobspec.diagnostics import Span
from jobplan.source.jobspec.lexer import Token
from jobplan.source.jobspec.syntax import (
    Constant,
    Expression,
    For,
    ObjectExpression,
    ObjectItem,
    Reference,
    TupleExpression,
)

if TYPE_CHECKING:
    from jobplan.source.jobspec.expressions import Expressions


class Constructors:
    """Reads what starts with a bracket or brace."""

    def __init__(self, expressions: Expressions) -> None:
        self.cursor = expressions.cursor
        self.expression = expressions.expression

    def at_for(self) -> bool:
        token = self.cursor.peek()
        return token.kind == lex.IDENT and self.cursor.slice(token) == "for"

    def tuple_or_for(self) -> Expression:
        opened, before = self.cursor.next(), self.cursor.skips_newlines
        self.cursor.skips_newlines = True
        if self.at_for():
            return self.for_expression(opened, before)
        items: list[Expression] = []
        while self.cursor.peek().kind != "]":
            items.append(self.expression())
            token = self.cursor.peek()
            if token.kind == ",":
                self.cursor.next()
            elif token.kind == lex.END:
                self.cursor.fail(
                    opened,
                    "Unterminated tuple constructor expression",
                    "There is no corresponding closing bracket before the end of the file. "
                    f"{EARLY_END.format('bracket')}",
                )
            elif token.kind != "]":
                self.cursor.fail(
                    token, "Missing item separator", "Expected a comma to mark the beginning of the next item."
                )
        closed = self.cursor.next()
        self.cursor.skips_newlines = before
        return TupleExpression(Span(opened.start, closed.end), tuple(items), span_of(opened))

    def object_or_for(self) -> Expression:
        opened, before = self.cursor.next(), self.cursor.skips_newlines
        self.cursor.skips_newlines = True
        if self.at_for():
            return self.for_expression(opened, before)
        self.cursor.skips_newlines = False
        items: list[ObjectItem] = []
        while True:
            while self.cursor.peek().kind == "newline":
                self.cursor.at += 1
            if self.cursor.peek().kind == "}":
                break
            items.append(self.object_item(opened))
            token = self.cursor.peek()
            if token.kind in (",", "newline"):
                self.cursor.next()
            elif token.kind == lex.END:
                self.unterminated_object(opened)
            elif token.kind != "}":
                self.cursor.fail(
                    token,
                    "Missing attribute separator",
                    "Expected a newline or comma to mark the beginning of the next attribute.",
                )
        closed = self.cursor.next()
        self.cursor.skips_newlines = before
        return ObjectExpression(Span(opened.start, closed.end), tuple(items), span_of(opened))

    def unterminated_object(self, opened: Token) -> NoReturn:
        self.cursor.fail(
            opened,
            "Unterminated object constructor expression",
            f"There is no corresponding closing brace before the end of the file. {EARLY_END.format('brace')}",
        )

    def object_item(self, opened: Token) -> ObjectItem:
        name = self.cursor.peek()
        key = self.expression()
        token = self.cursor.peek()
        if token.kind not in ("=", ":"):
            if token.kind == lex.END:
                self.unterminated_object(opened)
            if token.kind == "newline":
                detail = 'Expected an equals sign ("=") to mark the beginning of the attribute value.'
                self.cursor.fail(
                    token, "Missing attribute value", 'Expected an attribute value, introduced by an equals sign ("=").'
                )
            detail = 'Expected an equals sign ("=") to mark the beginning of the attribute value.'
            if token.kind == "}":
                self.cursor.fail(token, "Missing key/value separator", detail)
            self.cursor.fail(token, "Missing key/value separator", detail)
        self.cursor.next()
        value = self.expression()
        bare = isinstance(key, Reference) and not key.steps
        if bare or (isinstance(key, Constant) and name.kind == lex.IDENT):
            return ObjectItem(self.cursor.slice(name), key, value)
        return ObjectItem(None, key, value)

    def for_expression(self, opened: Token, skipped_before: bool) -> Expression:
        """After the bracket, at the word `for`; newlines are already skipped."""
        summary = "Invalid 'for' expression"
        self.cursor.next()
        key_name, value_name = for_names(self.cursor, summary, "For expression")
        collection = self.expression()
        if self.cursor.peek().kind != ":":
            self.cursor.fail(
                self.cursor.peek(), summary, "For expression requires a colon after the collection expression."
            )
        self.cursor.next()
        key, value, groups = None, self.expression(), False
        if self.cursor.peek().kind == "=>":
            self.cursor.next()
            if opened.kind == "[":
                self.cursor.fail(value.span, summary, "Key expression is not valid when building a tuple.")
            key, value = value, self.expression()
        elif opened.kind == "{":
            self.cursor.fail(value.span, summary, "Key expression is required when building an object.")
        if self.cursor.peek().kind == "...":
            dots, groups = self.cursor.next(), True
            if opened.kind == "[":
                self.cursor.fail(dots, summary, "Grouping ellipsis (...) cannot be used when building a tuple.")
        condition = None
        token = self.cursor.peek()
        if token.kind == lex.IDENT and self.cursor.slice(token) == "if":
            self.cursor.next()
            condition = self.expression()
        token = self.cursor.peek()
        if token.kind != ("]" if opened.kind == "[" else "}"):
            self.cursor.fail(token, summary, "Extra characters after the end of the 'for' expression.")
        closed = self.cursor.next()
        self.cursor.skips_newlines = skipped_before
        span = Span(opened.start, closed.end)
        return For(span, key_name, value_name, collection, key, value, condition, groups, span_of(opened))


def for_names(cursor: Cursor, summary: str, what: str) -> tuple[str | None, str]:
    """`v in` or `k, v in`, shared with the template directive."""
    names: list[str] = []
    while True:
        token = cursor.peek()
        if token.kind != lex.IDENT:
            after = "for" if not names else "comma"
            where = f"'{after}'" if not names else "comma"
            cursor.fail(token, summary, f"{what} requires {'value ' if names else ''}variable name after {where}.")
        names.append(cursor.slice(cursor.next()))
        if cursor.peek().kind != "," or len(names) == 2:
            break
        cursor.next()
    token = cursor.peek()
    if token.kind != lex.IDENT or cursor.slice(token) != "in":
        wants = (
            "the 'in' keyword after its name declarations" if what == "For expression" else "'in' keyword after names"
        )
        cursor.fail(token, summary, f"{what} requires {wants}.")
    cursor.next()
    return (names[0], names[1]) if len(names) == 2 else (None, names[0])
