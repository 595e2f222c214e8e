"""Variables: declarations, the values assigned to them, validation; and locals.

spec: jobspec §6
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from jobplan.errors import JobspecError
from jobplan.source.jobspec.contents import Allowed, attributes_only, contents, refuse_blocks, report_missing
from jobplan.source.jobspec.conversion import ConversionError, convert, to_bool
from jobplan.source.jobspec.diagnostics import Diagnostic, Source, Span
from jobplan.source.jobspec.evaluate import evaluate
from jobplan.source.jobspec.json_syntax import JsonBody, is_json
from jobplan.source.jobspec.numbers import Number, from_int, from_text
from jobplan.source.jobspec.options import JobspecOptions
from jobplan.source.jobspec.parser import parse_expression
from jobplan.source.jobspec.scope import Scope, UnknownNames
from jobplan.source.jobspec.syntax import Attribute, Block, Body, Constant, Expression, Reference, children, start_range
from jobplan.source.jobspec.typespec import parse_type
from jobplan.source.jobspec.values import (
    EMPTY_OBJECT,
    NULL,
    STRING,
    Type,
    Value,
    boolean,
    null_of,
    number,
    object_value,
    string,
    tuple_value,
)

_NAME = re.compile(r"[^\W\d][\w\-]*")
_DECLARATION = Allowed(("type", "default", "description"), {"validation": None}, dynamic=False)
_VALIDATION = Allowed(("condition", "error_message"), {}, dynamic=False)
_UNSET = (
    "A used variable must be set or have a default value; see "
    "https://developer.hashicorp.com/nomad/docs/reference/hcl2/variables  for details."
)
PREFIX = "NOMAD_VAR_"


@dataclass(slots=True)
class Rule:
    """A validation block: what must hold of the value, and the text when it does not."""

    condition: Expression
    message: str
    header: Span
    source: Source


@dataclass(slots=True)
class Assigned:
    """A value, where it stands, and its origin as error texts name it: default, env, varfile, cmd."""

    value: Value
    origin: str
    source: Source | None = None
    span: Span | None = None


@dataclass(slots=True)
class Variable:
    """`type` None: any type, no declared type and no default."""

    name: str
    type: Type | None = None
    values: list[Assigned] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)


class Variables:
    """All variables of one job file."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.session = scope.session
        self.declared: dict[str, Variable] = {}

    # ---- declarations ------------------------------------------------------------------------------------------------
    def declare(self, block: Block) -> None:
        """A `variable` block. spec: jobspec §6.1"""
        scope, label = self.scope, block.labels[0]
        if isinstance(block.body, JsonBody):
            block.body.literal = True  # constants; only conditions are templates
        inside = contents(block.body, _DECLARATION, scope)
        if not _NAME.fullmatch(label.text):
            detail = (
                "A name must start with a letter or underscore and may contain only letters, digits, "
                "underscores, and dashes."
            )
            scope.report(label.span, "Invalid variable name", detail)
        variable = Variable(label.text)
        if self.is_duplicate(label.text, None):
            return
        self.declared[label.text] = variable
        constant = self.constant(scope.source)
        if "type" in inside.attributes:
            variable.type = parse_type(self.type_expression(inside.attributes["type"]), replace(constant, calls=True))
        if "default" in inside.attributes:
            self.set_default(variable, inside.attributes["default"], "type" not in inside.attributes)
        if "description" in inside.attributes:
            self.text(inside.attributes["description"], constant)
        for rule in inside.of("validation"):
            self.add_rule(variable, rule)

    def type_expression(self, attribute: Attribute) -> Expression:
        """In HCL-JSON the type stands in a string."""
        node = attribute.expression
        if is_json(self.scope.source.text) and isinstance(node, Constant) and isinstance(node.value.raw, str):
            parsed, _ = parse_expression(Source(node.value.raw, self.scope.source.name), self.session.budget.limits)
            return parsed or node
        return node

    def is_duplicate(self, name: str, span: Span | None) -> bool:
        if name not in self.declared:
            return False
        source = self.scope.source if span is not None else None
        detail = f"Duplicate {name} variable definition found."
        self.session.problems.append(Diagnostic("Duplicate variable", detail, source, span))
        return True

    def declare_all(self, block: Block) -> None:
        """A `variables` block."""
        body = attributes_only(block.body, self.scope)
        refuse_blocks(body, self.scope)
        for attribute in body.attributes.values():
            if self.is_duplicate(attribute.name, attribute.name_span):
                continue
            variable = Variable(attribute.name)
            self.declared[attribute.name] = variable
            self.set_default(variable, attribute, True)

    def constant(self, source: Source) -> Scope:
        return replace(self.scope, source=source, names={}, unknown=UnknownNames.CONSTANT, calls=False)

    def set_default(self, variable: Variable, attribute: Attribute, takes_type: bool) -> None:
        span = attribute.expression.span
        before = len(self.session.problems)
        value = evaluate(attribute.expression, self.constant(self.scope.source))
        if value.is_unknown or len(self.session.problems) > before:
            variable.values.append(Assigned(value, "default", self.scope.source, span))
            return
        if takes_type:
            variable.type = value.type
        elif variable.type is not None:
            try:
                value = convert(value, variable.type)
            except ConversionError as e:
                detail = f"This default value is not compatible with the variable's type constraint: {e.reason}."
                self.scope.report(span, "Invalid default value for variable", detail)
        variable.values.append(Assigned(value, "default", self.scope.source, span))

    def text(self, attribute: Attribute, scope: Scope) -> str | None:
        """A constant text; None, with a report, when it is none."""
        value = evaluate(attribute.expression, scope)
        reason = "value must be known"
        if not value.is_unknown:
            try:
                value = convert(value, STRING)
                if not value.is_null:
                    return value.text
                reason = "null value is not allowed"
            except ConversionError as e:
                reason = str(e)
        scope.report(start_range(attribute.expression), "Unsuitable value type", f"Unsuitable value: {reason}")
        return None

    # ---- validation rules --------------------------------------------------------------------------------------------
    def add_rule(self, variable: Variable, block: Block) -> None:
        scope = self.scope
        inside = contents(block.body, _VALIDATION, scope)
        for name in ("condition", "error_message"):
            if name not in inside.attributes:
                report_missing(name, block.body.missing, scope)
        if "condition" in inside.attributes:
            self.check_condition(variable, inside.attributes["condition"].expression)
        message: str | None = None
        if "error_message" in inside.attributes:
            attribute = inside.attributes["error_message"]
            message = self.text(attribute, self.constant(scope.source))
            if message is not None and not message.strip():
                detail = "An empty or blank string is not a valid nor useful error message."
                scope.report(attribute.expression.span, "Invalid validation error message", detail)
        if "condition" in inside.attributes:
            rule = Rule(inside.attributes["condition"].expression, message or "", block.header, scope.source)
            variable.rules.append(rule)

    def check_condition(self, variable: Variable, condition: Expression) -> None:
        """The condition may refer to its own variable only, and must."""
        refers = False
        for node in references(condition):
            step = node.steps[0].key if node.steps else None
            if node.root == "var" and step == variable.name:
                refers = True
            else:
                detail = (
                    f'The condition for variable "{variable.name}" can only refer to the variable itself, using '
                    f"var.{variable.name}."
                )
                span = node.span if node.root == "var" else node.root_span
                self.scope.report(span, "Invalid reference in variable validation", detail)
        if not refers:
            detail = (
                f'The condition for variable "{variable.name}" must refer to var.{variable.name} in order to '
                "test incoming "
                "values."
            )
            self.scope.report(condition.span, "Invalid variable validation condition", detail)

    def validate(self) -> None:
        """Test the final values, and report variables without one."""
        for variable in self.declared.values():
            if not variable.values:
                problem = Diagnostic(f'Unset variable "{variable.name}"', _UNSET)
                self.session.problems.append(problem)
                continue
            final = variable.values[-1]
            if final.value.is_unknown:
                continue
            for rule in variable.rules:
                self.test(variable, final, rule)

    def test(self, variable: Variable, final: Assigned, rule: Rule) -> None:
        names = {"var": object_value({variable.name: final.value})}
        scope = replace(self.scope, names=names, unknown=UnknownNames.ERROR, reads_files=False)
        result = evaluate(rule.condition, scope)
        if result.is_unknown:
            return
        summary = "Invalid variable validation result"
        if result.is_null:
            detail = "Validation condition expression must return either true or false, not null."
            scope.report(rule.condition.span, summary, detail)
            return
        try:
            holds = to_bool(result)
        except ConversionError as e:
            scope.report(rule.condition.span, summary, f"Invalid validation condition result value: {e}.")
            return
        if not holds:
            where = rule.source.range_text(rule.header)
            detail = f"{rule.message}\n\nThis was checked by the validation rule at {where}."
            summary = f"Invalid value for {final.origin} variable"
            place = ":0,0-0" if final.origin != "default" else "<nil>"
            self.session.problems.append(Diagnostic(summary, detail, final.source, final.span, place))

    # ---- assignments -------------------------------------------------------------------------------------------------
    def assign(self, options: JobspecOptions, files: list[Body | JsonBody]) -> None:
        """Environment, plain values, files, arguments; the last value wins. spec: jobspec §6.2"""
        for name, text in options.environment.items():
            variable = self.declared.get(name.removeprefix(PREFIX))
            if name.startswith(PREFIX) and variable is not None:
                self.assign_text(variable, text, "env")
        self.assign_plain(options.variables)
        for body in files:
            self.assign_file(body, options.strict)
        last: dict[str, str] = {}
        for argument in options.arguments:
            name, separator, text = argument.partition("=")
            if separator:
                last[name] = text
        for name, text in last.items():
            if name in self.declared:
                self.assign_text(self.declared[name], text, "cmd")
            else:
                self.undeclared(name, options.strict, from_argument=True)

    def undeclared(self, name: str, strict: bool, from_argument: bool = False) -> None:
        if from_argument:
            summary, how, place = "Undefined -var variable", "passed in the command line", "job file"
        else:
            summary, how, place = "Undefined variable", "set", "job files"
        detail = (
            f'A "{name}" variable was {how} but was not found in known variables. To declare variable "{name}", '
            "place this "
            f"block in your {place}"
        )
        self.session.problems.append(Diagnostic(summary, detail, is_warning=not strict))

    def assign_text(self, variable: Variable, text: str, origin: str) -> None:
        """The text itself for a string, a number or an undeclared type, an expression for any other type."""
        value: Value | None = string(text)
        source: Source | None = None
        span: Span | None = None
        if variable.type is not None and variable.type.kind not in ("string", "number", "dynamic"):
            where = "env" if origin == "env" else "arguments"
            source = Source(text, f"<value for var.{variable.name} from {where}>")
            value, span = self.from_expression(source)
            if value is None:
                return
        assert value is not None
        if origin == "env":
            summary, detail = "Invalid value for variable", f"The value for {variable.name}"
        else:
            summary, detail = "Invalid argument value for -var variable", f"The received arg value for {variable.name}"
        self.store(variable, Assigned(value, origin, source, span), summary, detail)

    def from_expression(self, source: Source) -> tuple[Value | None, Span | None]:
        node, problems = parse_expression(source, self.session.budget.limits)
        self.session.problems.extend(problems)
        if node is None:
            return None, None
        value = evaluate(node, self.constant(source))
        return (None if value.is_unknown else value), node.span

    def store(self, variable: Variable, assigned: Assigned, summary: str, subject: str) -> None:
        try:
            if variable.type is not None:
                assigned.value = convert(assigned.value, variable.type)
        except ConversionError as e:
            detail = f"{subject} is not compatible with the variable's type constraint: {e.reason}."
            place = ":0,0-0"
            self.session.problems.append(Diagnostic(summary, detail, assigned.source, assigned.span, place))
        variable.values.append(assigned)

    def assign_plain(self, values: Mapping[str, Any]) -> None:
        for name, plain in values.items():
            if name not in self.declared:
                self.undeclared(name, strict=False)
                continue
            assigned = Assigned(from_plain(plain), "varfile")
            self.store(self.declared[name], assigned, "Invalid value for variable", f"The value for {name}")

    def assign_file(self, given: Body | JsonBody, strict: bool) -> None:
        body = attributes_only(given, replace(self.scope, source=given.source))
        scope = self.constant(body.source)
        for block in body.blocks:
            _refuse_block(block, scope)
        for attribute in body.attributes.values():
            if attribute.name not in self.declared:
                self.undeclared(attribute.name, strict)
                continue
            value = evaluate(attribute.expression, scope)
            if value.is_unknown:
                continue
            assigned = Assigned(value, "varfile", body.source, attribute.expression.span)
            subject = f"The value for {attribute.name}"
            self.store(self.declared[attribute.name], assigned, "Invalid value for variable", subject)

    def value(self) -> Value:
        """The object `var`."""
        return object_value({n: v.values[-1].value if v.values else NULL for n, v in self.declared.items()})


