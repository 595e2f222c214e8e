"""Quoted strings and heredocs with templates: tokens → expression.

First a flat list of parts is read; trimming and the indentation of flush heredocs work on that list; then directives
are folded into `TemplateIf` and `TemplateFor`.

spec: jobspec §2.3–§2.5
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobplan.source.jobspec import lexer as lex
from jobplan.source.jobspec.constructors import for_names
from jobplan.source.jobspec.diagnostics import Span
from jobplan.source.jobspec.syntax import (
    Constant,
    Expression,
    Template,
    TemplateFor,
    TemplateIf,
    TemplateWrap,
)
from jobplan.source.jobspec.values import string

if TYPE_CHECKING:
    from jobplan.source.jobspec.cursor import Cursor
    from jobplan.source.jobspec.expressions import Expressions

WHITE_SPACE = (
    "\t\n\v\f\r "
    "\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)

_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.?))", re.DOTALL)
_DOUBLED = re.compile(r"([$%])\1\{")
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}

_EXTRA = (
    "Expected a closing brace to end the interpolation expression, but found extra characters.\n\nThis can "
    "happen when you "
    "include interpolation syntax for another language, such as shell scripting, but forget to escape the "
    "interpolation "
    'start token. If this is an embedded sequence for another language, escape it by starting with "$${" '
    "instead of just "
    '"${".'
)
_COLON = (
    "Template interpolation doesn't expect a colon at this location. Did you intend this to be a literal "
    "sequence to be "
    'processed as part of another language? If so, you can escape it by starting with "$${" instead of just "${".'
)
_UNBALANCED = "The control directives within this template are unbalanced."


def decode_escapes(cursor: Cursor, text: str, offset: int) -> str:
    """The value of literal text of a quoted string. spec: jobspec §2.3"""

    def replace(found: re.Match[str]) -> str:
        code = found[1] or found[2]
        if code is None:
            return _SIMPLE[found[3]] if found[3] in _SIMPLE else _bad_escape(cursor, found, offset)
        value = int(code, 16)
        if 0xD800 <= value < 0xE000 or value > 0x10FFFF:
            span = Span(offset + found.start(), offset + found.end())
            cursor.fail(span, "Invalid escape sequence", f"Cannot encode character U+{value:04x} in UTF-8.")
        return chr(value)

    if "\\" in text:
        text = _ESCAPE.sub(replace, text)
    return undoubled(text)


def _bad_escape(cursor: Cursor, found: re.Match[str], offset: int) -> str:
    start = offset + found.start()
    if found[3] in ("u", "U"):
        length, word = (4, "four") if found[3] == "u" else (8, "eight")
        detail = f"The \\{found[3]} escape sequence must be followed by {word} hexadecimal digits."
        digits = 0
        while digits < length and found.string[found.end() + digits : found.end() + digits + 1].isalnum():
            digits += 1
        cursor.fail(Span(start, start + 2 + digits), "Invalid escape sequence", detail)
    detail = f'The symbol "{found[3]}" is not a valid escape sequence selector.'
    cursor.fail(Span(start, start + 2), "Invalid escape sequence", detail)


def undoubled(text: str) -> str:
    """`$${` → `${`, `%%{` → `%{`."""
    return _DOUBLED.sub(r"\1{", text) if "{" in text else text


@dataclass(slots=True)
class _Part:
    """A piece of a template: `text` (literal), or an interpolation, or a directive `word` with its content."""

    span: Span
    text: str | None = None
    node: Expression | None = None
    word: str = ""
    names: tuple[str | None, str] = (None, "")
    trims_left: bool = False
    trims_right: bool = False


class TemplateReader:
    """Reads one template from the parser's tokens."""

    def __init__(self, expressions: Expressions) -> None:
        self.expressions = expressions
        self.cursor = expressions.cursor

    def read(self) -> Expression:
        """From the opening quote or heredoc line past the closing one."""
        cursor = self.cursor
        opened = cursor.next()
        quoted = opened.kind == lex.OPEN_QUOTE
        parts = self.parts(lex.CLOSE_QUOTE if quoted else lex.CLOSE_HEREDOC, quoted)
        closed = cursor.next()
        trim(parts)
        if not quoted and cursor.slice(opened).startswith("<<-"):
            remove_indentation(parts)
        return self.expression(parts, Span(opened.start, closed.end), Span(closed.start, closed.end))

    def read_bare(self, span: Span) -> Expression:
        """Template text without quotes up to the end of the tokens (HCL-JSON)."""
        parts = self.parts(lex.END, quoted=False)
        trim(parts)
        return self.expression(parts, span, Span(span.end, span.end))

    # ---- reading -----------------------------------------------------------------------------------------------------
    def parts(self, end_kind: str, quoted: bool) -> list[_Part]:
        cursor = self.cursor
        parts: list[_Part] = []
        while True:
            token = cursor.tokens[cursor.at]
            if token.kind == end_kind:
                return parts
            span = Span(token.start, token.end)
            if token.kind == lex.LITERAL:
                cursor.next()
                text = cursor.slice(token)
                text = decode_escapes(cursor, text, token.start) if quoted else undoubled(text)
                parts.append(_Part(span, text=text))
            elif token.kind == lex.INTERPOLATION:
                parts.append(self.interpolation())
            elif token.kind == lex.DIRECTIVE:
                parts.append(self.directive())
            else:
                cursor.fail(token, "Unterminated template string", "No closing marker was found for the string.")

    def interpolation(self) -> _Part:
        cursor = self.cursor
        opened, before = cursor.next(), cursor.skips_newlines
        cursor.skips_newlines = True
        node = self.expressions.expression()
        token = cursor.peek()
        if token.kind != lex.CLOSE_TEMPLATE:
            if token.kind == lex.END:
                cursor.fail(
                    opened,
                    "Unclosed template interpolation sequence",
                    "There is no closing brace for this interpolation sequence before the end of the file. This "
                    "might be "
                    "caused by incorrect nesting inside the given expression.",
                )
            detail = _COLON if token.kind == ":" else _EXTRA
            cursor.fail(token, "Extra characters after interpolation expression", detail)
        closed = cursor.next()
        cursor.skips_newlines = before
        part = _Part(Span(opened.start, closed.end), node=node)
        part.trims_left, part.trims_right = opened.end - opened.start == 3, closed.end - closed.start == 2
        return part

    def directive(self) -> _Part:
        cursor = self.cursor
        opened, before = cursor.next(), cursor.skips_newlines
        cursor.skips_newlines = True
        token = cursor.peek()
        if token.kind != lex.IDENT:
            cursor.fail(
                token,
                "Invalid template directive",
                'A template directive keyword ("if", "for", etc) is expected at the beginning of a %{ sequence.',
            )
        cursor.next()
        part = _Part(Span(opened.start, token.end), word=cursor.slice(token))
        if part.word == "if":
            part.node = self.expressions.expression()
        elif part.word == "for":
            part.names = for_names(cursor, "Invalid 'for' directive", "For directive")
            part.node = self.expressions.expression()
        elif part.word not in ("else", "endif", "endfor"):
            self.unknown_word(token, part.word)
        closed = cursor.peek()
        if closed.kind != lex.CLOSE_TEMPLATE:
            cursor.fail(
                closed,
                f"Extra characters in {part.word} marker",
                "Expected a closing brace to end the directive, but found extra characters.",
            )
        cursor.next()
        cursor.skips_newlines = before
        part.span = Span(opened.start, closed.end)
        part.trims_left, part.trims_right = opened.end - opened.start == 3, closed.end - closed.start == 2
        return part

    def unknown_word(self, token: lex.Token, word: str) -> None:
        from jobplan.source.jobspec.suggestions import similar

        close = similar(word, ["if", "for", "else", "endif", "endfor"])
        suggestion = f' Did you mean "{close}"?' if close else ""
        detail = f'"{word}" is not a valid template control keyword.{suggestion}'
        self.cursor.fail(token, "Invalid template control keyword", detail)

    # ---- folding -----------------------------------------------------------------------------------------------------
    def expression(self, parts: list[_Part], span: Span, closing: Span) -> Expression:
        if len(parts) == 1 and parts[0].node is not None and not parts[0].word:
            return TemplateWrap(span, parts[0].node)
        self.rest, self.index, self.closing = parts, 0, closing
        folded = self.fold(None, None)
        return Template(span, tuple(folded))

    def fold(self, opener: _Part | None, else_part: _Part | None) -> list[Expression]:
        """Parts up to the directive that closes `opener` (left unread)."""
        out: list[Expression] = []
        while self.index < len(self.rest):
            part = self.rest[self.index]
            if part.word in ("else", "endif", "endfor"):
                self.check_closing(part, opener, else_part)
                return out
            self.index += 1
            if part.word == "if":
                out.append(self.fold_if(part))
            elif part.word == "for":
                body = self.fold(part, None)
                self.index += 1
                assert part.node is not None
                content = Template(_extent(body, part.span), tuple(body))
                out.append(TemplateFor(part.span, part.names[0], part.names[1], part.node, content))
            elif part.text is not None:
                out.append(Constant(part.span, string(part.text)))
            else:
                assert part.node is not None
                out.append(part.node)
        if opener is not None:
            self.unclosed(opener)
        return out

    def fold_if(self, part: _Part) -> Expression:
        self.cursor.enter()
        if_true, if_false = self.fold(part, None), []
        if self.rest[self.index].word == "else":
            middle = self.rest[self.index]
            self.index += 1
            if_false = self.fold(part, middle)
        self.index += 1
        self.cursor.depth -= 1
        assert part.node is not None
        yes = Template(_extent(if_true, part.span), tuple(if_true))
        no = Template(_extent(if_false, part.span), tuple(if_false))
        return TemplateIf(part.span, part.node, yes, no)

    def check_closing(self, part: _Part, opener: _Part | None, else_part: _Part | None) -> None:
        summary = f"Unexpected {part.word} directive"
        if opener is None:
            self.cursor.fail(part.span, summary, _UNBALANCED)
        started = self.cursor.source.range_text(opener.span)
        if opener.word == "if" and part.word == "endfor":
            self.cursor.fail(part.span, summary, f"Expecting an endif directive for the if started at {started}.")
        if opener.word == "for" and part.word != "endfor":
            detail = f"Expecting an endfor directive corresponding to the for directive at {started}."
            self.cursor.fail(part.span, summary, detail)
        if part.word == "else" and else_part is not None:
            self.cursor.fail(part.span, summary, f"Already in the else clause for the if started at {started}.")

    def unclosed(self, opener: _Part) -> None:
        started = self.cursor.source.range_text(opener.span)
        detail = f"The {opener.word} directive at {started} is missing its corresponding end{opener.word} directive."
        self.cursor.fail(self.closing, "Unexpected end of template", detail)


