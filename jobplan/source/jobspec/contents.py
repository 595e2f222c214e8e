"""What a body holds, checked against what may stand in it: attributes by name, blocks by type, `dynamic` blocks
expanded.

spec: jobspec §8.1, §8.8
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from jobplan.source.jobspec.conversion import ConversionError, convert
from jobplan.source.jobspec.diagnostics import Span
from jobplan.source.jobspec.evaluate import evaluate, iterated
from jobplan.source.jobspec.json_syntax import JsonBody, is_json, to_attributes, to_body
from jobplan.source.jobspec.scope import Scope
from jobplan.source.jobspec.suggestions import similar
from jobplan.source.jobspec.syntax import Attribute, Block, Body, Label, Reference, TupleExpression, start_range
from jobplan.source.jobspec.syntax import Constant as ConstantNode
from jobplan.source.jobspec.values import STRING, Value, object_value


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may stand in a body. `blocks` maps a type to its label name (None: no label)."""

    attributes: Collection[str]
    blocks: Mapping[str, str | None]
    extras: Collection[str] = ()  # block types that stand outside the tables; suggestions name them last
    single: Collection[str] = ()  # block types that may occur once
    dynamic: bool = True
    doubled: Collection[str] = ()  # block types whose label errors are listed twice


@dataclass(slots=True)
class Contents:
    attributes: dict[str, Attribute] = field(default_factory=dict)
    blocks: dict[str, list[Block]] = field(default_factory=dict)

    def of(self, type_: str) -> list[Block]:
        return self.blocks.get(type_, [])


def as_body(body: Body | JsonBody, allowed: Allowed, scope: Scope) -> Body:
    if isinstance(body, Body):
        return body
    labels = {t: () if name is None else (name,) for t, name in allowed.blocks.items()}
    if allowed.dynamic:
        labels["dynamic"] = ("type",)
    return to_body(body, dict.fromkeys(allowed.attributes), labels, scope.session.problems)


def attributes_only(body: Body | JsonBody, scope: Scope) -> Body:
    """A body without a schema."""
    return body if isinstance(body, Body) else to_attributes(body, scope.session.problems)


def refuse_blocks(body: Body, scope: Scope) -> None:
    for block in body.blocks:
        scope.report(block.type_span, f'Unexpected "{block.type}" block', "Blocks are not allowed here.")


def contents(given: Body | JsonBody, allowed: Allowed, scope: Scope) -> Contents:
    """Sort a body's items; what does not belong there is reported and left out."""
    body, out = as_body(given, allowed, scope), Contents()
    for name, attribute in body.attributes.items():
        if name in allowed.attributes:
            out.attributes[name] = attribute
        else:
            _unknown_attribute(attribute, body, allowed, scope)
    for block in body.blocks:
        if block.type == "dynamic" and allowed.dynamic:
            for made in expand(block, allowed, scope):
                _add(made, out, allowed, scope)
        elif block.type not in allowed.blocks:
            _unknown_block(block, allowed, scope)
        elif labels_fit(block, allowed.blocks[block.type], scope):
            _add(block, out, allowed, scope)
        elif block.type in allowed.doubled:
            labels_fit(block, allowed.blocks[block.type], scope)
    return out


def _add(block: Block, out: Contents, allowed: Allowed, scope: Scope) -> None:
    same = out.blocks.setdefault(block.type, [])
    if same and block.type in allowed.single:
        there = scope.source.range_text(same[0].header)
        detail = f"Only one {block.type} block is allowed. Another was defined at {there}."
        scope.report(block.header, f"Duplicate {block.type} block", detail)
        return
    same.append(block)


def _unknown_attribute(attribute: Attribute, body: Body, allowed: Allowed, scope: Scope) -> None:
    name = attribute.name
    close = similar(name, sorted(a for a in allowed.attributes if a not in body.attributes))
    if close:
        more = f' Did you mean "{close}"?'
    elif name in allowed.blocks:
        more = f' Did you mean to define a block of type "{name}"?'
    else:
        more = ""
    detail = f'An argument named "{name}" is not expected here.{more}'
    scope.report(attribute.name_span, "Unsupported argument", detail)


def _unknown_block(block: Block, allowed: Allowed, scope: Scope) -> None:
    name = block.type
    plain = sorted(t for t in allowed.blocks if t not in allowed.extras)
    close = similar(name, [*plain, *(["dynamic"] if allowed.dynamic else []), *allowed.extras])
    if close:
        more = f' Did you mean "{close}"?'
    elif name in allowed.attributes:
        more = f' Did you mean to define argument "{name}"? If so, use the equals sign to assign it a value.'
    else:
        more = ""
    detail = f'Blocks of type "{name}" are not expected here.{more}'
    scope.report(block.type_span, "Unsupported block type", detail)


def labels_fit(block: Block, label_name: str | None, scope: Scope) -> bool:
    wanted = 0 if label_name is None else 1
    if len(block.labels) > wanted:
        surplus = block.labels[wanted]
        if wanted:
            detail = f"Only 1 labels ({label_name}) are expected for {block.type} blocks."
        else:
            detail = f"No labels are expected for {block.type} blocks."
        scope.report(surplus.span, f"Extraneous label for {block.type}", detail)
        return False
    if len(block.labels) < wanted:
        detail = f"All {block.type} blocks must have 1 labels ({label_name})."
        scope.report(block.open_span, f"Missing {label_name} for {block.type}", detail)
        return False
    return True


def report_missing(name: str, span: Span, scope: Scope) -> None:
    detail = f'The argument "{name}" is required, but no definition was found.'
    scope.report(span, "Missing required argument", detail)