def _refuse_block(block: Block, scope: Scope) -> None:
    if block.type == "variable" and block.labels:
        name = block.labels[0].text
        detail = (
            "A .var file is used to assign values to variables that have already been declared in job files, "
            "not to declare "
            f'new variables. To declare variable "{name}", place this block in one of your job files\n\nTo set '
            "a value for "
            f"this variable in {scope.source.name}, use the definition syntax instead:\n    {name} = <value>"
        )
        scope.report(block.type_span, "Variable declaration in a .var file", detail)
        return
    scope.report(block.type_span, f'Unexpected "{block.type}" block', "Blocks are not allowed here.")


def references(node: Expression) -> Iterator[Reference]:
    """All references in an expression."""
    pending = [node]
    while pending:
        found = pending.pop(0)
        if isinstance(found, Reference):
            yield found
        pending.extend(children(found))


def from_plain(plain: Any) -> Value:
    """A Python value as a value of the language."""
    if plain is None:
        return null_of(NULL.type)
    if isinstance(plain, bool):
        return boolean(plain)
    if isinstance(plain, int):
        return number(from_int(plain))
    if isinstance(plain, float):
        return number(_from_float(plain))
    if isinstance(plain, Mapping):
        return object_value({str(k): from_plain(v) for k, v in plain.items()})
    if isinstance(plain, (list, tuple, set, frozenset)):
        return tuple_value(from_plain(v) for v in plain)
    return string(str(plain))


