"""Source text → tokens.

Templates nest: inside a quoted string or heredoc the scanner reads literal text up to the next `${` or `%{`, then plain
tokens up to the brace that closes the sequence. A quoted string without any template is one `STRING` token.

spec: jobspec §2.1–§2.5
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from jobplan.source.jobspec.diagnostics import Diagnostic, Source, Span


class Token(NamedTuple):
    """`kind` is an operator's own text, or one of the names below."""

    kind: str
    start: int
    end: int


# Kinds that are no operator
IDENT, NUMBER, NEWLINE, END, BAD = "identifier", "number", "newline", "end of file", "invalid"
STRING: Final = "string"  # a whole quoted string without templates, quotes included
OPEN_QUOTE, CLOSE_QUOTE, LITERAL = "open quote", "close quote", "literal"
OPEN_HEREDOC, CLOSE_HEREDOC = "open heredoc", "close heredoc"
INTERPOLATION, DIRECTIVE, CLOSE_TEMPLATE = "${", "%{", "template }"

_IDENT_TEXT = r"[A-Za-z_][A-Za-z0-9_\-]*+"
_PLAIN = re.compile(
    rf"""(?P<blank>[ \t]+)
    |(?P<comment>(?:\#|//)[^\n]*(?P<line_end>\n)?)
    |(?P<inline>/\*)
    |(?P<newline>\r?\n)
    |(?P<identifier>{_IDENT_TEXT}(?![^\x00-\x7f]))
    |(?P<number>[0-9](?:\.*(?:[0-9]|[eE][+-]?[0-9]))*+)
    |(?P<string>"(?:[^"\\$%\r\n]|\\[^\r\n]|\$(?!\{{)|%(?!\{{))*+")
    |(?P<quote>")
    |(?P<heredoc><<-?(?P<marker>{_IDENT_TEXT}|[^\W\d][\w\-]*)\r?\n)
    |(?P<operator>\.\.\.|::|==|!=|<=|>=|=>|&&|\|\||~\}}|[-+*/%<>!?:=.,()\[\]{{}}])
    """,
    re.VERBOSE,
)
_QUOTED_TEXT = re.compile(r'(?:[^"\\$%\r\n]|\\[^\r\n]|\r(?!\n)|\$\$\{|%%\{|\$(?!\{|\$\{)|%(?!\{|%\{))++')
_HEREDOC_TEXT = re.compile(r"(?:[^$%\n]|\$\$\{|%%\{|\$(?!\{|\$\{)|%(?!\{|%\{))*+\n?")
_SEQUENCE = re.compile(r"[$%]\{~?")

_MOST_PROBLEMS = 1_000

CURLY_QUOTES = "\u2018\u2019\u201c\u201d\u00ab\u00bb"

_INVALID_ONCE = {  # told once a file. spec: jobspec §14.3
    "'": 'Single quotes are not valid. Use double quotes (") to enclose strings.',
    "`": 'The "`" character is not valid. To create a multi-line string, use the "heredoc" syntax, like "<<EOT".',
    ";": 'The ";" character is not valid. Use newlines to separate arguments and blocks, and commas to separate items '
    "in collection values.",
}
_CURLY = (
    '"Curly quotes" are not valid here. These can sometimes be inadvertently introduced when sharing code via '
    "documents "
    'or discussion forums. It might help to replace the character with a "straight quote".'
)
_BITWISE = {
    "&": ' Did you mean boolean AND ("&&")?',
    "|": ' Did you mean boolean OR ("||")?',
    "~": ' Did you mean boolean NOT ("!")?',
    "^": "",
}
MULTILINE = (
    "Quoted strings may not be split over multiple lines. To produce a multi-line string, either use the \\n escape to "
    'represent a newline character or use the "heredoc" multi-line template syntax.'
)


