"""Single values as the command line writes them: launch times and the time until then.

spec: plan §7.5
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

from jobplan.errors import InputError


class Instant(NamedTuple):
    """A time with its own zone: whole seconds since 1970, and the wall clock there."""

    seconds: int
    local: datetime


_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)")
_ZERO = datetime(1, 1, 1)


def parse_instant(text: str | None) -> Instant | None:
    """A time of a response; `None` for null and for the zero time. Raises `InputError` for what is no time."""
    if text is None:
        return None
    match = _TIME.fullmatch(text)
    if match is None:
        raise InputError(f"not a time: {text}")
    try:
        local = datetime.fromisoformat(match[1])
        offset = timedelta(0)
        if match[2] != "Z":
            offset = timedelta(hours=int(match[2][1:3]), minutes=int(match[2][4:]))
            offset = -offset if match[2][0] == "-" else offset
        seconds = (local - datetime(1970, 1, 1) - offset) // timedelta(seconds=1)
        local = local.replace(tzinfo=timezone(offset) if offset else UTC)
    except ValueError:
        raise InputError(f"not a time: {text}") from None
    return None if seconds == (_ZERO - datetime(1970, 1, 1)) // timedelta(seconds=1) else Instant(seconds, local)


def launch_time(instant: Instant) -> str:
    """`2026-03-09T02:30:00-04:00`; `""` before the first second after 1970 began. spec: plan §7.5"""
    if instant.seconds < 1:
        return ""
    text = instant.local.isoformat(timespec="seconds")
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def zone_error(name: str) -> str | None:
    """Why a time zone cannot be loaded; `None` when it can. spec: plan §8.8"""
    if name in ("", "UTC", "Local"):
        return None
    if ".." in name or name[0] in "/\\":
        return "time: invalid location name"
    from zoneinfo import ZoneInfo  # used by few, and slow to load

    try:
        ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        return f"unknown time zone {name}"
    return None