def _from_float(plain: float) -> Number:
    """By its digits, as if they stood in a variable file."""
    found = from_text(repr(plain)) if math.isfinite(plain) else None
    if found is None:
        raise JobspecError(f"a variable cannot have the value {plain}")
    return found


# ---- locals ----------------------------------------------------------------------------------------------------------
def evaluate_locals(blocks: list[Block], scope: Scope) -> Value:
    """The object `local`. Locals refer to each other in any order; what cannot be resolved is reported.

    spec: jobspec §6.3
    """
    definitions: dict[str, Attribute] = {}
    for block in blocks:
        body = attributes_only(block.body, scope)
        refuse_blocks(body, scope)
        definitions.update(body.attributes)
    session, done = scope.session, dict[str, Value]()
    pending = _in_dependency_order(definitions)
    outer = session.problems
    while pending:
        failed: list[str] = []
        complaints: list[Diagnostic] = []
        for name in pending:
            session.problems = []
            value = evaluate(definitions[name].expression, scope.with_names({"local": _known(name, definitions, done)}))
            if session.problems:
                failed.append(name)
                complaints += session.problems
            else:
                done[name] = value
        if len(failed) == len(pending):
            outer.extend(complaints)
            break
        pending = failed
    session.problems = outer
    return object_value(done)


def _known(name: str, definitions: dict[str, Attribute], done: dict[str, Value]) -> Value:
    """The object of the locals known so far. Its type is worked out only for an expression that uses it as a whole."""
    if any(r.root == "local" and not r.steps for r in references(definitions[name].expression)):
        return object_value(done)
    return Value(EMPTY_OBJECT, done)


def _in_dependency_order(definitions: dict[str, Attribute]) -> list[str]:
    """Names so that each follows those its expression mentions, as far as there is no cycle."""
    order: dict[str, None] = {}
    entered: set[str] = set()
    for root in definitions:
        stack = [(root, False)]
        while stack:
            name, left = stack.pop()
            if left:
                order[name] = None
            elif name not in entered:
                entered.add(name)
                stack.append((name, True))
                stack += [(n, False) for n in _mentioned(definitions[name].expression) if n in definitions]
    return list(order)


def _mentioned(node: Expression) -> list[str]:
    return [
        str(r.steps[0].key)
        for r in references(node)
        if r.root == "local" and r.steps and isinstance(r.steps[0].key, str)
    ]
