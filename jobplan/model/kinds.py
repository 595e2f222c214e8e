"""How the kinds of a job are declared, built from JSON values, written, copied and compared.

A kind is a slotted dataclass whose fields are declared with the factories below; the first argument is the wire
name (the key in the HTTP API). One row says all that decoding, the defaults, the stored form and comparison need:

    absent=     the field is nullable in the API; what null or a missing key becomes. `absent=None`: it stays null
    zero=       what the zero value ("", 0) becomes, `negative=`/`non_positive=` alike for numbers
    empty=      `empty=None`: an empty list or map becomes null
    null=       what a null element of a list or map means: "crash" (default), "keep", "drop", "zero"
    carried=    False: read and type-checked, but not taken over from a submitted job (only from a stored one)
    api=        False: exists only in the internal job, a submitted key is unknown

Rules between fields (inheritance, names made from other names) are code: see jobplan.canonical. spec: model §3
"""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from jobplan.errors import ServerCrash

NullElement = Literal["crash", "keep", "drop", "zero"]
_UNSET: Any = object()


@dataclasses.dataclass(frozen=True, slots=True)
class Type:
    """A field type. `shape`: scalar, list, map or object; `of`: scalar name, element type or kind."""

    shape: Literal["scalar", "list", "map", "object"]
    of: Any
    spelled: str
    """How decode errors spell the type. spec: model §1.4"""


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One field of a kind, as declared."""

    wire: str
    type: Type
    nullable: bool
    absent: Any
    zero: Any
    negative: Any
    non_positive: Any
    empty_to_null: bool
    null: NullElement
    carried: bool
    api: bool
    out: str
    omit_zero: bool = False
    name: str = ""
    """The attribute; filled in by the class decorator."""


def scalar(name: str, spelled: str | None = None) -> Type:
    return Type("scalar", name, spelled or name)


STRING, BOOL, BYTES = scalar("string"), scalar("bool"), scalar("bytes", "[]uint8")
INT, INT8, INT64, UINT8, UINT16, UINT32, UINT64 = map(
    scalar, ("int", "int8", "int64", "uint8", "uint16", "uint32", "uint64")
)
DURATION = scalar("duration", "time.Duration")
ANY = scalar("any", "float64")

ZERO: dict[str, Any] = {"string": "", "bool": False, "bytes": None, "any": None}
"""Zero of each scalar type; all others are 0."""


def _row(
    wire: str,
    type_: Type,
    *,
    absent: Any = _UNSET,
    zero: Any = None,
    negative: Any = None,
    non_positive: Any = None,
    empty: Any = _UNSET,
    null: NullElement = "crash",
    carried: bool = True,
    api: bool = True,
    out: str | None = None,
) -> Any:
    nullable = absent is not _UNSET or type_.shape != "scalar"
    if absent is _UNSET:
        absent = ZERO.get(type_.of, 0) if type_.shape == "scalar" else None
        if zero is not None:
            absent = zero
        elif non_positive is not None:
            absent = non_positive
    row = Row(
        wire, type_, nullable, absent, zero, negative, non_positive, empty is None, null, carried, api, out or wire
    )
    if callable(absent):
        return dataclasses.field(default_factory=absent, metadata={"row": row})
    return dataclasses.field(default=absent, metadata={"row": row})


def string(wire: str, **rules: Any) -> Any:
    return _row(wire, STRING, **rules)


def boolean(wire: str, **rules: Any) -> Any:
    return _row(wire, BOOL, **rules)


def integer(wire: str, type_: Type = INT, **rules: Any) -> Any:
    return _row(wire, type_, **rules)


def duration(wire: str, **rules: Any) -> Any:
    """A duration in nanoseconds."""
    return _row(wire, DURATION, **rules)


def binary(wire: str, **rules: Any) -> Any:
    """Bytes: base64 text on the wire."""
    return _row(wire, BYTES, absent=None, **rules)


def values(wire: str, element: Type = STRING, **rules: Any) -> Any:
    """A list of scalars."""
    return _row(wire, Type("list", element, f"[]{element.spelled}"), **rules)


def mapping(wire: str, value: Type = STRING, **rules: Any) -> Any:
    """A map of text to scalars; with `ANY`, opaque JSON."""
    spelled = "interface {}" if value is ANY else value.spelled
    return _row(wire, Type("map", value, f"map[string]{spelled}"), **rules)


def list_of(element: Type) -> Type:
    return Type("list", element, f"[]{element.spelled}")


def object_of(kind: type[Kind]) -> Type:
    return Type("object", kind, f"api.{kind.__name__}")


def object_list(kind: type[Kind]) -> Type:
    return Type("list", object_of(kind), f"[]*api.{kind.__name__}")


def nested(wire: str, kind: type[Kind], **rules: Any) -> Any:
    """One object of another kind, null unless `absent=` says otherwise."""
    return _row(wire, object_of(kind), **rules)


def objects(wire: str, kind: type[Kind], *, by_value: bool = False, **rules: Any) -> Any:
    """A list of objects; `by_value`: the element type has no star in decode errors."""
    element = object_of(kind)
    return _row(wire, Type("list", element, f"[]{'' if by_value else '*'}{element.spelled}"), **rules)


def object_map(wire: str, kind: type[Kind], **rules: Any) -> Any:
    """A map of text to objects."""
    element = object_of(kind)
    return _row(wire, Type("map", element, f"map[string]*{element.spelled}"), **rules)


class Kind:
    """Base of all kinds. Instances are changed only by their owner (defaults, admission on its private copy)."""

    __slots__ = ()
    ROWS: ClassVar[tuple[Row, ...]] = ()
    BY_WIRE: ClassVar[dict[str, Row]] = {}
    BY_FOLDED: ClassVar[dict[str, Row]] = {}
    API_ONLY: ClassVar[dict[str, Type]] = {}

    if TYPE_CHECKING:

        def __init__(self, *values: Any, **fields: Any) -> None: ...

    def to_api(self) -> dict[str, Any]:
        """The stored form: internal names, every field present, null for null, durations in ns. spec: model §8"""
        return write(self)


K = TypeVar("K", bound=Kind)


def kind(*, api_only: Mapping[str, Type] | None = None, omit_zero: bool = False) -> Callable[[type[K]], type[K]]:
    """Class decorator: make a slotted dataclass and index its rows.

    `api_only`: keys that a submitted job may have and that have no field of their own (wire name → type).
    `omit_zero`: the stored form leaves out zero, null and empty fields. spec: model §8
    """

    def decorate(cls: type[K]) -> type[K]:
        made = dataclasses.dataclass(slots=True, eq=True)(cls)
        rows = []
        for item in dataclasses.fields(made):  # type: ignore[arg-type]
            rows.append(dataclasses.replace(item.metadata["row"], name=item.name, omit_zero=omit_zero))
        made.ROWS = tuple(rows)
        made.API_ONLY = dict(api_only or {})
        accepted = [row for row in rows if row.api] + [
            Row(wire, type_, True, None, None, None, None, False, "crash", False, True, wire)
            for wire, type_ in made.API_ONLY.items()
        ]
        made.BY_WIRE = {row.wire: row for row in accepted}
        made.BY_FOLDED = {row.wire.casefold(): row for row in accepted}
        return made

    return decorate


# ---- building ---------------------------------------------------------------------------------------------------


def build(cls: type[K], api: Mapping[str, Any], *, stored: bool = False) -> K:
    """An object of `cls` from a decoded API value, every field default applied.

    `stored=True` reads the stored form instead: everything is carried, nothing is defaulted. spec: model §3, §7.2
    """
    given: dict[str, Any] = {}
    if stored:
        for row in cls.ROWS:
            value = api.get(row.out)
            given[row.name] = _stored_value(row, value)
        return cls(**given)
    by_wire = cls.BY_WIRE
    for key, value in api.items():
        if value is None:
            continue
        row = by_wire[key]
        if not row.carried:
            continue
        type_ = row.type
        if type_.shape == "scalar":
            if not value:
                if row.zero is not None:
                    value = row.zero
                elif row.non_positive is not None:
                    value = row.non_positive
            elif row.negative is not None and value < 0:
                value = row.negative
            elif row.non_positive is not None and value <= 0:
                value = row.non_positive
        elif type_.shape == "object":
            value = build(type_.of, value)
        elif not value and row.empty_to_null:
            value = None
        elif type_.shape == "list":
            value = _build_list(cls, row, value)
        else:
            value = _build_map(cls, row, value)
        given[row.name] = value
    for row in cls.ROWS:
        if row.zero is not None and row.name not in given:
            given[row.name] = row.zero
    return cls(**given)


def _build_list(owner: type[Kind], row: Row, value: list[Any]) -> list[Any]:
    element = row.type.of
    if element.shape != "object":
        return ["" if item is None and element is STRING else item for item in value]
    made: list[Any] = []
    for index, item in enumerate(value):
        if item is None:
            if row.null == "crash":
                raise ServerCrash(f"{owner.__name__}.{row.wire}[{index}] is null: the server crashes on such a job")
            if row.null == "keep":
                made.append(None)
            elif row.null == "zero":
                made.append(build(element.of, {}))
            continue
        made.append(build(element.of, item))
    return made


def _build_map(owner: type[Kind], row: Row, value: dict[str, Any]) -> dict[str, Any]:
    element = row.type.of
    if element.shape == "object":
        made = {}
        for key, item in value.items():
            if item is None:
                if row.null == "crash":
                    raise ServerCrash(f"{owner.__name__}.{row.wire}[{key}] is null: the server crashes on such a job")
                continue
            made[key] = build(element.of, item)
        return made
    if element is ANY:
        return {key: copy_opaque(item) for key, item in value.items()}
    if element is STRING:
        return {key: "" if item is None else item for key, item in value.items()}
    return {key: None if item is None else list(item) for key, item in value.items()}


def _stored_value(row: Row, value: Any) -> Any:
    type_ = row.type
    if value is None:
        if type_.shape == "scalar" and row.absent is not None:
            return ZERO.get(type_.of, 0)
        if type_.shape == "object" and callable(row.absent):
            return row.absent()
        return None
    if type_.shape == "scalar":
        return base64.b64decode(value) if type_ is BYTES and isinstance(value, str) else value
    if type_.shape == "object":
        return build(type_.of, value, stored=True)
    if type_.shape == "list":
        if type_.of.shape == "object":
            return [None if item is None else build(type_.of.of, item, stored=True) for item in value]
        return list(value)
    if type_.of.shape == "object":
        return {key: build(type_.of.of, item, stored=True) for key, item in value.items() if item is not None}
    return {key: copy_opaque(item) for key, item in value.items()}


def copy_opaque(value: Any) -> Any:
    """A deep copy of an opaque JSON value."""
    if isinstance(value, dict):
        return {key: copy_opaque(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copy_opaque(item) for item in value]
    return value


# ---- writing, copying ----------------------------------------------------------------------------------------------


def write(item: Kind) -> dict[str, Any]:
    """The stored form of an object as plain JSON values."""
    out: dict[str, Any] = {}
    for row in item.ROWS:
        value = getattr(item, row.name)
        shape = row.type.shape
        if row.omit_zero and (not value):
            continue
        if value is None or (shape == "scalar" and not isinstance(value, bytes)):
            out[row.out] = value
        elif shape == "scalar":
            out[row.out] = base64.b64encode(value).decode("ascii")
        elif shape == "object":
            out[row.out] = write(value)
        elif shape == "list":
            inner = row.type.of.shape == "object"
            out[row.out] = [None if part is None else write(part) for part in value] if inner else list(value)
        elif row.type.of.shape == "object":
            out[row.out] = {key: write(part) for key, part in value.items()}
        else:
            out[row.out] = {key: copy_opaque(part) for key, part in value.items()}
    return out


def copy(item: K) -> K:
    """An exact deep copy."""
    cls = type(item)
    made = object.__new__(cls)
    for row in cls.ROWS:
        value = getattr(item, row.name)
        if value is not None and row.type.shape != "scalar":
            value = _copy_value(value)
        setattr(made, row.name, value)
    return made


def _copy_value(value: Any) -> Any:
    if isinstance(value, Kind):
        return copy(value)
    if isinstance(value, list):
        return [_copy_value(part) for part in value]
    if isinstance(value, dict):
        return {key: _copy_value(part) for key, part in value.items()}
    return value