class Lexer:
    """Scans one text once. `tokens` always ends with an END token; `problems` holds what is no valid token."""

    def __init__(self, source: Source, text: str | None = None, base: int = 0) -> None:
        self.source, self.base = source, base
        self.text = source.text if text is None else text
        self.tokens: list[Token] = []
        self.problems: list[Diagnostic] = []
        self._told: set[str] = set()
        self._bad = 0
        self._no_comment_ends = False

    def scan(self) -> list[Token]:
        """Tokens of a whole body or expression."""
        at = 1 if self.text.startswith("\ufeff") and self.base == 0 else 0
        self._plain(at)
        end = self.base + len(self.text)
        self.tokens.append(Token(END, end, end))
        return self.tokens

    def scan_template(self) -> list[Token]:
        """Tokens of bare template text, as the strings of HCL-JSON hold it."""
        at, end = 0, len(self.text)
        while at < end:
            found = _SEQUENCE.search(self.text, at)
            while found and self.text[found.start() - 1 : found.start()] == found[0][0] and found.start() > at:
                found = _SEQUENCE.search(self.text, found.end())
            stop = found.start() if found else end
            if stop > at:
                self._token(LITERAL, at, stop)
            if not found:
                break
            at = self._sequence(found[0], stop)
        self.tokens.append(Token(END, self.base + end, self.base + end))
        return self.tokens

    # ---- plain tokens ------------------------------------------------------------------------------------------------
    def _token(self, kind: str, start: int, end: int) -> None:
        self.tokens.append(Token(kind, self.base + start, self.base + end))

    def _plain(self, at: int, inside: bool = False) -> int:
        """Scan plain tokens to the end of the text, or (`inside` a template) past the closing brace."""
        text, end, match = self.text, len(self.text), _PLAIN.match
        depth = 0
        while at < end:
            found = match(text, at)
            if found is None:
                at = self._unusual(at)
                continue
            kind, stop = found.lastgroup, found.end()
            if kind == "blank":
                pass
            elif kind == "inline":
                stop = self._inline_comment(at)
            elif kind == "comment":
                if found["line_end"]:  # a comment ends its line
                    self._token(NEWLINE, at, stop)
            elif kind == "operator":
                operator = found[0]
                closes = operator in ("}", "~}")
                if inside and depth == 0 and closes:
                    self._token(CLOSE_TEMPLATE, at, stop)
                    return stop
                depth += (operator == "{") - (closes and depth > 0)
                self._token(CLOSE_TEMPLATE if operator == "~}" else operator, at, stop)
            elif kind == "quote":
                self._token(OPEN_QUOTE, at, stop)
                stop = self._quoted(stop)
            elif kind == "heredoc":
                self._token(OPEN_HEREDOC, at, stop)
                stop = self._heredoc(stop, found["marker"])
            else:
                assert kind is not None
                self._token(kind, at, stop)
            at = stop
        return at

    def _inline_comment(self, at: int) -> int:
        """Past a comment that starts at `at`; without an end it is only the operator `/`."""
        end = -1 if self._no_comment_ends else self.text.find("*/", at + 2)
        if end < 0:
            self._no_comment_ends = True
            self._token("/", at, at + 1)
            return at + 1
        return end + 2

    def _unusual(self, at: int) -> int:
        """An identifier beyond ASCII, or a character that starts no token."""
        char = self.text[at]
        if char.isidentifier():
            stop = at + 1
            while stop < len(self.text) and (self.text[stop] == "-" or ("a" + self.text[stop]).isidentifier()):
                stop += 1
            self._token(IDENT, at, stop)
            return stop
        self._token(BAD, at, at + 1)
        self._bad += 1
        if self._bad > _MOST_PROBLEMS:
            return len(self.text)  # no text of this language
        self._invalid(char, Span(self.base + at, self.base + at + 1))
        return at + 1

    def _invalid(self, char: str, span: Span) -> None:
        kind = "bitwise" if char in _BITWISE else "curly" if char in CURLY_QUOTES else char
        if kind in self._told or len(self.problems) >= _MOST_PROBLEMS:
            return
        if kind == "bitwise":
            detail = f"Bitwise operators are not supported.{_BITWISE[char]}"
            self.problems.append(Diagnostic("Unsupported operator", detail, self.source, span))
        else:
            detail = _INVALID_ONCE.get(
                char, _CURLY if kind == "curly" else "This character is not used within the language."
            )
            self.problems.append(Diagnostic("Invalid character", detail, self.source, span))
        if kind in ("bitwise", "curly") or char in _INVALID_ONCE:
            self._told.add(kind)

    # ---- templates ---------------------------------------------------------------------------------------------------
    def _sequence(self, opener: str, at: int) -> int:
        """From `${` or `%{` at `at` past its closing brace."""
        self._token(INTERPOLATION if opener[0] == "$" else DIRECTIVE, at, at + len(opener))
        return self._plain(at + len(opener), inside=True)

    def _quoted(self, at: int) -> int:
        text = self.text
        while at < len(text):
            if text[at] == '"':
                self._token(CLOSE_QUOTE, at, at + 1)
                return at + 1
            found = _SEQUENCE.match(text, at)
            if found:
                at = self._sequence(found[0], at)
                continue
            literal = _QUOTED_TEXT.match(text, at)
            stop = literal.end() if literal else at
            if text.startswith(("\n", "\r\n"), stop):
                line_end = text.index("\n", stop) + 1
                self._token(LITERAL, at, line_end)
                self._multiline(Span(self.base + stop, self.base + line_end))
                return line_end
            if stop == at:  # a backslash at the end of a line or of the text
                stop = at + 1
            self._token(LITERAL, at, stop)
            at = stop
        return at

    def _multiline(self, span: Span) -> None:
        self.problems.append(Diagnostic("Invalid multi-line string", MULTILINE, self.source, span))
        self._token(CLOSE_QUOTE, span.end - self.base, span.end - self.base)

    def _heredoc(self, at: int, marker: str) -> int:
        text, line_start = self.text, True
        while at < len(text):
            if line_start:
                line_end = text.find("\n", at)
                if line_end >= 0 and text[at:line_end].strip(" \t\r") == marker:
                    stop = line_end - (text[line_end - 1] == "\r" and line_end > at)
                    self._token(CLOSE_HEREDOC, at, stop)
                    return stop
            found = _SEQUENCE.match(text, at)
            if found:
                at, line_start = self._sequence(found[0], at), False
                continue
            literal = _HEREDOC_TEXT.match(text, at)
            assert literal is not None
            self._token(LITERAL, at, literal.end())
            at, line_start = literal.end(), text[literal.end() - 1] == "\n"
        return at
