"""How a body is described: kinds, their attributes and blocks.

spec: jobspec §8, §9
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any


class Form(Enum):
    """What the body of a block is."""

    KIND = "attributes and blocks of a kind"
    MAP = "a map: each attribute is an entry"
    FREE = "free-form, without a schema"
    CONSTRAINT = "constraint or affinity"


@dataclass(frozen=True, slots=True)
class Attr:
    hcl: str
    type: str
    json: str
    required: bool = False

    @property
    def absent(self) -> Any:
        """What an absent attribute becomes: null, or the zero of its type. spec: jobspec §0"""
        if self.type.endswith("?") or self.type.startswith(("list", "map")):
            return None
        return {"string": "", "bool": False}.get(self.type, 0)


@dataclass(frozen=True, slots=True)
class BlockType:
    """`keyed`: the result is a map by label; `element`: type of the entries of a map block; `attribute_form`: the map
    may also be given as an attribute (§8.4)."""

    hcl: str
    json: str
    form: Form
    kind: Kind | None = None
    repeatable: bool = False
    keyed: bool = False
    element: str = "string"
    attribute_form: bool = False
    label_name: str | None = None

    @property
    def labels(self) -> int:
        return 0 if self.label_name is None else 1


@dataclass(frozen=True, eq=False)
class Kind:
    name: str
    attributes: Mapping[str, Attr]
    blocks: Mapping[str, BlockType]
    label: str | None = None
    label_name: str | None = None
    unset: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def absent(self) -> dict[str, Any]:
        """An object of this kind from an empty body."""
        out: dict[str, Any] = dict(self.unset)
        if self.label is not None:
            out[self.label] = ""
        out.update((a.json, a.absent) for a in self.attributes.values())
        out.update((b.json, None) for b in self.blocks.values())
        return out


Row = Attr | BlockType


def kind(
    name: str,
    *rows: Row,
    label: str | None = None,
    label_name: str = "name",
    unset: Mapping[str, Any] | None = None,
) -> Kind:
    attributes = {r.hcl: r for r in rows if isinstance(r, Attr)}
    blocks = {r.hcl: r for r in rows if isinstance(r, BlockType)}
    return Kind(name, attributes, blocks, label, label_name if label is not None else None, unset or {})


def attr(hcl: str, type_: str, json: str, required: bool = False) -> Attr:
    return Attr(hcl, type_, json, required)


def block(
    hcl: str, of: Kind, json: str, repeatable: bool = False, keyed: bool = False, label_name: str | None = None
) -> BlockType:
    """`label_name` only where the label is not stored in the object."""
    return BlockType(
        hcl,
        json,
        Form.KIND,
        of,
        repeatable or keyed,
        keyed,
        label_name=of.label_name if label_name is None else label_name,
    )


def map_block(hcl: str, json: str, element: str = "string", attribute_form: bool = False) -> BlockType:
    return BlockType(hcl, json, Form.MAP, element=element, attribute_form=attribute_form)


def free_form(hcl: str, json: str) -> BlockType:
    return BlockType(hcl, json, Form.FREE)


def special(hcl: str, json: str) -> BlockType:
    """`constraint` and `affinity` (§8.5)."""
    return BlockType(hcl, json, Form.CONSTRAINT, repeatable=True)
