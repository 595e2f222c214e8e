"""Instants as integer nanoseconds since 1970; the zero time (year 1) means "not set". spec: reconcile, Notation"""

from __future__ import annotations

import datetime
import re
from typing import Any

from jobplan.errors import InventoryError

ZERO_TIME = -62_135_596_800_000_000_000
"""0001-01-01T00:00:00Z: what null and a missing time mean."""

_FORM = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_EPOCH = datetime.date(1970, 1, 1).toordinal()


def parse_instant(value: Any, path: str) -> int:
    """Nanoseconds of an RFC 3339 text; null is `ZERO_TIME`. Digits beyond nanoseconds are cut."""
    if value is None:
        return ZERO_TIME
    found = _FORM.fullmatch(value) if type(value) is str else None
    if found is None:
        raise InventoryError("must be a time such as 2024-01-31T12:00:00Z", path=path)
    date, clock, fraction, zone = found.groups()
    try:
        day = datetime.date.fromisoformat(date).toordinal() - _EPOCH
        time = datetime.time.fromisoformat(clock)
    except ValueError as error:
        raise InventoryError(f"is not a time: {error}", path=path) from None
    seconds = day * 86_400 + time.hour * 3600 + time.minute * 60 + time.second
    if zone not in "Zz":
        offset = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
        seconds += -offset if zone[0] == "+" else offset
    return seconds * 1_000_000_000 + (int(fraction.ljust(9, "0")) if fraction else 0)


def format_instant(ns: int) -> str:
    """RFC 3339 text in UTC with up to nine fractional digits, trailing zeros cut. spec: reconcile §5.2"""
    seconds, fraction = divmod(ns, 1_000_000_000)
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)
    digits = f".{fraction:09d}".rstrip("0") if fraction else ""
    return f"{moment.isoformat()}{digits}Z"
