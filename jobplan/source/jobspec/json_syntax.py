"""HCL-JSON: JSON text → the same syntax tree, as far as a schema tells blocks and attributes apart.

spec: jobspec §12
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from jobplan.source.jobspec.cursor import Cursor, SyntaxFault
from jobplan.source.jobspec.diagnostics import Diagnostic, HCLError, Source, Span
from jobplan.source.jobspec.expressions import Expressions
from jobplan.source.jobspec.lexer import Lexer
from jobplan.source.jobspec.limits import LimitExceeded, Limits
from jobplan.source.jobspec.numbers import NumberTooLarge, from_text
from jobplan.source.jobspec.suggestions import similar
from jobplan.source.jobspec.syntax import (
    Attribute,
    Block,
    Body,
    Constant,
    Expression,
    Label,
    ObjectExpression,
    ObjectItem,
    TupleExpression,
)
from jobplan.source.jobspec.templates import TemplateReader
from jobplan.source.jobspec.values import FALSE, NULL, TRUE, number, string


@dataclass(slots=True)
class JsonNode:
    """A JSON value with its place; `members` of an object, `items` of an array, `text` of a string."""

    kind: str
    span: Span
    text: str = ""
    members: list[tuple[str, Span, JsonNode]] = field(default_factory=list)
    items: list[JsonNode] = field(default_factory=list)

    @property
    def open_span(self) -> Span:
        return Span(self.span.start, self.span.start + 1)


_NOWHERE = Span(0, 0)


@dataclass(slots=True)
class JsonBody:
    """A body whose properties become attributes or blocks once a schema is known."""

    source: Source
    nodes: list[JsonNode]
    limits: Limits
    missing: Span = _NOWHERE
    literal: bool = False  # strings are no templates (variable files)


def is_json(text: str) -> bool:
    """spec: jobspec §1 step 1"""
    return text.lstrip(" ").startswith("{")


def parse_json_body(source: Source, limits: Limits, prefix: str = "") -> JsonBody:
    """Raises `HCLError` (short form)."""
    reader = _Reader(source, limits)
    try:
        node = reader.value(0)
        reader.skip()
        if reader.at < len(source.text):
            reader.fail(
                Span(reader.at, reader.at + 1),
                "Extraneous data after value",
                "Extra characters appear after the JSON value.",
            )
    except SyntaxFault as fault:
        problem = Diagnostic(fault.summary, fault.detail, source, fault.span)
        raise HCLError([problem], short=True, prefix=prefix) from None
    return JsonBody(source, [node], limits, Span(node.span.start + 1, node.span.start + 1))


_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\\x00-\x1f]|\\.)*+")|(?P<number>-?[0-9][0-9.eE+\-]*)|(?P<word>[A-Za-z]+)|(?P<mark>[\[\]{},:])'
)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


class _Reader:
    def __init__(self, source: Source, limits: Limits) -> None:
        self.source, self.text, self.at, self.limits = source, source.text, 0, limits

    def fail(self, span: Span, summary: str, detail: str) -> NoReturn:
        raise SyntaxFault(span, summary, detail)

    def skip(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in " \t\r\n":
            self.at += 1

    def peek(self) -> str:
        self.skip()
        return self.text[self.at : self.at + 1]

    def value(self, depth: int) -> JsonNode:
        if depth > self.limits.depth:
            raise LimitExceeded(f"nested more than {self.limits.depth} levels deep", filename=self.source.name)
        self.skip()
        found = _TOKEN.match(self.text, self.at)
        start = self.at
        if found is None or found[0] in ("]", "}", ",", ":"):
            self.fail(
                Span(start, min(start + 1, len(self.text))),
                "Invalid start of value" if start < len(self.text) else "Missing value",
                "A JSON value must start with a brace, a bracket, a number, a string, or a keyword."
                if start < len(self.text)
                else "The JSON data ends prematurely.",
            )
        self.at = found.end()
        span = Span(start, found.end())
        if found["string"]:
            return JsonNode("string", span, self.decoded(found[0], span))
        if found["number"]:
            if not _NUMBER.fullmatch(found[0]):
                self.fail(
                    span, "Invalid JSON number", f'There is a syntax error in the given JSON number "{found[0]}".'
                )
            return JsonNode("number", span, found[0])
        if found["word"]:
            if found[0] not in ("true", "false", "null"):
                self.fail(span, "Invalid JSON keyword", f'"{found[0]}" is not a valid JSON keyword.')
            return JsonNode("word", span, found[0])
        return self.array(start, depth) if found[0] == "[" else self.object(start, depth)

    def decoded(self, text: str, span: Span) -> str:
        try:
            value: str = json.loads(text)
        except ValueError:
            self.fail(span, "Invalid JSON string", "There is a syntax error in the given JSON string.")
        return re.sub("[\ud800-\udfff]", "\ufffd", value)

    def array(self, start: int, depth: int) -> JsonNode:
        node = JsonNode("array", Span(start, start + 1))
        while self.peek() != "]":
            node.items.append(self.value(depth + 1))
            if self.peek() == ",":
                comma = self.at
                self.at += 1
                if self.peek() == "]":
                    self.fail(
                        Span(comma, comma + 1),
                        "Trailing comma in array",
                        "JSON does not permit a trailing comma after the final value in an array.",
                    )
            elif self.peek() != "]":
                self.fail(
                    Span(self.at, self.at + 1),
                    "Missing comma" if self.peek() else "Unclosed array",
                    "Each element of a JSON array must be separated by a comma.",
                )
        self.at += 1
        node.span = Span(start, self.at)
        return node

    def object(self, start: int, depth: int) -> JsonNode:
        node = JsonNode("object", Span(start, start + 1))
        while self.peek() != "}":
            if not self.peek():
                self.fail(node.span, "Unclosed object", "No closing brace was found for this JSON object.")
            key = self.value(depth + 1)
            if key.kind != "string":
                self.fail(key.span, "Invalid object property name", "A JSON object property name must be a string.")
            if self.peek() != ":":
                self.fail(
                    Span(self.at, self.at + 1),
                    "Missing property value colon",
                    "A colon must appear between an object property's name and its value.",
                )
            self.at += 1
            node.members.append((key.text, key.span, self.value(depth + 1)))
            if self.peek() == ",":
                comma = self.at
                self.at += 1
                if self.peek() == "}":
                    self.fail(
                        Span(comma, comma + 1),
                        "Trailing comma in object",
                        "JSON does not permit a trailing comma after the final property in an object.",
                    )
            elif self.peek() and self.peek() != "}":
                self.fail(
                    Span(self.at, self.at + 1),
                    "Missing attribute separator",
                    "Each object property must be separated by a comma.",
                )
        self.at += 1
        node.span = Span(start, self.at)
        return node


# ---- values as expressions -------------------------------------------------------------------------------------------
def expression(source: Source, node: JsonNode, limits: Limits, templates: bool = True) -> Expression:
    """Raises `SyntaxFault` for a faulty template."""
    if node.kind == "string":
        return _text(source, node, limits) if templates else Constant(node.span, string(node.text))
    if node.kind == "number":
        try:
            value = from_text(node.text)
        except NumberTooLarge:
            value = None
        if value is None:
            raise SyntaxFault(
                node.span, "Invalid JSON number", f'There is a syntax error in the given JSON number "{node.text}".'
            )
        return Constant(node.span, number(value))
    if node.kind == "word":
        return Constant(node.span, {"true": TRUE, "false": FALSE}.get(node.text, NULL))
    if node.kind == "array":
        items = tuple(expression(source, item, limits, templates) for item in node.items)
        return TupleExpression(node.span, items, node.open_span)
    members = tuple(
        ObjectItem(
            None,
            expression(source, JsonNode("string", span, name), limits, templates),
            expression(source, value, limits, templates),
        )
        for name, span, value in node.members
    )
    return ObjectExpression(node.span, members, node.open_span)


def _text(source: Source, node: JsonNode, limits: Limits) -> Expression:
    """A template whose places do not account for backslash escapes of the JSON string. spec: jobspec §5, last rule"""
    if "${" not in node.text and "%{" not in node.text:
        return Constant(node.span, string(node.text))
    base = node.span.start + 1
    scanner = Lexer(source, node.text, base)
    tokens = scanner.scan_template()
    if scanner.problems:
        first = scanner.problems[0]
        raise SyntaxFault(first.span or node.span, first.summary, first.detail)
    cursor = Cursor(source, tokens, limits, text=node.text, base=base)
    return TemplateReader(Expressions(cursor)).read_bare(node.span)


# ---- bodies ----------------------------------------------------------------------------------------------------------
def to_body(
    body: JsonBody, attributes: Mapping[str, object], blocks: Mapping[str, tuple[str, ...]], problems: list[Diagnostic]
) -> Body:
    """Tell attributes and blocks apart by a schema: `blocks` maps a block type to the names of its labels."""
    out = Body(body.source, missing=body.missing)
    for name, span, value in _members(body, problems):
        if name in attributes:
            _add_attribute(out, body, name, span, value, problems)
        elif name in blocks:
            _BlockReader(out, body.limits, name, span, blocks[name], problems).add(value)
        elif name != "//":
            close = similar(name, sorted([*attributes, *blocks]))
            suggestion = f' Did you mean "{close}"?' if close else ""
            detail = f'No argument or block type is named "{name}".{suggestion}'
            problems.append(Diagnostic("Extraneous JSON object property", detail, body.source, span))
    return out


def to_attributes(body: JsonBody, problems: list[Diagnostic]) -> Body:
    """A body of attributes only (map blocks, free-form bodies, variable files)."""
    out = Body(body.source, missing=body.missing)
    for name, span, value in _members(body, problems):
        if name != "//":
            _add_attribute(out, body, name, span, value, problems)
    return out


def _members(body: JsonBody, problems: list[Diagnostic]) -> list[tuple[str, Span, JsonNode]]:
    members: list[tuple[str, Span, JsonNode]] = []
    for node in body.nodes:
        for item in node.items if node.kind == "array" else [node]:
            if item.kind == "object":
                members += item.members
            else:
                detail = "A JSON object is required here, setting the arguments for this block."
                problems.append(Diagnostic("Incorrect JSON value type", detail, body.source, item.span))
    return members


def _add_attribute(
    out: Body, body: JsonBody, name: str, span: Span, value: JsonNode, problems: list[Diagnostic]
) -> None:
    if name in out.attributes:
        there = body.source.range_text(out.attributes[name].span)
        detail = f'The argument "{name}" was already set at {there}.'
        problems.append(Diagnostic("Duplicate argument", detail, body.source, span))
        return
    try:
        node = expression(body.source, value, body.limits, templates=not body.literal)
    except SyntaxFault as fault:
        problems.append(Diagnostic(fault.summary, fault.detail, body.source, fault.span))
        return
    out.attributes[name] = Attribute(name, node, span, Span(span.start, value.span.end))


_NEED_BODY = "Either a JSON object or a JSON array is required, representing the contents of one or more child blocks."
_NEED_LABELS = "Either a JSON object or JSON array of objects is required here, to specify name labels for this block."


@dataclass(slots=True)
class _BlockReader:
    """Blocks of one type: objects keyed by label, as deep as there are labels, then bodies or arrays of bodies."""

    out: Body
    limits: Limits
    type: str
    type_span: Span
    label_names: tuple[str, ...]
    problems: list[Diagnostic]

    def report(self, span: Span, summary: str, detail: str) -> None:
        self.problems.append(Diagnostic(summary, detail, self.out.source, span))

    def add(self, node: JsonNode, labels: tuple[Label, ...] = ()) -> None:
        if len(labels) < len(self.label_names):
            self.labelled(node, labels)
            return
        for item in node.items if node.kind == "array" else [node]:
            if item.kind == "word" and item.text == "null":
                continue
            if item.kind != "object":
                self.report(item.span, "Incorrect JSON value type", _NEED_BODY)
                continue
            inside = Span(item.span.start + 1, item.span.start + 1)
            inner = JsonBody(self.out.source, [item], self.limits, inside)
            self.out.blocks.append(Block(self.type, labels, inner, self.type_span, item.open_span))

    def labelled(self, node: JsonNode, labels: tuple[Label, ...]) -> None:
        found = False
        for item in node.items if node.kind == "array" else [node]:
            if item.kind != "object":
                self.report(item.span, "Incorrect JSON value type", _NEED_LABELS)
                continue
            for name, span, inner in item.members:
                found = True
                self.add(inner, (*labels, Label(name, span)))
        if not found:
            label = self.label_names[len(labels)]
            detail = f"At least one object property is required, whose name represents the {self.type} block's {label}."
            self.report(node.open_span if node.kind == "object" else node.span, "Missing block label", detail)
