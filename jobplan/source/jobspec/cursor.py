"""The place of the parsers in a list of tokens, and how they report a fault.

spec: jobspec §2.1, §14.3
"""

from __future__ import annotations

from typing import NoReturn

from jobplan.source.jobspec import lexer as lex
from jobplan.source.jobspec.diagnostics import Diagnostic, Source, Span
from jobplan.source.jobspec.lexer import Token
from jobplan.source.jobspec.limits import LimitExceeded, Limits

EARLY_END = "This may be caused by incorrect {} nesting elsewhere in this file."


class SyntaxFault(Exception):
    """Parsing stops at the first fault."""

    def __init__(self, span: Span, summary: str, detail: str) -> None:
        self.span, self.summary, self.detail = span, summary, detail


def span_of(token: Token) -> Span:
    return Span(token.start, token.end)


class Cursor:
    """Tokens of one text and the next one to read; `skips_newlines` inside brackets, `depth` of what is open."""

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

    def peek(self) -> Token:
        """The next token, not read."""
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
            token = Span(token.start, token.start + 1) if token.kind == lex.STRING else span_of(token)
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
