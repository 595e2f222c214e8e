"""Blocks that every job gets whether it names them or not: in something new they are no news.

Only for the readable pages; the exact texts show everything. spec: model §4
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ZERO = frozenset(("", "0", "false", "nil"))
"""Texts of values that say nothing in a block that is new as a whole."""

_SECOND = 1_000_000_000


def _texts(**fields: str | int) -> Mapping[str, str]:
    return {name: str(value) for name, value in fields.items()}


_HEALTH: dict[str, str | int] = {
    "HealthCheck": "checks",
    "MinHealthyTime": 10 * _SECOND,
    "HealthyDeadline": 300 * _SECOND,
    "MaxParallel": 1,
}

# Object → its fields that are not zero, for each kind of job that has it.
ORDINARY: dict[str, tuple[Mapping[str, str], ...]] = {
    "EphemeralDisk": (_texts(SizeMB=300),),
    "Identity": (_texts(Name="default"),),
    "LogConfig": (_texts(MaxFiles=10, MaxFileSizeMB=10),),
    "Migrate": (_texts(**_HEALTH),),
    "ReschedulePolicy": (
        _texts(Delay=30 * _SECOND, DelayFunction="exponential", MaxDelay=3600 * _SECOND, Unlimited="true"),
        _texts(Attempts=1, Interval=86_400 * _SECOND, Delay=5 * _SECOND, DelayFunction="constant"),
        {},
    ),
    "RestartPolicy": (
        _texts(Attempts=2, Interval=1800 * _SECOND, Delay=15 * _SECOND, Mode="fail"),
        _texts(Attempts=3, Interval=86_400 * _SECOND, Delay=15 * _SECOND, Mode="fail"),
    ),
    "Update": (
        _texts(**_HEALTH, ProgressDeadline=600 * _SECOND),
        _texts(**_HEALTH, ProgressDeadline=600 * _SECOND, Stagger=30 * _SECOND),
    ),
}
_ORDINARY_AUDIENCE = ["nomadproject.io"]


def is_ordinary(child: Mapping[str, Any]) -> bool:
    """Whether an added or deleted object of a diff is just what Nomad fills in."""
    name = child.get("Name") or ""
    if name not in ORDINARY or child.get("Type") not in ("Added", "Deleted"):
        return False
    objects = child.get("Objects") or []
    if objects and not (name == "Identity" and [_values(nested) for nested in objects] == [_ORDINARY_AUDIENCE]):
        return False
    fields = {field.get("Name") or "": _text(field) for field in child.get("Fields") or [] if field is not None}
    return {key: text for key, text in fields.items() if text not in ZERO} in ORDINARY[name]


def _values(child: Mapping[str, Any] | None) -> list[str]:
    return [_text(field) for field in (child or {}).get("Fields") or [] if field is not None]


def _text(field: Mapping[str, Any]) -> str:
    return field.get("New") or field.get("Old") or ""
