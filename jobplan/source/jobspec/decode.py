"""The job block → the API job, by the tables of `schema`.

spec: jobspec §7–§9
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from jobplan.source.jobspec import schema
from jobplan.source.jobspec.attributes import SUMMARY, attribute_value
from jobplan.source.jobspec.constraints import decode_constraint
from jobplan.source.jobspec.contents import Allowed, Contents, attributes_only, contents, report_missing
from jobplan.source.jobspec.freeform import free_form
from jobplan.source.jobspec.json_syntax import JsonBody
from jobplan.source.jobspec.kinds import BlockType, Form, Kind
from jobplan.source.jobspec.places import Places, copy_tree
from jobplan.source.jobspec.scope import Scope
from jobplan.source.jobspec.syntax import Block, Body, ObjectExpression


@dataclass(slots=True)
class Decoded:
    """A job as decoded, and what the post-decode rules still need."""

    job: dict[str, Any]
    vaults: list[dict[str, Any]] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    secrets: list[dict[str, Any]] = field(default_factory=list)
    group_secrets: dict[int, list[dict[str, Any]]] = field(default_factory=dict)


@cache
def _allowed(kind: Kind, extras: tuple[BlockType, ...], attribute_forms: frozenset[str]) -> Allowed:
    blocks = {b.hcl: b.label_name for b in (*kind.blocks.values(), *extras)}
    single = frozenset(b.hcl for b in kind.blocks.values() if not b.repeatable)
    attributes = frozenset(kind.attributes) | attribute_forms
    names = tuple(b.hcl for b in extras)
    doubled = {"Job": ("task", "vault", "secret", "dynamic"), "Task": ("scaling",)}.get(kind.name, ())
    return Allowed(attributes, blocks, names, single, doubled=doubled)


class Decoder:
    """Decodes bodies; free-form bodies are noted in `deferred` and filled in once everything else is right."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.deferred: list[tuple[Block, Scope, dict[str, Any]]] = []
        self.vaults: list[dict[str, Any]] = []
        self.group_secrets: dict[int, list[dict[str, Any]]] = {}

    # ---- a body of a kind --------------------------------------------------------------------------------------------
    def kind(
        self, block: Block, kind: Kind, scope: Scope, extras: tuple[BlockType, ...] = ()
    ) -> tuple[dict[str, Any], Contents]:
        """An object of the kind, and what its body holds."""
        body = block.body
        inside = contents(body, _allowed(kind, extras, self.attribute_forms(body, kind)), scope)
        out, marks = dict(kind.absent), dict[str, int]()
        if kind.label is not None:
            out[kind.label] = block.labels[0].text
            marks[kind.label] = block.labels[0].span.start
        for name, attribute in inside.attributes.items():
            row = kind.attributes.get(name)
            if row is not None:
                out[row.json] = attribute_value(attribute, row.type, row.absent, scope)
                marks[row.json] = attribute.name_span.start
        for row in kind.attributes.values():
            if row.required and row.hcl not in inside.attributes:
                report_missing(row.hcl, body.missing, scope)
        for type_, blocks in inside.blocks.items():
            found = kind.blocks.get(type_)
            if found is not None:
                out[found.json] = self.blocks(found, blocks, scope, kind)
                marks[found.json] = blocks[0].type_span.start
        self.maps_as_attributes(kind, inside, out, marks, scope)
        if out.get("CSIPluginConfig", out) is None:
            del out["CSIPluginConfig"]  # the one field that the endpoint leaves out when it is null
        self.places.note(out, block.type_span.start, marks)
        return out, inside

    def attribute_forms(self, body: Body | JsonBody, kind: Kind) -> frozenset[str]:
        """Maps that this body gives as attributes. spec: jobspec §8.4"""
        names = frozenset(b.hcl for b in kind.blocks.values() if b.attribute_form)
        return frozenset(n for n in names if n in body.attributes) if isinstance(body, Body) else names

    def maps_as_attributes(
        self, kind: Kind, inside: Contents, out: dict[str, Any], marks: dict[str, int], scope: Scope
    ) -> None:
        for row in kind.blocks.values():
            attribute = inside.attributes.get(row.hcl)
            if attribute is None or not row.attribute_form:
                continue
            if inside.of(row.hcl):
                there = scope.source.range_text(attribute.span)
                detail = f"{row.hcl} may not be defined more than once. Another definition is defined at {there}."
                scope.report(inside.of(row.hcl)[0].header, f"Duplicate {row.hcl} block", detail)
                continue
            out[row.json] = attribute_value(attribute, "map<string>", None, scope)
            marks[row.json] = attribute.name_span.start

    # ---- blocks of one type ------------------------------------------------------------------------------------------
    def blocks(self, row: BlockType, blocks: list[Block], outer: Scope, parent: Kind) -> Any:
        values = [self.block(row, block, block.scope or outer, parent) for block in blocks]
        if row.keyed:
            return {block.labels[0].text: value for block, value in zip(blocks, values)}
        if not row.repeatable:
            return values[0]
        if (parent.name, row.hcl) == ("Task", "scaling"):
            self.check_task_scaling(blocks, outer)
        return values

    def block(self, row: BlockType, block: Block, scope: Scope, parent: Kind) -> Any:
        if row.form is Form.FREE:
            target: dict[str, Any] = {}
            self.deferred.append((block, scope, target))
            return target
        if row.form is Form.MAP:
            return self.map_block(block, row.element, scope)
        if row.form is Form.CONSTRAINT:
            return decode_constraint(row.hcl, block, scope, self.places)
        assert row.kind is not None
        special = _SPECIAL.get((parent.name, row.hcl))
        if special is not None:
            return special(self, row.kind, block, scope)
        return self.kind(block, row.kind, scope)[0]

    def map_block(self, block: Block, element: str, scope: Scope) -> dict[str, Any]:
        """spec: jobspec §8.3"""
        body = attributes_only(block.body, scope)
        for inner in body.blocks:  # read like a free-form body, where a block is a list with one object
            scope.report(inner.open_span, SUMMARY, f"Unsuitable value: {element} required, but have tuple")
        absent: Any = "" if element == "string" else None
        out = {}
        for name, attribute in body.attributes.items():
            if element == "string" and isinstance(attribute.expression, ObjectExpression):
                span = attribute.expression.open_span
                scope.report(span, SUMMARY, "Unsuitable value: string required, but have tuple")
                continue
            out[name] = attribute_value(attribute, element, absent, scope)
        marks = {name: a.name_span.start for name, a in body.attributes.items()}
        self.places.note(out, block.type_span.start, marks)
        return out

    # ---- kinds with rules of their own -------------------------------------------------------------------------------
    def group(self, kind: Kind, block: Block, scope: Scope) -> dict[str, Any]:
        """spec: jobspec §8.6"""
        session = scope.session
        out, inside = self.kind(block, kind, scope, schema.GROUP_EXTRAS)
        outer, session.problems = session.problems, []  # faults inside these blocks are discarded
        vaults = [self.block(schema.GROUP_EXTRAS[0], b, b.scope or scope, kind) for b in inside.of("vault")]
        secrets = [self.block(schema.GROUP_EXTRAS[1], b, b.scope or scope, kind) for b in inside.of("secret")]
        session.problems = outer
        if secrets:
            self.group_secrets[id(out)] = secrets
        for task in out["Tasks"] or ():
            if vaults and task["Vault"] is None:
                task["Vault"] = copy_tree(vaults[-1], self.places)
        return out

    def group_scaling(self, kind: Kind, block: Block, scope: Scope) -> dict[str, Any]:
        out, inside = self.kind(block, kind, scope)
        out["Type"] = out["Type"] or "horizontal"
        if "max" not in inside.attributes:
            report_missing("max", block.body.missing, scope)
        if out["Type"] != "horizontal":
            span = inside.attributes["type"].expression.span
            detail = f'task group scaling policy had invalid type: "{out["Type"]}"'
            scope.report(span, "Invalid group scaling type", detail)
        return out

    def task_scaling(self, kind: Kind, block: Block, scope: Scope) -> dict[str, Any]:
        """spec: jobspec §8.7"""
        out, _ = self.kind(block, kind, scope)
        implied = {"cpu": "vertical_cpu", "mem": "vertical_mem"}.get(block.labels[0].text.lower())
        if implied is None:
            detail = 'scaling policy name must be "cpu" or "mem"'
            scope.report(block.labels[0].span, "Invalid scaling policy name", detail)
            return out
        if out["Type"] not in ("", implied):
            detail = f'Invalid policy type, expected "{out["Type"]}" but found "{implied}"'
            scope.report(block.header, "Invalid scaling policy type", detail)
        out["Type"] = implied
        return out

    def check_task_scaling(self, blocks: list[Block], scope: Scope) -> None:
        first: dict[str, Block] = {}
        for block in blocks:
            label = block.labels[0].text
            if label in first:
                there = scope.source.range_text(first[label].header)
                detail = f"Only one scaling {label} block is allowed. Another was defined at {there}."
                scope.report(block.header, f'Duplicate scaling "{label}" block', detail)
            first.setdefault(label, block)

    # ---- the job -----------------------------------------------------------------------------------------------------
    def job(self, block: Block, scope: Scope) -> Decoded:
        """spec: jobspec §7"""
        job, inside = self.kind(block, schema.JOB, scope, schema.JOB_EXTRAS)
        label = block.labels[0].text
        for name in ("ID", "Name"):  # spec: jobspec §11 rule 1
            if job[name] is None:
                job[name] = label
                self.places.mark(job, name, block.labels[0].span.start)
        vault_row, secret_row, task_row = schema.JOB_EXTRAS
        vaults = inside.of("vault")
        if len(vaults) > 1:
            there = scope.source.range_text(vaults[0].header)
            detail = f'Only one block of type "vault" is allowed. Previous definition was at {there}.'
            scope.report(vaults[1].header, "Duplicate vault block", detail)
        return Decoded(
            job,
            [self.block(vault_row, b, b.scope or scope, schema.JOB) for b in vaults],
            [self.block(task_row, b, b.scope or scope, schema.JOB) for b in inside.of("task")],
            [self.block(secret_row, b, b.scope or scope, schema.JOB) for b in inside.of("secret")],
            self.group_secrets,
        )

    def free_forms(self) -> None:
        """Evaluate the free-form bodies. spec: jobspec §1 step 10"""
        for block, scope, target in self.deferred:
            made = free_form(block, scope, self.places)
            target.update(made)
            self.places.copied(made, target)


_Special = Callable[[Decoder, Kind, Block, Scope], dict[str, Any]]
_SPECIAL: dict[tuple[str, str], _Special] = {
    ("Job", "group"): Decoder.group,
    ("TaskGroup", "scaling"): Decoder.group_scaling,
    ("Task", "scaling"): Decoder.task_scaling,
}
