"""A parsed job with its defaults, still in the form in which it was submitted. spec: api §7.9; model §3, §4"""

from __future__ import annotations

from typing import Any

from jobplan.canonical.inherit import inherit
from jobplan.model.job import Job
from jobplan.model.kinds import Kind, Row, Type

Api = dict[str, Any]


def canonical_input(api: Api) -> Api:
    """The API job after pass A: inheritance between fields, then the default of every field."""
    return _filled(Job, inherit(api))


def _filled(kind: type[Kind], api: Api) -> Api:
    made = dict(api)
    for key, value in api.items():
        row = kind.BY_WIRE.get(key)
        if row is not None:
            made[key] = _default(row) if value is None else _value(row, value)
    return made


def _default(row: Row) -> Any:
    if not row.nullable or row.absent is None:
        return None
    value = row.absent() if callable(row.absent) else row.absent
    if isinstance(value, Kind):
        return _filled(type(value), {item.wire: None for item in value.ROWS if item.api})
    return value


def _value(row: Row, value: Any) -> Any:
    type_: Type = row.type
    if type_.shape == "scalar":
        return row.zero if row.zero is not None and not value else value
    if type_.shape == "object":
        return _filled(type_.of, value)
    if not value:
        return None if row.empty_to_null else value
    if type_.of.shape != "object":
        return value
    if type_.shape == "list":
        return [None if item is None else _filled(type_.of.of, item) for item in value]
    return {key: None if item is None else _filled(type_.of.of, item) for key, item in value.items()}