def _extent(nodes: list[Expression], otherwise: Span) -> Span:
    return Span(nodes[0].span.start, nodes[-1].span.end) if nodes else otherwise


# ---- trimming and indentation ----------------------------------------------------------------------------------------
def trim(parts: list[_Part]) -> None:
    """Carry out the `~` marks on the adjoining literals. spec: jobspec §2.5"""
    for before, part, after in zip([None, *parts], parts, [*parts[1:], None]):
        if part.trims_left and before is not None and before.text is not None:
            before.text = before.text.rstrip(WHITE_SPACE)
        if part.trims_right and after is not None and after.text is not None:
            after.text = after.text.lstrip(WHITE_SPACE)


def remove_indentation(parts: list[_Part]) -> None:
    """Take the common indentation of a flush heredoc from the start of each line. spec: jobspec §2.4, §2.5"""
    starts: list[_Part] = []
    width: int | None = None
    at_line_start = True
    for part in parts:
        if at_line_start:
            if part.text is None:
                width = 0
            elif part.text.strip(WHITE_SPACE) or not part.text.endswith("\n"):
                indent = len(part.text) - len(part.text.lstrip(WHITE_SPACE))
                width = indent if width is None else min(width, indent)
                starts.append(part)
        at_line_start = part.text is not None and part.text.endswith("\n")
    for part in starts:
        assert part.text is not None
        part.text = part.text[width or 0 :]
