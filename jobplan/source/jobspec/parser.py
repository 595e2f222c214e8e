"""Tokens → syntax tree of a body, and the entry points for whole texts.

spec: jobspec §2.2, §14.3
"""

from __future__ import annotations

from itertools import pairwise
from typing import NoReturn

from jobplan.source.jobspec import lexer as lex
from jobplan.source.jobspec.cursor import EARLY_END, Cursor, SyntaxFault, span_of
from jobplan.source.jobspec.diagnostics import Diagnostic, HCLError, Source, Span
from jobplan.source.jobspec.expressions import Expressions
from jobplan.source.jobspec.lexer import Lexer, Token
from jobplan.source.jobspec.limits import Limits
from jobplan.source.jobspec.syntax import Attribute, Block, Body, Expression, Label
from jobplan.source.jobspec.templates import decode_escapes

_ITEM_REQUIRED = "An argument or block definition is required here."
_TO_SET = ' To set an argument, use the equals sign "=" to introduce the argument value.'
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


class Bodies:
    """Reads bodies, attributes and blocks."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.expression = Expressions(cursor).expression

    def body(self, end_kind: str) -> Body:
        """Items up to `end_kind` (which is not read), one a line."""
        body = Body(self.cursor.source)
        while True:
            token = self.cursor.peek()
            if token.kind == "newline":
                self.cursor.at += 1
            elif token.kind == end_kind:
                return body
            elif token.kind == lex.END:
                raise SyntaxFault(Span(-1, -1), "", "")  # the block that was opened last reports it
            else:
                self.item(body)

    def item(self, body: Body) -> None:
        name = self.cursor.next()
        if name.kind != lex.IDENT:
            if name.kind in (lex.STRING, lex.OPEN_QUOTE):
                self.cursor.fail(
                    Span(name.start, name.start + 1), "Invalid argument name", "Argument names must not be quoted."
                )
            self.cursor.fail(name, "Argument or block definition required", _ITEM_REQUIRED)
        following = self.cursor.peek()
        if following.kind == "=":
            self.attribute(body, name)
        elif following.kind in (lex.STRING, lex.OPEN_QUOTE, "{", lex.IDENT):
            self.block(body, name)
        else:
            self.cursor.fail(name, "Argument or block definition required", _ITEM_REQUIRED + _TO_SET)

    def attribute(self, body: Body, name: Token, one_line: bool = False) -> None:
        self.cursor.next()
        expression = self.expression()
        end = self.cursor.last_end
        if not one_line:
            self.end_of_attribute()
        text = self.cursor.slice(name)
        if text in body.attributes:
            there = self.cursor.source.range_text(body.attributes[text].name_span)
            detail = f'The argument "{text}" was already set at {there}. Each argument may be set only once.'
            self.cursor.problems.append(Diagnostic("Attribute redefined", detail, self.cursor.source, span_of(name)))
            return
        body.attributes[text] = Attribute(text, expression, span_of(name), Span(name.start, end))

    def end_of_attribute(self) -> None:
        token = self.cursor.peek()
        if token.kind in ("newline", lex.END):
            return
        if token.kind == ",":
            self.cursor.fail(
                token,
                "Unexpected comma after argument",
                "Argument definitions must be separated by newlines, not commas. An argument definition must "
                "end with a "
                "newline.",
            )
        self.cursor.fail(token, "Missing newline after argument", "An argument definition must end with a newline.")

    def block(self, body: Body, name: Token) -> None:
        labels: list[Label] = []
        while (token := self.cursor.peek()).kind != "{":
            if token.kind == lex.STRING:
                labels.append(Label(self.label_text(token), span_of(self.cursor.next())))
            elif token.kind == lex.OPEN_QUOTE:
                labels.append(self.label_in_parts())
            elif token.kind == lex.IDENT:
                labels.append(Label(self.cursor.slice(token), span_of(self.cursor.next())))
            else:
                self.bad_header(token, labels)
        opened = self.cursor.next()
        self.cursor.enter()
        inner = self.block_body(opened)
        self.cursor.depth -= 1
        first = next(iter(inner.attributes.values()), None) if self.is_one_line(opened, inner) else None
        at = opened.start if first is None else first.name_span.start
        inner.missing = Span(at, at)
        token = self.cursor.peek()
        if token.kind not in ("newline", lex.END):
            self.cursor.fail(
                token, "Missing newline after block definition", "A block definition must end with a newline."
            )
        body.blocks.append(Block(self.cursor.slice(name), tuple(labels), inner, span_of(name), span_of(opened)))

    def is_one_line(self, opened: Token, body: Body) -> bool:
        return (
            bool(body.attributes)
            and "\n" not in self.cursor.text[opened.end : next(iter(body.attributes.values())).span.start]
        )

    def label_text(self, token: Token) -> str:
        return decode_escapes(self.cursor, self.cursor.slice(token)[1:-1], token.start + 1)

    def label_in_parts(self) -> Label:
        """A label with escaped template markers; real ones are refused."""
        opened, pieces = self.cursor.next(), []
        while (token := self.cursor.next()).kind == lex.LITERAL:
            pieces.append(decode_escapes(self.cursor, self.cursor.slice(token), token.start))
        if token.kind == lex.CLOSE_QUOTE:
            return Label("".join(pieces), Span(opened.start, token.end))
        if token.kind == lex.END:
            self.cursor.fail(
                token, "Unterminated string literal", "Unable to find the closing quote mark before end of file."
            )
        char = self.cursor.slice(token)[:1]
        self.cursor.fail(
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
        self.cursor.fail(token, summary, detail)

    def block_body(self, opened: Token) -> Body:
        token = self.cursor.peek()
        if token.kind == "}":
            self.cursor.next()
            return Body(self.cursor.source)
        if token.kind == lex.IDENT:
            return self.one_line_body(opened)
        if token.kind in (lex.STRING, lex.OPEN_QUOTE):
            self.cursor.fail(token, "Argument or block definition required", _ITEM_REQUIRED)
        try:
            body = self.body("}")
        except SyntaxFault as fault:
            if fault.span.start >= 0:
                raise
            self.unclosed(opened)
        self.cursor.next()
        return body

    def unclosed(self, opened: Token) -> NoReturn:
        self.cursor.fail(
            opened,
            "Unclosed configuration block",
            f"There is no closing brace for this block before the end of the file. {EARLY_END.format('brace')}",
        )

    def one_line_body(self, opened: Token) -> Body:
        body, name = Body(self.cursor.source), self.cursor.next()
        if self.cursor.peek().kind == "=":
            self.attribute(body, name, one_line=True)
        elif self.cursor.peek().kind in (lex.STRING, lex.OPEN_QUOTE, "{", lex.IDENT):
            text = self.cursor.slice(name)
            detail = (
                "A single-line block definition can contain only a single argument. If you meant to define argument "
                f'"{text}", use an equals sign to assign it a value. To define a nested block, place it on a '
                "line of its "
                "own within its parent block."
            )
            end = self.cursor.peek().start + 1 if self.cursor.peek().kind == lex.STRING else self.cursor.peek().end
            self.cursor.fail(Span(name.start, end), "Argument definition required", detail)
        else:
            self.cursor.fail(name, "Argument or block definition required", _ITEM_REQUIRED + _TO_SET)
        token = self.cursor.peek()
        if token.kind == "}":
            self.cursor.next()
            return body
        if token.kind == lex.END:
            self.unclosed(opened)
        detail = {",": _ONE_LINE_COMMA, "newline": _ONE_LINE_OPEN}.get(token.kind, _ONE_LINE_REST)
        self.cursor.fail(token, "Invalid single-argument block definition", detail)


# ---- entry points ----------------------------------------------------------------------------------------------------
def parse_body(source: Source, limits: Limits, prefix: str = "") -> Body:
    """The syntax tree of a file. Raises `HCLError` (short form)."""
    scanner = Lexer(source)
    cursor = Cursor(source, scanner.scan(), limits)
    body, problems = Body(source), list(scanner.problems)
    try:
        body = Bodies(cursor).body(lex.END)
    except SyntaxFault as fault:
        cursor.problems.append(Diagnostic(fault.summary, fault.detail, source, fault.span))
    problems.extend(cursor.problems)
    if problems:
        raise HCLError([_with_hint(problems[0], scanner.tokens), *problems[1:]], short=True, prefix=prefix)
    body.missing = Span(0, 0)
    return body


def parse_expression(source: Source, limits: Limits) -> tuple[Expression | None, list[Diagnostic]]:
    """A text that is one expression, as `-var` and the environment give it; None when it is faulty."""
    scanner = Lexer(source)
    cursor = Cursor(source, scanner.scan(), limits)
    cursor.skips_newlines = True
    node: Expression | None = None
    try:
        node = Expressions(cursor).expression()
        if cursor.peek().kind != lex.END:
            cursor.fail(
                cursor.peek(),
                "Extra characters after expression",
                "An expression was successfully parsed, but extra characters were found after it.",
            )
    except SyntaxFault as fault:
        cursor.problems.append(Diagnostic(fault.summary, fault.detail, source, fault.span))
    problems = scanner.problems + cursor.problems
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
