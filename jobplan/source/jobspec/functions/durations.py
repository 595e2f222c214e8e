"""Duration texts.

spec: jobspec §8.2
"""

from __future__ import annotations

import re

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_PART = re.compile(r"([0-9]*)(?:(\.)([0-9]*))?([^0-9.]*)")
_LIMIT = 1 << 63


class BadDuration(ValueError):
    """`str()` is the reason."""


def parse_duration(text: str) -> int:
    """Nanoseconds. Raises `BadDuration`."""
    rest = text[1:] if text[:1] in ("+", "-") else text
    negative = text.startswith("-")
    if rest == "0":
        return 0
    if not rest:
        raise BadDuration(f"time: invalid duration {quote(text)}")
    total = 0
    while rest:
        found = _PART.match(rest)
        assert found is not None
        whole, point, fraction, unit = found[1], found[2], found[3] or "", found[4]
        if not whole and not fraction:
            raise BadDuration(f"time: invalid duration {quote(text)}")
        if not unit:
            raise BadDuration(f"time: missing unit in duration {quote(text)}")
        if unit not in _UNITS:
            raise BadDuration(f"time: unknown unit {quote(unit)} in duration {quote(text)}")
        if len(whole) > 20 or int(whole or "0") > _LIMIT:
            raise BadDuration(f"time: invalid duration {quote(text)}")
        total += int(whole or "0") * _UNITS[unit] + _fraction(fraction if point else "", _UNITS[unit])
        if total > _LIMIT - (not negative):
            raise BadDuration(f"time: invalid duration {quote(text)}")
        rest = rest[found.end() :]
    return -total if negative else total


def _fraction(digits: str, unit: int) -> int:
    """Digits beyond what an int64 holds are dropped, as the original does; floating point as there."""
    value, scale = 0, 1.0
    for digit in digits:
        grown = value * 10 + int(digit)
        if value > (_LIMIT - 1) // 10 or grown > _LIMIT:
            break
        value, scale = grown, scale * 10
    return int(value * (unit / scale))


def quote(text: str) -> str:
    """Quoted as the original does: controls and bytes beyond ASCII as \\x.., quotes and backslashes escaped."""
    out = []
    for b in text.encode("utf-8", "surrogatepass"):
        if b in b'"\\':
            out.append("\\" + chr(b))
        elif b < 0x20 or b >= 0x7F:
            out.append(f"\\x{b:02x}")
        else:
            out.append(chr(b))
    return '"' + "".join(out) + '"'
