"""The syntax tree: bodies, blocks, attributes and expressions, each with its place in the source.

spec: jobspec §2, §4
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from jobplan.source.jobspec.diagnostics import Source, Span
from jobplan.source.jobspec.values import Value

if TYPE_CHECKING:
    from jobplan.source.jobspec.json_syntax import JsonBody
    from jobplan.source.jobspec.scope import Scope


# ---- expressions -----------------------------------------------------------------------------------------------------
@dataclass(slots=True)
class Expression:
    """Any expression; `span` is its full range."""

    span: Span


@dataclass(slots=True)
class Constant(Expression):
    """A number, bool, null or text without templates."""

    value: Value


@dataclass(slots=True)
class QuotedText(Constant):
    """A quoted string without templates."""


class Step(NamedTuple):
    """`.name` (key is a str) or `[constant]` (key is a Value) or the legacy `.0`; `span` includes dot or brackets."""

    key: str | Value
    span: Span


@dataclass(slots=True)
class Reference(Expression):
    """Root name and constant steps."""

    root: str
    steps: tuple[Step, ...]
    root_span: Span


@dataclass(slots=True)
class Access(Expression):
    """Constant steps on an expression that is no reference."""

    operand: Expression
    steps: tuple[Step, ...]


@dataclass(slots=True)
class Index(Expression):
    """`operand[key]` with a computed key; `brackets` is the range from `[` to `]`."""

    operand: Expression
    key: Expression
    brackets: Span


@dataclass(slots=True)
class Element(Expression):
    """The element that a splat works on, inside the splat's `each`."""


@dataclass(slots=True)
class Splat(Expression):
    """`operand[*]…` or `operand.*…`; `each` holds the steps, applied to an `Element`. `marker`: the `[*]` or `.*`."""

    operand: Expression
    each: Expression
    marker: Span


@dataclass(slots=True)
class Call(Expression):
    """A function call; `expands`: the last argument is followed by `...`."""

    name: str
    arguments: tuple[Expression, ...]
    expands: bool
    name_span: Span
    open_span: Span
    close_span: Span


@dataclass(slots=True)
class Unary(Expression):
    operator: str
    operand: Expression
    operator_span: Span


@dataclass(slots=True)
class Binary(Expression):
    operator: str
    left: Expression
    right: Expression


@dataclass(slots=True)
class Conditional(Expression):
    condition: Expression
    if_true: Expression
    if_false: Expression


@dataclass(slots=True)
class Parentheses(Expression):
    inner: Expression


@dataclass(slots=True)
class TupleExpression(Expression):
    items: tuple[Expression, ...]
    open_span: Span


class ObjectItem(NamedTuple):
    """`name` is set for a bare identifier as key; `key` for every other key."""

    name: str | None
    key: Expression
    value: Expression


@dataclass(slots=True)
class ObjectExpression(Expression):
    items: tuple[ObjectItem, ...]
    open_span: Span


@dataclass(slots=True)
class For(Expression):
    """`[for …]` (key is None) or `{for …}`."""

    key_name: str | None
    value_name: str
    collection: Expression
    key: Expression | None
    value: Expression
    condition: Expression | None
    groups: bool
    open_span: Span


@dataclass(slots=True)
class Template(Expression):
    """Text with templates; the parts are joined."""

    parts: tuple[Expression, ...]


@dataclass(slots=True)
class TemplateWrap(Expression):
    """Exactly one `${…}`: the value keeps its type."""

    inner: Expression


@dataclass(slots=True)
class TemplateIf(Expression):
    condition: Expression
    if_true: Expression
    if_false: Expression


@dataclass(slots=True)
class TemplateFor(Expression):
    key_name: str | None
    value_name: str
    collection: Expression
    body: Expression


_NOWHERE = Span(0, 0)


# ---- bodies ----------------------------------------------------------------------------------------------------------
@dataclass(slots=True)
class Attribute:
    name: str
    expression: Expression
    name_span: Span
    span: Span


class Label(NamedTuple):
    text: str
    span: Span


@dataclass(slots=True)
class Block:
    """`scope` is set for a block that a `dynamic` block produced."""

    type: str
    labels: tuple[Label, ...]
    body: Body | JsonBody
    type_span: Span
    open_span: Span
    scope: Scope | None = None

    @property
    def header(self) -> Span:
        if not isinstance(self.body, Body):
            return self.open_span
        if self.scope is not None:  # the header of the dynamic block
            return self.type_span
        return Span(self.type_span.start, self.labels[-1].span.end if self.labels else self.type_span.end)


@dataclass(slots=True)
class Body:
    """Attributes by name in source order, and blocks in source order. `missing` is where a missing item is reported."""

    source: Source
    attributes: dict[str, Attribute] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    missing: Span = _NOWHERE


def start_range(node: Expression) -> Span:
    """Where "unsuitable value" is reported. spec: jobspec §14.2"""
    while True:
        match node:
            case Template():
                if not node.parts:
                    return Span(node.span.start + 1, node.span.start + 1)
                node = node.parts[0]
            case QuotedText():
                inside = Span(node.span.start + 1, node.span.end - 1)
                return inside if node.value.raw else Span(node.span.end, node.span.end)
            case TemplateIf() | TemplateFor() | TemplateWrap() | Constant() | Reference() | Access():
                return node.span
            case TupleExpression() | ObjectExpression() | For():
                return node.open_span
            case Index():
                return Span(node.brackets.start, node.brackets.start + 1)
            case Splat():
                return node.marker
            case Call():
                return Span(node.name_span.start, node.open_span.end)
            case Unary():
                return node.operator_span
            case Binary():
                node = node.left
            case Conditional():
                node = node.condition
            case Parentheses():
                node = node.inner
            case _:
                return node.span


def children(node: Expression) -> Sequence[Expression]:
    """Direct sub-expressions, for walks over a whole expression."""
    match node:
        case Access() | Unary():
            return (node.operand,)
        case Index():
            return (node.operand, node.key)
        case Splat():
            return (node.operand, node.each)
        case Call():
            return node.arguments
        case Binary():
            return (node.left, node.right)
        case Conditional() | TemplateIf():
            return (node.condition, node.if_true, node.if_false)
        case Parentheses() | TemplateWrap():
            return (node.inner,)
        case TupleExpression():
            return node.items
        case ObjectExpression():
            return [
                e for item in node.items for e in ((item.value,) if item.name is not None else (item.key, item.value))
            ]
        case For():
            return [e for e in (node.collection, node.key, node.value, node.condition) if e is not None]
        case TemplateFor():
            return (node.collection, node.body)
        case Template():
            return node.parts
    return ()
