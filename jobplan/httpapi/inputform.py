"""A parsed job with its defaults, still in the form in which it was submitted. spec: api §7.9; model §3, §4"""

from __future__ import annotations

from typing import Any

from jobplan.canonical.inherit import inherit
from jobplan.model.job import Job
from jobplan.model.kinds import Kind, Row, Type

Api = dict[str, Any]


STAYS_NULL = {  # spec: model §3: nullable fields that only the conversion replaces
    "Job": ("DispatchIdempotencyToken", "SubmitTime"),
    "TaskGroup": ("PreventRescheduleOnLost",),
    "DisconnectStrategy": ("LostAfter",),
    "ScalingPolicy": ("Max",),
    "LogConfig": ("Enabled",),
    "Resources": ("MemoryMaxMB", "DiskMB", "SecretsMB", "IOPS"),
    "NetworkResource": ("MBits",),
}


def canonical_input(api: Api) -> Api:
    """The API job after pass A: inheritance between fields, then the default of every field."""
    return _filled(Job, inherit(api))


def _filled(kind: type[Kind], api: Api) -> Api:
    made = dict(api)
    null = STAYS_NULL.get(kind.__name__, ())
    for wire, row in kind.BY_WIRE.items():
        value = api.get(wire)
        if value is not None:
            made[wire] = _value(row, value)
        elif wire in null:
            made[wire] = None
        elif wire in api or row.absent is not None:
            made[wire] = _default(row)
    return made


def _default(row: Row) -> Any:
    if row.absent is None:
        return None
    value = row.absent() if callable(row.absent) else row.absent
    if isinstance(value, Kind):
        return _filled(type(value), {})
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