# ---- dynamic blocks --------------------------------------------------------------------------------------------------
_BLOCK_COST = 10
_DYNAMIC = Allowed(("for_each", "iterator", "labels"), {"content": None}, dynamic=False)


def expand(block: Block, allowed: Allowed, scope: Scope) -> list[Block]:
    """The blocks that a `dynamic` block stands for. spec: jobspec §8.8"""
    if not labels_fit(block, "type", scope):
        if "dynamic" in allowed.doubled:
            labels_fit(block, "type", scope)
        return []
    label, outer = block.labels[0], block.scope or scope
    if label.text not in allowed.blocks:
        made = Block(label.text, (), block.body, label.span, block.open_span)
        _unknown_block(made, allowed, scope)
        return []
    found = _dynamic_parts(block, outer)
    if found is None:
        return []
    inside, content = found
    iterator = _iterator_name(inside.attributes.get("iterator"), label.text, scope)
    label_nodes = _label_nodes(inside.attributes.get("labels"), label.text, allowed, block.body.missing, scope)
    pairs = _pairs(inside.attributes["for_each"], outer)
    if iterator is None or label_nodes is None or pairs is None:
        return []
    header = Span(block.type_span.start, label.span.end)
    out: list[Block] = []
    for key, element in pairs:
        scope.session.budget.charge(_BLOCK_COST)
        inner = outer.with_names({iterator: object_value({"key": key, "value": element})})
        labels = _labels(label_nodes, inner)
        if labels is not None:
            out.append(Block(label.text, labels, content.body, header, block.open_span, inner))
    return out


def _dynamic_parts(block: Block, scope: Scope) -> tuple[Contents, Block] | None:
    """What a `dynamic` block holds, and its one `content` block; None, with a report, when something is missing."""
    missing = block.body.missing
    complete = not isinstance(block.body, Body) or "for_each" in block.body.attributes
    if not complete:
        report_missing("for_each", missing, scope)
    inside = contents(block.body, _DYNAMIC, scope)
    bodies = inside.of("content")
    if not bodies:
        detail = (
            'A dynamic block must have a nested block of type "content" to describe the body of each generated block.'
        )
        scope.report(missing, "Missing dynamic content block", detail)
        return None
    if len(bodies) > 1:
        detail = "Only one nested content block is allowed for each dynamic block."
        scope.report(bodies[1].type_span, "Extraneous dynamic content block", detail)
        return None
    if "for_each" not in inside.attributes:
        if complete:
            report_missing("for_each", missing, scope)
        return None
    return inside, bodies[0]


def _iterator_name(attribute: Attribute | None, otherwise: str, scope: Scope) -> str | None:
    if attribute is None:
        return otherwise
    node = attribute.expression
    if isinstance(node, ConstantNode) and node.value.type == STRING and is_json(scope.source.text):
        return node.value.text  # HCL-JSON writes references as strings
    if not isinstance(node, Reference):
        detail = (
            "A single static variable reference is required: only attribute access and indexing with constant keys. No "
            "calculations, function calls, template expressions, etc are allowed here."
        )
        scope.report(node.span, "Invalid expression", detail)
        return None
    if node.steps:
        detail = "Dynamic iterator must be a single variable name."
        scope.report(node.span, "Invalid dynamic iterator name", detail)
        return None
    return node.root


def _label_nodes(
    attribute: Attribute | None, type_: str, allowed: Allowed, missing: Span, scope: Scope
) -> tuple[TupleExpression | None, int] | None:
    wanted = 0 if allowed.blocks[type_] is None else 1
    if attribute is None:
        if wanted:
            report_missing("labels", missing, scope)
            return None
        return None, 0
    if not wanted:
        detail = 'An argument named "labels" is not expected here.'
        scope.report(attribute.name_span, "Unsupported argument", detail)
        return None
    node = attribute.expression
    if not isinstance(node, TupleExpression):
        scope.report(start_range(node), "Invalid expression", "A static list expression is required.")
        return None
    detail = f'Blocks of type "{type_}" require {wanted} label(s).'
    if len(node.items) < wanted:
        scope.report(node.span, "Insufficient dynamic block labels", detail)
        return None
    if len(node.items) > wanted:
        scope.report(node.items[wanted].span, "Extraneous dynamic block label", detail)
        return None
    return node, wanted


def _labels(nodes: tuple[TupleExpression | None, int], scope: Scope) -> tuple[Label, ...] | None:
    labels: list[Label] = []
    for item in nodes[0].items if nodes[0] is not None else ():
        value = evaluate(item, scope)
        if value.is_unknown:
            return None
        if value.is_null:
            detail = "Cannot use a null value as a dynamic block label."
            scope.report(item.span, "Invalid dynamic block label", detail)
            return None
        try:
            labels.append(Label(convert(value, STRING).text, item.span))
        except ConversionError as e:
            detail = f"Cannot use this value as a dynamic block label: {e}."
            scope.report(item.span, "Invalid dynamic block label", detail)
            return None
    return tuple(labels)


def _pairs(attribute: Attribute, scope: Scope) -> list[tuple[Value, Value]] | None:
    value = evaluate(attribute.expression, scope)
    if value.is_unknown:
        return None
    span, summary = attribute.expression.span, "Invalid dynamic for_each value"
    if value.is_null:
        scope.report(span, summary, "Cannot use a null value in for_each.")
        return None
    pairs = iterated(value)
    if pairs is None:
        detail = f"Cannot use a {value.type.friendly} value in for_each. An iterable collection is required."
        scope.report(span, summary, detail)
    return pairs
