"""Tokens → syntax tree: bodies and expressions. Templates are in `templates.py`.

spec: jobspec §2.2, §2.6, §4, §14.3
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple, NoReturn

from jobplan.source.jobspec import lexer as lex
from jobplan.source.jobspec.diagnostics import Diagnostic, HCLError, Source, Span
from jobplan.source.jobspec.lexer import Lexer, Token
from jobplan.source.jobspec.limits import LimitExceeded, Limits
from jobplan.source.jobspec.numbers import Number, NumberTooLarge, from_text
from jobplan.source.jobspec.syntax import (
    Access,
    Attribute,
    Binary,
    Block,
    Body,
    Call,
    Conditional,
    Constant,
    Element,
    Expression,
    For,
    Index,
    Label,
    ObjectExpression,
    ObjectItem,
    Parentheses,
    QuotedText,
    Reference,
    Splat,
    Step,
    TupleExpression,
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

_ITEM_REQUIRED = "An argument or block definition is required here."
_TO_SET = ' To set an argument, use the equals sign "=" to introduce the argument value.'
_NO_EXPRESSION = "Expected the start of an expression, but found {}."
_EARLY_END = "This may be caused by incorrect {} nesting elsewhere in this file."
_ONE_LINE_REST = (
    "A single-line block definition must end with a closing brace immediately after its single argument definition."
)
_ONE_LINE_OPEN = (
    "An argument definition on the same line as its containing block creates a single-line block definition, "
    "which must "
    "also be closed on the same line. Place the block's closing brace immediately after the argument definition."
)
_ONE_LINE_COMMA = (
    "Single-line block syntax can include only one argument definition. To define multiple arguments, use the "
    "multi-line "
    "block syntax with one argument definition per line."
)


class _Marker(NamedTuple):
    """`[*]` (full) or `.*`."""

    span: Span
    full: bool


class _Key(NamedTuple):
    """A computed index."""

    key: Expression
    brackets: Span


class SyntaxFault(Exception):
    """The parser stops at the first fault of an item; the body parser records it and goes on after the item."""

    def __init__(self, span: Span, summary: str, detail: str) -> None:
        self.span, self.summary, self.detail = span, summary, detail


def _span(token: Token) -> Span:
    return Span(token.start, token.end)


class Parser:
    """Recursive descent over the tokens of one text."""

    def __init__(
        self, source: Source, tokens: list[Token], limits: Limits, *, text: str | None = None, base: int = 0
    ) -> None:
        self.source, self.limits = source, limits
        self.text, self.base = source.text if text is None else text, base
        self.tokens = tokens
        self.at = 0
        self.skips_newlines = False
        self.depth = 0
        self.problems: list[Diagnostic] = []
        self.last_end = 0  # end of the last token read

    # ---- tokens ------------------------------------------------------------------------------------------------------
    def peek(self) -> Token:
        tokens = self.tokens
        if self.skips_newlines:
            while tokens[self.at].kind == "newline":
                self.at += 1
        return tokens[self.at]

    def next(self) -> Token:
        token = self.peek()
        if token.kind != lex.END:
            self.at += 1
        self.last_end = token.end
        return token

    def slice(self, token: Token) -> str:
        return self.text[token.start - self.base : token.end - self.base]

    def fail(self, token: Token | Span, summary: str, detail: str) -> NoReturn:
        if isinstance(token, Token):  # of a string only the opening quote is shown
            token = Span(token.start, token.start + 1) if token.kind == lex.STRING else _span(token)
        raise SyntaxFault(token, summary, detail)

    def enter(self) -> None:
        self.depth += 1
        if self.depth > self.limits.depth:
            line, column = self.source.position(self.tokens[self.at].start)
            raise LimitExceeded(
                f"nested more than {self.limits.depth} levels deep",
                filename=self.source.name,
                line=line,
                column=column,
            )

    # ---- bodies ------------------------------------------------------------------------------------------------------
    def body(self, end_kind: str) -> Body:
        """Items up to `end_kind` (which is not read), one a line."""
        body = Body(self.source)
        while True:
            token = self.peek()
            if token.kind == "newline":
                self.at += 1
            elif token.kind == end_kind:
                return body
            elif token.kind == lex.END:
                raise SyntaxFault(Span(-1, -1), "", "")  # the block that was opened last reports it
            else:
                self.item(body)

    def item(self, body: Body) -> None:
        name = self.next()
        if name.kind != lex.IDENT:
            if name.kind in (lex.STRING, lex.OPEN_QUOTE):
                self.fail(
                    Span(name.start, name.start + 1), "Invalid argument name", "Argument names must not be quoted."
                )
            self.fail(name, "Argument or block definition required", _ITEM_REQUIRED)
        following = self.peek()
        if following.kind == "=":
            self.attribute(body, name)
        elif following.kind in (lex.STRING, lex.OPEN_QUOTE, "{", lex.IDENT):
            self.block(body, name)
        else:
            self.fail(name, "Argument or block definition required", _ITEM_REQUIRED + _TO_SET)

    def attribute(self, body: Body, name: Token, one_line: bool = False) -> None:
        self.next()
        expression = self.expression()
        end = self.last_end
        if not one_line:
            self.end_of_attribute()
        text = self.slice(name)
        if text in body.attributes:
            there = self.source.range_text(body.attributes[text].name_span)
            detail = f'The argument "{text}" was already set at {there}. Each argument may be set only once.'
            self.problems.append(Diagnostic("Attribute redefined", detail, self.source, _span(name)))
            return
        body.attributes[text] = Attribute(text, expression, _span(name), Span(name.start, end))

    def end_of_attribute(self) -> None:
        token = self.peek()
        if token.kind in ("newline", lex.END):
            return
        if token.kind == ",":
            self.fail(
                token,
                "Unexpected comma after argument",
                "Argument definitions must be separated by newlines, not commas. An argument definition must "
                "end with a "
                "newline.",
            )
        self.fail(token, "Missing newline after argument", "An argument definition must end with a newline.")

    def block(self, body: Body, name: Token) -> None:
        labels: list[Label] = []
        while (token := self.peek()).kind != "{":
            if token.kind == lex.STRING:
                labels.append(Label(self.label_text(token), _span(self.next())))
            elif token.kind == lex.OPEN_QUOTE:
                labels.append(self.label_in_parts())
            elif token.kind == lex.IDENT:
                labels.append(Label(self.slice(token), _span(self.next())))
            else:
                self.bad_header(token, labels)
        opened = self.next()
        self.enter()
        inner = self.block_body(opened)
        self.depth -= 1
        first = next(iter(inner.attributes.values()), None) if self.is_one_line(opened, inner) else None
        at = opened.start if first is None else first.name_span.start
        inner.missing = Span(at, at)
        token = self.peek()
        if token.kind not in ("newline", lex.END):
            self.fail(token, "Missing newline after block definition", "A block definition must end with a newline.")
        body.blocks.append(Block(self.slice(name), tuple(labels), inner, _span(name), _span(opened)))

    def is_one_line(self, opened: Token, body: Body) -> bool:
        return (
            bool(body.attributes)
            and "\n" not in self.text[opened.end : next(iter(body.attributes.values())).span.start]
        )

    def label_text(self, token: Token) -> str:
        return decode_escapes(self, self.slice(token)[1:-1], token.start + 1)

    def label_in_parts(self) -> Label:
        """A label with escaped template markers; real ones are refused."""
        opened, pieces = self.next(), []
        while (token := self.next()).kind == lex.LITERAL:
            pieces.append(decode_escapes(self, self.slice(token), token.start))
        if token.kind == lex.CLOSE_QUOTE:
            return Label("".join(pieces), Span(opened.start, token.end))
        if token.kind == lex.END:
            self.fail(token, "Unterminated string literal", "Unable to find the closing quote mark before end of file.")
        char = self.slice(token)[:1]
        self.fail(
            token,
            "Invalid string literal",
            f'Template sequences are not allowed in this string. To include a literal "{char}", double it (as '
            f'"{char * 2}") '
            "to escape it.",
        )

    def bad_header(self, token: Token, labels: list[Label]) -> NoReturn:
        summary = "Invalid block definition"
        if token.kind == "=":
            detail = 'The equals sign "=" indicates an argument definition, and must not be used when defining a block.'
        elif token.kind == "newline":
            detail = (
                'A block definition must have block content delimited by "{" and "}", starting on the same line as the '
                "block header."
            )
        else:
            detail = 'Either a quoted string block label or an opening brace ("{") is expected here.'
        self.fail(token, summary, detail)

    def block_body(self, opened: Token) -> Body:
        token = self.peek()
        if token.kind == "}":
            self.next()
            return Body(self.source)
        if token.kind == lex.IDENT:
            return self.one_line_body(opened)
        if token.kind in (lex.STRING, lex.OPEN_QUOTE):
            self.fail(token, "Argument or block definition required", _ITEM_REQUIRED)
        try:
            body = self.body("}")
        except SyntaxFault as fault:
            if fault.span.start >= 0:
                raise
            self.unclosed(opened)
        self.next()
        return body

    def unclosed(self, opened: Token) -> NoReturn:
        self.fail(
            opened,
            "Unclosed configuration block",
            f"There is no closing brace for this block before the end of the file. {_EARLY_END.format('brace')}",
        )

    def one_line_body(self, opened: Token) -> Body:
        body, name = Body(self.source), self.next()
        if self.peek().kind == "=":
            self.attribute(body, name, one_line=True)
        elif self.peek().kind in (lex.STRING, lex.OPEN_QUOTE, "{", lex.IDENT):
            text = self.slice(name)
            detail = (
                "A single-line block definition can contain only a single argument. If you meant to define argument "
                f'"{text}", use an equals sign to assign it a value. To define a nested block, place it on a '
                "line of its "
                "own within its parent block."
            )
            end = self.peek().start + 1 if self.peek().kind == lex.STRING else self.peek().end
            self.fail(Span(name.start, end), "Argument definition required", detail)
        else:
            self.fail(name, "Argument or block definition required", _ITEM_REQUIRED + _TO_SET)
        token = self.peek()
        if token.kind == "}":
            self.next()
            return body
        if token.kind == lex.END:
            self.unclosed(opened)
        detail = {",": _ONE_LINE_COMMA, "newline": _ONE_LINE_OPEN}.get(token.kind, _ONE_LINE_REST)
        self.fail(token, "Invalid single-argument block definition", detail)

    # ---- expressions -------------------------------------------------------------------------------------------------
    def expression(self) -> Expression:
        """A conditional or anything that binds tighter."""
        self.enter()
        condition = self.binary(1)
        if self.peek().kind == "?":
            self.next()
            if_true = self.expression()
            if self.peek().kind != ":":
                self.fail(
                    self.peek(),
                    "Missing false expression in conditional",
                    "The conditional operator (...?...:...) requires a false expression, delimited by a colon.",
                )
            self.next()
            if_false = self.expression()
            condition = Conditional(Span(condition.span.start, if_false.span.end), condition, if_true, if_false)
        self.depth -= 1
        return condition

    def binary(self, level: int) -> Expression:
        left = self.unary()
        while (found := _LEVELS.get(self.peek().kind, 0)) >= level:
            operator = self.next().kind
            right = self.binary(found + 1)
            left = Binary(Span(left.span.start, right.span.end), operator, left, right)
        return left

    def unary(self) -> Expression:
        token = self.peek()
        if token.kind in ("-", "!"):
            self.next()
            self.enter()
            operand = self.unary()
            self.depth -= 1
            return Unary(Span(token.start, operand.span.end), token.kind, operand, _span(token))
        return self.with_steps(self.term())

    def term(self) -> Expression:
        token = self.peek()
        match token.kind:
            case "identifier":
                return self.name_or_call()
            case "string":
                self.next()
                text = self.slice(token)[1:-1]
                if "\\" in text:
                    text = decode_escapes(self, text, token.start + 1)
                return QuotedText(_span(token), string(text))
            case "number":
                self.next()
                return Constant(_span(token), number(self.number_value(token)))
            case lex.OPEN_QUOTE | lex.OPEN_HEREDOC:
                return TemplateReader(self).read()
            case "(":
                return self.parentheses()
            case "[":
                return self.tuple_or_for()
            case "{":
                return self.object_or_for()
            case lex.END:
                self.fail(token, "Missing expression", _NO_EXPRESSION.format("the end of the file"))
        self.fail(token, "Invalid expression", _NO_EXPRESSION.format("an invalid expression token"))

    def number_value(self, token: Token) -> Number:
        try:
            value = from_text(self.slice(token))
        except NumberTooLarge:
            value = None
        if value is None:
            self.fail(token, "Invalid number literal", "Failed to recognize the value of this number literal.")
        return value

    def parentheses(self) -> Expression:
        opened, before = self.next(), self.skips_newlines
        self.skips_newlines = True
        inner = self.expression()
        if self.peek().kind != ")":
            self.fail(
                self.peek(), "Unbalanced parentheses", "Expected a closing parenthesis to terminate the expression."
            )
        closed = self.next()
        self.skips_newlines = before
        return Parentheses(Span(opened.start, closed.end), inner)

    def name_or_call(self) -> Expression:
        token = self.next()
        name, end = self.slice(token), token.end
        while self.peek().kind == "::":
            self.next()
            part = self.peek()
            if part.kind != lex.IDENT:
                self.fail(
                    part,
                    "Missing function name",
                    "Function scope resolution symbol :: must be followed by a function name in this scope.",
                )
            name, end = f"{name}::{self.slice(self.next())}", part.end
        if self.peek().kind == "(":
            return self.call(name, Span(token.start, end))
        if "::" in name:
            self.fail(
                self.peek(),
                "Missing open parenthesis",
                "Function selector must be followed by an open parenthesis to begin the function call.",
            )
        if name in _KEYWORDS:
            return Constant(_span(token), _KEYWORDS[name])
        return Reference(_span(token), name, (), _span(token))

    def call(self, name: str, name_span: Span) -> Expression:
        opened, before = self.next(), self.skips_newlines
        self.skips_newlines = True
        arguments: list[Expression] = []
        expands = False
        while self.peek().kind != ")":
            arguments.append(self.expression())
            token = self.peek()
            if token.kind == "...":
                self.next()
                expands = True
                if self.peek().kind == ",":
                    self.next()
                if self.peek().kind != ")":
                    self.fail(
                        self.peek(),
                        "Missing closing parenthesis",
                        "An expanded function argument (with ...) must be immediately followed by closing parentheses.",
                    )
            elif token.kind == ",":
                self.next()
            elif token.kind == lex.END:
                self.fail(
                    opened,
                    "Unterminated function call",
                    "There is no closing parenthesis for this function call before the end of the file. "
                    f"{_EARLY_END.format('parenthesis')}",
                )
            elif token.kind != ")":
                self.fail(
                    token,
                    "Missing argument separator",
                    "A comma is required to separate each function argument from the next.",
                )
        closed = self.next()
        self.skips_newlines = before
        span = Span(name_span.start, closed.end)
        return Call(span, name, tuple(arguments), expands, name_span, _span(opened), _span(closed))

    # ---- steps -------------------------------------------------------------------------------------------------------
    def with_steps(self, node: Expression) -> Expression:
        """Constant steps are collected and joined once, so that a long chain costs no more than its length."""
        steps: list[Step] = []
        wraps = 0  # steps that nest the expression
        while (kind := self.peek().kind) in (".", "["):
            found = self.dot() if kind == "." else self.bracket()
            if isinstance(found, Step):
                steps.append(found)
                continue
            node = self.joined(node, steps)
            steps = []
            self.enter()
            wraps += 1
            if isinstance(found, _Marker):
                node = self.splat(node, found)
            else:
                node = Index(Span(node.span.start, found.brackets.end), node, found.key, found.brackets)
        self.depth -= wraps
        return self.joined(node, steps)

    def joined(self, node: Expression, steps: list[Step]) -> Expression:
        if not steps:
            return node
        span = Span(node.span.start, steps[-1].span.end)
        if isinstance(node, Reference):
            return Reference(span, node.root, (*node.steps, *steps), node.root_span)
        return Access(span, node, tuple(steps))

    def dot(self) -> Step | _Marker:
        dot, token = self.next(), self.peek()
        if token.kind == lex.IDENT:
            self.next()
            return Step(self.slice(token), Span(dot.start, token.end))
        if token.kind == "number":
            self.next()
            return self.legacy_index(dot, token)
        if token.kind == "*":
            self.next()
            return _Marker(Span(dot.start, token.end), full=False)
        self.fail(token, "Invalid attribute name", "An attribute name is required after a dot.")

    def splat(self, node: Expression, marker: _Marker) -> Expression:
        """spec: jobspec §4.3"""
        element = Element(Span(marker.span.end - 1, marker.span.end))
        self.enter()
        if marker.full:
            each = self.with_steps(element)
        else:
            steps: list[Step] = []
            while self.peek().kind == "." and self.tokens[self.at + 1].kind in (lex.IDENT, "number"):
                step = self.dot()
                assert isinstance(step, Step)
                steps.append(step)
            each = self.joined(element, steps)
        self.depth -= 1
        return Splat(Span(node.span.start, self.last_end), node, each, marker.span)

    def legacy_index(self, dot: Token, token: Token) -> Step:
        text = self.slice(token)
        if "." in text:
            first, _, second = text.partition(".")
            self.fail(
                token,
                "Invalid legacy index syntax",
                "When using the legacy index syntax, chaining two indexes together is not permitted. Use the "
                "proper index "
                f"syntax instead, like [{first}][{second}].",
            )
        return Step(number(self.number_value(token)), Span(dot.start, token.end))

    def bracket(self) -> Step | _Marker | _Key:
        opened, before = self.next(), self.skips_newlines
        self.skips_newlines = True
        if self.peek().kind == "*" and self.after_next() == "]":
            self.next()
            closed = self.next()
            self.skips_newlines = before
            return _Marker(Span(opened.start, closed.end), full=True)
        key = self.expression()
        if self.peek().kind != "]":
            detail = 'The index operator must end with a closing bracket ("]").'
            self.fail(self.peek(), "Missing close bracket on index", detail)
        closed = self.next()
        self.skips_newlines = before
        brackets = Span(opened.start, closed.end)
        if isinstance(key, Constant) and not key.value.is_null and key.value.type.kind in ("string", "number"):
            return Step(key.value, brackets)
        return _Key(key, brackets)

    def after_next(self) -> str:
        at = self.at + 1
        while self.tokens[at].kind == "newline":
            at += 1
        return self.tokens[at].kind

    # ---- tuples and objects ------------------------------------------------------------------------------------------
    def at_for(self) -> bool:
        token = self.peek()
        return token.kind == lex.IDENT and self.slice(token) == "for"

    def tuple_or_for(self) -> Expression:
        opened, before = self.next(), self.skips_newlines
        self.skips_newlines = True
        if self.at_for():
            return self.for_expression(opened, before)
        items: list[Expression] = []
        while self.peek().kind != "]":
            items.append(self.expression())
            token = self.peek()
            if token.kind == ",":
                self.next()
            elif token.kind == lex.END:
                self.fail(
                    opened,
                    "Unterminated tuple constructor expression",
                    "There is no corresponding closing bracket before the end of the file. "
                    f"{_EARLY_END.format('bracket')}",
                )
            elif token.kind != "]":
                self.fail(token, "Missing item separator", "Expected a comma to mark the beginning of the next item.")
        closed = self.next()
        self.skips_newlines = before
        return TupleExpression(Span(opened.start, closed.end), tuple(items), _span(opened))

    def object_or_for(self) -> Expression:
        opened, before = self.next(), self.skips_newlines
        self.skips_newlines = True
        if self.at_for():
            return self.for_expression(opened, before)
        self.skips_newlines = False
        items: list[ObjectItem] = []
        while True:
            while self.peek().kind == "newline":
                self.at += 1
            if self.peek().kind == "}":
                break
            items.append(self.object_item(opened))
            token = self.peek()
            if token.kind in (",", "newline"):
                self.next()
            elif token.kind == lex.END:
                self.unterminated_object(opened)
            elif token.kind != "}":
                self.fail(
                    token,
                    "Missing attribute separator",
                    "Expected a newline or comma to mark the beginning of the next attribute.",
                )
        closed = self.next()
        self.skips_newlines = before
        return ObjectExpression(Span(opened.start, closed.end), tuple(items), _span(opened))

    def unterminated_object(self, opened: Token) -> NoReturn:
        self.fail(
            opened,
            "Unterminated object constructor expression",
            f"There is no corresponding closing brace before the end of the file. {_EARLY_END.format('brace')}",
        )

    def object_item(self, opened: Token) -> ObjectItem:
        name = self.peek()
        key = self.expression()
        token = self.peek()
        if token.kind not in ("=", ":"):
            if token.kind == lex.END:
                self.unterminated_object(opened)
            if token.kind == "newline":
                detail = 'Expected an equals sign ("=") to mark the beginning of the attribute value.'
                self.fail(
                    token, "Missing attribute value", 'Expected an attribute value, introduced by an equals sign ("=").'
                )
            detail = 'Expected an equals sign ("=") to mark the beginning of the attribute value.'
            if token.kind == "}":
                self.fail(token, "Missing key/value separator", detail)
            self.fail(token, "Missing key/value separator", detail)
        self.next()
        value = self.expression()
        bare = isinstance(key, Reference) and not key.steps
        if bare or (isinstance(key, Constant) and name.kind == lex.IDENT):
            return ObjectItem(self.slice(name), key, value)
        return ObjectItem(None, key, value)

    def for_expression(self, opened: Token, skipped_before: bool) -> Expression:
        """After the bracket, at the word `for`; newlines are already skipped."""
        summary = "Invalid 'for' expression"
        self.next()
        key_name, value_name = self.for_names(summary, "For expression")
        collection = self.expression()
        if self.peek().kind != ":":
            self.fail(self.peek(), summary, "For expression requires a colon after the collection expression.")
        self.next()
        key, value, groups = None, self.expression(), False
        if self.peek().kind == "=>":
            self.next()
            if opened.kind == "[":
                self.fail(value.span, summary, "Key expression is not valid when building a tuple.")
            key, value = value, self.expression()
        elif opened.kind == "{":
            self.fail(value.span, summary, "Key expression is required when building an object.")
        if self.peek().kind == "...":
            dots, groups = self.next(), True
            if opened.kind == "[":
                self.fail(dots, summary, "Grouping ellipsis (...) cannot be used when building a tuple.")
        condition = None
        token = self.peek()
        if token.kind == lex.IDENT and self.slice(token) == "if":
            self.next()
            condition = self.expression()
        token = self.peek()
        if token.kind != ("]" if opened.kind == "[" else "}"):
            self.fail(token, summary, "Extra characters after the end of the 'for' expression.")
        closed = self.next()
        self.skips_newlines = skipped_before
        span = Span(opened.start, closed.end)
        return For(span, key_name, value_name, collection, key, value, condition, groups, _span(opened))

    def for_names(self, summary: str, what: str) -> tuple[str | None, str]:
        """`v in` or `k, v in`, shared with the template directive."""
        names: list[str] = []
        while True:
            token = self.peek()
            if token.kind != lex.IDENT:
                after = "for" if not names else "comma"
                where = f"'{after}'" if not names else "comma"
                self.fail(token, summary, f"{what} requires {'value ' if names else ''}variable name after {where}.")
            names.append(self.slice(self.next()))
            if self.peek().kind != "," or len(names) == 2:
                break
            self.next()
        token = self.peek()
        if token.kind != lex.IDENT or self.slice(token) != "in":
            wants = (
                "the 'in' keyword after its name declarations"
                if what == "For expression"
                else "'in' keyword after names"
            )
            self.fail(token, summary, f"{what} requires {wants}.")
        self.next()
        return (names[0], names[1]) if len(names) == 2 else (None, names[0])


# ---- entry points ----------------------------------------------------------------------------------------------------
def parse_body(source: Source, limits: Limits, prefix: str = "") -> Body:
    """The syntax tree of a file. Raises `HCLError` (short form)."""
    scanner = Lexer(source)
    parser = Parser(source, scanner.scan(), limits)
    body, problems = Body(source), list(scanner.problems)
    try:
        body = parser.body(lex.END)
    except SyntaxFault as fault:
        parser.problems.append(Diagnostic(fault.summary, fault.detail, source, fault.span))
    problems.extend(parser.problems)
    if problems:
        raise HCLError([_with_hint(problems[0], scanner.tokens), *problems[1:]], short=True, prefix=prefix)
    body.missing = Span(0, 0)
    return body


def parse_expression(source: Source, limits: Limits) -> tuple[Expression | None, list[Diagnostic]]:
    """A text that is one expression, as `-var` and the environment give it; None when it is faulty."""
    scanner = Lexer(source)
    parser = Parser(source, scanner.scan(), limits)
    parser.skips_newlines = True
    node: Expression | None = None
    try:
        node = parser.expression()
        if parser.peek().kind != lex.END:
            parser.fail(
                parser.peek(),
                "Extra characters after expression",
                "An expression was successfully parsed, but extra characters were found after it.",
            )
    except SyntaxFault as fault:
        parser.problems.append(Diagnostic(fault.summary, fault.detail, source, fault.span))
    problems = scanner.problems + parser.problems
    return (None if problems else node), problems


_MARKUP = {("[", "["): "[[ … ]]", ("{", "{"): "{{ … }}"}


def _with_hint(first: Diagnostic, tokens: list[Token]) -> Diagnostic:
    """Say that a file still holds template markup of another tool (Levant, nomad-pack, Jinja) where the fault is."""
    for a, b in pairwise(tokens):
        markup = _MARKUP.get((a.kind, b.kind))
        if markup and a.end == b.start and first.source is not None:
            hint = f"this looks like a template ({markup}): render the file first, then give jobplan the result"
            return Diagnostic(first.summary, first.detail, first.source, first.span, hint=hint)
    return first
